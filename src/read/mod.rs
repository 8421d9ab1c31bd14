//! Reading: select only, and always as of a position. Nothing here changes anything.

pub mod feed;
pub mod instances;
pub mod names;
pub mod operations;
pub mod parameters;
pub mod partitions;
pub mod query_tags;
pub mod search;
pub mod studies;
pub mod workitems;

use std::sync::Arc;

use jiff::Timestamp;
use sqlx::{PgPool, Postgres, QueryBuilder};

use self::names::Names;
use crate::{
    ids::{Epoch, Position, Sequence, ServiceId},
    log::LogError,
    postgres::At,
};

/// Why nothing could be read.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ReadError {
    /// The database refused or failed.
    #[error("the database failed: {0}")]
    Database(Arc<sqlx::Error>),
}

impl From<sqlx::Error> for ReadError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(Arc::new(error))
    }
}

impl From<ReadError> for LogError {
    fn from(ReadError::Database(error): ReadError) -> Self {
        Self::Database(error)
    }
}

/// A reader's view of one service.
#[derive(Debug, Clone)]
pub struct View {
    /// Where to read.
    pub pool: PgPool,
    /// The service.
    pub service: ServiceId,
    /// The moment.
    pub as_of: AsOf,
    /// Where names are found.
    pub names: Arc<Names>,
}

impl View {
    /// A service as it is now, for work that searches for no names.
    pub fn now(pool: &PgPool, service: ServiceId) -> Self {
        Self { pool: pool.clone(), service, as_of: AsOf::Head, names: Arc::default() }
    }
}

/// The moment that is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AsOf {
    /// Now.
    Head,
    /// When this was the position of the last event.
    Position(Position),
}

impl AsOf {
    /// Adds the one condition that tells which versions of rows of `table` are looked at.
    fn push(self, query: &mut QueryBuilder<Postgres>, table: &str) {
        match self {
            Self::Head => {
                query.push(format_args!("{table}.until is null"));
            }
            Self::Position(Position(position)) => {
                query.push(format_args!("({table}.until is null or {table}.until > "));
                query.push_bind(position);
                query.push(format_args!(") and {table}.since <= "));
                query.push_bind(position);
            }
        }
    }
}

/// Asks the database for a sign of life.
pub async fn ping(pool: &PgPool) -> Result<(), ReadError> {
    sqlx::query("select 1").execute(pool).await?;
    Ok(())
}

/// The head of the log of a service: its last position and sequence.
pub async fn head(pool: &PgPool, service: ServiceId) -> Result<(Position, Sequence), ReadError> {
    let row: Option<(i64, i64)> = sqlx::query_as("select head, feed_head from services where id = $1")
        .bind(service.0)
        .fetch_optional(pool)
        .await?;
    let (head, feed_head) = row.unwrap_or_default();
    Ok((Position(head), Sequence(feed_head)))
}

/// How many times a service was reset.
pub async fn epoch(pool: &PgPool, service: ServiceId) -> Result<Epoch, ReadError> {
    let epoch: Option<i64> =
        sqlx::query_scalar("select epoch from services where id = $1").bind(service.0).fetch_optional(pool).await?;
    Ok(Epoch(epoch.unwrap_or_default()))
}

/// The position of the last event that had happened at a time. Event times never decrease: so halving finds it.
pub async fn position_at(pool: &PgPool, service: ServiceId, time: Timestamp) -> Result<Position, ReadError> {
    let position: i64 = sqlx::query_scalar(
        "with recursive probe (low, high) as (
             select 0::bigint, head from services where id = $1
             union all
             select case when e.at <= $2 then e.position else p.low end,
                    case when e.at <= $2 then p.high else e.position - 1 end
               from probe p
              cross join lateral (
                        select x.at, x.position
                          from events x
                         where x.service = $1 and x.position = (p.low + p.high + 1) / 2
                         limit 1) e
              where p.low < p.high
         )
         select coalesce(max(low), 0) from probe where low = high",
    )
    .bind(service.0)
    .bind(At(time))
    .fetch_one(pool)
    .await?;
    Ok(Position(position))
}
