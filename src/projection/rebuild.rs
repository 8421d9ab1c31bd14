//! Read models from the log: beside the ones in use, then in their place.

use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool, Row as _};

use super::{DEFINITIONS, Definition, ProjectionError, Touched, statistics::refresh_read_models};
use crate::{
    domain::{Event, Fact, event::Subject},
    ids::{InstanceUid, OperationId, PartitionName, Position, Sequence, SeriesUid, ServiceId, StudyUid, WorkitemUid},
    postgres::At,
};

/// Events that are read and folded at once: bounds memory.
const CHUNK: i64 = 2_000;

/// Where new tables grow until they take the place of the old ones.
const BESIDE: &str = "emulator_rebuild";

/// Only one process at a time rebuilds.
const REBUILD_LOCK: i64 = 0x6865_616c_7468_0001;

/// Rebuilds the read models if those in the database are of another version than the code's, or missing.
pub async fn bring_up_to_date(pool: &PgPool) -> Result<(), ProjectionError> {
    let mut connection = pool.acquire().await?;
    if is_current(&mut connection).await? {
        return Ok(());
    }
    // The lock belongs to the session, so the session must end with it.
    let mut connection = connection.detach();
    sqlx::query("select pg_advisory_lock($1)").bind(REBUILD_LOCK).execute(&mut connection).await?;
    while !is_current(&mut connection).await? {
        rebuild(&mut connection).await?;
    }
    connection.close().await?;
    Ok(())
}

async fn is_current(connection: &mut PgConnection) -> Result<bool, ProjectionError> {
    let stored: Vec<(String, i64)> =
        sqlx::query_as("select name, version from projections").fetch_all(connection).await?;
    let is_stored = |definition: &Definition| {
        stored.iter().any(|(name, version)| name == definition.name && *version == definition.version())
    };
    Ok(DEFINITIONS.iter().all(is_stored))
}

/// One attempt. It leaves things as they were if a service was rewound or came up meanwhile: then try again.
async fn rebuild(connection: &mut PgConnection) -> Result<(), ProjectionError> {
    let started = services(connection).await?;
    let schema = create_beside(connection).await?;
    let mut cursors = Vec::with_capacity(started.len());
    for service in &started {
        cursors.push(fold_beside(connection, &schema, service.id, Position(0)).await?);
    }

    let mut transaction = connection.begin().await?;
    sqlx::query("lock table services in exclusive mode").execute(&mut *transaction).await?;
    let now = services(&mut transaction).await?;
    if now.iter().map(|service| service.identity()).ne(started.iter().map(|service| service.identity())) {
        return Ok(());
    }
    search_beside(&mut transaction, &schema).await?;
    for (service, cursor) in now.iter().zip(cursors) {
        fold_log(&mut transaction, service.id, cursor).await?;
    }
    swap(&mut transaction, &schema).await?;
    transaction.commit().await?;
    tracing::info!(services = now.len(), "read models rebuilt from the log");
    Ok(())
}

struct Service {
    id: ServiceId,
    epoch: i64,
}

impl Service {
    fn identity(&self) -> (i64, i64) {
        (self.id.0, self.epoch)
    }
}

async fn services(connection: &mut PgConnection) -> Result<Vec<Service>, ProjectionError> {
    let rows: Vec<(i64, i64)> =
        sqlx::query_as("select id, epoch from services order by id").fetch_all(connection).await?;
    Ok(rows.into_iter().map(|(id, epoch)| Service { id: ServiceId(id), epoch }).collect())
}

/// Creates empty tables beside those in use; answers the schema of the latter.
async fn create_beside(connection: &mut PgConnection) -> Result<String, ProjectionError> {
    let schema: String = sqlx::query_scalar("select quote_ident(current_schema())").fetch_one(&mut *connection).await?;
    let mut transaction = connection.begin().await?;
    for statement in [format!("drop schema if exists {BESIDE} cascade"), format!("create schema {BESIDE}")] {
        sqlx::query(AssertSqlSafe(statement)).execute(&mut *transaction).await?;
    }
    search_beside(&mut transaction, &schema).await?;
    create_tables(&mut transaction).await?;
    transaction.commit().await?;
    Ok(schema)
}

/// Runs the DDL of every read model, in the first schema of the search path.
pub(super) async fn create_tables(connection: &mut PgConnection) -> Result<(), ProjectionError> {
    for definition in &DEFINITIONS {
        sqlx::raw_sql(definition.sql).execute(&mut *connection).await?;
    }
    Ok(())
}

/// Until the transaction ends, names of read models mean the tables beside.
async fn search_beside(connection: &mut PgConnection, schema: &str) -> Result<(), ProjectionError> {
    let statement = format!("set local search_path to {BESIDE}, {schema}");
    sqlx::query(AssertSqlSafe(statement)).execute(connection).await?;
    Ok(())
}

