//! The five attributes without which no instance is stored.

use dicom_core::{Tag, VR};
use dicom_dictionary_std::tags;

use super::{
    Rules,
    report::{Report, format_tag},
    searchable::{self, Nulls},
    value,
};
use crate::dicom::dataset::Dataset;

/// Attributes that must have one value each, in the order of their checks.
const IDENTIFIERS: [Tag; 4] =
    [tags::SOP_CLASS_UID, tags::STUDY_INSTANCE_UID, tags::SERIES_INSTANCE_UID, tags::SOP_INSTANCE_UID];

const MISMATCH: &str = "The StudyInstanceUid in the payload does not match the specified StudyInstanceUid.";

/// Checks that the attributes are there and that the instance belongs to the expected study. The first fault is the only
/// one.
pub(super) fn check_presence(dataset: &Dataset, expected_study: Option<&str>, rules: Rules<'_>, report: &mut Report) {
    let is_single = |tag| dataset.element(tag).is_some_and(|element| value::count(dataset, element) == 1);
    let has_patient_id = match rules {
        Rules::V1 { .. } => is_single(tags::PATIENT_ID),
        Rules::V2 => dataset.element(tags::PATIENT_ID).is_some(),
    };
    if let Some(absent) = IDENTIFIERS.into_iter().find(|tag| !is_single(*tag)) {
        report.error(dataset, absent, &missing(absent));
    } else if expected_study.is_some_and(|study| !is_in_study(dataset, study)) {
        report.error(dataset, tags::STUDY_INSTANCE_UID, MISMATCH);
    } else if !has_patient_id {
        report.error(dataset, tags::PATIENT_ID, &missing(tags::PATIENT_ID));
    }
}

/// Checks the values of those that are there. NULs that pad a value are no part of it.
pub(super) fn check_values(dataset: &Dataset, report: &mut Report) {
    for tag in IDENTIFIERS {
        searchable::check_attribute(dataset, tag, VR::UI, Nulls::Pad, report);
    }
    searchable::check_attribute(dataset, tags::PATIENT_ID, VR::LO, Nulls::Pad, report);
}

/// What is said of an attribute that is required and not there.
pub(super) fn missing(tag: Tag) -> String {
    format!("The required tag '{}' is missing.", format_tag(tag, None))
}

/// Identifiers are compared without white space at their ends and without regard to case.
fn is_in_study(dataset: &Dataset, expected: &str) -> bool {
    let text = dataset.element(tags::STUDY_INSTANCE_UID).and_then(|element| value::text(dataset, element));
    text.is_some_and(|text| text.trim_end().eq_ignore_ascii_case(expected.trim_end()))
}
