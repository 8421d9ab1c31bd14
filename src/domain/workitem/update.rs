//! Updating attributes of a workitem (PS3.4 CC.2.6, PS3.18 11.6).

use dicom_dictionary_std::tags;

use super::{
    Owner, Shape, Workitem, WorkitemRejection,
    event::{Changes, WorkitemFact},
    requirements::{self, Occasion},
    stamp,
    state::{Request, Standing, Verdict, decide},
};
use crate::{
    dicom::json::Document,
    domain::{Command, Fact, Ledger, Needs},
    ids::WorkitemKey,
};

/// Replaces or adds attributes, each whole; those that are not mentioned stay.
#[derive(Debug)]
pub struct Update {
    /// The workitem.
    pub key: WorkitemKey,
    /// Who asks, if the request named a Transaction UID.
    pub client: Option<Owner>,
    /// The attributes, as the client sent them.
    pub changes: Document,
    /// How it sent them.
    pub shape: Shape,
}

impl Command for Update {
    type Answer = Result<(), WorkitemRejection>;

    fn needs(&self, needs: &mut Needs) {
        needs.workitems.insert(self.key.clone());
    }

    fn decide(&self, ledger: &mut dyn Ledger) -> Self::Answer {
        let workitem = ledger.workitem(&self.key).ok_or(WorkitemRejection::NotFoundForUpdate)?;
        match decide(workitem.state, Request::Update, workitem.standing(self.client)) {
            Verdict::Refuse(refusal) => return Err(refusal.into()),
            Verdict::Update | Verdict::Claim | Verdict::Finish | Verdict::Cancel | Verdict::AlreadyFinal(_) => {}
        }
        let mut changes = self.changes.clone();
        // In a data set it is no credential, and must not be kept.
        changes.remove(tags::TRANSACTION_UID);
        stamp(&mut changes, ledger.now());
        requirements::check(&changes, Occasion::Update, self.shape)?;
        let updated = WorkitemFact::Updated(Changes { changes });
        ledger.append(Fact::Workitem(self.key.clone(), updated), None);
        Ok(())
    }
}

impl Workitem {
    /// What a Transaction UID says of a client.
    pub(super) fn standing(&self, client: Option<Owner>) -> Standing {
        match (client, self.owner) {
            (None, _) => Standing::Anonymous,
            (Some(_), None) => Standing::Unowned,
            (Some(client), Some(owner)) if client == owner => Standing::Owner,
            (Some(_), Some(_)) => Standing::Stranger,
        }
    }
}
