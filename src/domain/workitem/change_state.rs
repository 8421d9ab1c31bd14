//! Changing the state of a workitem (PS3.4 CC.2.1, PS3.18 11.7).

use dicom_core::VR;
use dicom_dictionary_std::tags;

use super::{
    Owner, Shape, Workitem, WorkitemRejection,
    event::{StateChange, WorkitemFact},
    rejection::Changed,
    requirements,
    state::{Request, Target, Verdict, decide},
};
use crate::{
    dicom::json::Attribute,
    domain::{Command, Fact, Ledger, Needs},
    ids::WorkitemKey,
};

/// Claims, completes or gives up a workitem.
#[derive(Debug)]
pub struct ChangeState {
    /// The workitem.
    pub key: WorkitemKey,
    /// The state that is asked for.
    pub target: Target,
    /// Who asks.
    pub client: Owner,
    /// How the request was sent.
    pub shape: Shape,
}

impl Command for ChangeState {
    type Answer = Result<Changed, WorkitemRejection>;

    fn needs(&self, needs: &mut Needs) {
        needs.workitems.insert(self.key.clone());
    }

    fn decide(&self, ledger: &mut dyn Ledger) -> Self::Answer {
        let workitem = ledger.workitem(&self.key).ok_or(WorkitemRejection::NotFound)?;
        let state = self.target.state();
        let owner = match decide(workitem.state, Request::Change(self.target), workitem.standing(Some(self.client))) {
            Verdict::Refuse(refusal) => return Err(WorkitemRejection::change(self.target, refusal)),
            Verdict::AlreadyFinal(code) => {
                self.check_final_state(workitem)?;
                return Ok(Changed::AlreadyFinal { state, code });
            }
            Verdict::Claim => Some(self.client.0),
            Verdict::Finish | Verdict::Update | Verdict::Cancel => {
                self.check_final_state(workitem)?;
                None
            }
        };
        let changed = WorkitemFact::StateChanged(StateChange { state, owner });
        ledger.append(Fact::Workitem(self.key.clone(), changed), None);
        Ok(Changed::Yes)
    }
}

impl ChangeState {
    fn check_final_state(&self, workitem: &Workitem) -> Result<(), WorkitemRejection> {
        match self.shape {
            Shape::Object => Ok(()),
            Shape::Array => {
                let state = Attribute::text(VR::CS, self.target.state().as_str());
                let then = workitem.dataset.clone().with(tags::PROCEDURE_STEP_STATE, state);
                Ok(requirements::check_final_state(&then, self.target)?)
            }
        }
    }
}
