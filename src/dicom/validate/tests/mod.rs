#![allow(clippy::unwrap_used)]

mod everywhere;
mod required;
mod rules;
mod version_1;

use dicom_core::{Tag, VR};
use dicom_dictionary_std::tags;

use super::*;
use crate::dicom::testing::*;

/// The five attributes that every instance must have, with good values.
fn required() -> Vec<Vec<u8>> {
    vec![
        text(tags::SOP_CLASS_UID, VR::UI, "1.2.840.10008.5.1.4.1.1.7"),
        text(tags::SOP_INSTANCE_UID, VR::UI, "1.2.3"),
        text(tags::PATIENT_ID, VR::LO, "P1"),
        text(tags::STUDY_INSTANCE_UID, VR::UI, "1.2.1"),
        text(tags::SERIES_INSTANCE_UID, VR::UI, "1.2.2"),
    ]
}

/// The judgement on a data set with the required attributes, in which these elements are added or replaced.
fn judge(rules: Rules<'_>, elements: &[Vec<u8>]) -> Validation {
    validate(&part10(&[required(), elements.to_vec()].concat()).dataset, None, rules)
}

/// The judgement on a data set with the required attributes but for one.
fn judge_without(rules: Rules<'_>, tag: Tag, elements: &[Vec<u8>]) -> Validation {
    let start = [tag.0.to_le_bytes(), tag.1.to_le_bytes()].concat();
    let others: Vec<_> = required().into_iter().filter(|element| !element.starts_with(&start)).collect();
    validate(&part10(&[others, elements.to_vec()].concat()).dataset, None, rules)
}

fn messages(findings: &[Finding]) -> Vec<&str> {
    findings.iter().map(|finding| finding.message.as_str()).collect()
}

#[test]
fn a_good_data_set_has_no_findings() {
    for rules in [Rules::V1 { extended_query_tags: &[] }, Rules::V2] {
        assert_eq!(judge(rules, &[text(tags::PATIENT_NAME, VR::PN, "Doe^John")]), Validation::default());
    }
}
