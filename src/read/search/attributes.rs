//! Which attributes can be searched, and which are returned.

use dicom_core::{Tag, VR};
use dicom_dictionary_std::tags;

use super::Level;
use crate::{domain::query_tag::QueryTag, ids::QueryTagId};

/// An attribute that can be searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Searchable {
    /// Its tag.
    pub tag: Tag,
    /// Its value representation.
    pub vr: VR,
    /// What it describes.
    pub level: Level,
    /// Where its folded value is.
    pub place: Place,
}

/// Where the folded value of an attribute is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In a column of the table of its level.
    Column(&'static str),
    /// In the series of the study: it is computed.
    Modalities,
    /// Among the values of this extended query tag.
    Extended(QueryTagId),
}

impl Searchable {
    /// What the index of names calls it: its table and column, or tag.
    pub fn name(&self) -> Option<String> {
        match self.place {
            Place::Column(column) => Some(format!("{}.{column}", self.level.table().name)),
            Place::Modalities => None,
            Place::Extended(tag) => Some(format!("query_tag_values.{tag}")),
        }
    }
}

const fn searchable(tag: Tag, vr: VR, level: Level, column: &'static str) -> Searchable {
    Searchable { tag, vr, level, place: Place::Column(column) }
}

/// The attributes that can always be searched (conformance statement, "Supported search parameters").
const SEARCHABLE: [Searchable; 14] = [
    searchable(tags::STUDY_INSTANCE_UID, VR::UI, Level::Study, "study"),
    searchable(tags::STUDY_DATE, VR::DA, Level::Study, "study_date"),
    searchable(tags::STUDY_DESCRIPTION, VR::LO, Level::Study, "study_description"),
    searchable(tags::ACCESSION_NUMBER, VR::SH, Level::Study, "accession_number"),
    searchable(tags::PATIENT_ID, VR::LO, Level::Study, "patient_id"),
    searchable(tags::PATIENT_NAME, VR::PN, Level::Study, "patient_name"),
    searchable(tags::PATIENT_BIRTH_DATE, VR::DA, Level::Study, "patient_birth_date"),
    searchable(tags::REFERRING_PHYSICIAN_NAME, VR::PN, Level::Study, "referring_physician_name"),
    Searchable { tag: tags::MODALITIES_IN_STUDY, vr: VR::CS, level: Level::Study, place: Place::Modalities },
    searchable(tags::SERIES_INSTANCE_UID, VR::UI, Level::Series, "series"),
    searchable(tags::MODALITY, VR::CS, Level::Series, "modality"),
    searchable(tags::PERFORMED_PROCEDURE_STEP_START_DATE, VR::DA, Level::Series, "performed_procedure_step_start_date"),
    searchable(tags::MANUFACTURER_MODEL_NAME, VR::LO, Level::Series, "manufacturer_model_name"),
    searchable(tags::SOP_INSTANCE_UID, VR::UI, Level::Instance, "instance"),
];

/// The searchable attribute with this tag.
pub fn find(tag: Tag) -> Option<Searchable> {
    SEARCHABLE.into_iter().find(|attribute| attribute.tag == tag)
}

impl Searchable {
    /// Whether it is an extended query tag.
    pub fn is_extended(self) -> bool {
        matches!(self.place, Place::Extended(_))
    }
}

impl From<&QueryTag> for Searchable {
    fn from(tag: &QueryTag) -> Self {
        let definition = &tag.definition;
        let place = Place::Extended(tag.id);
        Self { tag: definition.path.0, vr: definition.vr, level: definition.level, place }
    }
}

/// Which attributes an answer entry has when nothing else is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Defaults {
    /// Those of version 1, of which the index has not all.
    V1,
    /// Those of version 2, which are the searchable ones.
    V2,
}

impl Defaults {
    /// Those that describe a level.
    pub fn of(self, level: Level) -> Vec<Tag> {
        match (self, level) {
            (Self::V2, _) => searchable_defaults(level).to_vec(),
            (Self::V1, Level::Study) => V1_OF_STUDIES.to_vec(),
            (Self::V1, Level::Series) => V1_OF_SERIES.to_vec(),
            (Self::V1, Level::Instance) => [searchable_defaults(level), additional(level)].concat(),
        }
    }
}

