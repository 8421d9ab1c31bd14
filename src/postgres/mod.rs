//! The database: a pool on a Postgres that somebody runs, or on a private one that the emulator runs itself.

pub mod managed;
pub mod presence;
mod time;

use std::{str::FromStr, time::Duration};

use sqlx::{
    Connection, PgConnection, PgPool,
    migrate::{MigrateError, Migration, MigrationType, Migrator},
    postgres::{PgConnectOptions, PgPoolOptions},
};
use tokio::time::Instant;

pub use time::At;

/// Oldest version of PostgreSQL that is accepted, as `server_version_num` counts.
const OLDEST_VERSION: i32 = 140_000;

/// For every session. All queries are small and go through an index; a planner that knows no statistics yet must not
/// think otherwise, since its plans are kept.
const SESSION_SETTINGS: [(&str, &str); 6] = [
    ("client_min_messages", "warning"),
    ("enable_seqscan", "off"),
    ("enable_hashjoin", "off"),
    ("enable_mergejoin", "off"),
    ("jit", "off"),
    // For `analyze`: how selective a column is shows in 3,000 rows, at a tenth of the price of the usual 30,000.
    ("default_statistics_target", "10"),
];

/// How long to wait for a connection.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long to wait before another attempt to reach a database that starts.
const RETRY: Duration = Duration::from_millis(500);

/// How long a connection may be idle and still be trusted without asking.
const TRUSTED_IDLE: Duration = Duration::from_secs(1);

/// Why there is no usable database.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// The URL is none.
    #[error("DATABASE_URL is not a PostgreSQL URL: {0}")]
    Url(#[source] sqlx::Error),
    /// The URL is one of something else.
    #[error("DATABASE_URL is not a PostgreSQL URL: it must begin with postgres:// or postgresql://")]
    Scheme,
    /// Nobody answers, or not to us.
    #[error("cannot connect to PostgreSQL: {0}")]
    Connect(#[from] sqlx::Error),
    /// Its tables are not ours.
    #[error("cannot bring the database up to date: {0}")]
    Migrate(#[from] MigrateError),
    /// It lacks what we need.
    #[error("PostgreSQL 14 or later is needed; this one is {0}")]
    TooOld(String),
}

/// Reads a connection URL; the spelling of Python's drivers (`postgresql+asyncpg://`) is accepted.
pub fn parse_url(url: &str) -> Result<PgConnectOptions, DatabaseError> {
    let is_postgres = url.starts_with("postgres://") || url.starts_with("postgresql");
    if !is_postgres {
        return Err(DatabaseError::Scheme);
    }
    let plain = match url.split_once("://") {
        Some((scheme, rest)) => {
            let scheme = scheme.split('+').next().unwrap_or(scheme);
            format!("{scheme}://{rest}")
        }
        None => url.to_owned(),
    };
    PgConnectOptions::from_str(&plain).map_err(DatabaseError::Url)
}

/// Connects, and brings the log's tables up to date.
pub async fn connect(options: PgConnectOptions, connections: u32) -> Result<PgPool, DatabaseError> {
    let options =
        options.application_name("healthcare-emulator").statement_cache_capacity(500).options(SESSION_SETTINGS);
    let pool_options = PgPoolOptions::new()
        .max_connections(connections)
        .min_connections(1)
        .acquire_timeout(PATIENCE)
        .test_before_acquire(false)
        .before_acquire(|connection, meta| Box::pin(is_usable(connection, meta.idle_for)));
    let pool = first_connection(pool_options, options).await?;
    let (number, text): (i32, String) =
        sqlx::query_as("select current_setting('server_version_num')::int, current_setting('server_version')")
            .fetch_one(&pool)
            .await?;
    if number < OLDEST_VERSION {
        return Err(DatabaseError::TooOld(text));
    }
    migrations().run(&pool).await?;
    Ok(pool)
}

/// A database that starts beside the emulator may need a moment.
async fn first_connection(pool_options: PgPoolOptions, options: PgConnectOptions) -> Result<PgPool, sqlx::Error> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match pool_options.clone().connect_with(options.clone()).await {
            Err(error @ (sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut)) if Instant::now() < deadline => {
                tracing::warn!(%error, "the database does not answer yet");
                tokio::time::sleep(RETRY).await;
            }
            outcome => return outcome,
        }
    }
}

/// Whether a statement met what was committed after its transaction had taken its view of the database.
pub fn is_serialization_failure(error: &sqlx::Error) -> bool {
    error.as_database_error().and_then(|error| error.code()).is_some_and(|code| code == "40001")
}

/// A connection that has been idle may have lost its server.
async fn is_usable(connection: &mut PgConnection, idle: Duration) -> Result<bool, sqlx::Error> {
    if idle < TRUSTED_IDLE {
        return Ok(true);
    }
    Ok(connection.ping().await.is_ok())
}

/// The forward-only migrations, embedded in the binary.
fn migrations() -> Migrator {
    let sources = [
        (1, "log", include_str!("../../migrations/0001_log.sql")),
        (2, "workitems", include_str!("../../migrations/0002_workitems.sql")),
        (3, "operations", include_str!("../../migrations/0003_operations.sql")),
        (4, "resets", include_str!("../../migrations/0004_resets.sql")),
        (5, "whole rows", include_str!("../../migrations/0005_whole_rows.sql")),
    ];
    let migration = |(version, name, sql): (i64, &'static str, &'static str)| {
        Migration::new(version, name.into(), MigrationType::Simple, sqlx::SqlStr::from_static(sql), false)
    };
    Migrator::with_migrations(sources.into_iter().map(migration).collect())
}
