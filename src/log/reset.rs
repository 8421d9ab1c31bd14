//! Reset is "forget what came after that number".

use sqlx::{Connection, PgConnection, PgPool};

use super::{LogError, Service, Settings, snapshot::PlaceError, state::State};
use crate::{
    clock::ClockMode,
    domain::event::ClockMove,
    ids::{Epoch, Position, Sequence, ServiceId, SnapshotName},
    postgres::At,
    projection,
};

/// Where to go back to.
#[derive(Debug, Clone)]
pub enum Target {
    /// The position that a snapshot names.
    Snapshot(SnapshotName),
    /// A position.
    Position(Position),
}

/// What a reset did.
#[derive(Debug, Clone, Copy)]
pub struct Undone {
    /// The head now.
    pub position: Position,
    /// The sequence of the last instance event now.
    pub sequence: Sequence,
    /// Events that were forgotten.
    pub events: i64,
}

impl Service {
    /// Makes the service what it was at `target`, in one transaction. Commands in flight are before it or after it.
    pub async fn reset(&self, pool: &PgPool, target: &Target) -> Result<Undone, PlaceError> {
        let mut connection = pool.acquire().await.map_err(LogError::from)?;
        let mut transaction = connection.begin().await.map_err(LogError::from)?;
        let state = State::lock(&mut transaction, self.id).await?;
        let position = match target {
            Target::Position(position) => *position,
            Target::Snapshot(name) => super::snapshot::position(&mut transaction, self.id, name).await?,
        };
        if position > state.head {
            return Err(PlaceError::BeyondHead { position, head: state.head });
        }
        let then = state_at(&mut transaction, self.id, self.settings, position).await?;
        rewind(&mut transaction, self.id, position).await?;
        then.write(&mut transaction, self.id).await?;
        transaction.commit().await.map_err(LogError::from)?;
        self.note_change();
        Ok(Undone { position, sequence: then.feed_head, events: state.head.0 - position.0 })
    }
}

/// The row of the service as it was when `position` was the head.
pub(super) async fn state_at(
    connection: &mut PgConnection,
    service: ServiceId,
    settings: Settings,
    position: Position,
) -> Result<State, LogError> {
    let last_at: Option<At> = sqlx::query_scalar("select at from events where service = $1 and position = $2")
        .bind(service.0)
        .bind(position.0)
        .fetch_optional(&mut *connection)
        .await?;
    let feed_head = super::snapshot::sequence_at(connection, service, position).await?;
    let moved: Option<String> = sqlx::query_scalar(
        "select body::text
           from events
          where service = $1 and position <= $2 and kind = 'clockMoved'
          order by position desc
          limit 1",
    )
    .bind(service.0)
    .bind(position.0)
    .fetch_optional(connection)
    .await?;
    let clock = match moved {
        Some(body) => serde_json::from_str::<ClockMove>(&body)?.into(),
        None => ClockMode::System,
    };
    let epoch = Epoch::default(); // a reset counts on from where it was
    Ok(State { head: position, feed_head, last_at: last_at.map(|At(time)| time), clock, settings, epoch })
}

async fn rewind(connection: &mut PgConnection, service: ServiceId, position: Position) -> Result<(), LogError> {
    declare_rewind(connection).await?;
    for statement in [
        "delete from events where service = $1 and position > $2",
        "delete from snapshots where service = $1 and position > $2",
    ] {
        sqlx::query(statement).bind(service.0).bind(position.0).execute(&mut *connection).await?;
    }
    sqlx::query(
        "with reset    as (update services set epoch = epoch + 1 where id = $1 returning id, epoch),
              shadowed as (delete from resets where service = $1 and position >= $2)
         insert into resets (service, epoch, position) select id, epoch, $2 from reset",
    )
    .bind(service.0)
    .bind(position.0)
    .execute(&mut *connection)
    .await?;
    projection::rewind(connection, service, position).await?;
    Ok(())
}

/// Removes a service with its events, snapshots and rows.
pub(super) async fn erase(pool: &PgPool, service: ServiceId) -> Result<(), LogError> {
    let mut connection = pool.acquire().await?;
    let mut transaction = connection.begin().await?;
    State::lock(&mut transaction, service).await?;
    rewind(&mut transaction, service, Position(0)).await?;
    sqlx::query("delete from services where id = $1").bind(service.0).execute(&mut *transaction).await?;
    transaction.commit().await?;
    Ok(())
}

/// Lets this transaction, and no other, take events back.
async fn declare_rewind(connection: &mut PgConnection) -> Result<(), LogError> {
    sqlx::query("set local emulator.rewind to 'on'").execute(connection).await?;
    Ok(())
}
