//! Carrying a reindex out: each step brings what some instances have, the last one makes the tags ready.

use std::collections::BTreeSet;

use super::{
    QueryStatus, QueryTag, QueryTagFact, Status,
    event::{Change, Changed, Reindexed, ReindexedInstance},
};
use crate::{
    domain::{
        Command, Fact, Ledger, Needs,
        operation::{Operation, OperationFact, Progress, event::Ending, reindex},
    },
    ids::{Epoch, OperationId, TagPath},
};

/// The operation does not stand where the worker found it, or is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overtaken;

/// Takes over what some instances have.
#[derive(Debug)]
pub struct Step {
    /// The operation.
    pub operation: OperationId,
    /// When it was looked at: after a reset, the same positions and operation may be others.
    pub epoch: Epoch,
    /// Where it stood when the instances were read.
    pub from: reindex::Progress,
    /// Where it stands with this step.
    pub to: reindex::Progress,
    /// What the instances have.
    pub found: Reindexed,
}

impl Command for Step {
    type Answer = Result<(), Overtaken>;

    fn needs(&self, needs: &mut Needs) {
        needs.query_tags = true;
        needs.operations.insert(self.operation);
        needs.instances.extend(self.found.instances.iter().map(ReindexedInstance::key));
    }

    fn decide(&self, ledger: &mut dyn Ledger) -> Result<(), Overtaken> {
        check(ledger, self.operation, self.epoch, self.from)?;
        let tags = tags_of(ledger, self.operation);
        let paths: BTreeSet<TagPath> = tags.iter().map(|tag| tag.definition.path).collect();
        let still_true = |found: &&ReindexedInstance| ledger.instance_version(&found.key()) == Some(found.version);
        let instances: Vec<ReindexedInstance> =
            self.found.instances.iter().filter(still_true).filter_map(|found| found.only(&paths)).collect();
        let faulty: BTreeSet<TagPath> = instances.iter().flat_map(|found| found.errors.keys().copied()).collect();
        if !instances.is_empty() {
            ledger.append(Fact::QueryTag(QueryTagFact::Reindexed(Reindexed { instances })), None);
        }
        for tag in tags {
            let path = tag.definition.path;
            if tag.query_status == QueryStatus::Enabled && faulty.contains(&path) {
                let changed = Changed { path, change: Change::QueryStatus(QueryStatus::Disabled) };
                ledger.append(Fact::QueryTag(QueryTagFact::Changed(changed)), None);
            }
        }
        let progressed = OperationFact::Progressed(Progress::Reindex(self.to));
        ledger.append(Fact::Operation(self.operation, progressed), None);
        Ok(())
    }
}

/// Makes the tags ready: nothing is left to look at.
#[derive(Debug)]
pub struct Finish {
    /// The operation.
    pub operation: OperationId,
    /// When it was looked at: after a reset, the same positions and operation may be others.
    pub epoch: Epoch,
    /// Where it stood when there was nothing left.
    pub from: reindex::Progress,
}

impl Command for Finish {
    type Answer = Result<(), Overtaken>;

    fn needs(&self, needs: &mut Needs) {
        needs.query_tags = true;
        needs.operations.insert(self.operation);
    }

    fn decide(&self, ledger: &mut dyn Ledger) -> Result<(), Overtaken> {
        check(ledger, self.operation, self.epoch, self.from)?;
        for tag in tags_of(ledger, self.operation) {
            let changed = Changed { path: tag.definition.path, change: Change::Status(Status::Ready) };
            ledger.append(Fact::QueryTag(QueryTagFact::Changed(changed)), None);
        }
        ledger.append(Fact::Operation(self.operation, OperationFact::Ended(Ending::Succeeded)), None);
        Ok(())
    }
}

fn check(ledger: &dyn Ledger, id: OperationId, epoch: Epoch, from: reindex::Progress) -> Result<(), Overtaken> {
    let is_meant = |operation: &&Operation| operation.status.is_unfinished() && ledger.epoch() == epoch;
    let operation = ledger.operation(id).filter(is_meant);
    match operation.map(|operation| &operation.progress) {
        Some(Progress::Reindex(progress)) if *progress == from => Ok(()),
        _ => Err(Overtaken),
    }
}

/// The tags that the operation is to make ready. One that was deleted is not among them, even if it was added again.
fn tags_of(ledger: &dyn Ledger, operation: OperationId) -> Vec<QueryTag> {
    let tags = ledger.query_tags().into_iter();
    tags.filter(|tag| tag.operation == operation && tag.status == Status::Adding).cloned().collect()
}

impl ReindexedInstance {
    /// The same for these tags only; nothing if nothing is left.
    fn only(&self, paths: &BTreeSet<TagPath>) -> Option<Self> {
        let mut part = self.clone();
        part.values.retain(|path, _| paths.contains(path));
        part.errors.retain(|path, _| paths.contains(path));
        (!part.values.is_empty() || !part.errors.is_empty()).then_some(part)
    }
}
