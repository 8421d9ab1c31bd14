//! Pure decisions: (facts, request, now) → events or a refusal. No I/O, no clock of its own, no HTTP.
//!
//! A [`Command`] names the facts that it needs, then decides against a [`Ledger`]: the service as it is at this moment,
//! to which it appends what happened. Each appended event is visible to the rest of the decision.

pub mod attributes;
pub mod delete;
pub mod event;
pub mod expire;
pub mod move_clock;
pub mod operation;
pub mod partition;
pub mod query_tag;
pub mod rejection;
pub mod store;
pub mod update;
pub mod workitem;

use std::{collections::BTreeSet, sync::Arc};

use jiff::Timestamp;

use crate::{
    clock::ClockMode,
    ids::{
        CaselessName, Epoch, InstanceKey, OperationId, PartitionKey, PartitionName, Position, Resource, SeriesKey,
        StudyKey, WorkitemKey,
    },
};

pub use event::{Event, Fact};
pub use rejection::Rejection;

use operation::Operation;
use query_tag::QueryTag;
use workitem::Workitem;

/// What is taken from clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// Everything that Azure takes, and the emulator's extensions.
    Extended,
    /// Only what Azure takes.
    Strict,
}

/// A mutation: decided once, against the state that the log has when its turn comes.
pub trait Command: Send + Sync + 'static {
    /// What its caller is told.
    type Answer: Send + 'static;

    /// Names the rows that [`Self::decide`] will look at.
    fn needs(&self, needs: &mut Needs);

    /// Decides, and appends what follows. Must not depend on anything but the ledger: it may be asked twice.
    fn decide(&self, ledger: &mut dyn Ledger) -> Self::Answer;
}

/// The rows that a batch of commands looks at.
#[derive(Debug, Default)]
pub struct Needs {
    /// Instances that may or may not exist.
    pub instances: BTreeSet<InstanceKey>,
    /// Studies, series and instances that are needed whole.
    pub resources: Vec<Resource>,
    /// Workitems that may or may not exist.
    pub workitems: BTreeSet<WorkitemKey>,
    /// Operations that may or may not exist.
    pub operations: BTreeSet<OperationId>,
    /// Whether all unfinished operations are needed.
    pub unfinished_operations: bool,
    /// Data partitions that may or may not exist, beside the default one.
    pub partitions: BTreeSet<CaselessName>,
    /// Whether the extended query tags are needed; they always are where instances are.
    pub query_tags: bool,
}

/// The service at one moment: what a decision may ask, and where it puts what it decided.
pub trait Ledger {
    /// The time of the events that are appended now.
    fn now(&self) -> Timestamp;

    /// The time of the machine, for moving the clock.
    fn machine_time(&self) -> Timestamp;

    /// The time of the last event, if there is one.
    fn last_event_at(&self) -> Option<Timestamp>;

    /// How the service's clock stands.
    fn clock(&self) -> ClockMode;

    /// How many times the service was reset.
    fn epoch(&self) -> Epoch;

    /// Whether the instance exists.
    fn has_instance(&self, key: &InstanceKey) -> bool;

    /// The event that made the version of an instance that there is.
    fn instance_version(&self, key: &InstanceKey) -> Option<Position>;

    /// The instances that exist in a needed resource, in the order of their keys.
    fn instances_under(&self, resource: &Resource) -> Vec<InstanceKey>;

    /// When a study ends by itself, if it does.
    fn study_expires_at(&self, key: &StudyKey) -> Option<Timestamp>;

    /// How many instances exist in a series of a needed resource.
    fn instances_in_series(&self, key: &SeriesKey) -> u64;

    /// How many instances exist in a study of a needed resource.
    fn instances_in_study(&self, key: &StudyKey) -> u64;

    /// The workitem, if it exists.
    fn workitem(&self, key: &WorkitemKey) -> Option<&Workitem>;

    /// The operation, if it exists.
    fn operation(&self, id: OperationId) -> Option<&Operation>;

    /// The unfinished operations, if all of them were needed; otherwise those of them that were.
    fn unfinished_operations(&self) -> Vec<&Operation>;

    /// The identifier of an operation that is started by the next event.
    fn next_operation(&self) -> OperationId;

    /// Whether the service has data partitions.
    fn has_partitions(&self) -> bool;

    /// The name of a needed data partition as it was first spelled, if the partition exists.
    fn partition(&self, name: &PartitionName) -> Option<&PartitionName>;

    /// The key of the data partition that came to be last; known if any partition is needed.
    fn last_partition(&self) -> PartitionKey;

    /// The extended query tags, in the order of their paths.
    fn query_tags(&self) -> Vec<&QueryTag>;

    /// Appends an event; `dataset` is the DICOM JSON of the version that it stores, as it will be served. What a new
    /// version has for the extended query tags is noted with it.
    fn append(&mut self, fact: Fact, dataset: Option<Arc<str>>) -> Position;
}
