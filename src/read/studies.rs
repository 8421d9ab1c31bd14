//! Studies that end by themselves.

use jiff::Timestamp;
use sqlx::PgPool;

use super::ReadError;
use crate::ids::{PartitionName, ServiceId, StudyKey, StudyUid};

/// The studies whose end has come, the earliest first.
pub async fn due(pool: &PgPool, service: ServiceId, now: Timestamp) -> Result<Vec<StudyKey>, ReadError> {
    let rows: Vec<(String, String)> = sqlx::query_as(
        "select partition, study
           from studies
          where service = $1 and expires_at <= $2 and until is null
          order by expires_at, study, partition",
    )
    .bind(service.0)
    .bind(now.as_microsecond())
    .fetch_all(pool)
    .await?;
    let key = |(partition, study): (String, String)| StudyKey {
        partition: PartitionName::trusted(&partition),
        study: StudyUid::trusted(&study),
    };
    Ok(rows.into_iter().map(key).collect())
}