/// Folds what the log of a service holds by now, a transaction per chunk.
async fn fold_beside(
    connection: &mut PgConnection,
    schema: &str,
    service: ServiceId,
    mut cursor: Position,
) -> Result<Position, ProjectionError> {
    let mut growth = Growth::default();
    loop {
        let mut transaction = connection.begin().await?;
        search_beside(&mut transaction, schema).await?;
        let reached = fold_chunk(&mut transaction, service, cursor).await?;
        growth.note(&mut transaction, cursor, reached).await?;
        transaction.commit().await?;
        if reached == cursor {
            return Ok(cursor);
        }
        cursor = reached;
    }
}

/// Folds all events after `cursor` into the tables that the search path names.
pub(super) async fn fold_log(
    connection: &mut PgConnection,
    service: ServiceId,
    mut cursor: Position,
) -> Result<(), ProjectionError> {
    let mut growth = Growth::default();
    loop {
        let reached = fold_chunk(connection, service, cursor).await?;
        growth.note(connection, cursor, reached).await?;
        if reached == cursor {
            return Ok(());
        }
        cursor = reached;
    }
}

/// Counts whole chunks. Nobody else gathers statistics of the tables that grow here, without which the planner takes any
/// index for as good as the right one.
#[derive(Debug, Default)]
struct Growth {
    chunks: u32,
}

impl Growth {
    /// Notes a chunk; tells the planner whenever there are twice as many.
    async fn note(
        &mut self,
        connection: &mut PgConnection,
        from: Position,
        to: Position,
    ) -> Result<(), ProjectionError> {
        if to.0 - from.0 < CHUNK {
            return Ok(());
        }
        self.chunks += 1;
        if self.chunks.is_power_of_two() {
            refresh_read_models(connection).await?;
        }
        Ok(())
    }
}

async fn fold_chunk(
    connection: &mut PgConnection,
    service: ServiceId,
    cursor: Position,
) -> Result<Position, ProjectionError> {
    let events = read_events(connection, service, cursor).await?;
    let Some(last) = events.last() else { return Ok(cursor) };
    let reached = last.position;
    let mut touched = Touched::default();
    touched.load_query_tags(connection, service).await?;
    let instances = events.iter().flat_map(|event| event.fact.instances()).collect();
    touched.load(connection, service, &instances).await?;
    let studies = events.iter().filter_map(|event| event.fact.study()).collect();
    touched.load_studies(connection, service, &studies).await?;
    let workitems = events.iter().filter_map(|event| event.fact.workitem().cloned()).collect();
    touched.load_workitems(connection, service, &workitems).await?;
    let operations = events.iter().filter_map(|event| event.fact.operation()).collect();
    touched.load_operations(connection, service, &operations).await?;
    events.iter().for_each(|event| touched.fold(event));
    touched.write(connection, service).await?;
    Ok(reached)
}

/// The next events, without their datasets: no fold looks at those.
async fn read_events(
    connection: &mut PgConnection,
    service: ServiceId,
    after: Position,
) -> Result<Vec<Event>, ProjectionError> {
    let rows = sqlx::query(
        "select position, sequence, at, kind, partition, study, series, instance, workitem, operation,
                body::text as body
           from events
          where service = $1 and position > $2
          order by position
          limit $3",
    )
    .bind(service.0)
    .bind(after.0)
    .bind(CHUNK)
    .fetch_all(connection)
    .await?;
    rows.iter().map(read_event).collect()
}

fn read_event(row: &sqlx::postgres::PgRow) -> Result<Event, ProjectionError> {
    let subject = Subject {
        partition: row.try_get::<Option<&str>, _>("partition")?.map(PartitionName::trusted),
        study: row.try_get::<Option<&str>, _>("study")?.map(StudyUid::trusted),
        series: row.try_get::<Option<&str>, _>("series")?.map(SeriesUid::trusted),
        instance: row.try_get::<Option<&str>, _>("instance")?.map(InstanceUid::trusted),
        workitem: row.try_get::<Option<&str>, _>("workitem")?.map(WorkitemUid::trusted),
        operation: row.try_get::<Option<&str>, _>("operation")?.and_then(OperationId::parse),
    };
    let position: i64 = row.try_get("position")?;
    let fact = Fact::decode(row.try_get("kind")?, subject, row.try_get("body")?)
        .map_err(|source| ProjectionError::Event { position, source })?;
    let sequence: Option<i64> = row.try_get("sequence")?;
    Ok(Event {
        position: Position(position),
        sequence: sequence.map(Sequence),
        at: row.try_get::<At, _>("at")?.0,
        fact,
    })
}

/// Puts the new tables in the place of the old ones and notes their versions.
async fn swap(connection: &mut PgConnection, schema: &str) -> Result<(), ProjectionError> {
    for definition in &DEFINITIONS {
        let name = definition.name;
        for statement in [
            format!("drop table if exists {schema}.{name}"),
            format!("alter table {BESIDE}.{name} set schema {schema}"),
        ] {
            sqlx::query(AssertSqlSafe(statement)).execute(&mut *connection).await?;
        }
        sqlx::query(
            "insert into projections (name, version) values ($1, $2)
             on conflict (name) do update set version = excluded.version",
        )
        .bind(name)
        .bind(definition.version())
        .execute(&mut *connection)
        .await?;
    }
    sqlx::query(AssertSqlSafe(format!("drop schema {BESIDE}"))).execute(connection).await?;
    Ok(())
}
