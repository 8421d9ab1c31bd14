//! The operation rows: each state of each operation, whole.

use std::collections::BTreeSet;

use jiff::Timestamp;
use sqlx::{PgConnection, Row as _, postgres::PgRow};

use super::{
    ProjectionError,
    row::{Cell, Column, Row, bigint, text},
    working_set::WorkingSet,
};
use crate::{
    domain::{
        Event, Fact,
        operation::{Operation, OperationFact, Status, event::Ending},
    },
    ids::{OperationId, ServiceId},
};

/// An operation as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct OperationRow(pub Operation);

impl Row for OperationRow {
    type Key = OperationId;

    const TABLE: &'static str = "operations";
    const KEY: &'static [&'static str] = &["operation"];
    const VALUES: &'static [Column] =
        &[text("status"), text("task"), text("progress"), bigint("created_at"), bigint("updated_at")];

    fn key(&self) -> OperationId {
        self.0.id
    }

    fn key_texts(key: &OperationId) -> Vec<String> {
        vec![key.to_string()]
    }

    fn values(&self) -> Result<Vec<Cell>, serde_json::Error> {
        Ok(vec![
            Cell::Text(Some(self.0.status.as_str().to_owned())),
            Cell::Text(Some(serde_json::to_string(&self.0.task)?)),
            Cell::Text(Some(serde_json::to_string(&self.0.progress)?)),
            Cell::BigInt(Some(self.0.created_at.as_microsecond())),
            Cell::BigInt(Some(self.0.updated_at.as_microsecond())),
        ])
    }

    fn read(row: &PgRow) -> Result<Self, sqlx::Error> {
        let malformed = |what: &str| sqlx::Error::Decode(format!("malformed {what} of an operation").into());
        let time = |column: &str| -> Result<Timestamp, sqlx::Error> {
            Timestamp::from_microsecond(row.try_get(column)?).map_err(|_| malformed(column))
        };
        Ok(Self(Operation {
            id: OperationId::parse(row.try_get("operation")?).ok_or_else(|| malformed("identifier"))?,
            task: serde_json::from_str(row.try_get("task")?).map_err(|_| malformed("task"))?,
            status: Status::parse(row.try_get("status")?).ok_or_else(|| malformed("status"))?,
            progress: serde_json::from_str(row.try_get("progress")?).map_err(|_| malformed("progress"))?,
            created_at: time("created_at")?,
            updated_at: time("updated_at")?,
        }))
    }
}

impl OperationRow {
    /// Reads a row that was selected with the columns of the table.
    pub fn from_row(row: &PgRow) -> Result<Operation, sqlx::Error> {
        Ok(Self::read(row)?.0)
    }
}

/// Each event replaces what it is about.
pub fn fold(event: &Event, rows: &mut WorkingSet<OperationRow>) {
    let Fact::Operation(id, fact) = &event.fact else { return };
    let operation = match (fact, rows.get(id).cloned()) {
        (OperationFact::Started(task), _) => Operation {
            id: *id,
            progress: task.beginning(),
            task: task.clone(),
            status: Status::NotStarted,
            created_at: event.at,
            updated_at: event.at,
        },
        (_, None) => return,
        (OperationFact::Progressed(progress), Some(OperationRow(operation))) => {
            Operation { status: Status::Running, progress: progress.clone(), updated_at: event.at, ..operation }
        }
        (OperationFact::Ended(ending), Some(OperationRow(operation))) => {
            let status = match ending {
                Ending::Succeeded => Status::Succeeded,
                Ending::Failed => Status::Failed,
            };
            Operation { status, updated_at: event.at, ..operation }
        }
    };
    rows.put(event.position, OperationRow(operation));
}

/// The identifiers of all unfinished operations of a service.
pub async fn unfinished(
    connection: &mut PgConnection,
    service: ServiceId,
) -> Result<BTreeSet<OperationId>, ProjectionError> {
    let ids: Vec<String> = sqlx::query_scalar(
        "select operation
           from operations
          where service = $1 and until is null and status in ('notStarted', 'running')",
    )
    .bind(service.0)
    .fetch_all(connection)
    .await?;
    Ok(ids.iter().filter_map(|id| OperationId::parse(id)).collect())
}
