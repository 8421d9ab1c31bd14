//! Why a command was refused. Knows no HTTP: `http::error` turns it into an answer.

use jiff::Timestamp;

use crate::ids::OperationId;

/// A refusal appends nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// No instance exists in the study that was named.
    #[error("the study does not exist")]
    StudyNotFound,
    /// No instance exists in the series that was named.
    #[error("the series does not exist")]
    SeriesNotFound,
    /// The instance that was named does not exist.
    #[error("the instance does not exist")]
    InstanceNotFound,
    /// The service has no data partitions.
    #[error("the service has no data partitions")]
    PartitionsDisabled,
    /// The data partition does not exist, or its name is spelled otherwise.
    #[error("the data partition does not exist")]
    PartitionNotFound,
    /// A bulk update is under way, and there is only one at a time.
    #[error("the update {0} has not ended yet")]
    ActiveUpdate(OperationId),
    /// The clock cannot go back behind what has happened.
    #[error("the clock cannot be set to {to}: the last event happened at {last}")]
    ClockBehindLastEvent {
        /// The time that was asked for.
        to: Timestamp,
        /// The time of the last event.
        last: Timestamp,
    },
    /// The time lies outside what a timestamp can hold.
    #[error("the clock cannot be moved that far")]
    ClockOutOfRange,
}
