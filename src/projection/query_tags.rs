//! The rows of extended query tags: each state of each tag.

use sqlx::{PgConnection, Row as _, postgres::PgRow};

use super::{
    ProjectionError,
    row::{Cell, Column, Row, bigint, text},
    working_set::WorkingSet,
};
use crate::{
    domain::{
        Event, Fact,
        query_tag::{Definition, QueryStatus, QueryTag, QueryTagFact, Status, definition::parse_vr, event::Change},
    },
    ids::{Level, OperationId, Position, QueryTagId, ServiceId, TagPath},
};

/// A tag as it is.
#[derive(Debug, Clone, PartialEq)]
pub struct QueryTagRow(pub QueryTag);

impl Row for QueryTagRow {
    type Key = TagPath;

    const TABLE: &'static str = "query_tags";
    const KEY: &'static [&'static str] = &["path"];
    const VALUES: &'static [Column] = &[
        bigint("added"),
        text("vr"),
        text("private_creator"),
        text("level"),
        text("status"),
        text("query_status"),
        text("operation"),
    ];

    fn key(&self) -> TagPath {
        self.0.definition.path
    }

    fn key_texts(key: &TagPath) -> Vec<String> {
        vec![key.to_string()]
    }

    fn values(&self) -> Result<Vec<Cell>, serde_json::Error> {
        let QueryTag { id: QueryTagId(added), definition, status, query_status, operation } = &self.0;
        Ok(vec![
            Cell::BigInt(Some(added.0)),
            Cell::Text(Some(definition.vr.to_string().to_owned())),
            Cell::Text(definition.private_creator.clone()),
            Cell::Text(Some(definition.level.as_str().to_owned())),
            Cell::Text(Some(status.as_str().to_owned())),
            Cell::Text(Some(query_status.as_str().to_owned())),
            Cell::Text(Some(operation.to_string())),
        ])
    }

    fn read(row: &PgRow) -> Result<Self, sqlx::Error> {
        let malformed = |what: &str| sqlx::Error::Decode(format!("malformed {what} of a tag").into());
        let definition = Definition {
            path: TagPath::parse(row.try_get("path")?).ok_or_else(|| malformed("path"))?,
            vr: parse_vr(row.try_get("vr")?).ok_or_else(|| malformed("vr"))?,
            private_creator: row.try_get("private_creator")?,
            level: Level::parse(row.try_get("level")?).ok_or_else(|| malformed("level"))?,
        };
        Ok(Self(QueryTag {
            id: QueryTagId(Position(row.try_get("added")?)),
            definition,
            status: Status::parse(row.try_get("status")?).ok_or_else(|| malformed("status"))?,
            query_status: QueryStatus::parse(row.try_get("query_status")?).ok_or_else(|| malformed("status"))?,
            operation: OperationId::parse(row.try_get("operation")?).ok_or_else(|| malformed("operation"))?,
        }))
    }
}

impl QueryTagRow {
    /// Reads a row that was selected with the columns of the table.
    pub fn from_row(row: &PgRow) -> Result<QueryTag, sqlx::Error> {
        Ok(Self::read(row)?.0)
    }
}

/// Each event changes one tag, if it is about a tag as a whole.
pub fn fold(event: &Event, rows: &mut WorkingSet<QueryTagRow>) {
    let Fact::QueryTag(fact) = &event.fact else { return };
    match fact {
        QueryTagFact::Added(addition) => {
            let tag = QueryTag {
                id: QueryTagId(event.position),
                definition: addition.definition.clone(),
                status: Status::Adding,
                query_status: QueryStatus::Enabled,
                operation: addition.operation,
            };
            rows.put(event.position, QueryTagRow(tag));
        }
        QueryTagFact::Changed(changed) => {
            let Some(QueryTagRow(mut tag)) = rows.get(&changed.path).cloned() else { return };
            match changed.change {
                Change::Status(status) => tag.status = status,
                Change::QueryStatus(query_status) => tag.query_status = query_status,
            }
            rows.put(event.position, QueryTagRow(tag));
        }
        QueryTagFact::Removed(removed) => rows.remove(event.position, &removed.path),
        QueryTagFact::Reindexed(_) => {}
    }
}

/// What is known of a tag before it is loaded.
pub struct Known {
    /// Its path.
    pub path: TagPath,
    /// Its identity.
    pub id: QueryTagId,
    /// Whether it has errors.
    pub is_faulty: bool,
}

/// All tags of a service.
pub async fn all(connection: &mut PgConnection, service: ServiceId) -> Result<Vec<Known>, ProjectionError> {
    let tags: Vec<(String, i64, bool)> = sqlx::query_as(
        "select t.path, t.added,
                exists (select
                          from query_tag_errors e
                         where e.service = t.service and e.tag = t.added::text and e.until is null)
           from query_tags t
          where t.service = $1 and t.until is null",
    )
    .bind(service.0)
    .fetch_all(connection)
    .await?;
    let known = |(path, added, is_faulty): (String, i64, bool)| {
        Some(Known { path: TagPath::parse(&path)?, id: QueryTagId(Position(added)), is_faulty })
    };
    Ok(tags.into_iter().filter_map(known).collect())
}
