//! Which processes work on one database: each holds a lock that all may share, and the first may have it alone for a
//! while.

use sqlx::{Connection, PgConnection, PgPool};

use super::DatabaseError;

/// The advisory lock of every process on the database.
const PRESENCE_LOCK: i64 = 0x6865_616c_7468_0002;

/// That this process is there; ends with its connection.
#[derive(Debug)]
pub struct Presence {
    connection: PgConnection,
    is_alone: bool,
}

impl Presence {
    /// Tells the others. Waits while one of them has the database for itself.
    pub async fn announce(pool: &PgPool) -> Result<Self, DatabaseError> {
        let mut connection = pool.acquire().await?.detach();
        let is_alone: bool = sqlx::query_scalar("select pg_try_advisory_lock($1)")
            .bind(PRESENCE_LOCK)
            .fetch_one(&mut connection)
            .await?;
        let mut presence = Self { connection, is_alone };
        if !is_alone {
            presence.share().await?;
        }
        Ok(presence)
    }

    /// Whether no other process is there, and none can come before [`Self::stay`].
    pub fn is_alone(&self) -> bool {
        self.is_alone
    }

    /// Lets others come, and stays until the process ends or the database goes.
    pub async fn stay(mut self) {
        if self.is_alone && self.share().await.is_ok() {
            let unlock = sqlx::query("select pg_advisory_unlock($1)").bind(PRESENCE_LOCK);
            drop(unlock.execute(&mut self.connection).await);
        }
        std::future::pending::<()>().await;
        drop(self.connection.close().await);
    }

    async fn share(&mut self) -> Result<(), DatabaseError> {
        sqlx::query("select pg_advisory_lock_shared($1)").bind(PRESENCE_LOCK).execute(&mut self.connection).await?;
        Ok(())
    }
}
