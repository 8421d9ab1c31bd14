//! Events → rows. Every read model is one SQL file in `projections/` and one fold here; both are disposable.
//!
//! Each row is a *version* of a row: `since` the event that made it, `until` the event that ended it, null while it is
//! live. So reset and time travel need nothing but these two numbers.

mod copy;
mod instances;
mod operations;
mod partitions;
mod query_tag_errors;
mod query_tag_values;
mod query_tags;
mod rebuild;
mod rewind;
mod row;
mod series;
mod statistics;
mod studies;
mod verify;
mod working_set;
mod workitems;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use sqlx::PgConnection;

use crate::{
    domain::{Event, Fact, operation::Operation, query_tag::QueryTag, workitem::Workitem},
    ids::{
        CaselessName, InstanceKey, Level, OperationId, PartitionKey, PartitionName, Position, QueryTagId, Resource,
        SeriesKey, SeriesUid, ServiceId, StudyKey, WorkitemKey,
    },
};

pub use copy::copy;
pub use instances::{InstanceRow, instance_key};
pub use operations::OperationRow;
pub use partitions::{PartitionRow, last_key as last_partition};
pub use query_tag_errors::QueryTagErrorRow;
pub use query_tags::QueryTagRow;
pub use rebuild::bring_up_to_date;
pub use rewind::rewind;
pub use series::SeriesRow;
pub use statistics::{Statistics, refresh_statistics};
pub use studies::StudyRow;
pub use verify::{Difference, verify};
pub use workitems::WorkitemRow;

use query_tag_values::{QueryTagValueKey, QueryTagValueRow};
use row::Row;
use working_set::WorkingSet;

/// Why the read models could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum ProjectionError {
    /// The database refused or failed.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// The log holds what this version of the emulator cannot read.
    #[error("event {position} cannot be read: {source}")]
    Event {
        /// Which event.
        position: i64,
        /// What is wrong with it.
        source: crate::domain::event::MalformedEvent,
    },
    /// A row could not be encoded.
    #[error("a row cannot be written: {0}")]
    Row(#[from] serde_json::Error),
}

/// A read model: its tables, and which version of them the code expects.
struct Definition {
    /// Its name, which is that of its table.
    name: &'static str,
    /// Its DDL; the first line names the version.
    sql: &'static str,
}

impl Definition {
    /// The number in the first line, `-- version N: …`.
    fn version(&self) -> i64 {
        let number = self.sql.strip_prefix("-- version ").and_then(|rest| rest.split(':').next());
        number.and_then(|number| number.parse().ok()).unwrap_or(0)
    }
}

/// Every read model.
const DEFINITIONS: [Definition; 9] = [
    Definition { name: studies::StudyRow::TABLE, sql: include_str!("../../projections/studies.sql") },
    Definition { name: series::SeriesRow::TABLE, sql: include_str!("../../projections/series.sql") },
    Definition { name: instances::InstanceRow::TABLE, sql: include_str!("../../projections/instances.sql") },
    Definition { name: workitems::WorkitemRow::TABLE, sql: include_str!("../../projections/workitems.sql") },
    Definition { name: operations::OperationRow::TABLE, sql: include_str!("../../projections/operations.sql") },
    Definition { name: partitions::PartitionRow::TABLE, sql: include_str!("../../projections/partitions.sql") },
    Definition { name: query_tags::QueryTagRow::TABLE, sql: include_str!("../../projections/query_tags.sql") },
    Definition {
        name: query_tag_values::QueryTagValueRow::TABLE,
        sql: include_str!("../../projections/query_tag_values.sql"),
    },
    Definition {
        name: query_tag_errors::QueryTagErrorRow::TABLE,
        sql: include_str!("../../projections/query_tag_errors.sql"),
    },
];

/// The live rows that a batch of events touches, and what became of them.
#[derive(Debug, Default)]
pub struct Touched {
    studies: WorkingSet<StudyRow>,
    series: WorkingSet<SeriesRow>,
    instances: WorkingSet<InstanceRow>,
    workitems: WorkingSet<WorkitemRow>,
    operations: WorkingSet<OperationRow>,
    partitions: WorkingSet<PartitionRow>,
    last_partition: Option<PartitionKey>,
    query_tags: WorkingSet<QueryTagRow>,
    query_tag_values: WorkingSet<QueryTagValueRow>,
    query_tag_errors: WorkingSet<QueryTagErrorRow>,
    has_query_tags: bool,
    /// Those of the loaded tags that have errors in the table.
    faulty_query_tags: Vec<QueryTagId>,
    counts: BTreeMap<StudyKey, BTreeMap<SeriesUid, u64>>,
}

