//! What can happen to extended query tags. Bodies carry all that the projections need.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Definition, Fault, QueryStatus};
use crate::{
    domain::event::{MalformedEvent, kind, read},
    ids::{InstanceKey, InstanceUid, OperationId, PartitionName, Position, SeriesUid, StudyUid, TagPath},
};

/// What happened to a tag, or to several.
#[derive(Debug, Clone, PartialEq)]
pub enum QueryTagFact {
    /// It came to be.
    Added(Addition),
    /// Searching it was allowed or forbidden.
    StatusChanged(StatusChange),
    /// All that was stored before it came to be has been looked through.
    Ready(Named),
    /// It went, with its values and errors.
    Deleted(Named),
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

/// A tag that may be searched or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StatusChange {
    /// The tag.
    pub path: TagPath,
    /// Whether it may be.
    pub query_status: QueryStatus,
}

/// A tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Named {
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
            Self::StatusChanged(_) => kind::QUERY_TAG_STATUS_CHANGED,
            Self::Ready(_) => kind::QUERY_TAG_READY,
            Self::Deleted(_) => kind::QUERY_TAG_DELETED,
            Self::Reindexed(_) => kind::QUERY_TAGS_REINDEXED,
        }
    }

    /// Its body as JSON text.
    pub fn body(&self) -> Result<String, serde_json::Error> {
        match self {
            Self::Added(addition) => serde_json::to_string(addition),
            Self::StatusChanged(change) => serde_json::to_string(change),
            Self::Ready(named) | Self::Deleted(named) => serde_json::to_string(named),
            Self::Reindexed(reindexed) => serde_json::to_string(reindexed),
        }
    }

    /// Reads back what [`Self::kind`] and [`Self::body`] gave; nothing if the kind is no tag's.
    pub fn decode(kind: &str, body: &str) -> Option<Result<Self, MalformedEvent>> {
        Some(match kind {
            kind::QUERY_TAG_ADDED => read(kind::QUERY_TAG_ADDED, body).map(Self::Added),
            kind::QUERY_TAG_STATUS_CHANGED => read(kind::QUERY_TAG_STATUS_CHANGED, body).map(Self::StatusChanged),
            kind::QUERY_TAG_READY => read(kind::QUERY_TAG_READY, body).map(Self::Ready),
            kind::QUERY_TAG_DELETED => read(kind::QUERY_TAG_DELETED, body).map(Self::Deleted),
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
