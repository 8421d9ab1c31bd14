//! What can happen. An event is a fact, never a request; its body carries all that a projection needs.

pub mod kind;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    attributes::IndexedAttributes,
    operation::OperationFact,
    query_tag::event::{QueryTagFact, ReindexedInstance, TagValues},
    workitem::event::WorkitemFact,
};
use crate::{
    clock::ClockMode,
    dicom::frames::FrameTable,
    ids::{
        Digest, InstanceKey, InstanceUid, OperationId, PartitionKey, PartitionName, Position, Sequence, SeriesUid,
        StudyKey, StudyUid, WorkitemKey, WorkitemUid,
    },
};

/// A fact with its place in the log.
#[derive(Debug, Clone)]
pub struct Event {
    /// Its number.
    pub position: Position,
    /// Its number in the change feed, if it is about an instance.
    pub sequence: Option<Sequence>,
    /// When it happened, by the service's clock. Never before the event before it.
    pub at: Timestamp,
    /// What happened.
    pub fact: Fact,
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact {
    /// An instance came to be.
    InstanceStored(InstanceKey, StoredVersion),
    /// An instance was stored again, by an upsert.
    InstanceReplaced(InstanceKey, StoredVersion),
    /// Attributes of an instance were changed, by a bulk update; the attributes of the version are those that changed.
    InstanceUpdated(InstanceKey, StoredVersion),
    /// An instance went.
    InstanceDeleted(InstanceKey, Deletion),
    /// The end of a study was set or called off.
    ExpirySet(StudyKey, Expiry),
    /// Something happened to a workitem.
    Workitem(WorkitemKey, WorkitemFact),
    /// Something happened to extended query tags.
    QueryTag(QueryTagFact),
    /// Something happened to a long-running operation.
    Operation(OperationId, OperationFact),
    /// A data partition came to be.
    PartitionCreated(PartitionName, NewPartition),
    /// The clock of the service was set.
    ClockMoved(ClockMove),
}

/// What an event is about: the columns beside its body.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Subject {
    /// The data partition.
    pub partition: Option<PartitionName>,
    /// Study Instance UID.
    pub study: Option<StudyUid>,
    /// Series Instance UID.
    pub series: Option<SeriesUid>,
    /// SOP Instance UID.
    pub instance: Option<InstanceUid>,
    /// SOP Instance UID of a workitem.
    pub workitem: Option<WorkitemUid>,
    /// A long-running operation.
    pub operation: Option<OperationId>,
}

/// One immutable stored form of an instance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StoredVersion {
    /// SHA-256 of the file; the name of its blob.
    pub digest: Digest,
    /// Bytes of the file.
    pub length: u64,
    /// Transfer Syntax UID (0002,0010).
    pub transfer_syntax: String,
    /// Values for the search index.
    pub attributes: IndexedAttributes,
    /// Where each frame lies in the file; absent without pixel data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frames: Option<FrameTable>,
    /// What it has for the extended query tags that there were.
    #[serde(default, skip_serializing_if = "TagValues::is_empty")]
    pub query_tags: TagValues,
}

/// What went along with a deleted instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Deletion {
    /// It was the last one of its series.
    pub series_ended: bool,
    /// It was the last one of its study.
    pub study_ended: bool,
}

/// When a study ends by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Expiry {
    /// The time; null if it does not any more.
    pub expires_at: Option<Timestamp>,
}

/// A data partition that came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewPartition {
    /// Its number.
    pub key: PartitionKey,
}

/// A clock that was set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "mode")]
pub enum ClockMove {
    /// It follows the machine.
    System,
    /// It stands still.
    Frozen {
        /// Where.
        now: Timestamp,
    },
    /// It runs beside the machine's.
    #[serde(rename_all = "camelCase")]
    Shifted {
        /// What it showed when it was set.
        now: Timestamp,
        /// Microseconds that it is ahead.
        ahead_microseconds: i64,
    },
}

impl From<ClockMove> for ClockMode {
    fn from(moved: ClockMove) -> Self {
        match moved {
            ClockMove::System => Self::System,
            ClockMove::Frozen { now } => Self::Frozen(now),
            ClockMove::Shifted { ahead_microseconds, .. } => {
                Self::Shifted(SignedDuration::from_micros(ahead_microseconds))
            }
        }
    }
}