impl Touched {
    /// Loads the rows of instances, if they exist, with those of their series and studies and what all of them have for
    /// extended query tags.
    pub async fn load(
        &mut self,
        connection: &mut PgConnection,
        service: ServiceId,
        keys: &BTreeSet<InstanceKey>,
    ) -> Result<(), ProjectionError> {
        let series: BTreeSet<SeriesKey> = keys.iter().map(InstanceKey::series_key).collect();
        let studies: BTreeSet<StudyKey> = series.iter().map(SeriesKey::study_key).collect();
        self.instances.load(connection, service, keys).await?;
        self.series.load(connection, service, &series).await?;
        self.studies.load(connection, service, &studies).await?;
        if keys.is_empty() {
            return Ok(());
        }
        self.load_query_tags(connection, service).await?;
        let values = self.query_tag_value_keys(keys);
        self.query_tag_values.load(connection, service, &values).await?;
        let instances = || keys.iter().filter(|key| self.instances.get(key).is_some());
        let errors = self.faulty_query_tags.iter().flat_map(|tag| instances().map(|key| (*tag, key.clone()))).collect();
        self.query_tag_errors.load(connection, service, &errors).await
    }

    /// What may have values for extended query tags: only what is there has some.
    fn query_tag_value_keys(&self, instances: &BTreeSet<InstanceKey>) -> BTreeSet<QueryTagValueKey> {
        let mut keys = BTreeSet::new();
        for QueryTagRow(tag) in self.query_tags.rows() {
            let is_there = |key: &&InstanceKey| match tag.definition.level {
                Level::Study => self.studies.get(&key.study_key()).is_some(),
                Level::Series => self.series.get(&key.series_key()).is_some(),
                Level::Instance => self.instances.get(key).is_some(),
            };
            keys.extend(instances.iter().filter(is_there).map(|key| QueryTagValueKey::new(tag, key)));
        }
        keys
    }

    /// Loads the rows of all extended query tags, unless they are here.
    pub async fn load_query_tags(
        &mut self,
        connection: &mut PgConnection,
        service: ServiceId,
    ) -> Result<(), ProjectionError> {
        if !std::mem::replace(&mut self.has_query_tags, true) {
            let tags = query_tags::all(connection, service).await?;
            self.faulty_query_tags = tags.iter().filter(|tag| tag.is_faulty).map(|tag| tag.id).collect();
            let paths = tags.into_iter().map(|tag| tag.path).collect();
            self.query_tags.load(connection, service, &paths).await?;
        }
        Ok(())
    }

    /// Loads the rows of studies, if they exist.
    pub async fn load_studies(
        &mut self,
        connection: &mut PgConnection,
        service: ServiceId,
        keys: &BTreeSet<StudyKey>,
    ) -> Result<(), ProjectionError> {
        self.studies.load(connection, service, keys).await
    }

    /// Loads the rows of workitems, if they exist.
    pub async fn load_workitems(
        &mut self,
        connection: &mut PgConnection,
        service: ServiceId,
        keys: &BTreeSet<WorkitemKey>,
    ) -> Result<(), ProjectionError> {
        self.workitems.load(connection, service, keys).await
    }

    /// Loads the rows of operations, if they exist.
    pub async fn load_operations(
        &mut self,
        connection: &mut PgConnection,
        service: ServiceId,
        ids: &BTreeSet<OperationId>,
    ) -> Result<(), ProjectionError> {
        self.operations.load(connection, service, ids).await
    }

    /// Loads the rows of all unfinished operations.
    pub async fn load_unfinished_operations(
        &mut self,
        connection: &mut PgConnection,
        service: ServiceId,
    ) -> Result<(), ProjectionError> {
        let ids = operations::unfinished(connection, service).await?;
        self.operations.load(connection, service, &ids).await
    }

    /// Loads the rows of data partitions, if they exist, and how far their keys have come.
    pub async fn load_partitions(
        &mut self,
        connection: &mut PgConnection,
        service: ServiceId,
        names: &BTreeSet<CaselessName>,
    ) -> Result<(), ProjectionError> {
        self.partitions.load(connection, service, names).await?;
        if names.iter().any(|name| self.partitions.get(name).is_none()) {
            self.last_partition = Some(partitions::last_key(connection, service).await?);
        }
        Ok(())
    }

    /// Loads all instances of a resource, with their series and studies, and counts what else is in the study.
    pub async fn load_resource(
        &mut self,
        connection: &mut PgConnection,
        service: ServiceId,
        resource: &Resource,
    ) -> Result<(), ProjectionError> {
        let keys = instances::load_under(connection, service, resource, &mut self.instances).await?;
        self.load(connection, service, &keys).await?;
        let study = StudyKey { partition: resource.partition().clone(), study: resource.study().clone() };
        let counts = match resource {
            Resource::Study(_) => instances::count_keys_by_series(&keys),
            Resource::Series(_) | Resource::Instance(_) => {
                instances::count_by_series(connection, service, &study).await?
            }
        };
        self.counts.insert(study, counts);
        Ok(())
    }

