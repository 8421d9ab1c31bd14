//! The event log: the database of which everything else is a fold.
//!
//! One writer task per service and process appends ([`Service::execute`]); the row of the service, locked by every
//! commit, makes any number of processes safe on one Postgres.

mod append;
mod batch;
mod copy;
mod partitions;
pub mod reader;
mod reset;
mod service;
pub mod snapshot;
mod state;
mod writer;

use std::sync::Arc;

use crate::{ids::Position, projection::ProjectionError};

pub use copy::CopyError;
pub use reset::{Target, Undone};
pub use service::{Service, ServiceSummary, Services, Settings};

/// Why the log could not be read or written.
#[derive(Debug, Clone, thiserror::Error)]
pub enum LogError {
    /// The database refused or failed.
    #[error("the database failed: {0}")]
    Database(Arc<sqlx::Error>),
    /// The read models could not follow.
    #[error("the read models failed: {0}")]
    Projection(Arc<ProjectionError>),
    /// An event could not be encoded.
    #[error("an event cannot be written: {0}")]
    Event(Arc<serde_json::Error>),
    /// The service was deleted while the request was on its way.
    #[error("the service is gone")]
    ServiceGone,
    /// Data partitions shall be off, but there are some.
    #[error("Data partitions feature cannot be disabled while existing data has already been partitioned.")]
    PartitionsInUse,
    /// The server is shutting down.
    #[error("the writer has stopped")]
    Stopped,
}

impl From<sqlx::Error> for LogError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(Arc::new(error))
    }
}

impl From<ProjectionError> for LogError {
    fn from(error: ProjectionError) -> Self {
        Self::Projection(Arc::new(error))
    }
}

impl From<serde_json::Error> for LogError {
    fn from(error: serde_json::Error) -> Self {
        Self::Event(Arc::new(error))
    }
}

/// What came of a command.
#[derive(Debug)]
pub struct Receipt<A> {
    /// What was decided.
    pub answer: A,
    /// The position of the last event that it appended, if it appended any.
    pub position: Option<Position>,
}