/// A body that is not what its kind says.
#[derive(Debug, thiserror::Error)]
pub enum MalformedEvent {
    /// No such kind.
    #[error("unknown kind of event `{0}`")]
    Kind(String),
    /// An event that does not say what it is about.
    #[error("the subject of a {0} event is not named")]
    Subject(&'static str),
    /// A body of another shape.
    #[error("the body of a {0} event is malformed: {1}")]
    Body(&'static str, #[source] serde_json::Error),
}

impl Fact {
    /// Its kind, as the log spells it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::InstanceStored(..) => kind::INSTANCE_STORED,
            Self::InstanceReplaced(..) => kind::INSTANCE_REPLACED,
            Self::InstanceUpdated(..) => kind::INSTANCE_UPDATED,
            Self::InstanceDeleted(..) => kind::INSTANCE_DELETED,
            Self::ExpirySet(..) => kind::EXPIRY_SET,
            Self::Workitem(_, fact) => fact.kind(),
            Self::QueryTag(fact) => fact.kind(),
            Self::Operation(_, fact) => fact.kind(),
            Self::PartitionCreated(..) => kind::PARTITION_CREATED,
            Self::ClockMoved(_) => kind::CLOCK_MOVED,
        }
    }

    /// The instance that it is about; such events have a sequence.
    pub fn instance(&self) -> Option<&InstanceKey> {
        match self {
            Self::InstanceStored(key, _)
            | Self::InstanceReplaced(key, _)
            | Self::InstanceUpdated(key, _)
            | Self::InstanceDeleted(key, _) => Some(key),
            Self::ExpirySet(..)
            | Self::Workitem(..)
            | Self::QueryTag(_)
            | Self::Operation(..)
            | Self::PartitionCreated(..)
            | Self::ClockMoved(_) => None,
        }
    }

    /// All instances whose rows it may concern.
    pub fn instances(&self) -> Vec<InstanceKey> {
        match self {
            Self::QueryTag(fact) => fact.instances().iter().map(ReindexedInstance::key).collect(),
            _ => self.instance().into_iter().cloned().collect(),
        }
    }

    /// The version that it stores.
    pub fn stored_version_mut(&mut self) -> Option<&mut StoredVersion> {
        match self {
            Self::InstanceStored(_, version) | Self::InstanceReplaced(_, version) => Some(version),
            _ => None,
        }
    }

    /// The workitem that it is about.
    pub fn workitem(&self) -> Option<&WorkitemKey> {
        match self {
            Self::Workitem(key, _) => Some(key),
            _ => None,
        }
    }

    /// The operation that it is about.
    pub fn operation(&self) -> Option<OperationId> {
        match self {
            Self::Operation(id, _) => Some(*id),
            _ => None,
        }
    }

    /// The study that it is about, or in which the instance is.
    pub fn study(&self) -> Option<StudyKey> {
        match self {
            Self::ExpirySet(key, _) => Some(key.clone()),
            _ => self.instance().map(InstanceKey::study_key),
        }
    }

    /// What it is about.
    pub fn subject(&self) -> Subject {
        match self {
            Self::InstanceStored(key, _)
            | Self::InstanceReplaced(key, _)
            | Self::InstanceUpdated(key, _)
            | Self::InstanceDeleted(key, _) => Subject {
                partition: Some(key.partition.clone()),
                study: Some(key.study.clone()),
                series: Some(key.series.clone()),
                instance: Some(key.instance.clone()),
                ..Subject::default()
            },
            Self::ExpirySet(key, _) => {
                Subject { partition: Some(key.partition.clone()), study: Some(key.study.clone()), ..Subject::default() }
            }
            Self::Workitem(key, _) => Subject {
                partition: Some(key.partition.clone()),
                workitem: Some(key.workitem.clone()),
                ..Subject::default()
            },
            Self::Operation(id, _) => Subject { operation: Some(*id), ..Subject::default() },
            Self::QueryTag(QueryTagFact::Added(addition)) => {
                Subject { operation: Some(addition.operation), ..Subject::default() }
            }
            Self::PartitionCreated(name, _) => Subject { partition: Some(name.clone()), ..Subject::default() },
            Self::QueryTag(_) | Self::ClockMoved(_) => Subject::default(),
        }
    }

