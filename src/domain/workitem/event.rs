//! What can happen to a workitem. Bodies carry all that the projection needs.

use serde::{Deserialize, Serialize};

use super::State;
use crate::{
    dicom::json::Document,
    domain::event::{MalformedEvent, kind, read},
    ids::Digest,
};

/// What happened to a workitem.
#[derive(Debug, Clone, PartialEq)]
pub enum WorkitemFact {
    /// It came to be.
    Created(Creation),
    /// Attributes were replaced or added.
    Updated(Changes),
    /// It was claimed, completed or given up.
    StateChanged(StateChange),
    /// It was cancelled before anybody claimed it.
    Cancelled(Changes),
}

/// A new workitem.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Creation {
    /// Its attributes, state included.
    pub dataset: Document,
}

/// Attributes of a workitem, each whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Changes {
    /// Those that were replaced or added.
    pub changes: Document,
}

/// A workitem in another state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StateChange {
    /// The state.
    pub state: State,
    /// A digest by which the one who claimed it is known again; absent if the owner stays the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Digest>,
}

impl WorkitemFact {
    /// Its kind, as the log spells it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Created(_) => kind::WORKITEM_CREATED,
            Self::Updated(_) => kind::WORKITEM_UPDATED,
            Self::StateChanged(_) => kind::WORKITEM_STATE_CHANGED,
            Self::Cancelled(_) => kind::WORKITEM_CANCELLED,
        }
    }

    /// Its body as JSON text.
    pub fn body(&self) -> Result<String, serde_json::Error> {
        match self {
            Self::Created(creation) => serde_json::to_string(creation),
            Self::Updated(changes) | Self::Cancelled(changes) => serde_json::to_string(changes),
            Self::StateChanged(change) => serde_json::to_string(change),
        }
    }

    /// Reads back what [`Self::kind`] and [`Self::body`] gave; nothing if the kind is no workitem's.
    pub fn decode(kind: &str, body: &str) -> Option<Result<Self, MalformedEvent>> {
        Some(match kind {
            kind::WORKITEM_CREATED => read(kind::WORKITEM_CREATED, body).map(Self::Created),
            kind::WORKITEM_UPDATED => read(kind::WORKITEM_UPDATED, body).map(Self::Updated),
            kind::WORKITEM_STATE_CHANGED => read(kind::WORKITEM_STATE_CHANGED, body).map(Self::StateChanged),
            kind::WORKITEM_CANCELLED => read(kind::WORKITEM_CANCELLED, body).map(Self::Cancelled),
            _ => return None,
        })
    }
}
