//! Proof instead of hope: the read models of a service, rebuilt from its log, compared with those in use.

use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool};

use super::{DEFINITIONS, ProjectionError, rebuild};
use crate::ids::{Position, ServiceId};

/// Differing rows that are shown of each read model.
const SAMPLE: i64 = 10;

/// What the comparison of one read model gave.
#[derive(Debug, Clone)]
pub struct Difference {
    /// The read model.
    pub name: &'static str,
    /// Versions of rows in use.
    pub rows: i64,
    /// Versions of rows that only the rebuild or only the table in use has.
    pub different: i64,
    /// Some of them, as JSON text, each with the side that has it.
    pub sample: Vec<String>,
}

/// Rebuilds every read model of the service in temporary tables and compares, all in one view of the database.
pub async fn verify(pool: &PgPool, service: ServiceId) -> Result<(Position, Vec<Difference>), ProjectionError> {
    let mut connection = pool.acquire().await?;
    let mut transaction = connection.begin_with("begin isolation level repeatable read").await?;
    let head: Option<i64> = sqlx::query_scalar("select head from services where id = $1")
        .bind(service.0)
        .fetch_optional(&mut *transaction)
        .await?;
    let schema: String =
        sqlx::query_scalar("select quote_ident(current_schema())").fetch_one(&mut *transaction).await?;
    sqlx::query(AssertSqlSafe(format!("set local search_path to pg_temp, {schema}")))
        .execute(&mut *transaction)
        .await?;
    rebuild::create_tables(&mut transaction).await?;
    rebuild::fold_log(&mut transaction, service, Position(0)).await?;
    let mut differences = Vec::with_capacity(DEFINITIONS.len());
    for definition in &DEFINITIONS {
        differences.push(compare(&mut transaction, &schema, definition.name, service).await?);
    }
    transaction.rollback().await?;
    Ok((Position(head.unwrap_or(0)), differences))
}

async fn compare(
    connection: &mut PgConnection,
    schema: &str,
    name: &'static str,
    service: ServiceId,
) -> Result<Difference, ProjectionError> {
    let rows = format!("select count(*) from {schema}.{name} where service = $1");
    let rows: i64 = sqlx::query_scalar(AssertSqlSafe(rows)).bind(service.0).fetch_one(&mut *connection).await?;
    let different = format!(
        "with used    as (select * from {schema}.{name} where service = $1),
              rebuilt as (select * from pg_temp.{name}  where service = $1),
              differing as (
                  select 'rebuilt' as side, r.* from (table rebuilt except all table used) r
                  union all
                  select 'used' as side, u.* from (table used except all table rebuilt) u)
         select count(*) over (), to_jsonb(d)::text from differing d limit $2"
    );
    let sample: Vec<(i64, String)> =
        sqlx::query_as(AssertSqlSafe(different)).bind(service.0).bind(SAMPLE).fetch_all(connection).await?;
    Ok(Difference {
        name,
        rows,
        different: sample.first().map_or(0, |(count, _)| *count),
        sample: sample.into_iter().map(|(_, row)| row).collect(),
    })
}
