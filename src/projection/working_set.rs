//! The one applier of all read models: rows are loaded, changed in memory event by event, and written at once.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::{PgConnection, Row as _, postgres::PgRow};

use super::{
    ProjectionError,
    row::{Cell, Cells, ColumnKind, PgQuery, Row, Versions, end_versions, insert_versions, select_by_keys},
};
use crate::ids::{Position, ServiceId};

/// Rows written by one statement at most: bounds the size of its arrays.
const ROWS_PER_STATEMENT: usize = 1_000;

/// Live rows of one read model, and what has become of them since they were loaded.
#[derive(Debug)]
pub struct WorkingSet<R: Row> {
    /// Rows that live now.
    live: BTreeMap<R::Key, Live<R>>,
    /// Versions in the table that have ended.
    ended: Vec<Ended<R::Key>>,
    /// Versions that came and went since loading.
    passed: Vec<Passed<R>>,
}

#[derive(Debug)]
struct Live<R> {
    row: R,
    /// The event that made this version.
    since: Position,
    /// Whether the table has it.
    place: Place,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Table,
    Memory,
}

#[derive(Debug)]
struct Ended<K> {
    key: K,
    since: Position,
    until: Position,
}

#[derive(Debug)]
struct Passed<R> {
    row: R,
    since: Position,
    until: Position,
}

impl<R: Row> Default for WorkingSet<R> {
    fn default() -> Self {
        Self { live: BTreeMap::new(), ended: Vec::new(), passed: Vec::new() }
    }
}

impl<R: Row> WorkingSet<R> {
    /// Loads the live rows with these keys. Rows already here are left as they are.
    pub async fn load(
        &mut self,
        connection: &mut PgConnection,
        service: ServiceId,
        keys: &BTreeSet<R::Key>,
    ) -> Result<(), ProjectionError> {
        let keys: Vec<&R::Key> = keys.iter().filter(|key| !self.live.contains_key(key)).collect();
        for keys in keys.chunks(ROWS_PER_STATEMENT) {
            let query = bind_keys::<R>(sqlx::query(select_by_keys::<R>()).bind(service.0), keys.iter().copied());
            self.take_in(&query.fetch_all(&mut *connection).await?)?;
        }
        Ok(())
    }

    /// Takes in live rows that were selected; answers their keys. Rows already here are left as they are.
    pub fn take_in(&mut self, rows: &[PgRow]) -> Result<BTreeSet<R::Key>, ProjectionError> {
        let mut keys = BTreeSet::new();
        for row in rows {
            let since = Position(row.try_get("since")?);
            let row = R::read(row)?;
            keys.insert(row.key());
            self.live.entry(row.key()).or_insert(Live { row, since, place: Place::Table });
        }
        Ok(keys)
    }

    /// The live row with this key.
    pub fn get(&self, key: &R::Key) -> Option<&R> {
        self.live.get(key).map(|live| &live.row)
    }

    /// The event that made the live row with this key.
    pub fn since(&self, key: &R::Key) -> Option<Position> {
        self.live.get(key).map(|live| live.since)
    }

    /// The live rows, ascending by key.
    pub fn rows(&self) -> impl Iterator<Item = &R> {
        self.live.values().map(|live| &live.row)
    }

    /// The keys of the live rows, ascending.
    pub fn keys(&self) -> impl Iterator<Item = &R::Key> {
        self.live.keys()
    }

    /// Creates the row, or changes it to this. Nothing happens if it is like this already.
    pub fn put(&mut self, position: Position, row: R) {
        let key = row.key();
        if self.get(&key) == Some(&row) {
            return;
        }
        self.remove(position, &key);
        self.live.insert(key, Live { row, since: position, place: Place::Memory });
    }

    /// Ends the row, if it lives.
    pub fn remove(&mut self, position: Position, key: &R::Key) {
        match self.live.remove(key) {
            None => {}
            // A version that the same event made was never seen.
            Some(Live { since, place: Place::Memory, .. }) if since == position => {}
            Some(Live { since, place: Place::Table, .. }) => {
                self.ended.push(Ended { key: key.clone(), since, until: position });
            }
            Some(Live { since, place: Place::Memory, row }) => self.passed.push(Passed { row, since, until: position }),
        }
    }

    /// Writes what changed: ends rows first, so that a key never lives twice.
    pub async fn write(self, connection: &mut PgConnection, service: ServiceId) -> Result<(), ProjectionError> {
        for ended in self.ended.chunks(ROWS_PER_STATEMENT) {
            end::<R>(connection, service, ended).await?;
        }
        let passed = self.passed.iter().map(|passed| (&passed.row, passed.since, Some(passed.until)));
        let born =
            self.live.values().filter(|live| live.place == Place::Memory).map(|live| (&live.row, live.since, None));
        let versions: Vec<_> = passed.chain(born).collect();
        for versions in versions.chunks(ROWS_PER_STATEMENT) {
            insert(connection, service, versions).await?;
        }
        Ok(())
    }
}

async fn end<R: Row>(
    connection: &mut PgConnection,
    service: ServiceId,
    ended: &[Ended<R::Key>],
) -> Result<(), ProjectionError> {
    let (since, until): (Vec<i64>, Vec<i64>) = ended.iter().map(|ended| (ended.since.0, ended.until.0)).unzip();
    let query = sqlx::query(end_versions::<R>()).bind(service.0).bind(since).bind(until);
    let query = match R::VERSIONS {
        Versions::OnePerEvent => query,
        Versions::ManyPerEvent => bind_keys::<R>(query, ended.iter().map(|ended| &ended.key)),
    };
    query.execute(connection).await?;
    Ok(())
}

async fn insert<R: Row>(
    connection: &mut PgConnection,
    service: ServiceId,
    versions: &[(&R, Position, Option<Position>)],
) -> Result<(), ProjectionError> {
    let since: Vec<i64> = versions.iter().map(|(_, since, _)| since.0).collect();
    let until: Vec<Option<i64>> = versions.iter().map(|(_, _, until)| until.map(|until| until.0)).collect();
    let mut columns: Vec<Cells> = R::VALUES.iter().map(|column| Cells::new(column.kind)).collect();
    for (row, ..) in versions {
        for (column, cell) in columns.iter_mut().zip(row.values()?) {
            column.push(cell);
        }
    }
    let query = sqlx::query(insert_versions::<R>()).bind(service.0).bind(since).bind(until);
    let keys: Vec<R::Key> = versions.iter().map(|(row, ..)| row.key()).collect();
    let query = bind_keys::<R>(query, keys.iter());
    columns.into_iter().fold(query, |query, column| column.bind(query)).execute(connection).await?;
    Ok(())
}

fn bind_keys<'q, 'k, R: Row>(query: PgQuery<'q>, keys: impl Iterator<Item = &'k R::Key>) -> PgQuery<'q> {
    let mut columns: Vec<Cells> = R::KEY.iter().map(|_| Cells::new(ColumnKind::Text)).collect();
    for key in keys {
        for (column, text) in columns.iter_mut().zip(R::key_texts(key)) {
            column.push(Cell::Text(Some(text)));
        }
    }
    columns.into_iter().fold(query, |query, column| column.bind(query))
}
