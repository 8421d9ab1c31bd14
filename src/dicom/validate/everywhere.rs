//! The strict rules for every element of a data set, items of sequences included.

use dicom_core::{Tag, VR};
use dicom_dictionary_std::tags;

use super::{
    report::{Report, format_tag},
    required, rules, value,
};
use crate::dicom::{
    dataset::{Dataset, Element, Value},
    dictionary, vr,
};

/// Attributes that metadata and index keep, whatever is found.
const NEVER_DROPPED: [Tag; 3] = [tags::STUDY_INSTANCE_UID, tags::SERIES_INSTANCE_UID, tags::SOP_INSTANCE_UID];

/// Checks every element. Items are looked at after the data set around them, the last ones first.
pub(super) fn check(dataset: &Dataset, report: &mut Report) {
    let mut pending = Vec::new();
    for element in dataset.elements() {
        let is_at_fault = check_element(dataset, element, &mut pending, report);
        if is_at_fault && !NEVER_DROPPED.contains(&element.tag) {
            report.validation.dropped.push(element.tag);
        }
    }
    while let Some(item) = pending.pop() {
        for element in item.elements() {
            check_element(item, element, &mut pending, report);
        }
    }
}

/// Checks an element and tells whether there is fault with it; items are left pending.
fn check_element<'a>(
    dataset: &Dataset,
    element: &'a Element,
    pending: &mut Vec<&'a Dataset>,
    report: &mut Report,
) -> bool {
    let fault = match &element.value {
        Value::Items(items) => {
            pending.extend(items);
            None
        }
        Value::Bulk(_) => None,
        Value::Bytes(_) => match value::text(dataset, element) {
            Some(text) => text_fault(element, &text),
            None => multiplicity_fault(element.tag, element.vr, value::count(dataset, element)),
        },
    };
    if let Some(message) = &fault {
        report.warning(dataset, element.tag, message);
    }
    fault.is_some()
}

fn text_fault(element: &Element, text: &str) -> Option<String> {
    let Element { tag, vr, .. } = *element;
    // The service knows NULs as padding of all text but this, for which its documentation promises the same.
    let is_number_or_time = matches!(vr, VR::DA | VR::DS | VR::DT | VR::IS | VR::TM);
    let text = if is_number_or_time { text.trim_end_matches([' ', '\0']) } else { text };
    if tag == tags::PATIENT_ID && !is_number_or_time && text.trim().is_empty() {
        return Some(required::missing(tag));
    }
    if text.ends_with('\0') {
        // What is padded with NULs is checked as a whole, backslashes included.
        return value_fault(vr, text.trim_end_matches('\0'));
    }
    values_fault(tag, vr, text)
}

/// What is wrong with the values of a text: the first that breaks the rule of its VR, or how many there are.
pub(super) fn values_fault(tag: Tag, vr: VR, text: &str) -> Option<String> {
    let fault = value::split(text, vr).find_map(|value| value_fault(vr, value));
    fault.or_else(|| multiplicity_fault(tag, vr, value::split(text, vr).count()))
}

fn value_fault(vr: VR, value: &str) -> Option<String> {
    let fault = rules::check(vr, value).err()?;
    Some(format!("Content \"{}\" does not validate VR {}: {}", fault.content, vr.to_string(), fault.text))
}

/// Private attributes may have any number of values, and so may person names, but for the one name that may have three.
fn multiplicity_fault(tag: Tag, vr: VR, count: usize) -> Option<String> {
    if dictionary::is_private(tag) {
        return None;
    }
    let attribute = dictionary::attribute(tag)?;
    let allowed = match vr {
        VR::PN if tag == tags::PATIENT_NAME && count > 3 => "1-3".to_owned(),
        VR::PN | VR::UC => return None,
        _ if vr::is_bulk(vr) || count == 0 || attribute.multiplicity.allows(count) => return None,
        _ => attribute.multiplicity.to_string(),
    };
    let (tag, vr, name) = (format_tag(tag, None), vr.to_string(), attribute.name);
    Some(format!(
        "Content \"{tag} {vr} {name}\" does not validate VR {vr}: Number of items {count} does not match \
         ValueMultiplicity {allowed}"
    ))
}
