//! A step of a worker: what it did goes into the log, if the operation still stands where the worker found it.

use super::{Operation, OperationFact};
use crate::{
    domain::{Command, Fact, Ledger, Needs},
    ids::Epoch,
};

/// Moves an operation on.
#[derive(Debug)]
pub struct Advance {
    /// The operation as the worker found it.
    pub found: Operation,
    /// The run of the service in which it was found: an operation of an undone future may look the same.
    pub epoch: Epoch,
    /// What the worker did.
    pub facts: Vec<OperationFact>,
}

impl Command for Advance {
    /// The operation as it is now; nothing if it is not what the worker took it for.
    type Answer = Option<Operation>;

    fn needs(&self, needs: &mut Needs) {
        needs.operations.insert(self.found.id);
    }

    fn decide(&self, ledger: &mut dyn Ledger) -> Option<Operation> {
        let id = self.found.id;
        let is_as_found = ledger.epoch() == self.epoch && ledger.operation(id) == Some(&self.found);
        if !is_as_found || !self.found.status.is_unfinished() {
            return None;
        }
        for fact in &self.facts {
            ledger.append(Fact::Operation(id, fact.clone()), None);
        }
        ledger.operation(id).cloned()
    }
}
