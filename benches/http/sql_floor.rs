//! The floor of storing: the rows that the emulator wrote, its log's and its read models', written once more by a bare
//! loop in the same cluster: same columns, same indexes, a commit for each batch, and nothing else.

use std::time::Duration;

use sqlx::{AssertSqlSafe, Connection, PgConnection, Row as _};

use super::{processes, server::Emulator};

/// Where the copies of the tables live while they are measured.
const SCHEMA: &str = "floor";

/// A table of the emulator's.
struct Table {
    name: String,
    /// Name and type of each.
    columns: Vec<(String, String)>,
    rows: Vec<Row>,
}

/// A row as text.
struct Row {
    /// The event that made it.
    position: i64,
    values: Vec<Option<String>>,
}

/// Writes the last so many events of a service once more, in batches. Answers the processor time of Postgres and of the loop.
pub async fn write_again(emulator: &Emulator, service: &str, events: usize, batch: usize) -> anyhow::Result<Duration> {
    let mut connection = PgConnection::connect_with(&emulator.database()).await?;
    let (id, head): (i64, i64) = sqlx::query_as("select id, head from services where name = $1")
        .bind(service)
        .fetch_one(&mut connection)
        .await?;
    let first = head - i64::try_from(events)? + 1;
    let mut tables = Vec::new();
    for (name, position) in table_names(&mut connection).await? {
        tables.push(Table::read(&mut connection, name, position, id, first).await?);
    }
    create_copies(&mut connection, &tables).await?;

    let (postgres, own) = (emulator.processor_time()?.postgres, processes::times(std::process::id())?.own);
    let mut from = first;
    while from <= head {
        let to = from + i64::try_from(batch)?;
        write(&mut connection, &tables, from, to).await?;
        from = to;
    }
    let postgres = emulator.processor_time()?.postgres - postgres;
    let own = processes::times(std::process::id())?.own - own;

    drop_copies(&mut connection).await?;
    connection.close().await?;
    Ok(postgres + own)
}

/// The log and every read model, each with the column that tells which event made a row.
async fn table_names(connection: &mut PgConnection) -> anyhow::Result<Vec<(String, &'static str)>> {
    let projections: Vec<String> =
        sqlx::query_scalar("select name from projections order by name").fetch_all(connection).await?;
    let mut names = vec![("events".to_owned(), "position")];
    names.extend(projections.into_iter().map(|name| (name, "since")));
    Ok(names)
}

impl Table {
    async fn read(
        connection: &mut PgConnection,
        name: String,
        position: &'static str,
        service: i64,
        first: i64,
    ) -> anyhow::Result<Self> {
        let columns: Vec<(String, String)> = sqlx::query_as(
            "select attname::text, format_type(atttypid, atttypmod)
               from pg_attribute
              where attrelid = $1::regclass and attnum > 0 and not attisdropped
              order by attnum",
        )
        .bind(&name)
        .fetch_all(&mut *connection)
        .await?;
        let texts: Vec<String> = columns.iter().map(|(column, _)| format!("{column}::text")).collect();
        let select = format!(
            "select {position}, array[{texts}] from {name} where service = $1 and {position} >= $2 order by {position}",
            texts = texts.join(", "),
        );
        let found = sqlx::query(AssertSqlSafe(select)).bind(service).bind(first).fetch_all(connection).await?;
        let row = |row: &sqlx::postgres::PgRow| -> Result<Row, sqlx::Error> {
            Ok(Row { position: row.try_get(0)?, values: row.try_get(1)? })
        };
        let rows = found.iter().map(row).collect::<Result<_, _>>()?;
        Ok(Self { name, columns, rows })
    }

    fn insert(&self) -> String {
        let names: Vec<&str> = self.columns.iter().map(|(name, _)| name.as_str()).collect();
        let casts: Vec<String> = self.columns.iter().map(|(name, kind)| format!("r.{name}::{kind}")).collect();
        let arrays: Vec<String> = (1..=self.columns.len()).map(|index| format!("${index}::text[]")).collect();
        format!(
            "insert into {SCHEMA}.{table} ({names}) select {casts} from unnest({arrays}) as r({names})",
            table = self.name,
            names = names.join(", "),
            casts = casts.join(", "),
            arrays = arrays.join(", "),
        )
    }

    fn rows_between(&self, from: i64, to: i64) -> &[Row] {
        let index = |position| self.rows.partition_point(|row| row.position < position);
        &self.rows[index(from)..index(to)]
    }
}

/// One batch: a transaction with one statement a table.
async fn write(connection: &mut PgConnection, tables: &[Table], from: i64, to: i64) -> anyhow::Result<()> {
    let mut transaction = connection.begin().await?;
    for table in tables {
        let rows = table.rows_between(from, to);
        if rows.is_empty() {
            continue;
        }
        let mut query = sqlx::query(AssertSqlSafe(table.insert()));
        for column in 0..table.columns.len() {
            let values: Vec<Option<&str>> = rows.iter().map(|row| row.values[column].as_deref()).collect();
            query = query.bind(values);
        }
        query.execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    Ok(())
}

async fn create_copies(connection: &mut PgConnection, tables: &[Table]) -> anyhow::Result<()> {
    drop_copies(connection).await?;
    sqlx::query(AssertSqlSafe(format!("create schema {SCHEMA}"))).execute(&mut *connection).await?;
    for Table { name, .. } in tables {
        let copy = format!("create table {SCHEMA}.{name} (like public.{name} including all)");
        sqlx::query(AssertSqlSafe(copy)).execute(&mut *connection).await?;
    }
    Ok(())
}

async fn drop_copies(connection: &mut PgConnection) -> anyhow::Result<()> {
    let drop = format!("drop schema if exists {SCHEMA} cascade");
    sqlx::query(AssertSqlSafe(drop)).execute(connection).await?;
    Ok(())
}
