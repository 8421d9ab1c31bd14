//! Names, for fuzzy matching: an index in memory of their words that tells in which versions of rows they may be.
//!
//! It is a hint. Every condition, that on the name included, is also in the SQL: an entry that is stale costs a lookup
//! and is never wrong, so a reset needs no work here. Entries are of versions, not of current values, and versions stay
//! in the tables: the past is searched like the present.
//!
//! What may not happen is that an entry is missing. So the index follows the log before it answers, in the very view of
//! the database in which the search itself runs.

mod follow;
mod index;
mod lookup;
mod words;

use std::sync::Arc;

use dashmap::DashMap;
use sqlx::{PgPool, Postgres, QueryBuilder, Transaction, postgres::PgRow};
use tantivy::TantivyError;
use tokio::sync::{Mutex, OnceCell};

pub use lookup::Hits;
pub use words::words;

use self::{
    follow::{Cursor, hits},
    index::Index,
    words::word_pattern,
};
use super::{ReadError, View};
use crate::ids::{Position, ServiceId};

/// The names of all services. Nothing is in memory until somebody asks.
#[derive(Debug, Default)]
pub struct Names {
    index: OnceCell<Arc<Index>>,
    /// How far each service was followed. Whoever holds one has the service's entries for themselves.
    cursors: DashMap<ServiceId, Arc<Mutex<Cursor>>>,
}

/// What a search looks for in names.
#[derive(Debug)]
pub struct Wanted<'w> {
    /// Which names (table and column, as `follow` spells them), and beginnings of words.
    pub names: Vec<(&'w str, &'w [String])>,
    /// Behind how many rows the page ends.
    pub page: i64,
}

/// What a search reads from.
#[derive(Debug)]
pub enum Sight {
    /// The database as it is when it is asked.
    Pool(PgPool),
    /// The database as it was when it was asked for names.
    Held {
        /// Keeps it so.
        transaction: Transaction<'static, Postgres>,
        /// Where the names may be, as they were asked for.
        hits: Vec<Hits>,
    },
}

impl Sight {
    /// Where the names may be, as they were asked for.
    pub(super) fn hits(&self) -> &[Hits] {
        match self {
            Self::Pool(_) => &[],
            Self::Held { hits, .. } => hits,
        }
    }

    /// Whether some of the words are nowhere, so that nothing can be found.
    pub(super) fn is_hopeless(&self) -> bool {
        self.hits().iter().any(|hits| matches!(hits, Hits::Versions(versions) if versions.is_empty()))
    }

    /// Runs the search.
    pub(super) async fn rows(self, mut sql: QueryBuilder<Postgres>) -> Result<Vec<PgRow>, ReadError> {
        match self {
            _ if self.is_hopeless() => Ok(Vec::new()),
            Self::Pool(pool) => Ok(sql.build().fetch_all(&pool).await?),
            Self::Held { mut transaction, .. } => {
                // The transaction ends with the next use of its connection: nobody waits for that.
                Ok(sql.build().fetch_all(&mut *transaction).await?)
            }
        }
    }
}

/// Adds what is known of where the names of `table` may be.
pub(super) fn push_hits(sql: &mut QueryBuilder<Postgres>, table: &str, hits: &Hits) {
    if let Hits::Versions(versions) = hits {
        sql.push(format_args!("{table}.since = any(")).push_bind(versions.clone()).push(") and ");
    }
}

/// Adds that a column has words that begin so and follow one another.
pub(super) fn push_words(sql: &mut QueryBuilder<Postgres>, column: &str, words: &[String]) {
    // What has the words at all is found in a tenth of the time.
    sql.push(format_args!("{column} like ")).push_bind(format!("%{}%", words.join("%")));
    sql.push(format_args!(" and {column} ~ ")).push_bind(word_pattern(words));
}

/// The same of words that many names have. The database would take a pattern for rare, and look at all rows before it
/// sorts the few. Of a case it knows nothing, supposes half of the rows, and walks from the newest on.
pub(super) fn push_common_words(sql: &mut QueryBuilder<Postgres>, column: &str, words: &[String]) {
    sql.push("case when ");
    push_words(sql, column, words);
    sql.push(" then true else false end");
}

/// Why the index could not help.
#[derive(Debug, thiserror::Error)]
enum NamesError {
    /// The database refused or failed: a search would fail too.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// The index failed: a search goes on without a hint.
    #[error("the index of names failed: {0}")]
    Index(#[from] TantivyError),
    /// A thread of the index was lost.
    #[error("the index of names was interrupted")]
    Interrupted(#[from] tokio::task::JoinError),
}

impl Names {
    /// Forgets a service that was deleted.
    pub fn forget(&self, service: ServiceId) {
        self.cursors.remove(&service);
        if let Some(Err(error)) = self.index.get().map(|index| index.forget(service, Position(0))) {
            tracing::warn!(%error, "names of a deleted service stay in memory");
        }
    }

    async fn index(&self) -> Result<Arc<Index>, NamesError> {
        let start = || async { Ok(Arc::new(tokio::task::spawn_blocking(Index::new).await??)) };
        self.index.get_or_try_init(start).await.cloned()
    }
}

impl View {
    /// Where words may be, in a view of the database that stays as it is.
    pub(super) async fn look_for_names(&self, wanted: Wanted<'_>) -> Result<Sight, ReadError> {
        if wanted.names.is_empty() {
            return Ok(Sight::Pool(self.pool.clone()));
        }
        let cursor = self.names.cursors.entry(self.service).or_default().clone();
        let mut cursor = cursor.lock().await;
        let mut transaction = self.pool.begin_with("begin isolation level repeatable read, read only").await?;
        let followed = self.names.follow(&mut transaction, self.service, &mut cursor).await;
        drop(cursor); // what others do to the index from here on is not seen by this search
        let unknown = vec![Hits::Many; wanted.names.len()];
        let hits = match followed {
            Ok(snapshot) => hits(snapshot, self.service, wanted).await,
            Err(error) => Err(error),
        };
        let hits = match hits {
            Ok(hits) => hits,
            Err(NamesError::Database(error)) => return Err(error.into()),
            Err(error) => {
                tracing::warn!(%error, "names are searched without an index");
                unknown
            }
        };
        Ok(Sight::Held { transaction, hits })
    }
}
