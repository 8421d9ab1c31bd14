//! What can happen to an operation. Bodies carry all that the projection needs.

use serde::{Deserialize, Serialize};

use super::{Progress, Task};
use crate::domain::event::{MalformedEvent, kind, read};

/// What happened to an operation.
#[derive(Debug, Clone, PartialEq)]
pub enum OperationFact {
    /// It was asked for.
    Started(Task),
    /// A step was done.
    Progressed(Progress),
    /// It is over.
    Ended(Ending),
}

/// How an operation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "status")]
pub enum Ending {
    /// All is done.
    Succeeded,
    /// Something went wrong; the progress tells what.
    Failed,
}

impl OperationFact {
    /// Its kind, as the log spells it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Started(_) => kind::OPERATION_STARTED,
            Self::Progressed(_) => kind::OPERATION_PROGRESSED,
            Self::Ended(_) => kind::OPERATION_ENDED,
        }
    }

    /// Its body as JSON text.
    pub fn body(&self) -> Result<String, serde_json::Error> {
        match self {
            Self::Started(task) => serde_json::to_string(task),
            Self::Progressed(progress) => serde_json::to_string(progress),
            Self::Ended(ending) => serde_json::to_string(ending),
        }
    }

    /// Reads back what [`Self::kind`] and [`Self::body`] gave; nothing if the kind is no operation's.
    pub fn decode(kind: &str, body: &str) -> Option<Result<Self, MalformedEvent>> {
        Some(match kind {
            kind::OPERATION_STARTED => read(kind::OPERATION_STARTED, body).map(Self::Started),
            kind::OPERATION_PROGRESSED => read(kind::OPERATION_PROGRESSED, body).map(Self::Progressed),
            kind::OPERATION_ENDED => read(kind::OPERATION_ENDED, body).map(Self::Ended),
            _ => return None,
        })
    }
}