    /// Its body as JSON text.
    pub fn body(&self) -> Result<String, serde_json::Error> {
        match self {
            Self::InstanceStored(_, version)
            | Self::InstanceReplaced(_, version)
            | Self::InstanceUpdated(_, version) => serde_json::to_string(version),
            Self::InstanceDeleted(_, deletion) => serde_json::to_string(deletion),
            Self::ExpirySet(_, expiry) => serde_json::to_string(expiry),
            Self::Workitem(_, fact) => fact.body(),
            Self::QueryTag(fact) => fact.body(),
            Self::Operation(_, fact) => fact.body(),
            Self::PartitionCreated(_, partition) => serde_json::to_string(partition),
            Self::ClockMoved(clock_move) => serde_json::to_string(clock_move),
        }
    }

    /// Reads back what [`Self::kind`], [`Self::subject`] and [`Self::body`] gave.
    pub fn decode(kind: &str, subject: Subject, body: &str) -> Result<Self, MalformedEvent> {
        match kind {
            kind::INSTANCE_STORED => Ok(Self::InstanceStored(
                subject.instance_key(kind::INSTANCE_STORED)?,
                read(kind::INSTANCE_STORED, body)?,
            )),
            kind::INSTANCE_REPLACED => {
                let key = subject.instance_key(kind::INSTANCE_REPLACED)?;
                Ok(Self::InstanceReplaced(key, read(kind::INSTANCE_REPLACED, body)?))
            }
            kind::INSTANCE_UPDATED => {
                let key = subject.instance_key(kind::INSTANCE_UPDATED)?;
                Ok(Self::InstanceUpdated(key, read(kind::INSTANCE_UPDATED, body)?))
            }
            kind::INSTANCE_DELETED => {
                let key = subject.instance_key(kind::INSTANCE_DELETED)?;
                Ok(Self::InstanceDeleted(key, read(kind::INSTANCE_DELETED, body)?))
            }
            kind::EXPIRY_SET => {
                Ok(Self::ExpirySet(subject.study_key(kind::EXPIRY_SET)?, read(kind::EXPIRY_SET, body)?))
            }
            kind::PARTITION_CREATED => {
                let name = subject.partition.ok_or(MalformedEvent::Subject(kind::PARTITION_CREATED))?;
                Ok(Self::PartitionCreated(name, read(kind::PARTITION_CREATED, body)?))
            }
            kind::CLOCK_MOVED => read(kind::CLOCK_MOVED, body).map(Self::ClockMoved),
            kind::OPERATION_STARTED | kind::OPERATION_PROGRESSED | kind::OPERATION_ENDED => {
                let fact = OperationFact::decode(kind, body).ok_or_else(|| MalformedEvent::Kind(kind.to_owned()))??;
                let id = subject.operation.ok_or(MalformedEvent::Subject(fact.kind()))?;
                Ok(Self::Operation(id, fact))
            }
            kind::QUERY_TAG_ADDED | kind::QUERY_TAG_CHANGED | kind::QUERY_TAG_REMOVED | kind::QUERY_TAGS_REINDEXED => {
                QueryTagFact::decode(kind, body)
                    .ok_or_else(|| MalformedEvent::Kind(kind.to_owned()))?
                    .map(Self::QueryTag)
            }
            other => {
                let fact =
                    WorkitemFact::decode(other, body).ok_or_else(|| MalformedEvent::Kind(other.to_owned()))??;
                Ok(Self::Workitem(subject.workitem_key(fact.kind())?, fact))
            }
        }
    }
}

impl Subject {
    fn instance_key(self, kind: &'static str) -> Result<InstanceKey, MalformedEvent> {
        let Self {
            partition: Some(partition), study: Some(study), series: Some(series), instance: Some(instance), ..
        } = self
        else {
            return Err(MalformedEvent::Subject(kind));
        };
        Ok(InstanceKey { partition, study, series, instance })
    }

    fn workitem_key(self, kind: &'static str) -> Result<WorkitemKey, MalformedEvent> {
        let Self { partition: Some(partition), workitem: Some(workitem), .. } = self else {
            return Err(MalformedEvent::Subject(kind));
        };
        Ok(WorkitemKey { partition, workitem })
    }

    fn study_key(self, kind: &'static str) -> Result<StudyKey, MalformedEvent> {
        let Self { partition: Some(partition), study: Some(study), .. } = self else {
            return Err(MalformedEvent::Subject(kind));
        };
        Ok(StudyKey { partition, study })
    }
}

/// Reads the body of an event of this kind.
pub(super) fn read<'a, T: Deserialize<'a>>(kind: &'static str, body: &'a str) -> Result<T, MalformedEvent> {
    serde_json::from_str(body).map_err(|error| MalformedEvent::Body(kind, error))
}
