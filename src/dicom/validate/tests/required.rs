//! The five required attributes.

use super::*;

const UID_TEXT: &str = "DICOM Identifier is invalid. Value length should not exceed the maximum length of 64 characters. \
                        Value should contain characters in '0'-'9' and '.'. Each component must start with non-zero number.";

fn errors(elements: &[Vec<u8>]) -> Vec<String> {
    judge(Rules::V2, elements).errors.into_iter().map(|finding| finding.message).collect()
}

fn errors_in(study: &str, elements: &[Vec<u8>]) -> Vec<String> {
    let dataset = part10(&[required(), elements.to_vec()].concat()).dataset;
    validate(&dataset, Some(study), Rules::V2).errors.into_iter().map(|finding| finding.message).collect()
}

#[test]
fn an_attribute_that_is_absent_is_missing() {
    for (tag, text) in [
        (tags::SOP_CLASS_UID, "DICOM100: (0008,0016) - The required tag '(0008,0016)' is missing."),
        (tags::STUDY_INSTANCE_UID, "DICOM100: (0020,000d) - The required tag '(0020,000d)' is missing."),
        (tags::SERIES_INSTANCE_UID, "DICOM100: (0020,000e) - The required tag '(0020,000e)' is missing."),
        (tags::SOP_INSTANCE_UID, "DICOM100: (0008,0018) - The required tag '(0008,0018)' is missing."),
        (tags::PATIENT_ID, "DICOM100: (0010,0020) - The required tag '(0010,0020)' is missing."),
    ] {
        for rules in [Rules::V1 { extended_query_tags: &[] }, Rules::V2] {
            let validation = judge_without(rules, tag, &[]);
            assert_eq!(validation.errors, [Finding { tag, message: text.to_owned() }]);
            assert_eq!((validation.warnings, validation.dropped), (vec![], vec![]));
        }
    }
}

#[test]
fn an_identifier_without_a_value_or_with_several_is_missing_too() {
    for value in ["", "\0", "1.2\\1.3"] {
        let validation = judge(Rules::V2, &[text(tags::SERIES_INSTANCE_UID, VR::UI, value)]);
        assert_eq!(
            messages(&validation.errors),
            ["DICOM100: (0020,000e) - The required tag '(0020,000e)' is missing."],
            "{value:?}"
        );
        assert_eq!(validation.has_multiple_values, value.contains('\\'));
    }
}

#[test]
fn only_the_first_missing_attribute_is_reported() {
    let dataset = part10(&[text(tags::SERIES_INSTANCE_UID, VR::UI, "1.2.2")]).dataset;
    let errors = validate(&dataset, Some("1.2.1"), Rules::V2).errors;
    assert_eq!(messages(&errors), ["DICOM100: (0008,0016) - The required tag '(0008,0016)' is missing."]);
}

#[test]
fn an_empty_patient_id_is_only_a_warning() {
    for value in ["", "  "] {
        let validation = judge(Rules::V2, &[text(tags::PATIENT_ID, VR::LO, value)]);
        assert_eq!(validation.errors, []);
        assert_eq!(
            messages(&validation.warnings),
            ["DICOM100: (0010,0020) - The required tag '(0010,0020)' is missing."]
        );
        assert_eq!(validation.dropped, [tags::PATIENT_ID]);
    }
}

#[test]
fn the_instance_belongs_to_the_study_of_the_request() {
    assert_eq!(errors_in("1.2.1", &[]), [""; 0]);
    assert_eq!(errors_in("1.2.1  ", &[text(tags::STUDY_INSTANCE_UID, VR::UI, "1.2.1 ")]), [""; 0]);
    assert_eq!(
        errors_in("1.2.4", &[]),
        ["DICOM100: (0020,000d) - The StudyInstanceUid in the payload does not match the specified StudyInstanceUid."]
    );
}

