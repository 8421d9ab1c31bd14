//! The log as people and tools read it: every event, its body as it was written.

use futures_util::{Stream, StreamExt, TryStreamExt};
use jiff::Timestamp;
use sqlx::{PgPool, Row as _, postgres::PgRow};

use super::{LogError, Service};
use crate::{
    ids::{Digest, InstanceKey, Position, ServiceName},
    postgres::At,
    projection::instance_key,
};

/// Which events to read.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// The first position.
    pub from: Position,
    /// Only events of this kind.
    pub kind: Option<String>,
    /// Only events of this Study Instance UID.
    pub study: Option<String>,
    /// Only events of this SOP Instance UID.
    pub instance: Option<String>,
    /// Only events of the workitem with this SOP Instance UID.
    pub workitem: Option<String>,
    /// Only events of this operation.
    pub operation: Option<String>,
    /// So many at most; all if absent.
    pub limit: Option<i64>,
}

/// An event as it is shown.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its number.
    pub position: i64,
    /// Its number in the change feed.
    pub sequence: Option<i64>,
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub kind: String,
    /// The data partition that it is about.
    pub partition: Option<String>,
    /// The Study Instance UID.
    pub study: Option<String>,
    /// The Series Instance UID.
    pub series: Option<String>,
    /// The SOP Instance UID.
    pub instance: Option<String>,
    /// The SOP Instance UID of the workitem.
    pub workitem: Option<String>,
    /// The identifier of the operation.
    pub operation: Option<String>,
    /// Its body: JSON text.
    pub body: String,
}

/// The events of a service that pass the filter, ascending. Rows are fetched as they are asked for.
pub fn read(pool: PgPool, service: &Service, filter: Filter) -> impl Stream<Item = Result<Entry, LogError>> + use<> {
    let mut query = sqlx::QueryBuilder::new(
        "select position, sequence, at, kind, partition, study, series, instance, workitem, operation, body::text as body
           from events
          where service = ",
    );
    query.push_bind(service.id.0);
    query.push(" and position >= ").push_bind(filter.from.0);
    let columns = [
        ("kind", filter.kind),
        ("study", filter.study),
        ("instance", filter.instance),
        ("workitem", filter.workitem),
        ("operation", filter.operation),
    ];
    for (column, value) in columns {
        if let Some(value) = value {
            query.push(format_args!(" and {column} = ")).push_bind(value);
        }
    }
    query.push(" order by position");
    if let Some(limit) = filter.limit {
        query.push(" limit ").push_bind(limit);
    }
    async_stream::try_stream! {
        let mut rows = query.build().fetch(&pool).map_err(LogError::from);
        while let Some(row) = rows.next().await {
            yield entry(&row?)?;
        }
    }
}

/// The file of every stored version of every service.
pub fn stored_files(pool: PgPool) -> impl Stream<Item = Result<(ServiceName, InstanceKey, Digest), LogError>> {
    async_stream::try_stream! {
        let mut rows = sqlx::query(
            "select s.name, e.partition, e.study, e.series, e.instance, e.body ->> 'digest' as digest
               from events e
               join services s on s.id = e.service
              where e.dataset is not null",
        )
        .fetch(&pool);
        while let Some(row) = rows.next().await {
            let row = row?;
            let (key, digest) = stored_file(&row)?;
            yield (ServiceName::trusted(row.try_get("name")?), key, digest);
        }
    }
}

/// The file that an event names, from a row with the columns of an instance and its `digest`.
pub(super) fn stored_file(row: &PgRow) -> Result<(InstanceKey, Digest), sqlx::Error> {
    let digest = Digest::parse(row.try_get("digest")?);
    Ok((instance_key(row)?, digest.ok_or_else(|| sqlx::Error::Decode("malformed digest".into()))?))
}

fn entry(row: &PgRow) -> Result<Entry, LogError> {
    Ok(Entry {
        position: row.try_get("position")?,
        sequence: row.try_get("sequence")?,
        at: row.try_get::<At, _>("at")?.0,
        kind: row.try_get("kind")?,
        partition: row.try_get("partition")?,
        study: row.try_get("study")?,
        series: row.try_get("series")?,
        instance: row.try_get("instance")?,
        workitem: row.try_get("workitem")?,
        operation: row.try_get("operation")?,
        body: row.try_get("body")?,
    })
}
