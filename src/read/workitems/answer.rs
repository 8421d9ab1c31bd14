//! From a [`Query`] to SQL, and from its rows to DICOM JSON: the newest workitem first.

use std::collections::BTreeSet;

use dicom_core::Tag;
use dicom_dictionary_std::tags;
use sqlx::{Postgres, QueryBuilder, Row as _};

use super::parse::{Condition, Matching, Query};
use crate::{
    dicom::json::pick,
    domain::workitem::searchable::Searchable,
    ids::PartitionName,
    read::{
        ReadError, View,
        names::{Hits, Wanted, push_common_words, push_hits, push_words},
        search::{Include, answer},
    },
};

/// What an entry has when nothing else is asked for.
const DEFAULTS: [Tag; 31] = [
    tags::SPECIFIC_CHARACTER_SET,
    tags::SOP_CLASS_UID,
    tags::SOP_INSTANCE_UID,
    tags::SCHEDULED_PROCEDURE_STEP_PRIORITY,
    tags::PROCEDURE_STEP_LABEL,
    tags::WORKLIST_LABEL,
    tags::SCHEDULED_PROCESSING_PARAMETERS_SEQUENCE,
    tags::SCHEDULED_STATION_NAME_CODE_SEQUENCE,
    tags::SCHEDULED_STATION_CLASS_CODE_SEQUENCE,
    tags::SCHEDULED_STATION_GEOGRAPHIC_LOCATION_CODE_SEQUENCE,
    tags::SCHEDULED_HUMAN_PERFORMERS_SEQUENCE,
    tags::SCHEDULED_PROCEDURE_STEP_START_DATE_TIME,
    tags::SCHEDULED_WORKITEM_CODE_SEQUENCE,
    tags::INPUT_READINESS_STATE,
    tags::INPUT_INFORMATION_SEQUENCE,
    tags::STUDY_INSTANCE_UID,
    tags::PATIENT_NAME,
    tags::PATIENT_ID,
    tags::ISSUER_OF_PATIENT_ID,
    tags::ISSUER_OF_PATIENT_ID_QUALIFIERS_SEQUENCE,
    tags::OTHER_PATIENT_I_DS_SEQUENCE,
    tags::PATIENT_BIRTH_DATE,
    tags::PATIENT_SEX,
    tags::ADMISSION_ID,
    tags::ISSUER_OF_ADMISSION_ID_SEQUENCE,
    tags::ADMITTING_DIAGNOSES_DESCRIPTION,
    tags::ADMITTING_DIAGNOSES_CODE_SEQUENCE,
    tags::REFERENCED_REQUEST_SEQUENCE,
    tags::MEDICAL_ALERTS,
    tags::PREGNANCY_STATUS,
    tags::SPECIAL_NEEDS,
];

/// What it has besides: how far the work is.
const PROGRESS: [Tag; 2] = [tags::PROCEDURE_STEP_STATE, tags::PROCEDURE_STEP_PROGRESS_INFORMATION_SEQUENCE];

/// Characters of a value that the indexes of `projections/workitems.sql` hold.
const INDEXED: usize = 100;

