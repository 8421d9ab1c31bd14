//! Reindexing: what was stored before some extended query tags came to be is looked through for them, in the order of
//! its versions.

use serde::{Deserialize, Serialize};

use crate::ids::{Position, TagPath};

/// What is to be looked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reindex {
    /// The tags, in the order of the request.
    pub tags: Vec<TagPath>,
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    /// The version that was looked at last: the event that stored it.
    pub cursor: Position,
    /// Instances that were looked at.
    pub processed: u64,
    /// Instances that there are to look at, with those that were.
    pub total: u64,
}
