//! The instances of a study, a series, or one: where their bytes lie, and their metadata.

use futures_util::{Stream, StreamExt};
use sqlx::{Postgres, QueryBuilder, Row as _, postgres::PgRow, types::Json};

use super::{ReadError, View};
use crate::{
    dicom::frames::FrameTable,
    ids::{
        Digest, InstanceKey, InstanceUid, PartitionName, Position, Resource, SeriesUid, StudyKey, StudyUid, Watermark,
    },
};

/// A stored version of an instance: what a retrieve needs to know.
#[derive(Debug, Clone)]
pub struct StoredInstance {
    /// What identifies it.
    pub key: InstanceKey,
    /// The event that made it.
    pub version: Position,
    /// SHA-256 of the file; the name of its blob.
    pub digest: Digest,
    /// Bytes of the file.
    pub length: u64,
    /// Transfer Syntax UID (0002,0010).
    pub transfer_syntax: String,
}

/// What is looked through for instances.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Extent {
    /// A study, a series or an instance.
    Resource(Resource),
    /// All that is in a data partition.
    Partition(PartitionName),
}

impl Extent {
    fn partition(&self) -> &PartitionName {
        match self {
            Self::Resource(resource) => resource.partition(),
            Self::Partition(partition) => partition,
        }
    }
}

/// What the metadata of a resource is known by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revision {
    /// The highest watermark of its instances.
    pub watermark: Watermark,
    /// How many instances it has.
    pub count: i64,
}

/// Which of the two versions that are kept of an updated instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// The latest.
    Latest,
    /// The one that was there before the first update; the latest of what was never updated.
    Original,
}

impl Kept {
    /// The tables to select from: `i` is the live row of an instance, `v` that of the version.
    fn source(self) -> &'static str {
        match self {
            Self::Latest => {
                "instances i cross join lateral (
                    select i.since, i.digest, i.length, i.transfer_syntax, i.watermark) v"
            }
            Self::Original => {
                "instances i cross join lateral (
                    select x.since, x.digest, x.length, x.transfer_syntax, x.watermark
                      from instances x
                     where x.service = i.service and x.since = coalesce(i.original, i.since)
                     limit 1) v"
            }
        }
    }
}

/// The order of storing, which an update does not change. As an expression, so that no plan walks the whole service in
/// that order to save a sort.
const BY_STORING: &str = " order by coalesce(i.original, i.since) + 0";

impl View {
    /// The instances of a resource, in the order of their storing.
    pub async fn instances(&self, resource: &Resource, kept: Kept) -> Result<Vec<StoredInstance>, ReadError> {
        let source = kept.source();
        let mut query = QueryBuilder::new(format!(
            "select i.series, i.instance, v.since, v.digest, v.length, v.transfer_syntax from {source} where "
        ));
        self.push_resource(&mut query, resource);
        query.push(BY_STORING);
        let rows = query.build().fetch_all(&self.pool).await?;
        rows.iter().map(|row| stored_instance(row, resource)).collect()
    }

    /// The next instances of a resource, or of all that is in a partition, whose latest version was made after the
    /// event `after`, in the order of these events.
    pub async fn instances_after(
        &self,
        extent: &Extent,
        after: Position,
        limit: i64,
    ) -> Result<Vec<StoredInstance>, ReadError> {
        let mut query = QueryBuilder::new(
            "select i.study, i.series, i.instance, i.since, i.digest, i.length, i.transfer_syntax
               from instances i
              where ",
        );
        let order = match extent {
            Extent::Resource(resource) => {
                self.push_resource(&mut query, resource);
                " order by i.since + 0" // as an expression, for the reason that BY_STORING has
            }
            Extent::Partition(partition) => {
                query.push("i.service = ").push_bind(self.service.0);
                query.push(" and i.partition = ").push_bind(partition.to_string());
                query.push(" and ");
                self.as_of.push(&mut query, "i");
                " order by i.since"
            }
        };
        query.push(" and i.since > ").push_bind(after.0).push(order).push(" limit ").push_bind(limit);
        let rows = query.build().fetch_all(&self.pool).await?;
        let read = |row: &PgRow| -> Result<_, ReadError> {
            let study = StudyUid::trusted(row.try_get("study")?);
            stored_instance(row, &Resource::Study(StudyKey { partition: extent.partition().clone(), study }))
        };
        rows.iter().map(read).collect()
    }

