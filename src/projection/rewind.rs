//! Back to an earlier position: the cost follows from what came after it, not from the size of the service.

use sqlx::{AssertSqlSafe, PgConnection};

use super::{DEFINITIONS, Definition, ProjectionError};
use crate::ids::{Position, ServiceId};

/// Makes every read model what it was when `position` was the head.
pub async fn rewind(
    connection: &mut PgConnection,
    service: ServiceId,
    position: Position,
) -> Result<(), ProjectionError> {
    for Definition { name, .. } in &DEFINITIONS {
        // Rows that came later go first, so that a reopened row never meets its successor.
        for statement in [
            format!("delete from {name} where service = $1 and since > $2"),
            format!("update {name} set until = null where service = $1 and until > $2"),
        ] {
            sqlx::query(AssertSqlSafe(statement)).bind(service.0).bind(position.0).execute(&mut *connection).await?;
        }
    }
    Ok(())
}
