//! Version 1 of the interface.

use super::*;

const PRIVATE: Tag = Tag(0x0009, 0x1001);

fn v1(elements: &[Vec<u8>]) -> Validation {
    judge(Rules::V1 { extended_query_tags: &[] }, elements)
}

/// The end of the message on a private attribute with this value, which is an extended query tag.
fn private_error(vr: VR, value: &[u8]) -> Option<String> {
    let validation = judge(Rules::V1 { extended_query_tags: &[(PRIVATE, vr)] }, &[element(PRIVATE, vr, value)]);
    assert_eq!(validation.warnings, []);
    let start =
        format!("DICOM100: (0009,1001) - Dicom element '00091001' failed validation for VR '{}': ", vr.to_string());
    validation.errors.first().map(|finding| finding.message.strip_prefix(&start).unwrap().to_owned())
}

fn assert_error(vr: VR, values: &[&str], text: &str) {
    for value in values {
        assert_eq!(private_error(vr, value.as_bytes()).as_deref(), Some(text), "{vr:?} {value:?}");
    }
}

fn assert_valid(vr: VR, values: &[&str]) {
    for value in values {
        assert_eq!(private_error(vr, value.as_bytes()), None, "{vr:?} {value:?}");
    }
}

#[test]
fn a_finding_on_a_searchable_attribute_refuses_the_instance() {
    let validation = v1(&[text(tags::STUDY_DATE, VR::DA, "x"), text(tags::MODALITY, VR::CS, &"X".repeat(17))]);
    assert_eq!(
        messages(&validation.errors),
        [
            "DICOM100: (0008,0020) - Dicom element 'StudyDate' failed validation for VR 'DA': Value cannot be parsed as a \
             valid date.",
            "DICOM100: (0008,0060) - Dicom element 'Modality' failed validation for VR 'CS': Value length exceeds maximum \
             length of 16.",
        ]
    );
    assert_eq!((validation.warnings, validation.dropped), (vec![], vec![]));
}

#[test]
fn other_attributes_are_not_looked_at() {
    let nested = sequence(tags::REFERENCED_STUDY_SEQUENCE, &[item(&text(tags::STUDY_DATE, VR::DA, "x"))]);
    let validation = v1(&[text(tags::SERIES_DATE, VR::DA, "x"), nested, text(tags::SOP_CLASS_UID, VR::UI, "x")]);
    assert_eq!(validation, Validation::default());
}

#[test]
fn a_patient_id_must_have_one_value() {
    for value in ["", "A\\B"] {
        assert_eq!(
            messages(&v1(&[text(tags::PATIENT_ID, VR::LO, value)]).errors),
            ["DICOM100: (0010,0020) - The required tag '(0010,0020)' is missing."]
        );
    }
}

#[test]
fn several_values_are_noted_and_the_first_is_checked() {
    let validation = v1(&[text(tags::STUDY_DESCRIPTION, VR::LO, "A\\B\x07")]);
    assert_eq!(validation, Validation { has_multiple_values: true, ..Validation::default() });
}

#[test]
fn errors_follow_the_presence_check_in_the_order_of_the_attributes() {
    let validation = judge_without(
        Rules::V1 { extended_query_tags: &[(tags::BODY_PART_EXAMINED, VR::CS)] },
        tags::SERIES_INSTANCE_UID,
        &[
            text(tags::BODY_PART_EXAMINED, VR::LO, "x"),
            text(tags::SOP_INSTANCE_UID, VR::UI, "x"),
            text(tags::PATIENT_BIRTH_DATE, VR::DA, "x"),
        ],
    );
    let tags: Vec<_> = validation.errors.iter().map(|finding| finding.tag).collect();
    assert_eq!(
        tags,
        [tags::SERIES_INSTANCE_UID, tags::PATIENT_BIRTH_DATE, tags::SOP_INSTANCE_UID, tags::BODY_PART_EXAMINED]
    );
}

#[test]
fn lengths_of_text() {
    for vr in [VR::AE, VR::CS, VR::SH] {
        assert_error(vr, &["12345678901234567"], "Value length exceeds maximum length of 16.");
        assert_valid(vr, &["", "a\x07b", "1234567890123456"]);
    }
    assert_error(VR::AS, &["", "12Y", "0012Y"], "Value length is not 4.");
    assert_valid(VR::AS, &["012Y", "abcd"]);
    assert_error(VR::LO, &[&"x".repeat(65)], "Value length exceeds maximum length of 64.");
    assert_error(VR::LO, &["a\x07b", "123\0"], "Value contains invalid character.");
    assert_valid(VR::LO, &["", "a\x1Bb", &"x".repeat(64)]);
}

#[test]
fn dates_and_numbers_must_be_readable() {
    let date = "Value cannot be parsed as a valid date.";
    assert_error(VR::DA, &["x", "20240230", "20241301", "20240100", "00000101", "20230229", "2024"], date);
    assert_valid(VR::DA, &["", "20240229", "20001231", "00010101"]);
    assert_error(VR::DT, &["x", "202000"], "Value cannot be parsed as a valid DateTime.");
    assert_valid(VR::DT, &["", "2020"]);
    assert_error(VR::IS, &["x", "2147483648"], "Value cannot be parsed as a valid integer string.");
    assert_valid(VR::IS, &["", "7"]);
    assert_error(VR::TM, &["x", "25"], "Value cannot be parsed as a valid Time.");
    assert_valid(VR::TM, &["", "10"]);
}

#[test]
fn numbers_must_be_whole() {
    for (vr, size) in [(VR::FD, 8), (VR::FL, 4), (VR::SL, 4), (VR::UL, 4), (VR::SS, 2), (VR::US, 2)] {
        for length in [0, size - 1] {
            assert_eq!(private_error(vr, &vec![0; length]), Some(format!("Value length is not {size}.")));
        }
        assert_eq!(private_error(vr, &vec![0; size]), None);
    }
}

#[test]
fn person_names() {
    assert_error(VR::PN, &["a=b=c=d", "a^b^c^d^e^f"], "Value contains more than 5 components.");
    let long = "x".repeat(65);
    assert_error(VR::PN, &[&long], "One or more group of person name exceeds maxium length of 64.");
    assert_error(VR::PN, &["a\nb"], "Value contains invalid character.");
    assert_valid(VR::PN, &["", "a^b^c^d^e=f=g", "a\x1Bb"]);
}

#[test]
fn identifiers_and_representations() {
    assert_eq!(
        messages(&v1(&[text(tags::STUDY_INSTANCE_UID, VR::UI, "1.a")]).errors),
        [
            "DICOM100: (0020,000d) - Dicom element 'StudyInstanceUID' failed validation for VR 'UI': DICOM Identifier is \
          invalid. Value length should not exceed the maximum length of 64 characters. Value should contain characters \
          in '0'-'9' and '.'. Each component must start with non-zero number."
        ]
    );
    let creator = text(Tag(0x0009, 0x0010), VR::LO, "ACME");
    let validation =
        judge(Rules::V1 { extended_query_tags: &[(PRIVATE, VR::CS)] }, &[creator, text(PRIVATE, VR::LO, "x")]);
    assert_eq!(
        messages(&validation.errors),
        [
            "DICOM100: (0009,1001:ACME) - Dicom element '00091001' failed validation for VR 'LO': The extended query tag \
          '00091001' is expected to have VR 'CS' but has 'LO' in file."
        ]
    );
}
