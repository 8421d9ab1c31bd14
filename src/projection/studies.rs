//! The study rows: indexed attributes, the latest value of each.

use jiff::Timestamp;
use sqlx::{Row as _, postgres::PgRow};

use super::{
    row::{Cell, Column, Row, bigint, text},
    working_set::WorkingSet,
};
use crate::{
    domain::{
        Event, Fact,
        attributes::{IndexedAttributes, STUDY_ATTRIBUTES},
    },
    ids::{PartitionName, Position, StudyKey, StudyUid},
};

/// A study as search sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct StudyRow {
    /// What identifies it.
    pub key: StudyKey,
    /// The event that brought it into being.
    pub created: Position,
    /// Its indexed attributes.
    pub attributes: IndexedAttributes,
    /// When it ends by itself, if it does.
    pub expires_at: Option<Timestamp>,
}

impl Row for StudyRow {
    type Key = StudyKey;

    const TABLE: &'static str = "studies";
    const KEY: &'static [&'static str] = &["partition", "study"];
    const VALUES: &'static [Column] = &[
        bigint("created"),
        text("attributes"),
        text("study_date"),
        text("study_description"),
        text("accession_number"),
        text("patient_id"),
        text("patient_name"),
        text("patient_birth_date"),
        text("referring_physician_name"),
        bigint("expires_at"),
    ];

    fn key(&self) -> StudyKey {
        self.key.clone()
    }

    fn key_texts(key: &StudyKey) -> Vec<String> {
        vec![key.partition.to_string(), key.study.to_string()]
    }

    fn values(&self) -> Result<Vec<Cell>, serde_json::Error> {
        let mut cells =
            vec![Cell::BigInt(Some(self.created.0)), Cell::Text(Some(serde_json::to_string(&self.attributes)?))];
        cells.extend(STUDY_ATTRIBUTES.iter().map(|(tag, vr)| Cell::Text(self.attributes.folded(*tag, *vr))));
        cells.push(Cell::BigInt(self.expires_at.map(Timestamp::as_microsecond)));
        Ok(cells)
    }

    fn read(row: &PgRow) -> Result<Self, sqlx::Error> {
        let attributes: &str = row.try_get("attributes")?;
        let expires_at: Option<i64> = row.try_get("expires_at")?;
        Ok(Self {
            key: StudyKey {
                partition: PartitionName::trusted(row.try_get("partition")?),
                study: StudyUid::trusted(row.try_get("study")?),
            },
            created: Position(row.try_get("created")?),
            attributes: serde_json::from_str(attributes).map_err(|error| sqlx::Error::Decode(error.into()))?,
            expires_at: expires_at.and_then(|time| Timestamp::from_microsecond(time).ok()),
        })
    }
}

/// The latest non-empty value of each attribute wins; a study ends with its last instance.
pub fn fold(event: &Event, rows: &mut WorkingSet<StudyRow>) {
    match &event.fact {
        Fact::InstanceStored(instance, version)
        | Fact::InstanceReplaced(instance, version)
        | Fact::InstanceUpdated(instance, version) => {
            let key = instance.study_key();
            let mut row = rows.get(&key).cloned().unwrap_or_else(|| StudyRow {
                key,
                created: event.position,
                attributes: IndexedAttributes::default(),
                expires_at: None,
            });
            row.attributes.overlay(&version.attributes, &STUDY_ATTRIBUTES);
            rows.put(event.position, row);
        }
        Fact::InstanceDeleted(instance, deletion) if deletion.study_ended => {
            rows.remove(event.position, &instance.study_key());
        }
        Fact::ExpirySet(key, expiry) => {
            if let Some(row) = rows.get(key).cloned() {
                rows.put(event.position, StudyRow { expires_at: expiry.expires_at, ..row });
            }
        }
        Fact::InstanceDeleted(..)
        | Fact::Workitem(..)
        | Fact::QueryTag(_)
        | Fact::Operation(..)
        | Fact::PartitionCreated(..)
        | Fact::ClockMoved(_) => {}
    }
}
