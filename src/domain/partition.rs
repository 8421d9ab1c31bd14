//! Data partitions come to be by the first request that puts something in them, and stay.

use super::{Command, Fact, Ledger, Needs, Rejection, event::NewPartition};
use crate::ids::PartitionName;

/// Creates a data partition, unless it is there; answers its name as it was first spelled.
#[derive(Debug)]
pub struct CreatePartition {
    /// The name that it shall have.
    pub name: PartitionName,
}

impl Command for CreatePartition {
    type Answer = Result<PartitionName, Rejection>;

    fn needs(&self, needs: &mut Needs) {
        need(&self.name, needs);
    }

    fn decide(&self, ledger: &mut dyn Ledger) -> Self::Answer {
        found_or_created(&self.name, ledger)
    }
}

/// A command that puts something into a data partition. A reset may have taken the partition back since the request
/// found it: then it comes to be again, as if the request had come after the reset.
#[derive(Debug)]
pub struct Within<C> {
    /// The partition, as it was found.
    pub partition: PartitionName,
    /// What to do in it.
    pub command: C,
}

impl<C: Command> Command for Within<C> {
    type Answer = Result<C::Answer, Rejection>;

    fn needs(&self, needs: &mut Needs) {
        need(&self.partition, needs);
        self.command.needs(needs);
    }

    fn decide(&self, ledger: &mut dyn Ledger) -> Self::Answer {
        if found_or_created(&self.partition, ledger)? != self.partition {
            return Err(Rejection::PartitionNotFound); // it came back, but with another spelling
        }
        Ok(self.command.decide(ledger))
    }
}

fn need(name: &PartitionName, needs: &mut Needs) {
    if !name.is_default() {
        needs.partitions.insert(name.caseless());
    }
}

fn found_or_created(name: &PartitionName, ledger: &mut dyn Ledger) -> Result<PartitionName, Rejection> {
    if name.is_default() {
        return Ok(PartitionName::default_partition());
    }
    if !ledger.has_partitions() {
        return Err(Rejection::PartitionsDisabled);
    }
    if let Some(known) = ledger.partition(name) {
        return Ok(known.clone());
    }
    let key = ledger.last_partition().next();
    ledger.append(Fact::PartitionCreated(name.clone(), NewPartition { key }), None);
    Ok(name.clone())
}
