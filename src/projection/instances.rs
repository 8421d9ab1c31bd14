//! The instance rows: where the current version of each instance lies.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::{PgConnection, Row as _, postgres::PgRow};

use super::{
    ProjectionError,
    row::{Cell, Column, Row, bigint, text},
    working_set::WorkingSet,
};
use crate::{
    domain::{Event, Fact, event::StoredVersion},
    ids::{
        Digest, InstanceKey, InstanceUid, PartitionName, Position, Resource, SeriesUid, ServiceId, StudyKey, StudyUid,
        Watermark,
    },
};

/// A stored instance. The event that made the row holds its dataset and its frame table.
#[derive(Debug, Clone, PartialEq)]
pub struct InstanceRow {
    /// What identifies it.
    pub key: InstanceKey,
    /// SHA-256 of the file; the name of its blob.
    pub digest: Digest,
    /// Bytes of the file.
    pub length: u64,
    /// Transfer Syntax UID (0002,0010).
    pub transfer_syntax: String,
    /// The number in its ETag.
    pub watermark: Watermark,
    /// The version that was there before the first update of this one's, if there was any: it is kept beside the latest.
    pub original: Option<Position>,
}

impl Row for InstanceRow {
    type Key = InstanceKey;

    const TABLE: &'static str = "instances";
    const KEY: &'static [&'static str] = &["partition", "study", "series", "instance"];
    const VALUES: &'static [Column] =
        &[text("digest"), bigint("length"), text("transfer_syntax"), bigint("watermark"), bigint("original")];

    fn key(&self) -> InstanceKey {
        self.key.clone()
    }

    fn key_texts(key: &InstanceKey) -> Vec<String> {
        vec![key.partition.to_string(), key.study.to_string(), key.series.to_string(), key.instance.to_string()]
    }

    fn values(&self) -> Result<Vec<Cell>, serde_json::Error> {
        Ok(vec![
            Cell::Text(Some(self.digest.to_string())),
            Cell::BigInt(Some(self.length.try_into().unwrap_or(i64::MAX))),
            Cell::Text(Some(self.transfer_syntax.clone())),
            Cell::BigInt(Some(self.watermark.0)),
            Cell::BigInt(self.original.map(|original| original.0)),
        ])
    }

    fn read(row: &PgRow) -> Result<Self, sqlx::Error> {
        let length: i64 = row.try_get("length")?;
        let digest: &str = row.try_get("digest")?;
        let original: Option<i64> = row.try_get("original")?;
        Ok(Self {
            key: instance_key(row)?,
            digest: Digest::parse(digest).ok_or_else(|| sqlx::Error::Decode("malformed digest".into()))?,
            length: length.try_into().unwrap_or(0),
            transfer_syntax: row.try_get("transfer_syntax")?,
            watermark: Watermark(row.try_get("watermark")?),
            original: original.map(Position),
        })
    }
}

impl InstanceRow {
    fn new(position: Position, key: &InstanceKey, version: &StoredVersion, original: Option<Position>) -> Self {
        Self {
            key: key.clone(),
            digest: version.digest,
            length: version.length,
            transfer_syntax: version.transfer_syntax.clone(),
            watermark: Watermark::new(position, &version.digest),
            original,
        }
    }
}

/// Reads the key of an instance from a row that has its columns.
pub fn instance_key(row: &PgRow) -> Result<InstanceKey, sqlx::Error> {
    Ok(InstanceKey {
        partition: PartitionName::trusted(row.try_get("partition")?),
        study: StudyUid::trusted(row.try_get("study")?),
        series: SeriesUid::trusted(row.try_get("series")?),
        instance: InstanceUid::trusted(row.try_get("instance")?),
    })
}

/// Each store and each update makes a version; a delete ends it. An update keeps the version that was stored.
pub fn fold(event: &Event, rows: &mut WorkingSet<InstanceRow>) {
    match &event.fact {
        Fact::InstanceStored(key, version) | Fact::InstanceReplaced(key, version) => {
            rows.put(event.position, InstanceRow::new(event.position, key, version, None));
        }
        Fact::InstanceUpdated(key, version) => {
            let original = rows.get(key).and_then(|row| row.original).or(rows.since(key));
            rows.put(event.position, InstanceRow::new(event.position, key, version, original));
        }
        Fact::InstanceDeleted(key, _) => rows.remove(event.position, key),
        Fact::ExpirySet(..)
        | Fact::Workitem(..)
        | Fact::QueryTag(_)
        | Fact::Operation(..)
        | Fact::PartitionCreated(..)
        | Fact::ClockMoved(_) => {}
    }
}

/// Loads the live instances of a resource; answers their keys.
pub async fn load_under(
    connection: &mut PgConnection,
    service: ServiceId,
    resource: &Resource,
    rows: &mut WorkingSet<InstanceRow>,
) -> Result<BTreeSet<InstanceKey>, ProjectionError> {
    let mut query = sqlx::QueryBuilder::new("select * from instances where service = ");
    query.push_bind(service.0);
    query.push(" and partition = ").push_bind(resource.partition().as_str());
    query.push(" and study = ").push_bind(resource.study().as_str());
    if let Some(series) = resource.series() {
        query.push(" and series = ").push_bind(series.as_str());
    }
    if let Some(instance) = resource.instance() {
        query.push(" and instance = ").push_bind(instance.as_str());
    }
    query.push(" and until is null");
    let found = query.build().fetch_all(connection).await?;
    rows.take_in(&found)
}

/// How many of these instances each series has.
pub fn count_keys_by_series(keys: &BTreeSet<InstanceKey>) -> BTreeMap<SeriesUid, u64> {
    let mut counts = BTreeMap::new();
    for key in keys {
        *counts.entry(key.series.clone()).or_default() += 1;
    }
    counts
}

/// How many live instances each series of a study has.
pub async fn count_by_series(
    connection: &mut PgConnection,
    service: ServiceId,
    study: &StudyKey,
) -> Result<BTreeMap<SeriesUid, u64>, ProjectionError> {
    let rows: Vec<(String, i64)> = sqlx::query_as(
        "select series, count(*)
           from instances
          where service = $1 and partition = $2 and study = $3 and until is null
          group by series",
    )
    .bind(service.0)
    .bind(study.partition.as_str())
    .bind(study.study.as_str())
    .fetch_all(connection)
    .await?;
    let count = |(series, count): (String, i64)| (SeriesUid::trusted(&series), count.try_into().unwrap_or(0));
    Ok(rows.into_iter().map(count).collect())
}
