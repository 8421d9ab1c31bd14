//! Allowing and forbidding to search a tag, and deleting one.

use super::{
    QueryStatus, QueryTagFact, QueryTagRejection,
    event::{Change, Changed, Removed},
    find,
};
use crate::{
    domain::{Command, Fact, Ledger, Needs},
    ids::TagPath,
};

/// Allows or forbids to search a tag.
#[derive(Debug)]
pub struct ChangeQueryStatus {
    /// The tag.
    pub path: TagPath,
    /// Whether it may be searched.
    pub query_status: QueryStatus,
}

impl Command for ChangeQueryStatus {
    type Answer = Result<(), QueryTagRejection>;

    fn needs(&self, needs: &mut Needs) {
        needs.query_tags = true;
    }

    fn decide(&self, ledger: &mut dyn Ledger) -> Result<(), QueryTagRejection> {
        let Self { path, query_status } = *self;
        if find(ledger, path)?.query_status != query_status {
            let changed = Changed { path, change: Change::QueryStatus(query_status) };
            ledger.append(Fact::QueryTag(QueryTagFact::Changed(changed)), None);
        }
        Ok(())
    }
}

/// Deletes a tag, with its values and errors. An operation that works for it goes on without it.
#[derive(Debug)]
pub struct Delete {
    /// The tag.
    pub path: TagPath,
}

impl Command for Delete {
    type Answer = Result<(), QueryTagRejection>;

    fn needs(&self, needs: &mut Needs) {
        needs.query_tags = true;
    }

    fn decide(&self, ledger: &mut dyn Ledger) -> Result<(), QueryTagRejection> {
        find(ledger, self.path)?;
        ledger.append(Fact::QueryTag(QueryTagFact::Removed(Removed { path: self.path })), None);
        Ok(())
    }
}
