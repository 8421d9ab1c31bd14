//! Adding tags: all of them or none, with one operation that looks through what is stored.

use super::{
    MOST_TAGS, QueryTagFact, QueryTagRejection,
    definition::{Definition, Entry, define},
    event::Addition,
};
use crate::{
    domain::{
        Command, Fact, Ledger, Needs,
        operation::{OperationFact, Task, reindex::Reindex},
    },
    ids::OperationId,
};

/// Adds the tags of a request.
#[derive(Debug)]
pub struct Add {
    /// The tags as the client asks for them.
    pub entries: Vec<Entry>,
}

impl Command for Add {
    type Answer = Result<OperationId, QueryTagRejection>;

    fn needs(&self, needs: &mut Needs) {
        needs.query_tags = true;
        needs.unfinished_operations = true;
    }

    fn decide(&self, ledger: &mut dyn Ledger) -> Result<OperationId, QueryTagRejection> {
        let definitions = self.check(ledger)?;
        let operation = ledger.next_operation();
        let tags = definitions.iter().map(|definition| definition.path).collect();
        let started = OperationFact::Started(Task::Reindex(Reindex { tags }));
        ledger.append(Fact::Operation(operation, started), None);
        for definition in definitions {
            ledger.append(Fact::QueryTag(QueryTagFact::Added(Addition { definition, operation })), None);
        }
        Ok(operation)
    }
}

impl Add {
    /// The checks of the service, in its order.
    fn check(&self, ledger: &dyn Ledger) -> Result<Vec<Definition>, QueryTagRejection> {
        let is_reindex = |task: &Task| matches!(task, Task::Reindex(_));
        if let Some(running) = ledger.unfinished_operations().into_iter().find(|running| is_reindex(&running.task)) {
            return Err(QueryTagRejection::Reindexing(running.id));
        }
        let definitions = define(&self.entries)?;
        let existing = ledger.query_tags();
        if existing.len() + definitions.len() > MOST_TAGS {
            return Err(QueryTagRejection::TooMany);
        }
        let exists = |new: &Definition| existing.iter().any(|tag| tag.definition.path == new.path);
        match definitions.iter().any(exists) {
            true => Err(QueryTagRejection::AlreadyExists),
            false => Ok(definitions),
        }
    }
}
