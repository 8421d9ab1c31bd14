//! Requesting that a workitem be cancelled (PS3.4 CC.2.2, PS3.18 11.8): one that nobody has claimed is, at once.

use dicom_core::{Tag, VR};
use dicom_dictionary_std::tags;
use jiff::Timestamp;

use super::{
    Shape, State, WorkitemRejection, date_time,
    event::{Changes, WorkitemFact},
    requirements,
    state::{Request, Standing, Target, Verdict, decide},
};
use crate::{
    dicom::json::{Attribute, Document},
    domain::{Command, Fact, Ledger, Needs},
    ids::WorkitemKey,
};

/// Cancels a workitem that nobody has claimed.
#[derive(Debug)]
pub struct Cancel {
    /// The workitem.
    pub key: WorkitemKey,
    /// Action Information: why, and whom to ask about it. Everything else in it is ignored.
    pub information: Document,
    /// How it was sent.
    pub shape: Shape,
}

impl Command for Cancel {
    type Answer = Result<(), WorkitemRejection>;

    fn needs(&self, needs: &mut Needs) {
        needs.workitems.insert(self.key.clone());
    }

    fn decide(&self, ledger: &mut dyn Ledger) -> Self::Answer {
        let now = ledger.now();
        let workitem = ledger.workitem(&self.key).ok_or(WorkitemRejection::NotFound)?;
        if let Verdict::Refuse(refusal) = decide(workitem.state, Request::Cancel, Standing::Anonymous) {
            return Err(refusal.into());
        }
        let changes = self.changes(now);
        if self.shape == Shape::Array {
            let mut then = workitem.dataset.clone();
            then.overlay(&changes);
            requirements::check_final_state(&then, Target::Canceled)?;
        }
        let cancelled = WorkitemFact::Cancelled(Changes { changes });
        ledger.append(Fact::Workitem(self.key.clone(), cancelled), None);
        Ok(())
    }
}

impl Cancel {
    /// What is written into the workitem.
    fn changes(&self, now: Timestamp) -> Document {
        let reason = || {
            let item = Document::default()
                .with(tags::REASON_FOR_CANCELLATION, self.informed(tags::REASON_FOR_CANCELLATION, VR::LT));
            Attribute::sequence(vec![item])
        };
        let contact = Document::default()
            .with(tags::CONTACT_URI, self.informed(tags::CONTACT_URI, VR::UR))
            .with(tags::CONTACT_DISPLAY_NAME, self.informed(tags::CONTACT_DISPLAY_NAME, VR::LO));
        let progress = Document::default()
            .with(tags::PROCEDURE_STEP_CANCELLATION_DATE_TIME, date_time(now))
            .with(tags::PROCEDURE_STEP_DISCONTINUATION_REASON_CODE_SEQUENCE, reason())
            .with(tags::PROCEDURE_STEP_COMMUNICATIONS_URI_SEQUENCE, Attribute::sequence(vec![contact]));
        let mut changes = Document::default()
            .with(tags::PROCEDURE_STEP_STATE, Attribute::text(VR::CS, State::Canceled.as_str()))
            .with(tags::PROCEDURE_STEP_CANCELLATION_DATE_TIME, date_time(now))
            .with(tags::PROCEDURE_STEP_DISCONTINUATION_REASON_CODE_SEQUENCE, reason())
            .with(tags::PROCEDURE_STEP_PROGRESS_INFORMATION_SEQUENCE, Attribute::sequence(vec![progress]));
        let performed = tags::UNIFIED_PROCEDURE_STEP_PERFORMED_PROCEDURE_SEQUENCE;
        if let Some(procedure) = self.information.get(performed) {
            changes.set(performed, procedure.clone());
        }
        changes
    }

    /// A text of the request; empty if it brings none.
    fn informed(&self, tag: Tag, vr: VR) -> Attribute {
        let text = self.information.get(tag).and_then(Attribute::joined_text).filter(|text| !text.is_empty());
        text.map_or_else(|| Attribute::empty(vr), |text| Attribute::text(vr, text))
    }
}
