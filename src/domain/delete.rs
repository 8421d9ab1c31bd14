//! Deleting a study, a series or an instance: one event per instance.

use super::{Command, Fact, Ledger, Needs, Rejection, event::Deletion};
use crate::ids::{InstanceKey, Resource};

/// Deletes all instances of a resource.
#[derive(Debug)]
pub struct Delete {
    /// What to delete.
    pub resource: Resource,
}

impl Command for Delete {
    type Answer = Result<(), Rejection>;

    fn needs(&self, needs: &mut Needs) {
        needs.resources.push(self.resource.clone());
    }

    fn decide(&self, ledger: &mut dyn Ledger) -> Self::Answer {
        let doomed = ledger.instances_under(&self.resource);
        if doomed.is_empty() {
            return Err(match self.resource {
                Resource::Study(_) => Rejection::StudyNotFound,
                Resource::Series(_) => Rejection::SeriesNotFound,
                Resource::Instance(_) => Rejection::InstanceNotFound,
            });
        }
        delete_instances(doomed, ledger);
        Ok(())
    }
}

/// Appends one event per instance; the last one of a series or study says so.
pub(super) fn delete_instances(doomed: Vec<InstanceKey>, ledger: &mut dyn Ledger) {
    for key in doomed {
        let deletion = Deletion {
            series_ended: ledger.instances_in_series(&key.series_key()) == 1,
            study_ended: ledger.instances_in_study(&key.study_key()) == 1,
        };
        ledger.append(Fact::InstanceDeleted(key, deletion), None);
    }
}
