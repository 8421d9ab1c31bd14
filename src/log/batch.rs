//! One batch: the service as it is while its commands are decided, one after another.

use std::sync::Arc;

use jiff::Timestamp;

use super::{append::Numbered, state::State};
use crate::{
    clock::ClockMode,
    domain::{
        Event, Fact, Ledger,
        operation::Operation,
        query_tag::{QueryTag, index::Lookup},
        workitem::Workitem,
    },
    ids::{
        Epoch, InstanceKey, OperationId, PartitionKey, PartitionName, Position, Resource, SeriesKey, ServiceName,
        StudyKey, WorkitemKey,
    },
    projection::Touched,
};

/// Numbers what is appended and folds it at once, so that the next decision sees it.
pub struct Batch {
    /// The row of the service as the batch leaves it.
    pub state: State,
    /// The rows of the read models as the batch leaves them.
    pub touched: Touched,
    /// What was appended.
    pub events: Vec<Numbered>,
    service: ServiceName,
    machine: Timestamp,
}

impl Batch {
    /// Starts from what the database holds; `machine` is the machine's time.
    pub fn new(service: ServiceName, state: State, touched: Touched, machine: Timestamp) -> Self {
        Self { state, touched, events: Vec::new(), service, machine }
    }
}

impl Batch {
    /// Notes what a stored version has for the extended query tags, so that a rebuild need not read its data set.
    fn index(&self, fact: &mut Fact, dataset: Option<&str>) {
        let (Some(version), Some(dataset)) = (fact.stored_version_mut(), dataset) else { return };
        let tags = self.touched.query_tags();
        if tags.is_empty() {
            return;
        }
        match Lookup::new(tags.into_iter().map(|tag| &tag.definition)).values(dataset) {
            Ok(values) => version.query_tags = values,
            // What the error says may quote the data set.
            Err(_) => tracing::error!("a dataset cannot be read for extended query tags"),
        }
    }
}

impl Ledger for Batch {
    fn now(&self) -> Timestamp {
        let now = self.state.clock.now(self.machine);
        self.state.last_at.map_or(now, |last| last.max(now))
    }

    fn machine_time(&self) -> Timestamp {
        self.machine
    }

    fn last_event_at(&self) -> Option<Timestamp> {
        self.state.last_at
    }

    fn clock(&self) -> ClockMode {
        self.state.clock
    }

    fn epoch(&self) -> Epoch {
        self.state.epoch
    }

    fn has_instance(&self, key: &InstanceKey) -> bool {
        self.touched.has_instance(key)
    }

    fn instance_version(&self, key: &InstanceKey) -> Option<Position> {
        self.touched.instance_version(key)
    }

    fn instances_under(&self, resource: &Resource) -> Vec<InstanceKey> {
        self.touched.instances_under(resource)
    }

    fn study_expires_at(&self, key: &StudyKey) -> Option<Timestamp> {
        self.touched.study_expires_at(key)
    }

    fn instances_in_series(&self, key: &SeriesKey) -> u64 {
        self.touched.instances_in_series(key)
    }

    fn instances_in_study(&self, key: &StudyKey) -> u64 {
        self.touched.instances_in_study(key)
    }

    fn workitem(&self, key: &WorkitemKey) -> Option<&Workitem> {
        self.touched.workitem(key)
    }

    fn operation(&self, id: OperationId) -> Option<&Operation> {
        self.touched.operation(id)
    }

    fn unfinished_operations(&self) -> Vec<&Operation> {
        self.touched.unfinished_operations()
    }

    fn next_operation(&self) -> OperationId {
        OperationId::new(&self.service, self.state.head.next())
    }

    fn has_partitions(&self) -> bool {
        self.state.settings.partitions
    }

    fn partition(&self, name: &PartitionName) -> Option<&PartitionName> {
        self.touched.partition(name)
    }

    fn last_partition(&self) -> PartitionKey {
        self.touched.last_partition()
    }

    fn query_tags(&self) -> Vec<&QueryTag> {
        self.touched.query_tags()
    }

    fn append(&mut self, mut fact: Fact, dataset: Option<Arc<str>>) -> Position {
        self.index(&mut fact, dataset.as_deref());
        if let Fact::ClockMoved(moved) = &fact {
            self.state.clock = (*moved).into(); // its own event bears the new time already
        }
        let at = self.now();
        let sequence = fact.instance().is_some().then(|| self.state.feed_head.next());
        let event = Event { position: self.state.head.next(), sequence, at, fact };
        self.state.head = event.position;
        self.state.feed_head = sequence.unwrap_or(self.state.feed_head);
        self.state.last_at = Some(at);
        self.touched.fold(&event);
        let position = event.position;
        self.events.push(Numbered { event, dataset });
        position
    }
}
