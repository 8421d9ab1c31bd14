//! Extended query tags: attributes that a service can be told to make searchable. They belong to the whole service,
//! whatever its data partitions.

pub mod add;
pub mod change;
pub mod definition;
pub mod event;
pub mod index;
pub mod moment;
pub mod reindex;

use std::collections::BTreeSet;

use dicom_core::Tag;
use serde::{Deserialize, Serialize};

use super::Ledger;
use crate::ids::{Level, OperationId, QueryTagId, TagPath};

pub use self::{definition::Definition, event::QueryTagFact, index::Fault};

/// How many tags a service can have.
pub const MOST_TAGS: usize = 128;

/// An extended query tag as it is.
#[derive(Debug, Clone, PartialEq)]
pub struct QueryTag {
    /// What tells it from another one that had its path before.
    pub id: QueryTagId,
    /// What it is.
    pub definition: Definition,
    /// Whether what is stored has been looked through for it.
    pub status: Status,
    /// Whether it can be searched.
    pub query_status: QueryStatus,
    /// The operation that makes it ready, or made it so.
    pub operation: OperationId,
}

/// Whether what was stored before a tag came to be has been looked through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Status {
    /// Not yet, or not wholly: it cannot be searched.
    Adding,
    /// It has.
    Ready,
}

/// Whether searching a tag is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum QueryStatus {
    /// It is.
    Enabled,
    /// It is not: values could not be indexed, or a client has said so.
    Disabled,
}

/// Why a request about tags is refused, in the words that the client reads.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryTagRejection {
    /// What is stored is being looked through for other tags.
    #[error("There is already an active re-index operation with ID '{0}'.")]
    Reindexing(OperationId),
    /// A tag that cannot be.
    #[error(transparent)]
    Invalid(#[from] definition::InvalidDefinition),
    /// There would be too many.
    #[error("Extended query tags exceeds max allowed count '{MOST_TAGS}'.")]
    TooMany,
    /// One of them is there already.
    #[error("One or more extended query tags already exist.")]
    AlreadyExists,
    /// There is none with this path.
    #[error("The specified extended query tag with tag path {0} cannot be found.")]
    NotFound(TagPath),
}

impl QueryTag {
    /// Whether a bulk update of these attributes brings values for it. A study or series keeps what it has unless the
    /// attribute is changed; but while the tag is being added, the new versions are not looked through otherwise.
    pub fn follows_update(&self, changed: &BTreeSet<Tag>) -> bool {
        let Definition { path, level, .. } = &self.definition;
        self.status == Status::Adding || *level == Level::Instance || changed.contains(&path.0)
    }
}

impl Status {
    /// As the log and the service spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Adding => "adding",
            Self::Ready => "ready",
        }
    }

    /// Reads what [`Self::as_str`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Adding, Self::Ready].into_iter().find(|status| status.as_str() == text)
    }
}

impl QueryStatus {
    /// As the log and the service spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Enabled => "enabled",
            Self::Disabled => "disabled",
        }
    }

    /// Reads what [`Self::as_str`] wrote, in any letter case.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Enabled, Self::Disabled].into_iter().find(|status| status.as_str().eq_ignore_ascii_case(text))
    }
}

/// The tag with this path, if there is one.
fn find(ledger: &dyn Ledger, path: TagPath) -> Result<&QueryTag, QueryTagRejection> {
    let found = ledger.query_tags().into_iter().find(|tag| tag.definition.path == path);
    found.ok_or(QueryTagRejection::NotFound(path))
}