#[test]
fn identifiers_are_digits_and_dots() {
    let long = "1".repeat(65);
    for (tag, name) in [
        (tags::SOP_CLASS_UID, "SOPClassUID"),
        (tags::STUDY_INSTANCE_UID, "StudyInstanceUID"),
        (tags::SERIES_INSTANCE_UID, "SeriesInstanceUID"),
        (tags::SOP_INSTANCE_UID, "SOPInstanceUID"),
    ] {
        let expected = format!(
            "DICOM100: ({:04x},{:04x}) - Dicom element '{name}' failed validation for VR 'UI': {UID_TEXT}",
            tag.0, tag.1
        );
        for value in ["1.2.a", "1-2", "1 2", "1.2.", "  ", &long] {
            let validation = judge(Rules::V2, &[text(tag, VR::UI, value)]);
            assert_eq!(messages(&validation.errors), [expected.as_str()], "{value:?}");
            assert_eq!(validation.warnings, [], "the first finding on a tag is the only one");
        }
        for value in ["1.02.3", "1..2", "1.2 ", "1.2\0"] {
            assert_eq!(errors(&[text(tag, VR::UI, value)]), [""; 0], "{value:?}");
        }
    }
}

#[test]
fn a_patient_id_is_a_long_string() {
    let long = "x".repeat(65);
    let error =
        |text: &str| format!("DICOM100: (0010,0020) - Dicom element 'PatientID' failed validation for VR 'LO': {text}");
    for (value, text) in [
        (long.as_str(), "Value length exceeds maximum length of 64."),
        ("1\t2", "Value contains invalid character."),
        ("\u{0}123\u{0}", "Value contains invalid character."),
    ] {
        assert_eq!(errors(&[element(tags::PATIENT_ID, VR::LO, value.as_bytes())]), [error(text)]);
    }
    for value in ["123\0", "\0", "a,b", "a\x1Bb"] {
        assert_eq!(errors(&[element(tags::PATIENT_ID, VR::LO, value.as_bytes())]), [""; 0], "{value:?}");
    }
}

#[test]
fn a_required_attribute_has_its_own_representation() {
    assert_eq!(
        errors(&[text(tags::PATIENT_ID, VR::SH, "P1")]),
        ["DICOM100: (0010,0020) - Dicom element 'PatientID' failed validation for VR 'SH': The extended query tag \
          'PatientID' is expected to have VR 'LO' but has 'SH' in file."]
    );
    assert_eq!(
        errors(&[text(tags::SOP_INSTANCE_UID, VR::LO, "1.2.3")]),
        [
            "DICOM100: (0008,0018) - Dicom element 'SOPInstanceUID' failed validation for VR 'LO': The extended query tag \
          'SOPInstanceUID' is expected to have VR 'UI' but has 'LO' in file."
        ]
    );
    assert_eq!(
        errors(&[sequence(tags::SOP_INSTANCE_UID, &[])]),
        ["DICOM100: (0008,0018) - The required tag '(0008,0018)' is missing."]
    );
}

#[test]
fn a_patient_id_with_several_values_is_noted_and_dropped() {
    let validation = judge(Rules::V2, &[text(tags::PATIENT_ID, VR::LO, "P1\\P2")]);
    assert_eq!(validation.errors, []);
    assert!(validation.has_multiple_values);
    assert_eq!(
        messages(&validation.warnings),
        [
            "DICOM100: (0010,0020) - Content \"(0010,0020) LO Patient ID\" does not validate VR LO: Number of items 2 does \
          not match ValueMultiplicity 1"
        ]
    );
    assert_eq!(validation.dropped, [tags::PATIENT_ID]);
}

#[test]
fn errors_stand_in_the_order_of_the_checks() {
    let validation = judge(
        Rules::V2,
        &[
            text(tags::PATIENT_ID, VR::SH, "P1"),
            text(tags::SERIES_INSTANCE_UID, VR::UI, "x"),
            text(tags::STUDY_INSTANCE_UID, VR::UI, ""),
            text(tags::SOP_INSTANCE_UID, VR::UI, "y"),
        ],
    );
    let tags: Vec<_> = validation.errors.iter().map(|finding| finding.tag).collect();
    assert_eq!(tags, [tags::STUDY_INSTANCE_UID, tags::SERIES_INSTANCE_UID, tags::SOP_INSTANCE_UID, tags::PATIENT_ID]);
}
