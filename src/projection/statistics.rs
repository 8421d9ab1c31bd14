//! What the planner knows of the tables.
//!
//! Postgres keeps a plan until the statistics of its tables change. One that was made for an empty table reads a whole
//! service as gladly as one row, and autovacuum may look only a minute later, when there are thousands of rows: so
//! statistics are gathered whenever this process has appended twice as much as the last time. (Not whenever a log has
//! doubled: a service that is reset and filled again and again would have all tables analyzed each time.)

use std::sync::atomic::{AtomicU64, Ordering};

use sqlx::{AssertSqlSafe, PgPool};

use super::DEFINITIONS;

/// Events after which statistics are gathered for the first time. Before that, any plan will do.
const FIRST: u64 = 64;

/// Counts the events that this process appends.
#[derive(Debug)]
pub struct Statistics {
    appended: AtomicU64,
    /// How many there will be when statistics are gathered again.
    due: AtomicU64,
}

impl Default for Statistics {
    fn default() -> Self {
        Self { appended: AtomicU64::new(0), due: AtomicU64::new(FIRST) }
    }
}

impl Statistics {
    /// Notes that events were appended. Statistics that are due are gathered meanwhile.
    pub fn note(&self, pool: &PgPool, events: usize) {
        let events = u64::try_from(events).unwrap_or(u64::MAX);
        let appended = self.appended.fetch_add(events, Ordering::Relaxed).saturating_add(events);
        let due = self.due.load(Ordering::Relaxed);
        let next = appended.saturating_mul(2);
        if appended >= due && self.due.compare_exchange(due, next, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            tokio::spawn(gather(pool.clone()));
        }
    }
}

/// Fails where the tables belong to another user: then autovacuum must do.
async fn gather(pool: PgPool) {
    let tables: Vec<&str> = DEFINITIONS.iter().map(|definition| definition.name).collect();
    let statement = format!("analyze events, {}", tables.join(", "));
    if let Err(error) = sqlx::raw_sql(AssertSqlSafe(statement)).execute(&pool).await {
        tracing::warn!(%error, "the planner's statistics could not be gathered");
    }
}
