//! What a read model says of its table; the SQL that serves them all follows from it.

use sqlx::{AssertSqlSafe, Postgres, postgres::PgRow, query::Query};

/// A row of a read model, without its two version numbers.
pub trait Row: Clone + PartialEq + Send + Sync + 'static {
    /// What identifies the row among the live ones.
    type Key: Ord + Clone + Send + Sync + std::fmt::Debug;

    /// The table.
    const TABLE: &'static str;
    /// The columns of the key; all are text.
    const KEY: &'static [&'static str];
    /// The other columns.
    const VALUES: &'static [Column];
    /// How many rows of the table one event can make.
    const VERSIONS: Versions = Versions::OnePerEvent;

    /// What identifies this row.
    fn key(&self) -> Self::Key;
    /// The values of the columns of [`Self::KEY`].
    fn key_texts(key: &Self::Key) -> Vec<String>;
    /// The values of the columns of [`Self::VALUES`].
    fn values(&self) -> Result<Vec<Cell>, serde_json::Error>;
    /// Reads a row that was selected with the columns of [`Self::KEY`] and [`Self::VALUES`].
    fn read(row: &PgRow) -> Result<Self, sqlx::Error>;
}

/// How many rows of a table one event can make, and so what names a version of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Versions {
    /// One at most: `since` names it, and `(service, since)` is the primary key.
    OnePerEvent,
    /// Several, of different keys: `since` and the key name one together, and the primary key has all of them.
    ManyPerEvent,
}

/// A column that is not part of the key.
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub kind: ColumnKind,
}

/// The types that read models use.
#[derive(Clone, Copy)]
pub enum ColumnKind {
    /// `text`
    Text,
    /// `bigint`
    BigInt,
}

/// A text column.
pub const fn text(name: &'static str) -> Column {
    Column { name, kind: ColumnKind::Text }
}

/// A bigint column.
pub const fn bigint(name: &'static str) -> Column {
    Column { name, kind: ColumnKind::BigInt }
}

/// A value for a column.
pub enum Cell {
    /// For [`ColumnKind::Text`].
    Text(Option<String>),
    /// For [`ColumnKind::BigInt`].
    BigInt(Option<i64>),
}

/// The values of one column for many rows, to be bound as one array.
pub enum Cells {
    /// Of a text column.
    Text(Vec<Option<String>>),
    /// Of a bigint column.
    BigInt(Vec<Option<i64>>),
}

impl Cells {
    /// No values yet.
    pub fn new(kind: ColumnKind) -> Self {
        match kind {
            ColumnKind::Text => Self::Text(Vec::new()),
            ColumnKind::BigInt => Self::BigInt(Vec::new()),
        }
    }

    /// Adds a value; one of another type counts as null, which the columns that matter refuse.
    pub fn push(&mut self, cell: Cell) {
        match (self, cell) {
            (Self::Text(values), Cell::Text(value)) => values.push(value),
            (Self::BigInt(values), Cell::BigInt(value)) => values.push(value),
            (Self::Text(values), Cell::BigInt(_)) => values.push(None),
            (Self::BigInt(values), Cell::Text(_)) => values.push(None),
        }
    }

    /// Binds the values as one array.
    pub fn bind<'q>(self, query: PgQuery<'q>) -> PgQuery<'q> {
        match self {
            Self::Text(values) => query.bind(values),
            Self::BigInt(values) => query.bind(values),
        }
    }
}

/// A query on Postgres.
pub type PgQuery<'q> = Query<'q, Postgres, sqlx::postgres::PgArguments>;

/// `select` of live rows by key: `$1` the service, then one text array per key column.
pub fn select_by_keys<R: Row>() -> AssertSqlSafe<String> {
    let columns: Vec<String> = columns::<R>().map(|name| format!("t.{name}")).collect();
    AssertSqlSafe(format!(
        "select {columns}, t.since from unnest({arrays}) as k({keys}) \
         cross join lateral (select * from {table} t where {matching} and t.until is null limit 1) t",
        columns = columns.join(", "),
        arrays = text_arrays::<R>(2),
        keys = R::KEY.join(", "),
        table = R::TABLE,
        matching = matching::<R>("k"),
    ))
}

/// `update` that ends live versions: `$1` the service, `$2` since, `$3` until; then one text array per key column, if
/// the key is needed to name a version.
pub fn end_versions<R: Row>() -> AssertSqlSafe<String> {
    AssertSqlSafe(match R::VERSIONS {
        Versions::OnePerEvent => format!(
            "update {table} t set until = ($3::bigint[])[array_position($2::bigint[], t.since)] \
             where t.service = $1 and t.since = any($2::bigint[])",
            table = R::TABLE,
        ),
        Versions::ManyPerEvent => format!(
            "update {table} t set until = n.until \
             from unnest($2::bigint[], $3::bigint[], {arrays}) as n(since, until, {keys}) \
             where {matching} and t.since = n.since",
            table = R::TABLE,
            arrays = text_arrays::<R>(4),
            keys = R::KEY.join(", "),
            matching = matching::<R>("n"),
        ),
    })
}

/// `insert` of versions: `$1` the service, `$2` since, `$3` until, then one array per column.
pub fn insert_versions<R: Row>() -> AssertSqlSafe<String> {
    let kinds = R::KEY.iter().map(|_| ColumnKind::Text).chain(R::VALUES.iter().map(|column| column.kind));
    let arrays: Vec<String> = kinds
        .enumerate()
        .map(|(index, kind)| match kind {
            ColumnKind::Text => format!("${}::text[]", index + 4),
            ColumnKind::BigInt => format!("${}::bigint[]", index + 4),
        })
        .collect();
    let columns: Vec<&str> = columns::<R>().collect();
    AssertSqlSafe(format!(
        "insert into {table} (service, since, until, {columns}) \
         select $1, n.* from unnest($2::bigint[], $3::bigint[], {arrays}) as n",
        table = R::TABLE,
        columns = columns.join(", "),
        arrays = arrays.join(", "),
    ))
}

fn columns<R: Row>() -> impl Iterator<Item = &'static str> {
    R::KEY.iter().copied().chain(R::VALUES.iter().map(|column| column.name))
}

fn text_arrays<R: Row>(first: usize) -> String {
    let arrays: Vec<String> = (first..).take(R::KEY.len()).map(|index| format!("${index}::text[]")).collect();
    arrays.join(", ")
}

fn matching<R: Row>(keys: &str) -> String {
    let equal = R::KEY.iter().map(|name| format!(" and t.{name} = {keys}.{name}"));
    std::iter::once("t.service = $1".to_owned()).chain(equal).collect()
}