/// A column of `projections/workitems.sql`.
enum Column {
    /// Holds the folded value.
    One(&'static str),
    /// Holds the state, in capital letters.
    State,
    /// Holds an instant.
    Instant(&'static str),
    /// Holds the folded values of all items, each between backslashes.
    Items(&'static str),
}

fn column(attribute: Searchable) -> Column {
    match attribute {
        Searchable::PatientName => Column::One("w.patient_name"),
        Searchable::PatientId => Column::One("w.patient_id"),
        Searchable::StudyInstanceUid => Column::One("w.study"),
        Searchable::ProcedureStepState => Column::State,
        Searchable::ScheduledProcedureStepStartDateTime => Column::Instant("w.scheduled_start_at"),
        Searchable::AccessionNumber => Column::Items("w.accession_numbers"),
        Searchable::RequestedProcedureId => Column::Items("w.requested_procedure_ids"),
        Searchable::StationNameCode => Column::Items("w.station_name_codes"),
        Searchable::StationClassCode => Column::Items("w.station_class_codes"),
        Searchable::StationLocationCode => Column::Items("w.station_location_codes"),
    }
}

impl View {
    /// The answer to a worklist search: a JSON array, or nothing if nothing matches.
    pub async fn search_workitems(
        &self,
        partition: &PartitionName,
        query: &Query,
    ) -> Result<Option<String>, ReadError> {
        let sight =
            self.look_for_names(Wanted { names: names(query), page: query.limit.saturating_add(query.offset) }).await?;
        let mut hits = sight.hits().iter();
        let mut sql = QueryBuilder::new("select w.dataset from workitems w where w.service = ");
        sql.push_bind(self.service.0);
        sql.push(" and w.partition = ").push_bind(partition.to_string());
        sql.push(" and ");
        self.as_of.push(&mut sql, "w");
        for condition in &query.conditions {
            sql.push(" and ");
            let hits = match condition.matching {
                Matching::Words(_) => hits.next(),
                _ => None,
            };
            push_condition(&mut sql, condition, hits);
        }
        sql.push(" order by w.created desc limit ").push_bind(query.limit);
        sql.push(" offset ").push_bind(query.offset);
        let rows = sight.rows(sql).await?;
        let datasets: Vec<&str> = rows.iter().map(|row| row.try_get("dataset")).collect::<Result<_, _>>()?;
        if datasets.is_empty() {
            return Ok(None);
        }
        let entries: Vec<String> = match &query.include {
            Include::All => datasets.into_iter().map(str::to_owned).collect(),
            Include::Fields(fields) => {
                let shown = shown(query, fields);
                datasets.into_iter().map(|dataset| entry(dataset, &shown)).collect::<Result<_, _>>()?
            }
        };
        Ok(Some(format!("[{}]", entries.join(","))))
    }
}

/// The words that are looked for in names.
fn names(query: &Query) -> Vec<(&str, &[String])> {
    let names = query.conditions.iter().filter_map(|condition| match (condition.attribute, &condition.matching) {
        (Searchable::PatientName, Matching::Words(words)) => Some(("workitems.patient_name", words.as_slice())),
        _ => None,
    });
    names.collect()
}

/// The attributes of each entry.
fn shown(query: &Query, fields: &BTreeSet<Tag>) -> BTreeSet<Tag> {
    let filters = query.conditions.iter().flat_map(|condition| condition.attribute.path().first());
    DEFAULTS.iter().chain(&PROGRESS).chain(fields).chain(filters).copied().collect()
}

fn entry(dataset: &str, shown: &BTreeSet<Tag>) -> Result<String, ReadError> {
    let entry = pick(dataset, shown).map_err(|error| sqlx::Error::Decode(error.into()))?;
    let mut json = String::new();
    answer::write_entry(&mut json, &entry);
    Ok(json)
}

fn push_condition(sql: &mut QueryBuilder<Postgres>, condition: &Condition, hits: Option<&Hits>) {
    match (column(condition.attribute), &condition.matching) {
        (Column::One(column), Matching::Equal(value)) => {
            // So much of it is in the index.
            let beginning: String = value.chars().take(INDEXED).collect();
            sql.push(format_args!("left({column}, {INDEXED}) = ")).push_bind(beginning);
            sql.push(format_args!(" and {column} = ")).push_bind(value.clone());
        }
        (Column::State, Matching::Equal(value)) => {
            sql.push("w.state = ").push_bind(value.to_uppercase());
        }
        // A backslash separates values, so no value has one.
        (Column::Items(column), Matching::Equal(value)) if !value.contains('\\') => {
            sql.push(format_args!("strpos({column}, ")).push_bind(format!("\\{value}\\")).push(") > 0");
        }
        (Column::One(column), Matching::Words(words)) => match hits {
            Some(Hits::Many) => push_common_words(sql, column, words),
            hits => {
                hits.into_iter().for_each(|hits| push_hits(sql, "w", hits));
                push_words(sql, column, words);
            }
        },
        (Column::Instant(column), Matching::At(instant)) => {
            sql.push(format_args!("{column} = ")).push_bind(*instant);
        }
        (Column::Instant(column), Matching::Between(from, to)) => {
            sql.push(format_args!("{column} is not null"));
            for (operator, end) in [(">=", from), ("<=", to)] {
                if let Some(end) = end {
                    sql.push(format_args!(" and {column} {operator} ")).push_bind(*end);
                }
            }
        }
        _ => {
            sql.push("false");
        }
    }
}
