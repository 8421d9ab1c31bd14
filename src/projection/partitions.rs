//! The partition rows: which data partitions there are beside the default one.

use jiff::Timestamp;
use sqlx::{PgConnection, Row as _, postgres::PgRow};

use super::{
    ProjectionError,
    row::{Cell, Column, Row, bigint, text},
    working_set::WorkingSet,
};
use crate::{
    domain::{Event, Fact},
    ids::{CaselessName, PartitionKey, PartitionName, ServiceId},
};

/// A data partition.
#[derive(Debug, Clone, PartialEq)]
pub struct PartitionRow {
    /// Its name as it was first spelled.
    pub name: PartitionName,
    /// Its number.
    pub key: PartitionKey,
    /// When it came to be.
    pub created_at: Timestamp,
}

impl Row for PartitionRow {
    type Key = CaselessName;

    const TABLE: &'static str = "partitions";
    const KEY: &'static [&'static str] = &["caseless"];
    const VALUES: &'static [Column] = &[bigint("key"), text("name"), bigint("created_at")];

    fn key(&self) -> CaselessName {
        self.name.caseless()
    }

    fn key_texts(key: &CaselessName) -> Vec<String> {
        vec![key.to_string()]
    }

    fn values(&self) -> Result<Vec<Cell>, serde_json::Error> {
        Ok(vec![
            Cell::BigInt(Some(self.key.0)),
            Cell::Text(Some(self.name.to_string())),
            Cell::BigInt(Some(self.created_at.as_microsecond())),
        ])
    }

    fn read(row: &PgRow) -> Result<Self, sqlx::Error> {
        let created_at = Timestamp::from_microsecond(row.try_get("created_at")?);
        Ok(Self {
            name: PartitionName::trusted(row.try_get("name")?),
            key: PartitionKey(row.try_get("key")?),
            created_at: created_at.map_err(|error| sqlx::Error::Decode(error.into()))?,
        })
    }
}

/// A partition comes to be once.
pub fn fold(event: &Event, rows: &mut WorkingSet<PartitionRow>) {
    if let Fact::PartitionCreated(name, partition) = &event.fact {
        let row = PartitionRow { name: name.clone(), key: partition.key, created_at: event.at };
        rows.put(event.position, row);
    }
}

/// The key of the partition that came to be last.
pub async fn last_key(connection: &mut PgConnection, service: ServiceId) -> Result<PartitionKey, ProjectionError> {
    let key: Option<i64> = sqlx::query_scalar(
        "select key
           from partitions
          where service = $1 and until is null
          order by key desc
          limit 1",
    )
    .bind(service.0)
    .fetch_optional(connection)
    .await?;
    Ok(key.map_or(PartitionKey::DEFAULT, PartitionKey))
}
