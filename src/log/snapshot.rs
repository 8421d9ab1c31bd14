//! Snapshots: names for positions.

use jiff::Timestamp;
use sqlx::{Connection, PgConnection, PgPool, Row as _, postgres::PgRow};

use super::{LogError, Service, state::State};
use crate::{
    ids::{Position, Sequence, ServiceId, SnapshotName},
    postgres::At,
};

/// A place in the log that is not there.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// No snapshot has this name.
    #[error("there is no snapshot `{0}`")]
    UnknownSnapshot(SnapshotName),
    /// The log does not go that far.
    #[error("position {} is beyond the head, which is {}", position.0, head.0)]
    BeyondHead {
        /// What was asked for.
        position: Position,
        /// How far the log goes.
        head: Position,
    },
    /// The log failed.
    #[error(transparent)]
    Log(#[from] LogError),
}

impl From<sqlx::Error> for PlaceError {
    fn from(error: sqlx::Error) -> Self {
        Self::Log(error.into())
    }
}

/// A name for a position.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// Its name.
    pub name: SnapshotName,
    /// The position that it names.
    pub position: Position,
    /// The sequence of the last instance event at that position.
    pub sequence: Sequence,
    /// When it was taken, by the service's clock.
    pub created_at: Timestamp,
}

/// Whether a snapshot is new or took over a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// The name is new.
    New,
    /// The name meant another position before.
    Moved,
}

impl Service {
    /// Names a position; the head if none is given.
    pub async fn take_snapshot(
        &self,
        pool: &PgPool,
        name: &SnapshotName,
        position: Option<Position>,
        machine: Timestamp,
    ) -> Result<(Snapshot, Taken), PlaceError> {
        let mut connection = pool.acquire().await?;
        let mut transaction = connection.begin().await?;
        let state = State::lock(&mut transaction, self.id).await?;
        let position = position.unwrap_or(state.head);
        if position > state.head {
            return Err(PlaceError::BeyondHead { position, head: state.head });
        }
        let sequence = sequence_at(&mut transaction, self.id, position).await?;
        let created_at = state.clock.now(machine);
        let is_new: bool = sqlx::query_scalar(
            "insert into snapshots (service, name, position, sequence, created_at) values ($1, $2, $3, $4, $5)
             on conflict (service, name) do update
                set position = excluded.position, sequence = excluded.sequence, created_at = excluded.created_at
             returning xmax = 0",
        )
        .bind(self.id.0)
        .bind(name.as_str())
        .bind(position.0)
        .bind(sequence.0)
        .bind(At(created_at))
        .fetch_one(&mut *transaction)
        .await?;
        transaction.commit().await?;
        let taken = if is_new { Taken::New } else { Taken::Moved };
        Ok((Snapshot { name: name.clone(), position, sequence, created_at }, taken))
    }

    /// All snapshots, oldest first.
    pub async fn snapshots(&self, pool: &PgPool) -> Result<Vec<Snapshot>, LogError> {
        let rows = sqlx::query(
            "select name, position, sequence, created_at
               from snapshots
              where service = $1
              order by created_at, position, name",
        )
        .bind(self.id.0)
        .fetch_all(pool)
        .await?;
        rows.iter().map(read).collect()
    }

    /// The snapshot of this name.
    pub async fn snapshot(&self, pool: &PgPool, name: &SnapshotName) -> Result<Snapshot, PlaceError> {
        let row =
            sqlx::query("select name, position, sequence, created_at from snapshots where service = $1 and name = $2")
                .bind(self.id.0)
                .bind(name.as_str())
                .fetch_optional(pool)
                .await?
                .ok_or_else(|| PlaceError::UnknownSnapshot(name.clone()))?;
        Ok(read(&row)?)
    }

    /// Forgets a name.
    pub async fn drop_snapshot(&self, pool: &PgPool, name: &SnapshotName) -> Result<(), PlaceError> {
        let gone = sqlx::query("delete from snapshots where service = $1 and name = $2")
            .bind(self.id.0)
            .bind(name.as_str())
            .execute(pool)
            .await?;
        if gone.rows_affected() == 0 {
            return Err(PlaceError::UnknownSnapshot(name.clone()));
        }
        Ok(())
    }
}

fn read(row: &PgRow) -> Result<Snapshot, LogError> {
    Ok(Snapshot {
        name: SnapshotName::trusted(row.try_get("name")?),
        position: Position(row.try_get("position")?),
        sequence: Sequence(row.try_get("sequence")?),
        created_at: row.try_get::<At, _>("created_at")?.0,
    })
}

/// The position that a snapshot names.
pub(super) async fn position(
    connection: &mut PgConnection,
    service: ServiceId,
    name: &SnapshotName,
) -> Result<Position, PlaceError> {
    let position: Option<i64> = sqlx::query_scalar("select position from snapshots where service = $1 and name = $2")
        .bind(service.0)
        .bind(name.as_str())
        .fetch_optional(connection)
        .await?;
    position.map(Position).ok_or_else(|| PlaceError::UnknownSnapshot(name.clone()))
}

/// The sequence of the last instance event up to a position.
pub(super) async fn sequence_at(
    connection: &mut PgConnection,
    service: ServiceId,
    position: Position,
) -> Result<Sequence, LogError> {
    let sequence: Option<i64> = sqlx::query_scalar(
        "select sequence
           from events
          where service = $1 and position <= $2 and sequence is not null
          order by position desc
          limit 1",
    )
    .bind(service.0)
    .bind(position.0)
    .fetch_optional(connection)
    .await?;
    Ok(Sequence(sequence.unwrap_or(0)))
}
