//! The lenient rules for attributes that are indexed: only the first value counts, and only what the index cannot hold is
//! wrong.

use dicom_core::{Tag, VR};
use dicom_dictionary_std::tags;

use super::{indexable, report::Report, value};
use crate::dicom::{
    dataset::{Dataset, Element, Value},
    dictionary::name,
};

/// Attributes that can always be searched, in the order of their checks.
const SEARCHABLE: [(Tag, VR); 14] = [
    (tags::STUDY_DATE, VR::DA),
    (tags::STUDY_INSTANCE_UID, VR::UI),
    (tags::STUDY_DESCRIPTION, VR::LO),
    (tags::ACCESSION_NUMBER, VR::SH),
    (tags::PATIENT_ID, VR::LO),
    (tags::PATIENT_NAME, VR::PN),
    (tags::REFERRING_PHYSICIAN_NAME, VR::PN),
    (tags::PATIENT_BIRTH_DATE, VR::DA),
    (tags::MODALITIES_IN_STUDY, VR::CS),
    (tags::SERIES_INSTANCE_UID, VR::UI),
    (tags::MODALITY, VR::CS),
    (tags::PERFORMED_PROCEDURE_STEP_START_DATE, VR::DA),
    (tags::MANUFACTURER_MODEL_NAME, VR::LO),
    (tags::SOP_INSTANCE_UID, VR::UI),
];

/// What NULs at the end of a value are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Nulls {
    /// Padding, which does not count.
    Pad,
    /// Characters of the value.
    Count,
}

/// Checks the attributes that can be searched as version 1 of the interface does.
pub(super) fn check(dataset: &Dataset, extended_query_tags: &[(Tag, VR)], report: &mut Report) {
    for (tag, vr) in SEARCHABLE.iter().chain(extended_query_tags) {
        check_attribute(dataset, *tag, *vr, Nulls::Count, report);
    }
}

/// Checks an attribute if it is there, and notes whether it has several values.
pub(super) fn check_attribute(dataset: &Dataset, tag: Tag, expected: VR, nulls: Nulls, report: &mut Report) {
    let Some(element) = dataset.element(tag).filter(|element| !matches!(element.value, Value::Items(_))) else {
        return;
    };
    if element.vr != expected {
        return report.error(dataset, tag, &unexpected_vr(element, expected));
    }
    report.validation.has_multiple_values |= value::count(dataset, element) > 1;
    if let Err(message) = check_value(dataset, element, nulls) {
        report.error(dataset, tag, &message);
    }
}

fn unexpected_vr(element: &Element, expected: VR) -> String {
    let (name, actual, expected) = (name(element.tag), element.vr.to_string(), expected.to_string());
    let text =
        format!("The extended query tag '{name}' is expected to have VR '{expected}' but has '{actual}' in file.");
    failed(element, &text)
}

/// Checks the first value of an element; the error is the message.
fn check_value(dataset: &Dataset, element: &Element, nulls: Nulls) -> Result<(), String> {
    let text = value::text(dataset, element).unwrap_or_default();
    let first = value::split(&text, element.vr).next().unwrap_or_default();
    let first = if nulls == Nulls::Pad { first.trim_end_matches('\0') } else { first };
    let size = match &element.value {
        Value::Bytes(bytes) => bytes.len(),
        Value::Items(_) | Value::Bulk(_) => 0,
    };
    match (element.vr, first) {
        (VR::AS, "") => check_size(element, size, 4),
        (VR::FD, _) => check_size(element, size, 8),
        (VR::FL | VR::SL | VR::UL, _) => check_size(element, size, 4),
        (VR::SS | VR::US, _) => check_size(element, size, 2),
        (_, "") => Ok(()),
        (vr, value) => indexable::check(vr, value).map_err(|fault| failed(element, &fault.to_string())),
    }
}

fn check_size(element: &Element, actual: usize, least: usize) -> Result<(), String> {
    if actual >= least { Ok(()) } else { Err(failed(element, &format!("Value length is not {least}."))) }
}

fn failed(element: &Element, text: &str) -> String {
    format!("Dicom element '{}' failed validation for VR '{}': {text}", name(element.tag), element.vr.to_string())
}
