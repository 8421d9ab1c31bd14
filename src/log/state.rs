//! The row of a service: how far its log goes, and how its clock stands.

use jiff::{SignedDuration, Timestamp};
use sqlx::{PgConnection, Row as _};

use super::{LogError, Settings};
use crate::{
    clock::ClockMode,
    ids::{Epoch, Position, Sequence, ServiceId},
    postgres::At,
};

/// What a commit may change of a service.
#[derive(Debug, Clone, Copy)]
pub struct State {
    /// Position of the last event.
    pub head: Position,
    /// Sequence of the last instance event.
    pub feed_head: Sequence,
    /// Time of the last event.
    pub last_at: Option<Timestamp>,
    /// How the clock stands.
    pub clock: ClockMode,
    /// What was fixed when the service was created. No commit changes it.
    pub settings: Settings,
    /// Resets so far, which a commit leaves as they are.
    pub epoch: Epoch,
}

impl State {
    /// Locks the row until the transaction ends: from here on nobody else appends.
    pub async fn lock(connection: &mut PgConnection, service: ServiceId) -> Result<Self, LogError> {
        let row = sqlx::query(
            "select head, feed_head, last_at, clock_offset, clock_frozen, partitions, epoch
               from services
              where id = $1
                for update",
        )
        .bind(service.0)
        .fetch_optional(connection)
        .await?
        .ok_or(LogError::ServiceGone)?;
        let last_at: Option<At> = row.try_get("last_at")?;
        Ok(Self {
            head: Position(row.try_get("head")?),
            feed_head: Sequence(row.try_get("feed_head")?),
            last_at: last_at.map(|At(time)| time),
            clock: clock_mode(row.try_get("clock_offset")?, row.try_get("clock_frozen")?),
            settings: Settings { partitions: row.try_get("partitions")? },
            epoch: Epoch(row.try_get("epoch")?),
        })
    }

    /// Writes the row back.
    pub async fn write(&self, connection: &mut PgConnection, service: ServiceId) -> Result<(), LogError> {
        let (offset, frozen) = clock_columns(self.clock);
        sqlx::query(
            "update services
                set head = $2, feed_head = $3, last_at = $4, clock_offset = $5, clock_frozen = $6
              where id = $1",
        )
        .bind(service.0)
        .bind(self.head.0)
        .bind(self.feed_head.0)
        .bind(self.last_at.map(At))
        .bind(offset)
        .bind(frozen)
        .execute(connection)
        .await?;
        Ok(())
    }
}

/// The clock from its two columns.
pub fn clock_mode(offset: i64, frozen: Option<At>) -> ClockMode {
    match (frozen, offset) {
        (Some(At(time)), _) => ClockMode::Frozen(time),
        (None, 0) => ClockMode::System,
        (None, offset) => ClockMode::Shifted(SignedDuration::from_micros(offset)),
    }
}

/// The two columns of a clock.
pub fn clock_columns(clock: ClockMode) -> (i64, Option<At>) {
    match clock {
        ClockMode::System => (0, None),
        ClockMode::Frozen(time) => (0, Some(At(time))),
        ClockMode::Shifted(ahead) => (i64::try_from(ahead.as_micros()).unwrap_or(0), None),
    }
}