    /// Folds an event into the rows. Those that it touches must have been loaded.
    pub fn fold(&mut self, event: &Event) {
        self.count(&event.fact);
        instances::fold(event, &mut self.instances);
        series::fold(event, &mut self.series);
        studies::fold(event, &mut self.studies);
        workitems::fold(event, &mut self.workitems);
        operations::fold(event, &mut self.operations);
        partitions::fold(event, &mut self.partitions);
        if let Fact::PartitionCreated(_, partition) = &event.fact {
            self.last_partition = Some(partition.key);
        }
        query_tag_values::fold(event, &self.query_tags, &self.instances, &mut self.query_tag_values);
        query_tag_errors::fold(event, &self.query_tags, &mut self.query_tag_errors);
        query_tags::fold(event, &mut self.query_tags);
    }

    /// Writes what changed.
    pub async fn write(self, connection: &mut PgConnection, service: ServiceId) -> Result<(), ProjectionError> {
        self.studies.write(connection, service).await?;
        self.series.write(connection, service).await?;
        self.instances.write(connection, service).await?;
        self.workitems.write(connection, service).await?;
        self.operations.write(connection, service).await?;
        self.partitions.write(connection, service).await?;
        self.query_tags.write(connection, service).await?;
        self.query_tag_values.write(connection, service).await?;
        self.query_tag_errors.write(connection, service).await
    }

    /// Whether the instance exists.
    pub fn has_instance(&self, key: &InstanceKey) -> bool {
        self.instances.get(key).is_some()
    }

    /// The event that made the version of an instance that there is.
    pub fn instance_version(&self, key: &InstanceKey) -> Option<Position> {
        self.instances.since(key)
    }

    /// The extended query tags, in the order of their paths.
    pub fn query_tags(&self) -> Vec<&QueryTag> {
        self.query_tags.rows().map(|row| &row.0).collect()
    }

    /// The workitem, if it exists.
    pub fn workitem(&self, key: &WorkitemKey) -> Option<&Workitem> {
        self.workitems.get(key).map(|row| &row.workitem)
    }

    /// The operation, if it exists.
    pub fn operation(&self, id: OperationId) -> Option<&Operation> {
        self.operations.get(&id).map(|row| &row.0)
    }

    /// The loaded operations that are unfinished.
    pub fn unfinished_operations(&self) -> Vec<&Operation> {
        let operations = self.operations.keys().filter_map(|id| self.operation(*id));
        operations.filter(|operation| operation.status.is_unfinished()).collect()
    }

    /// The name of a loaded data partition as it was first spelled, if it exists.
    pub fn partition(&self, name: &PartitionName) -> Option<&PartitionName> {
        self.partitions.get(&name.caseless()).map(|row| &row.name)
    }

    /// The key of the data partition that came to be last; known if one was loaded that does not exist.
    pub fn last_partition(&self) -> PartitionKey {
        self.last_partition.unwrap_or(PartitionKey::DEFAULT)
    }

    /// The instances that exist in a loaded resource.
    pub fn instances_under(&self, resource: &Resource) -> Vec<InstanceKey> {
        self.instances.keys().filter(|key| resource.contains(key)).cloned().collect()
    }

    /// When a loaded study ends by itself, if it does.
    pub fn study_expires_at(&self, key: &StudyKey) -> Option<Timestamp> {
        self.studies.get(key)?.expires_at
    }

    /// How many instances exist in a series of a loaded resource.
    pub fn instances_in_series(&self, key: &SeriesKey) -> u64 {
        self.counts.get(&key.study_key()).and_then(|study| study.get(&key.series)).copied().unwrap_or(0)
    }

    /// How many instances exist in a study of a loaded resource.
    pub fn instances_in_study(&self, key: &StudyKey) -> u64 {
        self.counts.get(key).map_or(0, |study| study.values().sum())
    }

    /// Keeps the counts of loaded resources true.
    fn count(&mut self, fact: &Fact) {
        let Some(key) = fact.instance() else { return };
        let Some(study) = self.counts.get_mut(&key.study_key()) else { return };
        let count = study.entry(key.series.clone()).or_default();
        match fact {
            Fact::InstanceStored(..) => *count += 1,
            Fact::InstanceDeleted(..) => *count = count.saturating_sub(1),
            _ => {}
        }
    }
}
