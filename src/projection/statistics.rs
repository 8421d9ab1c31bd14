//! What the planner knows of the tables.
//!
//! Postgres keeps a plan until the statistics of its tables change. One that was made for an empty table, or for one without
//! any row of this service, reads a whole service as gladly as one row, and autovacuum may look only a minute later, when there
//! are thousands of rows: so statistics are gathered whenever the writer of a service has appended twice as much as the last
//! time. (Not whenever a log has doubled: one that is reset and filled again and again would have all tables analyzed each time.)

use sqlx::{AssertSqlSafe, PgConnection, PgPool};

use super::{DEFINITIONS, ProjectionError};

/// Events after which statistics are gathered for the first time. Before that, any plan will do.
const FIRST: usize = 256;

/// Counts the events that a writer appends.
#[derive(Debug)]
pub struct Statistics {
    appended: usize,
    /// How many there will be when statistics are gathered again.
    due: usize,
}

impl Default for Statistics {
    fn default() -> Self {
        Self { appended: 0, due: FIRST }
    }
}

impl Statistics {
    /// Notes that events were appended. Statistics that are due are gathered meanwhile.
    pub fn note(&mut self, pool: &PgPool, events: usize) {
        self.appended = self.appended.saturating_add(events);
        if self.appended >= self.due {
            self.due = self.appended.saturating_mul(2);
            tokio::spawn(gather(pool.clone()));
        }
    }
}

/// Fails where the tables belong to another user: then autovacuum must do.
async fn gather(pool: PgPool) {
    if let Err(error) = refresh_statistics(&pool).await {
        tracing::warn!(%error, "the planner's statistics could not be gathered");
    }
}

/// Tells the planner how much there is by now.
pub async fn refresh_statistics(pool: &PgPool) -> Result<(), ProjectionError> {
    sqlx::raw_sql(AssertSqlSafe(format!("analyze events, {}", read_models()))).execute(pool).await?;
    Ok(())
}

/// The same of the read models that the search path names.
pub(super) async fn refresh_read_models(connection: &mut PgConnection) -> Result<(), ProjectionError> {
    sqlx::raw_sql(AssertSqlSafe(format!("analyze {}", read_models()))).execute(connection).await?;
    Ok(())
}

fn read_models() -> String {
    let tables: Vec<&str> = DEFINITIONS.iter().map(|definition| definition.name).collect();
    tables.join(", ")
}
