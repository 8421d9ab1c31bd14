//! The values of extended query tags: of each study, series or instance the newest one.

use sqlx::{Row as _, postgres::PgRow};

use super::{
    instances::InstanceRow,
    query_tags::QueryTagRow,
    row::{Cell, Column, Row, Versions, bigint, text},
    working_set::WorkingSet,
};
use crate::{
    domain::{
        Event, Fact,
        query_tag::{QueryTag, QueryTagFact, Status, event::TagValues, index::comparable},
    },
    ids::{InstanceKey, InstanceUid, Level, PartitionName, Position, QueryTagId, SeriesUid, StudyUid},
};

/// What a study, series or instance has for a tag.
#[derive(Debug, Clone, PartialEq)]
pub struct QueryTagValueRow {
    /// What identifies it.
    pub key: QueryTagValueKey,
    /// The event that stored the instance which gave the value.
    pub stored: Position,
    /// The value as it is compared.
    pub value: String,
}

/// A tag with what it describes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct QueryTagValueKey {
    tag: QueryTagId,
    partition: PartitionName,
    study: StudyUid,
    series: Option<SeriesUid>,
    instance: Option<InstanceUid>,
}

impl QueryTagValueKey {
    /// What the tag describes of this instance: its study, its series, or itself.
    pub fn new(tag: &QueryTag, instance: &InstanceKey) -> Self {
        let level = tag.definition.level;
        Self {
            tag: tag.id,
            partition: instance.partition.clone(),
            study: instance.study.clone(),
            series: (level >= Level::Series).then(|| instance.series.clone()),
            instance: (level >= Level::Instance).then(|| instance.instance.clone()),
        }
    }
}

impl Row for QueryTagValueRow {
    type Key = QueryTagValueKey;

    const TABLE: &'static str = "query_tag_values";
    const KEY: &'static [&'static str] = &["tag", "partition", "study", "series", "instance"];
    const VALUES: &'static [Column] = &[bigint("stored"), text("value")];
    const VERSIONS: Versions = Versions::ManyPerEvent;

    fn key(&self) -> QueryTagValueKey {
        self.key.clone()
    }

    fn key_texts(key: &QueryTagValueKey) -> Vec<String> {
        vec![
            key.tag.to_string(),
            key.partition.to_string(),
            key.study.to_string(),
            key.series.as_ref().map(SeriesUid::to_string).unwrap_or_default(),
            key.instance.as_ref().map(InstanceUid::to_string).unwrap_or_default(),
        ]
    }

    fn values(&self) -> Result<Vec<Cell>, serde_json::Error> {
        Ok(vec![Cell::BigInt(Some(self.stored.0)), Cell::Text(Some(self.value.clone()))])
    }

    fn read(row: &PgRow) -> Result<Self, sqlx::Error> {
        let tag = QueryTagId::parse(row.try_get("tag")?);
        let some = |text: &&str| !text.is_empty();
        let key = QueryTagValueKey {
            tag: tag.ok_or_else(|| sqlx::Error::Decode("malformed tag of a value".into()))?,
            partition: PartitionName::trusted(row.try_get("partition")?),
            study: StudyUid::trusted(row.try_get("study")?),
            series: Some(row.try_get("series")?).filter(some).map(SeriesUid::trusted),
            instance: Some(row.try_get("instance")?).filter(some).map(InstanceUid::trusted),
        };
        Ok(Self { key, stored: Position(row.try_get("stored")?), value: row.try_get("value")? })
    }
}

/// An instance has the values that it came with; a study or series has the newest value of its instances, until it
/// ends.
///
/// A bulk update makes nothing newer: an instance that was updated is as old as what was stored, which `instances` know.
pub fn fold(
    event: &Event,
    tags: &WorkingSet<QueryTagRow>,
    instances: &WorkingSet<InstanceRow>,
    rows: &mut WorkingSet<QueryTagValueRow>,
) {
    let position = event.position;
    match &event.fact {
        Fact::InstanceStored(key, version)
        | Fact::InstanceReplaced(key, version)
        | Fact::InstanceUpdated(key, version) => {
            for QueryTagRow(tag) in tags.rows().filter(|QueryTagRow(tag)| tag.definition.level == Level::Instance) {
                if !version.query_tags.contains_key(&tag.definition.path) {
                    rows.remove(position, &QueryTagValueKey::new(tag, key));
                }
            }
            let stored = instances.get(key).and_then(|row| row.original).unwrap_or(position);
            put(position, tags, (key, stored), &version.query_tags, rows);
        }
        Fact::InstanceDeleted(key, deletion) => {
            for QueryTagRow(tag) in tags.rows() {
                let has_ended = match tag.definition.level {
                    Level::Study => deletion.study_ended,
                    Level::Series => deletion.series_ended,
                    Level::Instance => true,
                };
                if has_ended {
                    rows.remove(position, &QueryTagValueKey::new(tag, key));
                }
            }
        }
        Fact::QueryTag(QueryTagFact::Reindexed(reindexed)) => {
            for found in &reindexed.instances {
                let stored = found.original.unwrap_or(found.version);
                put(position, tags, (&found.key(), stored), &found.values, rows);
            }
        }
        Fact::ExpirySet(..)
        | Fact::Workitem(..)
        | Fact::QueryTag(_)
        | Fact::Operation(..)
        | Fact::PartitionCreated(..)
        | Fact::ClockMoved(_) => {}
    }
}

/// Takes over values of an instance that was stored by the event `stored`, unless a newer one has given some.
fn put(
    position: Position,
    tags: &WorkingSet<QueryTagRow>,
    (instance, stored): (&InstanceKey, Position),
    values: &TagValues,
    rows: &mut WorkingSet<QueryTagValueRow>,
) {
    for (path, value) in values {
        let Some(QueryTagRow(tag)) = tags.get(path) else { continue };
        let Some(value) = comparable(tag.definition.vr, value) else { continue };
        let key = QueryTagValueKey::new(tag, instance);
        let is_settled = match rows.get(&key) {
            None => false,
            // Nothing older will come, so it does not matter which of equal values is the newest.
            Some(row) if tag.status == Status::Ready => row.value == value,
            Some(row) => row.stored > stored,
        };
        if !is_settled {
            rows.put(position, QueryTagValueRow { key, stored, value });
        }
    }
}
