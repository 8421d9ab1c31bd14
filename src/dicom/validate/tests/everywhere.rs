//! The strict rules for every element.

use super::*;

const PRIVATE: Tag = Tag(0x0009, 0x1001);

fn warnings(elements: &[Vec<u8>]) -> Vec<String> {
    let validation = judge(Rules::V2, elements);
    assert_eq!(validation.errors, []);
    validation.warnings.into_iter().map(|finding| finding.message).collect()
}

fn bad_date(value: &str) -> Vec<u8> {
    text(tags::STUDY_DATE, VR::DA, value)
}

fn date_warning(value: &str) -> String {
    format!(
        "DICOM100: (0008,0020) - Content \"{value}\" does not validate VR DA: \
         one of the date values does not match the pattern YYYYMMDD"
    )
}

#[test]
fn a_warning_quotes_the_value() {
    let validation = judge(Rules::V2, &[bad_date("NotAValidDate")]);
    assert_eq!(
        messages(&validation.warnings),
        ["DICOM100: (0008,0020) - Content \"NotAValidDate\" does not validate VR DA: one of the date values does not \
          match the pattern YYYYMMDD"]
    );
    assert_eq!(validation.dropped, [tags::STUDY_DATE]);
}

#[test]
fn only_the_offending_value_of_several_is_quoted() {
    let warnings = warnings(&[text(tags::IMAGE_TYPE, VR::CS, "ORIGINAL\\primary\\axial")]);
    assert_eq!(
        warnings,
        [
            "DICOM100: (0008,0008) - Content \"primary\" does not validate VR CS: value contains invalid character. Only \
          uppercase character, digits, space and underscore alre allowed"
        ]
    );
}

#[test]
fn values_are_quoted_as_decoded() {
    let name = element(tags::PATIENT_NAME, VR::PN, b"J\xF6rg\x07");
    assert_eq!(
        warnings(&[text(tags::SPECIFIC_CHARACTER_SET, VR::CS, "ISO_IR 100"), name]),
        [
            "DICOM100: (0010,0010) - Content \"Jörg\x07\" does not validate VR PN: value contains invalid control character"
        ]
    );
}

#[test]
fn an_empty_value_between_others_is_checked() {
    let list = |tag, vr, value| warnings(&[text(tag, vr, value)]);
    assert_eq!(
        list(PRIVATE, VR::AE, "A\\\\B"),
        ["DICOM100: (0009,1001) - Content \"\" does not validate VR AE: value may not consist only of spaces"]
    );
    assert_eq!(list(PRIVATE, VR::LO, "A\\\\B"), [""; 0]);
    assert_eq!(list(PRIVATE, VR::AE, ""), [""; 0], "an empty element has no values");
}

#[test]
fn private_tags_are_named_with_their_creator() {
    let creator = |element, name| text(Tag(0x0009, element), VR::LO, name);
    let value = |element| text(Tag(0x0009, element), VR::DA, "x");
    assert_eq!(
        warnings(&[creator(0x10, "ACME"), value(0x1001), value(0x1101)])
            .iter()
            .map(|message| message.split(" - ").next().unwrap())
            .collect::<Vec<_>>(),
        ["DICOM100: (0009,1001:ACME)", "DICOM100: (0009,1101)"]
    );
}

#[test]
fn a_tag_is_reported_once_and_the_top_level_first() {
    let nested = sequence(tags::REFERENCED_STUDY_SEQUENCE, &[item(&bad_date("nested"))]);
    assert_eq!(warnings(&[nested.clone(), bad_date("top")]), [date_warning("top")]);
    let validation = judge(Rules::V2, &[nested, bad_date("20240101")]);
    assert_eq!(messages(&validation.warnings), [date_warning("nested")]);
    assert_eq!(validation.dropped, [], "the top-level element itself is fine");
}

#[test]
fn the_same_tag_under_another_creator_is_another_tag() {
    let block = |creator| [text(Tag(0x0009, 0x0010), VR::LO, creator), text(PRIVATE, VR::DA, "x")].concat();
    let sequence =
        sequence(tags::REFERENCED_STUDY_SEQUENCE, &[item(&block("A")), item(&block("B")), item(&block("A"))]);
    assert_eq!(warnings(&[sequence]).len(), 2);
}

#[test]
fn items_follow_the_data_set_around_them_and_the_last_comes_first() {
    let date = |tag| text(tag, VR::DA, "x");
    let inner = sequence(tags::REFERENCED_IMAGE_SEQUENCE, &[item(&date(tags::SERIES_DATE))]);
    let validation = judge(
        Rules::V2,
        &[
            sequence(
                tags::REFERENCED_STUDY_SEQUENCE,
                &[item(&date(tags::CONTENT_DATE)), item(&[date(tags::ACQUISITION_DATE), inner].concat())],
            ),
            sequence(tags::OTHER_PATIENT_I_DS_SEQUENCE, &[item(&date(tags::PATIENT_BIRTH_DATE))]),
            date(tags::STUDY_DATE),
            date(tags::SCHEDULED_PROCEDURE_STEP_START_DATE),
        ],
    );
    let tags: Vec<_> = validation.warnings.iter().map(|finding| finding.tag).collect();
    assert_eq!(
        tags,
        [
            tags::STUDY_DATE,
            tags::SCHEDULED_PROCEDURE_STEP_START_DATE,
            tags::PATIENT_BIRTH_DATE,
            tags::ACQUISITION_DATE,
            tags::SERIES_DATE,
            tags::CONTENT_DATE,
        ]
    );
    assert_eq!(validation.dropped, [tags::STUDY_DATE, tags::SCHEDULED_PROCEDURE_STEP_START_DATE]);
}

