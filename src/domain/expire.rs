//! Ending a study whose time has come: like a delete, but only if it is still due.

use super::{Command, Ledger, Needs, delete::delete_instances};
use crate::ids::{Resource, StudyKey};

/// Deletes all instances of a study, if its end has come.
#[derive(Debug)]
pub struct Expire {
    /// The study.
    pub study: StudyKey,
}

impl Command for Expire {
    type Answer = ();

    fn needs(&self, needs: &mut Needs) {
        needs.resources.push(Resource::Study(self.study.clone()));
    }

    fn decide(&self, ledger: &mut dyn Ledger) {
        let is_due = ledger.study_expires_at(&self.study).is_some_and(|end| end <= ledger.now());
        if is_due {
            let doomed = ledger.instances_under(&Resource::Study(self.study.clone()));
            delete_instances(doomed, ledger);
        }
    }
}
