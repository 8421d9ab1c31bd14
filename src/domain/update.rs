//! Bulk update: it is asked for, and then one study after another is switched to new versions of its instances.

use std::{collections::BTreeSet, sync::Arc};

use dicom_core::Tag;

use super::{
    Command, Fact, Ledger, Needs, Rejection,
    event::StoredVersion,
    operation::{
        Operation, OperationFact, Progress, Task,
        event::Ending,
        update::{self, Update},
    },
    query_tag::{Definition, index::Lookup},
};
use crate::ids::{Epoch, InstanceKey, OperationId, Position, Resource, StudyKey};

/// Asks for an update. There is one at a time.
#[derive(Debug)]
pub struct StartUpdate {
    /// What is to be changed.
    pub task: Update,
}

impl Command for StartUpdate {
    type Answer = Result<OperationId, Rejection>;

    fn needs(&self, needs: &mut Needs) {
        needs.unfinished_operations = true;
    }

    fn decide(&self, ledger: &mut dyn Ledger) -> Self::Answer {
        let is_update = |operation: &&Operation| matches!(operation.task, Task::Update(_));
        if let Some(active) = ledger.unfinished_operations().into_iter().find(is_update) {
            return Err(Rejection::ActiveUpdate(active.id));
        }
        let id = ledger.next_operation();
        ledger.append(Fact::Operation(id, OperationFact::Started(Task::Update(self.task.clone()))), None);
        Ok(id)
    }
}

/// A new version of an instance, whose bytes are in the blob store.
#[derive(Debug, Clone)]
pub struct UpdatedInstance {
    /// What the event remembers of it.
    pub version: StoredVersion,
    /// Its DICOM JSON as it will be served.
    pub dataset: Arc<str>,
}

/// What became of a study outside of the log.
#[derive(Debug)]
pub enum StudyOutcome {
    /// There is a new version of each instance, in the order of [`SwitchStudy::seen`].
    Updated(Vec<UpdatedInstance>),
    /// It cannot be updated; what went wrong, in the words of the service.
    Failed(Vec<String>),
}

/// Switches a study to its new versions and moves the operation on, both or neither.
#[derive(Debug)]
pub struct SwitchStudy {
    /// The operation.
    pub operation: OperationId,
    /// When it was looked at: after a reset, the same positions and operation may be others.
    pub epoch: Epoch,
    /// The place of the study in its list, where the operation must stand.
    pub index: u64,
    /// The study.
    pub study: StudyKey,
    /// The instances from which the outcome was made, and their versions, in the order of their keys.
    pub seen: Vec<(InstanceKey, Position)>,
    /// What became of the study.
    pub outcome: StudyOutcome,
}

/// How the operation stands then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Switched {
    /// There is more to do.
    Onward(update::Progress),
    /// It has ended.
    Ended,
    /// Nothing happened: the study is not what it was.
    Outdated,
    /// Nothing happened: the operation does not stand here.
    Overtaken,
}

impl Command for SwitchStudy {
    type Answer = Switched;

    fn needs(&self, needs: &mut Needs) {
        needs.operations.insert(self.operation);
        needs.resources.push(Resource::Study(self.study.clone()));
    }

    fn decide(&self, ledger: &mut dyn Ledger) -> Switched {
        let is_meant = |operation: &&Operation| operation.status.is_unfinished() && ledger.epoch() == self.epoch;
        let operation = ledger.operation(self.operation).filter(is_meant);
        let Some(Operation { task: Task::Update(task), progress: Progress::Update(progress), .. }) = operation else {
            return Switched::Overtaken;
        };
        if progress.study_processed != self.index || task.next_study(progress).as_ref() != Some(&self.study) {
            return Switched::Overtaken;
        }
        let is_last = self.index + 1 >= task.studies.len() as u64;
        let mut progress = progress.clone();
        let changed: BTreeSet<Tag> = task.changes.tags().collect();
        if !self.is_current(ledger) {
            return Switched::Outdated;
        }
        self.apply(&changed, &mut progress, ledger);
        let progressed = OperationFact::Progressed(Progress::Update(progress.clone()));
        ledger.append(Fact::Operation(self.operation, progressed), None);
        if !is_last {
            return Switched::Onward(progress);
        }
        let ending = if progress.errors.is_empty() { Ending::Succeeded } else { Ending::Failed };
        ledger.append(Fact::Operation(self.operation, OperationFact::Ended(ending)), None);
        Switched::Ended
    }
}

impl SwitchStudy {
    /// Whether the study has these instances in these versions.
    fn is_current(&self, ledger: &dyn Ledger) -> bool {
        let now = ledger.instances_under(&Resource::Study(self.study.clone()));
        now.len() == self.seen.len()
            && self.seen.iter().all(|(key, version)| ledger.instance_version(key) == Some(*version))
    }

    /// Appends the new versions, if there are any, and counts.
    fn apply(&self, changed: &BTreeSet<Tag>, progress: &mut update::Progress, ledger: &mut dyn Ledger) {
        progress.study_processed += 1;
        match &self.outcome {
            StudyOutcome::Updated(instances) => {
                progress.study_updated += u64::from(!instances.is_empty());
                progress.instance_updated += instances.len() as u64;
                let tags = ledger.query_tags().into_iter().filter(|tag| tag.follows_update(changed));
                let tags: Vec<Definition> = tags.map(|tag| tag.definition.clone()).collect();
                let lookup = Lookup::new(&tags);
                for ((key, _), UpdatedInstance { version, dataset }) in self.seen.iter().zip(instances) {
                    let mut version = version.clone();
                    if !tags.is_empty() {
                        version.query_tags = lookup.values(dataset).unwrap_or_default();
                    }
                    let fact = Fact::InstanceUpdated(key.clone(), version);
                    ledger.append(fact, Some(dataset.clone()));
                }
            }
            StudyOutcome::Failed(errors) => {
                progress.study_failed += 1;
                progress.errors.extend_from_slice(errors);
            }
        }
    }
}
