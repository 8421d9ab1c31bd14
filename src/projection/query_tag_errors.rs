//! Instances whose values for extended query tags cannot be indexed, as reindexing found.

use jiff::Timestamp;
use sqlx::{Row as _, postgres::PgRow};

use super::{
    instances::instance_key,
    query_tags::QueryTagRow,
    row::{Cell, Column, Row, Versions, bigint, text},
    working_set::WorkingSet,
};
use crate::{
    domain::{
        Event, Fact,
        query_tag::{Fault, QueryTagFact},
    },
    ids::{InstanceKey, Position, QueryTagId},
};

/// What is wrong with the value that an instance has for a tag.
#[derive(Debug, Clone, PartialEq)]
pub struct QueryTagErrorRow {
    /// The tag.
    pub tag: QueryTagId,
    /// The instance.
    pub instance: InstanceKey,
    /// The event that stored the instance.
    pub version: Position,
    /// When it was found.
    pub created_at: Timestamp,
    /// What is wrong.
    pub fault: Fault,
}

impl Row for QueryTagErrorRow {
    type Key = (QueryTagId, InstanceKey);

    const TABLE: &'static str = "query_tag_errors";
    const KEY: &'static [&'static str] = &["tag", "partition", "study", "series", "instance"];
    const VALUES: &'static [Column] = &[bigint("version"), bigint("created_at"), text("fault")];
    const VERSIONS: Versions = Versions::ManyPerEvent;

    fn key(&self) -> (QueryTagId, InstanceKey) {
        (self.tag, self.instance.clone())
    }

    fn key_texts((tag, key): &(QueryTagId, InstanceKey)) -> Vec<String> {
        vec![
            tag.to_string(),
            key.partition.to_string(),
            key.study.to_string(),
            key.series.to_string(),
            key.instance.to_string(),
        ]
    }

    fn values(&self) -> Result<Vec<Cell>, serde_json::Error> {
        let fault = serde_json::to_value(self.fault)?;
        Ok(vec![
            Cell::BigInt(Some(self.version.0)),
            Cell::BigInt(Some(self.created_at.as_microsecond())),
            Cell::Text(fault.as_str().map(str::to_owned)),
        ])
    }

    fn read(row: &PgRow) -> Result<Self, sqlx::Error> {
        let malformed = |what: &str| sqlx::Error::Decode(format!("malformed {what} of an error").into());
        let fault: String = row.try_get("fault")?;
        Ok(Self {
            tag: QueryTagId::parse(row.try_get("tag")?).ok_or_else(|| malformed("tag"))?,
            instance: instance_key(row)?,
            version: Position(row.try_get("version")?),
            created_at: Timestamp::from_microsecond(row.try_get("created_at")?).map_err(|_| malformed("time"))?,
            fault: serde_json::from_value(fault.into()).map_err(|_| malformed("fault"))?,
        })
    }
}

impl QueryTagErrorRow {
    /// Reads a row that was selected with the columns of the table.
    pub fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Self::read(row)
    }
}

/// Reindexing finds errors; they go with the version of the instance that has them.
pub fn fold(event: &Event, tags: &WorkingSet<QueryTagRow>, rows: &mut WorkingSet<QueryTagErrorRow>) {
    match &event.fact {
        Fact::InstanceReplaced(key, _) | Fact::InstanceDeleted(key, _) => {
            for QueryTagRow(tag) in tags.rows() {
                rows.remove(event.position, &(tag.id, key.clone()));
            }
        }
        Fact::InstanceUpdated(key, version) => {
            // A bulk update may mend a value; what it does not look at stays as it was.
            for QueryTagRow(tag) in tags.rows().filter(|row| version.query_tags.contains_key(&row.0.definition.path)) {
                rows.remove(event.position, &(tag.id, key.clone()));
            }
        }
        Fact::QueryTag(QueryTagFact::Reindexed(reindexed)) => {
            for found in &reindexed.instances {
                for (path, fault) in &found.errors {
                    let Some(QueryTagRow(tag)) = tags.get(path) else { continue };
                    let row = QueryTagErrorRow {
                        tag: tag.id,
                        instance: found.key(),
                        version: found.version,
                        created_at: event.at,
                        fault: *fault,
                    };
                    rows.put(event.position, row);
                }
            }
        }
        _ => {}
    }
}
