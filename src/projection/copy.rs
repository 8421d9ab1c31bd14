//! The rows of one service for another.

use sqlx::{AssertSqlSafe, PgConnection};

use super::{DEFINITIONS, Definition, ProjectionError};
use crate::ids::{Position, ServiceId};

/// Gives a service that has none the rows that another had when `position` was the head.
pub async fn copy(
    connection: &mut PgConnection,
    source: ServiceId,
    copy: ServiceId,
    position: Position,
) -> Result<(), ProjectionError> {
    for Definition { name, .. } in &DEFINITIONS {
        let columns: String = sqlx::query_scalar(
            "select string_agg(quote_ident(attname), ', ' order by attnum)
               from pg_attribute
              where attrelid = $1::regclass and attnum > 0 and not attisdropped
                and attname not in ('service', 'until')",
        )
        .bind(name)
        .fetch_one(&mut *connection)
        .await?;
        let statement = format!(
            "insert into {name} (service, until, {columns})
             select $2, case when until <= $3 then until end, {columns}
               from {name}
              where service = $1 and since <= $3"
        );
        let query = sqlx::query(AssertSqlSafe(statement)).bind(source.0).bind(copy.0).bind(position.0);
        query.execute(&mut *connection).await?;
    }
    Ok(())
}
