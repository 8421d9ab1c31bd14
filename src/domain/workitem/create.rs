//! Creating a workitem (PS3.4 CC.2.5, PS3.18 11.4).

use dicom_core::VR;
use dicom_dictionary_std::tags;
use jiff::Timestamp;

use super::{
    Shape, State, WorkitemRejection,
    event::{Creation, WorkitemFact},
    requirements::{self, Occasion},
    stamp,
};
use crate::{
    dicom::json::{Attribute, Document},
    domain::{Command, Fact, Ledger, Needs},
    ids::WorkitemKey,
};

/// Unified Procedure Step - Push SOP Class (PS3.4 CC.1).
const UPS_PUSH_SOP_CLASS: &str = "1.2.840.10008.5.1.4.34.6.1";

/// The one worklist that there is.
const WORKLIST_LABEL: &str = "worklist";

/// Creates a workitem in the state SCHEDULED.
#[derive(Debug)]
pub struct Create {
    /// What will identify it.
    pub key: WorkitemKey,
    /// Its attributes, as the client sent them.
    pub dataset: Document,
    /// How it sent them.
    pub shape: Shape,
}

impl Command for Create {
    type Answer = Result<(), WorkitemRejection>;

    fn needs(&self, needs: &mut Needs) {
        needs.workitems.insert(self.key.clone());
    }

    fn decide(&self, ledger: &mut dyn Ledger) -> Self::Answer {
        let mut dataset = self.completed(ledger.now());
        requirements::check(&dataset, Occasion::Create, self.shape)?;
        if ledger.workitem(&self.key).is_some() {
            return Err(WorkitemRejection::AlreadyExists);
        }
        dataset.remove(tags::TRANSACTION_UID);
        let created = WorkitemFact::Created(Creation { dataset });
        ledger.append(Fact::Workitem(self.key.clone(), created), None);
        Ok(())
    }
}

impl Create {
    /// The data set with what the server sets, whatever the client said of it.
    fn completed(&self, now: Timestamp) -> Document {
        let mut dataset = self
            .dataset
            .clone()
            .with(tags::SOP_CLASS_UID, Attribute::text(VR::UI, UPS_PUSH_SOP_CLASS))
            .with(tags::SOP_INSTANCE_UID, Attribute::text(VR::UI, self.key.workitem.as_str()))
            .with(tags::WORKLIST_LABEL, Attribute::text(VR::LO, WORKLIST_LABEL))
            .with(tags::PROCEDURE_STEP_STATE, Attribute::text(VR::CS, State::Scheduled.as_str()));
        stamp(&mut dataset, now);
        dataset
    }
}
