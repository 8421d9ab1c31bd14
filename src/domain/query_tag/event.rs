//! What can happen to extended query tags. Bodies carry all that the projections need.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Definition, Fault, QueryStatus, Status};
use crate::{
    domain::event::{MalformedEvent, kind, read},
    ids::{InstanceKey, InstanceUid, OperationId, PartitionName, Position, SeriesUid, StudyUid, TagPath},
};

/// What happened to a tag, or to several.
#[derive(Debug, Clone, PartialEq)]
pub enum QueryTagFact {
    /// It came to be.
    Added(Addition),
    /// It became ready, or searching it was allowed or forbidden.
    Changed(Changed),
    /// It went, with its values and errors.
    Removed(Removed),
    /// Some instances were looked through.
    Reindexed(Reindexed),
}

/// A new tag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Addition {
    /// What it is.
    #[serde(flatten)]
    pub definition: Definition,
    /// The operation that will make it ready.
    pub operation: OperationId,
}

/// A tag that is no longer what it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Changed {
    /// The tag.
    pub path: TagPath,
    /// What is new.
    #[serde(flatten)]
    pub change: Change,
}

/// What is new of a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Change {
    /// Whether what is stored has been looked through.
    Status(Status),
    /// Whether searching it is allowed.
    QueryStatus(QueryStatus),
}

/// A tag that is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Removed {
    /// Which one.
    pub path: TagPath,
}

/// First values of extended query tags, as they are stored.
pub type TagValues = BTreeMap<TagPath, String>;

/// What instances have for the tags of an operation. Those that have nothing are left out.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reindexed {
    /// The instances, in the order of their versions.
    pub instances: Vec<ReindexedInstance>,
}

/// What an instance has for the tags of an operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReindexedInstance {
    /// Its data partition.
    pub partition: PartitionName,
    /// Study Instance UID.
    pub study: StudyUid,
    /// Series Instance UID.
    pub series: SeriesUid,
    /// SOP Instance UID.
    pub instance: InstanceUid,
    /// The event that stored the version which was looked at.
    pub version: Position,
    /// If it was updated in bulk: the event that stored the instance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original: Option<Position>,
    /// Its values.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub values: TagValues,
    /// Why it has none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub errors: BTreeMap<TagPath, Fault>,
}

impl ReindexedInstance {
    /// What identifies the instance.
    pub fn key(&self) -> InstanceKey {
        InstanceKey {
            partition: self.partition.clone(),
            study: self.study.clone(),
            series: self.series.clone(),
            instance: self.instance.clone(),
        }
    }
}

impl QueryTagFact {
    /// Its kind, as the log spells it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Added(_) => kind::QUERY_TAG_ADDED,
            Self::Changed(_) => kind::QUERY_TAG_CHANGED,
            Self::Removed(_) => kind::QUERY_TAG_REMOVED,
            Self::Reindexed(_) => kind::QUERY_TAGS_REINDEXED,
        }
    }

    /// Its body as JSON text.
    pub fn body(&self) -> Result<String, serde_json::Error> {
        match self {
            Self::Added(addition) => serde_json::to_string(addition),
            Self::Changed(changed) => serde_json::to_string(changed),
            Self::Removed(removed) => serde_json::to_string(removed),
            Self::Reindexed(reindexed) => serde_json::to_string(reindexed),
        }
    }

    /// Reads back what [`Self::kind`] and [`Self::body`] gave; nothing if the kind is no tag's.
    pub fn decode(kind: &str, body: &str) -> Option<Result<Self, MalformedEvent>> {
        Some(match kind {
            kind::QUERY_TAG_ADDED => read(kind::QUERY_TAG_ADDED, body).map(Self::Added),
            kind::QUERY_TAG_CHANGED => read(kind::QUERY_TAG_CHANGED, body).map(Self::Changed),
            kind::QUERY_TAG_REMOVED => read(kind::QUERY_TAG_REMOVED, body).map(Self::Removed),
            kind::QUERY_TAGS_REINDEXED => read(kind::QUERY_TAGS_REINDEXED, body).map(Self::Reindexed),
            _ => return None,
        })
    }

    /// The instances that it is about beside tags.
    pub fn instances(&self) -> &[ReindexedInstance] {
        match self {
            Self::Reindexed(reindexed) => &reindexed.instances,
            _ => &[],
        }
    }
}