const V1_OF_STUDIES: [Tag; 13] = [
    tags::SPECIFIC_CHARACTER_SET,
    tags::STUDY_DATE,
    tags::STUDY_TIME,
    tags::ACCESSION_NUMBER,
    tags::INSTANCE_AVAILABILITY,
    tags::REFERRING_PHYSICIAN_NAME,
    tags::TIMEZONE_OFFSET_FROM_UTC,
    tags::PATIENT_NAME,
    tags::PATIENT_ID,
    tags::PATIENT_BIRTH_DATE,
    tags::PATIENT_SEX,
    tags::STUDY_INSTANCE_UID,
    tags::STUDY_ID,
];

const V1_OF_SERIES: [Tag; 8] = [
    tags::SPECIFIC_CHARACTER_SET,
    tags::MODALITY,
    tags::TIMEZONE_OFFSET_FROM_UTC,
    tags::SERIES_DESCRIPTION,
    tags::SERIES_INSTANCE_UID,
    tags::PERFORMED_PROCEDURE_STEP_START_DATE,
    tags::PERFORMED_PROCEDURE_STEP_START_TIME,
    tags::REQUEST_ATTRIBUTES_SEQUENCE,
];

/// What version 2 returns, and `includefield=all` of either.
pub fn searchable_defaults(level: Level) -> &'static [Tag] {
    match level {
        Level::Study => &[
            tags::STUDY_INSTANCE_UID,
            tags::STUDY_DATE,
            tags::STUDY_DESCRIPTION,
            tags::ACCESSION_NUMBER,
            tags::REFERRING_PHYSICIAN_NAME,
            tags::PATIENT_NAME,
            tags::PATIENT_ID,
            tags::PATIENT_BIRTH_DATE,
        ],
        Level::Series => &[
            tags::SERIES_INSTANCE_UID,
            tags::MODALITY,
            tags::PERFORMED_PROCEDURE_STEP_START_DATE,
            tags::MANUFACTURER_MODEL_NAME,
        ],
        Level::Instance => &[tags::SOP_INSTANCE_UID],
    }
}

/// What `includefield=all` adds to [`searchable_defaults`].
pub fn additional(level: Level) -> &'static [Tag] {
    match level {
        Level::Study => &[
            tags::SPECIFIC_CHARACTER_SET,
            tags::STUDY_TIME,
            tags::INSTANCE_AVAILABILITY,
            tags::TIMEZONE_OFFSET_FROM_UTC,
            tags::PATIENT_SEX,
            tags::STUDY_ID,
            tags::ANATOMIC_REGIONS_IN_STUDY_CODE_SEQUENCE,
            tags::PROCEDURE_CODE_SEQUENCE,
            tags::NAME_OF_PHYSICIANS_READING_STUDY,
            tags::ADMITTING_DIAGNOSES_DESCRIPTION,
            tags::REFERENCED_STUDY_SEQUENCE,
            tags::PATIENT_AGE,
            tags::PATIENT_SIZE,
            tags::PATIENT_WEIGHT,
            tags::OCCUPATION,
            tags::ADDITIONAL_PATIENT_HISTORY,
        ],
        Level::Series => &[
            tags::SPECIFIC_CHARACTER_SET,
            tags::TIMEZONE_OFFSET_FROM_UTC,
            tags::SERIES_NUMBER,
            tags::LATERALITY,
            tags::SERIES_DATE,
            tags::SERIES_TIME,
            tags::SERIES_DESCRIPTION,
            tags::PERFORMED_PROCEDURE_STEP_START_TIME,
            tags::REQUEST_ATTRIBUTES_SEQUENCE,
        ],
        Level::Instance => &[
            tags::SPECIFIC_CHARACTER_SET,
            tags::SOP_CLASS_UID,
            tags::INSTANCE_AVAILABILITY,
            tags::TIMEZONE_OFFSET_FROM_UTC,
            tags::INSTANCE_NUMBER,
            tags::ROWS,
            tags::COLUMNS,
            tags::BITS_ALLOCATED,
            tags::NUMBER_OF_FRAMES,
        ],
    }
}
