//! Long-running operations: what a client asked for is in the log at once; a worker carries it out step by step, and
//! each step is an event with the progress so far.
//!
//! A step is a command like any other. It is decided only if the operation still stands where the worker found it: so
//! it does not matter who works, how many do, or how often they are interrupted.

pub mod advance;
pub mod event;
pub mod export;
pub mod reindex;
pub mod update;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use self::event::OperationFact;
use crate::ids::OperationId;

/// An operation as it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Operation {
    /// Its identifier.
    pub id: OperationId,
    /// What is to be done.
    pub task: Task,
    /// How it stands.
    pub status: Status,
    /// How far it is.
    pub progress: Progress,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When something last happened to it.
    pub updated_at: Timestamp,
}

/// What is to be done: all that carrying it out takes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "type")]
pub enum Task {
    /// Looking through what is stored for new extended query tags.
    Reindex(reindex::Reindex),
    /// Changing attributes of all instances of some studies.
    Update(update::Update),
    /// Copying instances to a place outside.
    Export(export::Export),
}

/// How far an operation is: where to go on, and what is counted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "type")]
pub enum Progress {
    /// Of a [`Task::Reindex`].
    Reindex(reindex::Progress),
    /// Of a [`Task::Update`].
    Update(update::Progress),
    /// Of a [`Task::Export`].
    Export(export::Progress),
}

/// How an operation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Status {
    /// Nothing has been done yet.
    NotStarted,
    /// Something has been done.
    Running,
    /// All is done.
    Succeeded,
    /// It ended, and something went wrong.
    Failed,
}

impl Task {
    /// Where it begins.
    pub fn beginning(&self) -> Progress {
        match self {
            Self::Reindex(_) => Progress::Reindex(reindex::Progress::default()),
            Self::Update(_) => Progress::Update(update::Progress::default()),
            Self::Export(_) => Progress::Export(export::Progress::default()),
        }
    }
}

impl Status {
    /// Whether there is something left to do.
    pub fn is_unfinished(self) -> bool {
        matches!(self, Self::NotStarted | Self::Running)
    }

    /// As the log and the service spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotStarted => "notStarted",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
        }
    }

    /// Reads what [`Self::as_str`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::NotStarted, Self::Running, Self::Succeeded, Self::Failed]
            .into_iter()
            .find(|status| status.as_str() == text)
    }
}
