//! The series rows: indexed attributes, the latest value of each.

use sqlx::{Row as _, postgres::PgRow};

use super::{
    row::{Cell, Column, Row, bigint, text},
    working_set::WorkingSet,
};
use crate::{
    domain::{
        Event, Fact,
        attributes::{IndexedAttributes, SERIES_ATTRIBUTES},
    },
    ids::{PartitionName, Position, SeriesKey, SeriesUid, StudyUid},
};

/// A series as search sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct SeriesRow {
    /// What identifies it.
    pub key: SeriesKey,
    /// The event that brought it into being.
    pub created: Position,
    /// Its indexed attributes.
    pub attributes: IndexedAttributes,
}

impl Row for SeriesRow {
    type Key = SeriesKey;

    const TABLE: &'static str = "series";
    const KEY: &'static [&'static str] = &["partition", "study", "series"];
    const VALUES: &'static [Column] = &[
        bigint("created"),
        text("attributes"),
        text("modality"),
        text("performed_procedure_step_start_date"),
        text("manufacturer_model_name"),
    ];

    fn key(&self) -> SeriesKey {
        self.key.clone()
    }

    fn key_texts(key: &SeriesKey) -> Vec<String> {
        vec![key.partition.to_string(), key.study.to_string(), key.series.to_string()]
    }

    fn values(&self) -> Result<Vec<Cell>, serde_json::Error> {
        let mut cells =
            vec![Cell::BigInt(Some(self.created.0)), Cell::Text(Some(serde_json::to_string(&self.attributes)?))];
        cells.extend(SERIES_ATTRIBUTES.iter().map(|(tag, vr)| Cell::Text(self.attributes.folded(*tag, *vr))));
        Ok(cells)
    }

    fn read(row: &PgRow) -> Result<Self, sqlx::Error> {
        let attributes: &str = row.try_get("attributes")?;
        Ok(Self {
            key: SeriesKey {
                partition: PartitionName::trusted(row.try_get("partition")?),
                study: StudyUid::trusted(row.try_get("study")?),
                series: SeriesUid::trusted(row.try_get("series")?),
            },
            created: Position(row.try_get("created")?),
            attributes: serde_json::from_str(attributes).map_err(|error| sqlx::Error::Decode(error.into()))?,
        })
    }
}

/// The latest non-empty value of each attribute wins; a series ends with its last instance.
pub fn fold(event: &Event, rows: &mut WorkingSet<SeriesRow>) {
    match &event.fact {
        Fact::InstanceStored(instance, version)
        | Fact::InstanceReplaced(instance, version)
        | Fact::InstanceUpdated(instance, version) => {
            let key = instance.series_key();
            let mut row = rows.get(&key).cloned().unwrap_or_else(|| SeriesRow {
                key,
                created: event.position,
                attributes: IndexedAttributes::default(),
            });
            row.attributes.overlay(&version.attributes, &SERIES_ATTRIBUTES);
            rows.put(event.position, row);
        }
        Fact::InstanceDeleted(instance, deletion) if deletion.series_ended => {
            rows.remove(event.position, &instance.series_key());
        }
        Fact::InstanceDeleted(..)
        | Fact::ExpirySet(..)
        | Fact::Workitem(..)
        | Fact::QueryTag(_)
        | Fact::Operation(..)
        | Fact::PartitionCreated(..)
        | Fact::ClockMoved(_) => {}
    }
}
