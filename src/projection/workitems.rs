//! The workitem rows: each state of each workitem, whole.

use dicom_core::VR;
use dicom_dictionary_std::tags;
use sqlx::{Row as _, postgres::PgRow};

use super::{
    row::{Cell, Column, Row, bigint, text},
    working_set::WorkingSet,
};
use crate::{
    dicom::json::{Attribute, Document},
    domain::{
        Event, Fact,
        workitem::{
            Owner, State, Workitem,
            event::WorkitemFact,
            searchable::{Searchable, stored_instant},
        },
    },
    ids::{Digest, PartitionName, Position, WorkitemKey, WorkitemUid},
};

/// A workitem as it is read and searched.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkitemRow {
    /// What identifies it.
    pub key: WorkitemKey,
    /// The event that brought it into being.
    pub created: Position,
    /// How it is.
    pub workitem: Workitem,
}

impl Row for WorkitemRow {
    type Key = WorkitemKey;

    const TABLE: &'static str = "workitems";
    const KEY: &'static [&'static str] = &["partition", "workitem"];
    const VALUES: &'static [Column] = &[
        bigint("created"),
        text("state"),
        text("owner"),
        text("dataset"),
        text("patient_name"),
        text("patient_id"),
        text("study"),
        bigint("scheduled_start_at"),
        text("accession_numbers"),
        text("requested_procedure_ids"),
        text("station_name_codes"),
        text("station_class_codes"),
        text("station_location_codes"),
    ];

    fn key(&self) -> WorkitemKey {
        self.key.clone()
    }

    fn key_texts(key: &WorkitemKey) -> Vec<String> {
        vec![key.partition.to_string(), key.workitem.to_string()]
    }

    fn values(&self) -> Result<Vec<Cell>, serde_json::Error> {
        let Workitem { state, owner, dataset } = &self.workitem;
        let one = |attribute: Searchable| Cell::Text(attribute.values(dataset).into_iter().next());
        let all = |attribute: Searchable| {
            let values = attribute.values(dataset);
            Cell::Text((!values.is_empty()).then(|| format!("\\{}\\", values.join("\\"))))
        };
        let start = dataset.get(tags::SCHEDULED_PROCEDURE_STEP_START_DATE_TIME).and_then(Attribute::first_value);
        Ok(vec![
            Cell::BigInt(Some(self.created.0)),
            Cell::Text(Some(state.to_string())),
            Cell::Text(owner.map(|Owner(digest)| digest.to_string())),
            Cell::Text(Some(dataset.to_json())),
            one(Searchable::PatientName),
            one(Searchable::PatientId),
            one(Searchable::StudyInstanceUid),
            Cell::BigInt(start.as_deref().and_then(stored_instant)),
            all(Searchable::AccessionNumber),
            all(Searchable::RequestedProcedureId),
            all(Searchable::StationNameCode),
            all(Searchable::StationClassCode),
            all(Searchable::StationLocationCode),
        ])
    }

    fn read(row: &PgRow) -> Result<Self, sqlx::Error> {
        let malformed = |what: &str| sqlx::Error::Decode(format!("malformed {what}").into());
        let owner: Option<&str> = row.try_get("owner")?;
        let owner = owner.map(|text| Digest::parse(text).map(Owner).ok_or_else(|| malformed("owner"))).transpose()?;
        let dataset = Document::parse(row.try_get("dataset")?).map_err(|error| sqlx::Error::Decode(error.into()))?;
        Ok(Self {
            key: WorkitemKey {
                partition: PartitionName::trusted(row.try_get("partition")?),
                workitem: WorkitemUid::trusted(row.try_get("workitem")?),
            },
            created: Position(row.try_get("created")?),
            workitem: Workitem {
                state: State::parse(row.try_get("state")?).ok_or_else(|| malformed("state"))?,
                owner,
                dataset,
            },
        })
    }
}

/// Attributes are replaced whole; a state is also one of them.
pub fn fold(event: &Event, rows: &mut WorkingSet<WorkitemRow>) {
    let Fact::Workitem(key, fact) = &event.fact else { return };
    let row = match (fact, rows.get(key).cloned()) {
        (WorkitemFact::Created(creation), _) => {
            let workitem = Workitem { state: State::Scheduled, owner: None, dataset: creation.dataset.clone() };
            WorkitemRow { key: key.clone(), created: event.position, workitem }
        }
        (_, None) => return,
        (WorkitemFact::Updated(update), Some(mut row)) => {
            row.workitem.dataset.overlay(&update.changes);
            row
        }
        (WorkitemFact::StateChanged(change), Some(mut row)) => {
            row.workitem.state = change.state;
            row.workitem.owner = change.owner.map(Owner).or(row.workitem.owner);
            let state = Attribute::text(VR::CS, change.state.as_str());
            row.workitem.dataset.set(tags::PROCEDURE_STEP_STATE, state);
            row
        }
        (WorkitemFact::Cancelled(cancellation), Some(mut row)) => {
            row.workitem.state = State::Canceled;
            row.workitem.dataset.overlay(&cancellation.changes);
            row
        }
    };
    rows.put(event.position, row);
}