    /// One instance and where its frames lie; they are absent without pixel data.
    pub async fn frames(&self, key: &InstanceKey) -> Result<Option<(StoredInstance, Option<FrameTable>)>, ReadError> {
        let resource = Resource::Instance(key.clone());
        let mut query = QueryBuilder::new(
            "select i.series, i.instance, i.since, i.digest, i.length, i.transfer_syntax, e.body -> 'frames' as frames
               from instances i
              cross join lateral (
                    select x.body from events x where x.service = i.service and x.position = i.since limit 1) e
              where ",
        );
        self.push_resource(&mut query, &resource);
        let Some(row) = query.build().fetch_optional(&self.pool).await? else { return Ok(None) };
        let frames: Option<Json<FrameTable>> = row.try_get("frames")?;
        Ok(Some((stored_instance(&row, &resource)?, frames.map(|Json(frames)| frames))))
    }

    /// What the metadata of a resource is known by, whichever version is asked for; nothing if it has no instances.
    pub async fn revision(&self, resource: &Resource) -> Result<Option<Revision>, ReadError> {
        let mut query =
            QueryBuilder::new("select max(i.watermark) as watermark, count(*) as count from instances i where ");
        self.push_resource(&mut query, resource);
        let row = query.build().fetch_one(&self.pool).await?;
        let watermark: Option<i64> = row.try_get("watermark")?;
        let count = row.try_get("count")?;
        Ok(watermark.map(|watermark| Revision { watermark: Watermark(watermark), count }))
    }

    /// The DICOM JSON of each instance of a resource, in the order of their storing, as the client takes it.
    pub fn metadata(&self, resource: &Resource, kept: Kept) -> impl Stream<Item = Result<String, ReadError>> + use<> {
        let mut query = QueryBuilder::new(format!(
            "select e.dataset
               from {}
              cross join lateral (
                    select x.dataset from events x where x.service = i.service and x.position = v.since limit 1) e
              where ",
            kept.source()
        ));
        self.push_resource(&mut query, resource);
        query.push(BY_STORING);
        let pool = self.pool.clone();
        async_stream::try_stream! {
            let mut rows = query.build().fetch(&pool);
            while let Some(row) = rows.next().await {
                yield row?.try_get::<String, _>("dataset")?;
            }
        }
    }

    /// The DICOM JSON of a version, if there is such a version.
    pub async fn dataset(&self, version: Position) -> Result<Option<String>, ReadError> {
        let dataset: Option<Option<String>> =
            sqlx::query_scalar("select dataset from events where service = $1 and position = $2")
                .bind(self.service.0)
                .bind(version.0)
                .fetch_optional(&self.pool)
                .await?;
        Ok(dataset.flatten())
    }

    fn push_resource(&self, query: &mut QueryBuilder<Postgres>, resource: &Resource) {
        query.push("i.service = ").push_bind(self.service.0);
        query.push(" and i.partition = ").push_bind(resource.partition().to_string());
        query.push(" and i.study = ").push_bind(resource.study().to_string());
        if let Some(series) = resource.series() {
            query.push(" and i.series = ").push_bind(series.to_string());
        }
        if let Some(instance) = resource.instance() {
            query.push(" and i.instance = ").push_bind(instance.to_string());
        }
        query.push(" and ");
        self.as_of.push(query, "i");
    }
}

fn stored_instance(row: &PgRow, resource: &Resource) -> Result<StoredInstance, ReadError> {
    let length: i64 = row.try_get("length")?;
    let digest: &str = row.try_get("digest")?;
    Ok(StoredInstance {
        key: InstanceKey {
            partition: resource.partition().clone(),
            study: resource.study().clone(),
            series: SeriesUid::trusted(row.try_get("series")?),
            instance: InstanceUid::trusted(row.try_get("instance")?),
        },
        version: Position(row.try_get("since")?),
        digest: Digest::parse(digest).ok_or_else(|| sqlx::Error::Decode("malformed digest".into()))?,
        length: length.try_into().unwrap_or(0),
        transfer_syntax: row.try_get("transfer_syntax")?,
    })
}