#[test]
fn an_empty_patient_id_in_a_sequence_warns_and_leaves_that_of_the_instance() {
    let nested = sequence(tags::OTHER_PATIENT_I_DS_SEQUENCE, &[item(&text(tags::PATIENT_ID, VR::LO, ""))]);
    let validation = judge(Rules::V2, &[nested]);
    assert_eq!(messages(&validation.warnings), ["DICOM100: (0010,0020) - The required tag '(0010,0020)' is missing."]);
    assert_eq!(validation.dropped, []);
}

#[test]
fn bulk_and_pixel_data_are_not_checked() {
    let fragments = open(tags::PIXEL_DATA, VR::OB, &[item(b""), item(b"\0\0")]);
    assert_eq!(warnings(&[element(PRIVATE, VR::UN, b"\x07"), fragments]), [""; 0]);
}

#[test]
fn padding_is_no_part_of_a_value() {
    for vr in ["AE", "AS", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UI", "UR", "UT", "DA", "DT", "TM", "DS", "IS"] {
        let vr: VR = vr.parse().unwrap();
        let value: &[u8] = match vr {
            VR::AS => b"012Y",
            VR::DA => b"20240101",
            VR::TM => b"1200",
            VR::DT => b"2024",
            _ => b"12",
        };
        // UI has no other padding than NUL.
        let paddings: &[&[u8]] = if vr == VR::UI { &[b"\0\0"] } else { &[b"  ", b"\0\0"] };
        for padding in paddings {
            assert_eq!(warnings(&[element(PRIVATE, vr, &[value, padding].concat())]), [""; 0], "{vr:?} {padding:?}");
        }
    }
}

#[test]
fn nul_padding_of_several_values_is_checked_as_a_whole_but_for_numbers_and_times() {
    assert_eq!(
        warnings(&[element(PRIVATE, VR::LO, b"A\\B\0")]),
        ["DICOM100: (0009,1001) - Content \"A\\B\" does not validate VR LO: value contains invalid character"]
    );
    assert_eq!(warnings(&[element(PRIVATE, VR::DS, b"1\\22\0")]), [""; 0]);
    assert_eq!(warnings(&[element(tags::STUDY_DESCRIPTION, VR::UC, b"A\\B\0")]), [""; 0], "nor is multiplicity");
}

#[test]
fn the_number_of_values_is_that_of_the_dictionary() {
    let items = |tag, vr, value: &str| warnings(&[text(tag, vr, value)]);
    assert_eq!(
        items(tags::STUDY_DESCRIPTION, VR::LO, "A\\B"),
        [
            "DICOM100: (0008,1030) - Content \"(0008,1030) LO Study Description\" does not validate VR LO: Number of items \
          2 does not match ValueMultiplicity 1"
        ]
    );
    assert_eq!(
        items(tags::SHUTTER_SHAPE, VR::CS, "A\\B\\C\\D"),
        [
            "DICOM100: (0018,1600) - Content \"(0018,1600) CS Shutter Shape\" does not validate VR CS: Number of items 4 \
          does not match ValueMultiplicity 1-3"
        ]
    );
    assert_eq!(
        items(tags::IMAGE_TYPE, VR::CS, "A"),
        [
            "DICOM100: (0008,0008) - Content \"(0008,0008) CS Image Type\" does not validate VR CS: Number of items 1 does \
          not match ValueMultiplicity 2-n"
        ]
    );
    assert_eq!(
        warnings(&[element(tags::ROWS, VR::US, &[1, 0, 2, 0])]),
        [
            "DICOM100: (0028,0010) - Content \"(0028,0010) US Rows\" does not validate VR US: Number of items 2 does not \
          match ValueMultiplicity 1"
        ]
    );
    assert_eq!(items(tags::IMAGE_TYPE, VR::CS, ""), [""; 0], "no values never violate");
    assert_eq!(items(PRIVATE, VR::LO, "A\\B"), [""; 0], "private");
    assert_eq!(items(Tag(0x0008, 0xFFFE), VR::LO, "A\\B"), [""; 0], "unknown");
    assert_eq!(items(tags::STUDY_DESCRIPTION, VR::UC, "A\\B"), [""; 0]);
    assert_eq!(items(tags::STUDY_DESCRIPTION, VR::LT, "A\\B"), [""; 0], "one value");
}

#[test]
fn person_names_are_any_number_but_for_the_patient() {
    let items = |tag, value: &str| warnings(&[text(tag, VR::PN, value)]);
    assert_eq!(items(tags::REFERRING_PHYSICIAN_NAME, "A\\B\\C\\D"), [""; 0]);
    assert_eq!(items(tags::PATIENT_NAME, "A\\B\\C"), [""; 0]);
    assert_eq!(
        items(tags::PATIENT_NAME, "A\\B\\C\\D"),
        [
            "DICOM100: (0010,0010) - Content \"(0010,0010) PN Patient's Name\" does not validate VR PN: Number of items 4 \
          does not match ValueMultiplicity 1-3"
        ]
    );
}

#[test]
fn the_three_identifiers_are_never_dropped() {
    let validation = judge(
        Rules::V2,
        &[
            text(tags::STUDY_INSTANCE_UID, VR::UI, "1.02"),
            text(tags::SERIES_INSTANCE_UID, VR::UI, "1..2"),
            text(tags::SOP_INSTANCE_UID, VR::UI, "0.2"),
            text(tags::SOP_CLASS_UID, VR::UI, "1.02"),
        ],
    );
    assert_eq!(validation.errors, []);
    assert_eq!(validation.warnings.len(), 4);
    assert_eq!(validation.dropped, [tags::SOP_CLASS_UID]);
}
