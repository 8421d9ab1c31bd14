//! Long-running operations: one as it stands, and all that are unfinished.

use sqlx::{PgPool, QueryBuilder, Row as _};

use super::{ReadError, View};
use crate::{
    domain::operation::Operation,
    ids::{OperationId, Position, ServiceId, ServiceName},
    projection::OperationRow,
};

impl View {
    /// The operation, if there is one.
    pub async fn operation(&self, id: OperationId) -> Result<Option<Operation>, ReadError> {
        let mut query = QueryBuilder::new(
            "select o.operation, o.status, o.task, o.progress, o.created_at, o.updated_at
               from operations o
              where o.service = ",
        );
        query.push_bind(self.service.0);
        query.push(" and o.operation = ").push_bind(id.to_string());
        query.push(" and ");
        self.as_of.push(&mut query, "o");
        let row = query.build().fetch_optional(&self.pool).await?;
        Ok(row.as_ref().map(OperationRow::from_row).transpose()?)
    }
}

/// The event that started an operation, if there is one.
pub async fn started_at(pool: &PgPool, service: ServiceId, id: OperationId) -> Result<Option<Position>, ReadError> {
    let position: Option<i64> =
        sqlx::query_scalar("select min(since) from operations where service = $1 and operation = $2")
            .bind(service.0)
            .bind(id.to_string())
            .fetch_one(pool)
            .await?;
    Ok(position.map(Position))
}

/// The unfinished operations of all services, in the order in which they were asked for.
pub async fn unfinished(pool: &PgPool) -> Result<Vec<(ServiceName, Operation)>, ReadError> {
    let rows = sqlx::query(
        "select s.name, o.operation, o.status, o.task, o.progress, o.created_at, o.updated_at
           from services s
          cross join lateral (
                select x.*
                  from operations x
                 where x.service = s.id and x.until is null and x.status in ('notStarted', 'running')) o
          order by o.created_at, o.operation",
    )
    .fetch_all(pool)
    .await?;
    let read =
        |row: &sqlx::postgres::PgRow| Ok((ServiceName::trusted(row.try_get("name")?), OperationRow::from_row(row)?));
    rows.iter().map(read).collect()
}
