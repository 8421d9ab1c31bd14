//! A service that begins as another one was at a position.

use sqlx::{Connection, PgConnection, Row as _};

use super::{
    LogError, Service, Services, Target,
    reader::stored_file,
    reset::state_at,
    snapshot::{self, PlaceError},
    state::clock_columns,
};
use crate::{
    ids::{Digest, InstanceKey, Position, ServiceId, ServiceName},
    postgres::{At, is_serialization_failure},
    projection,
};

/// Files that are copied at once.
const CHUNK: i64 = 1_000;

/// Why a service was not copied.
#[derive(Debug, thiserror::Error)]
pub enum CopyError<E> {
    /// The name is taken.
    #[error("the service `{0}` exists already")]
    Exists(ServiceName),
    /// There is no such place in the log of the other.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// The files could not be copied.
    #[error(transparent)]
    Files(E),
}

impl<E> From<sqlx::Error> for CopyError<E> {
    fn from(error: sqlx::Error) -> Self {
        Self::Place(error.into())
    }
}

impl<E> From<LogError> for CopyError<E> {
    fn from(error: LogError) -> Self {
        Self::Place(error.into())
    }
}

impl Services {
    /// Creates the service `name` with the events, rows and snapshots that `source` had at `target`; nothing that
    /// happens to one of them later concerns the other. `copy_files` is given the stored files, some at a time, before
    /// any of it can be seen.
    pub async fn copy<E, F: Future<Output = Result<(), E>>>(
        &self,
        name: &ServiceName,
        source: &Service,
        target: &Target,
        copy_files: impl Fn(Vec<(InstanceKey, Digest)>) -> F,
    ) -> Result<(), CopyError<E>> {
        let _stay = source.stay().await;
        let mut connection = self.pool.acquire().await?;
        // One view of the source: what is written to it meanwhile, or undone, is not seen.
        let mut transaction = connection.begin_with("begin isolation level repeatable read").await?;
        let position = place(&mut transaction, source.id, target).await?;
        let copy = self.create_at(&mut transaction, name, source, position).await?;
        let copy = copy.ok_or_else(|| CopyError::Exists(name.clone()))?;
        let mut cursor = Position(0);
        loop {
            let (files, reached) = stored_files(&mut transaction, source.id, cursor, position).await?;
            if files.is_empty() {
                break;
            }
            copy_files(files).await.map_err(CopyError::Files)?;
            cursor = reached;
        }
        copy_log(&mut transaction, source.id, copy, position).await?;
        let copied = projection::copy(&mut transaction, source.id, copy, position).await;
        copied.map_err(LogError::from)?;
        transaction.commit().await?;
        Ok(())
    }

    /// The row of the copy; nothing if the name is taken, be it by a row that this view of the database is too old to see.
    async fn create_at(
        &self,
        connection: &mut PgConnection,
        name: &ServiceName,
        source: &Service,
        position: Position,
    ) -> Result<Option<ServiceId>, LogError> {
        let state = state_at(connection, source.id, source.settings, position).await?;
        let (clock_offset, clock_frozen) = clock_columns(state.clock);
        let id: Result<Option<i64>, sqlx::Error> = sqlx::query_scalar(
            "insert into services
                    (name, partitions, created_at, head, feed_head, last_at, clock_offset, clock_frozen)
             values ($1, $2, $3, $4, $5, $6, $7, $8)
                 on conflict (name) do nothing
             returning id",
        )
        .bind(name.as_str())
        .bind(source.settings.partitions)
        .bind(At(self.clock.now()))
        .bind(state.head.0)
        .bind(state.feed_head.0)
        .bind(state.last_at.map(At))
        .bind(clock_offset)
        .bind(clock_frozen)
        .fetch_optional(connection)
        .await;
        match id {
            Err(error) if is_serialization_failure(&error) => Ok(None),
            id => Ok(id?.map(ServiceId)),
        }
    }
}

async fn place(connection: &mut PgConnection, source: ServiceId, target: &Target) -> Result<Position, PlaceError> {
    let head: Option<i64> = sqlx::query_scalar("select head from services where id = $1")
        .bind(source.0)
        .fetch_optional(&mut *connection)
        .await?;
    let head = Position(head.ok_or(LogError::ServiceGone)?);
    match target {
        Target::Snapshot(name) => snapshot::position(connection, source, name).await,
        Target::Position(position) if *position > head => Err(PlaceError::BeyondHead { position: *position, head }),
        Target::Position(position) => Ok(*position),
    }
}

/// The next files that events name, and how far those events go.
async fn stored_files(
    connection: &mut PgConnection,
    source: ServiceId,
    after: Position,
    up_to: Position,
) -> Result<(Vec<(InstanceKey, Digest)>, Position), LogError> {
    let rows = sqlx::query(
        "select position, partition, study, series, instance, body ->> 'digest' as digest
           from events
          where service = $1 and position > $2 and position <= $3 and dataset is not null
          order by position
          limit $4",
    )
    .bind(source.0)
    .bind(after.0)
    .bind(up_to.0)
    .bind(CHUNK)
    .fetch_all(connection)
    .await?;
    let reached = rows.last().map(|row| row.try_get("position")).transpose()?;
    let files = rows.iter().map(stored_file).collect::<Result<_, sqlx::Error>>()?;
    Ok((files, reached.map_or(up_to, Position)))
}

async fn copy_log(
    connection: &mut PgConnection,
    source: ServiceId,
    copy: ServiceId,
    up_to: Position,
) -> Result<(), LogError> {
    for statement in [
        "insert into events (service, position, sequence, at, kind, partition, study, series, instance, workitem,
                             operation, body, dataset)
         select $2, position, sequence, at, kind, partition, study, series, instance, workitem, operation, body, dataset
           from events
          where service = $1 and position <= $3",
        "insert into snapshots (service, name, position, sequence, created_at)
         select $2, name, position, sequence, created_at
           from snapshots
          where service = $1 and position <= $3",
    ] {
        sqlx::query(statement).bind(source.0).bind(copy.0).bind(up_to.0).execute(&mut *connection).await?;
    }
    Ok(())
}
