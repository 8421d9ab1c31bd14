//! The data partitions of a service.

use jiff::Timestamp;
use sqlx::{QueryBuilder, Row as _, postgres::PgRow};

use super::{ReadError, View};
use crate::{
    ids::{PartitionKey, PartitionName},
    postgres::At,
};

/// A data partition.
#[derive(Debug, Clone)]
pub struct Partition {
    /// Its number.
    pub key: PartitionKey,
    /// Its name as it was first spelled.
    pub name: PartitionName,
    /// When it came to be; the default one came with its service.
    pub created_at: Timestamp,
}

impl View {
    /// The name of a data partition as it was first spelled, if the partition exists.
    pub async fn partition(&self, name: &PartitionName) -> Result<Option<PartitionName>, ReadError> {
        if name.is_default() {
            return Ok(Some(PartitionName::default_partition()));
        }
        let mut query = QueryBuilder::new("select p.name from partitions p where p.service = ");
        query.push_bind(self.service.0);
        query.push(" and p.caseless = ").push_bind(name.caseless().to_string());
        query.push(" and ");
        self.as_of.push(&mut query, "p");
        let found: Option<String> = query.build_query_scalar().fetch_optional(&self.pool).await?;
        Ok(found.as_deref().map(PartitionName::trusted))
    }

    /// All data partitions, ascending by key; nothing if the service has been deleted.
    pub async fn partitions(&self) -> Result<Option<Vec<Partition>>, ReadError> {
        let born: Option<At> = sqlx::query_scalar("select created_at from services where id = $1")
            .bind(self.service.0)
            .fetch_optional(&self.pool)
            .await?;
        let Some(At(created_at)) = born else { return Ok(None) };
        let default = Partition { key: PartitionKey::DEFAULT, name: PartitionName::default_partition(), created_at };
        let mut query = QueryBuilder::new("select p.key, p.name, p.created_at from partitions p where p.service = ");
        query.push_bind(self.service.0);
        query.push(" and ");
        self.as_of.push(&mut query, "p");
        query.push(" order by p.key");
        let rows = query.build().fetch_all(&self.pool).await?;
        std::iter::once(Ok(default)).chain(rows.iter().map(partition)).collect::<Result<_, _>>().map(Some)
    }
}

fn partition(row: &PgRow) -> Result<Partition, ReadError> {
    let created_at = Timestamp::from_microsecond(row.try_get("created_at")?);
    Ok(Partition {
        key: PartitionKey(row.try_get("key")?),
        name: PartitionName::trusted(row.try_get("name")?),
        created_at: created_at.map_err(|error| sqlx::Error::Decode(error.into()))?,
    })
}
