#![allow(clippy::unwrap_used)]

use dicom_core::{Tag, VR};
use dicom_dictionary_std::tags;
use proptest::prelude::*;

use super::*;
use crate::dicom::testing::*;

fn json(elements: &[Vec<u8>]) -> String {
    to_json(&part10(elements).dataset, &[])
}

/// The JSON of one element without its braces and key.
fn of(tag: Tag, vr: VR, value: &[u8]) -> String {
    let json = json(&[element(tag, vr, value)]);
    json[12..json.len() - 1].to_owned()
}

fn of_text(vr: VR, value: &str) -> String {
    of(Tag(0x0041, 0x1001), vr, value.as_bytes())
}

#[test]
fn a_data_set_is_one_object_with_ascending_keys() {
    let dataset = [
        text(tags::SPECIFIC_CHARACTER_SET, VR::CS, "ISO_IR 192"),
        text(tags::SOP_CLASS_UID, VR::UI, "1.2.840.10008.5.1.4.1.1.7"),
        sequence(
            tags::REFERENCED_IMAGE_SEQUENCE,
            &[item(&text(tags::REFERENCED_SOP_INSTANCE_UID, VR::UI, "1.2.3")), item(b"")],
        ),
        element(tags::PATIENT_NAME, VR::PN, "Yamada^Tarou=山田^太郎".as_bytes()),
        text(tags::PATIENT_BIRTH_DATE, VR::DA, ""),
        short(tags::ROWS, 16),
        text(tags::PIXEL_SPACING, VR::DS, "0.25\\1.5"),
    ];
    assert_eq!(
        json(&dataset),
        r#"{"00080005":{"vr":"CS","Value":["ISO_IR 192"]},
            "00080016":{"vr":"UI","Value":["1.2.840.10008.5.1.4.1.1.7"]},
            "00081140":{"vr":"SQ","Value":[{"00081155":{"vr":"UI","Value":["1.2.3"]}},{}]},
            "00100010":{"vr":"PN","Value":[{"Alphabetic":"Yamada^Tarou","Ideographic":"山田^太郎"}]},
            "00100030":{"vr":"DA"},
            "00280010":{"vr":"US","Value":[16]},
            "00280030":{"vr":"DS","Value":[0.25,1.5]}}"#
            .replace("\n            ", "")
    );
    assert_eq!(json(&[]), "{}");
}

#[test]
fn bulk_group_lengths_and_omitted_tags_are_absent() {
    let nested = [
        element(Tag(0x0008, 0x0000), VR::UL, &[0; 4]),
        text(tags::PATIENT_ID, VR::LO, "P2"),
        element(Tag(0x0011, 0x1001), VR::UN, b"??"),
        element(tags::PIXEL_DATA, VR::OW, &[0; 4]),
    ];
    let dataset = part10(&[
        element(Tag(0x0008, 0x0000), VR::UL, &[0; 4]),
        sequence(tags::REFERENCED_IMAGE_SEQUENCE, &[item(&nested.concat())]),
        element(Tag(0x0009, 0x0010), VR::LO, b"ACME"),
        element(Tag(0x0009, 0x1001), VR::UN, b"??"),
        text(Tag(0x0009, 0x1002), VR::SH, "kept"),
        text(tags::PATIENT_ID, VR::LO, "P1"),
        element(tags::EXTENDED_OFFSET_TABLE, VR::OV, &[0; 8]),
        open(tags::PIXEL_DATA, VR::OB, &[item(b""), item(&[1, 2])]),
    ]);
    assert_eq!(
        to_json(&dataset.dataset, &[tags::PATIENT_ID]),
        r#"{"00081140":{"vr":"SQ","Value":[{"00100020":{"vr":"LO","Value":["P2"]}}]},
            "00090010":{"vr":"LO","Value":["ACME"]},
            "00091002":{"vr":"SH","Value":["kept"]}}"#
            .replace("\n            ", "")
    );
}

#[test]
fn text_is_split_where_backslashes_separate() {
    for vr in [VR::AE, VR::AS, VR::CS, VR::DA, VR::DT, VR::LO, VR::SH, VR::TM, VR::UC, VR::UI] {
        assert_eq!(of_text(vr, "A\\\\C"), format!(r#"{{"vr":"{}","Value":["A",null,"C"]}}"#, vr.to_string()));
    }
    for vr in [VR::LT, VR::ST, VR::UR, VR::UT] {
        assert_eq!(of_text(vr, "A\\\\C"), format!(r#"{{"vr":"{}","Value":["A\\\\C"]}}"#, vr.to_string()));
    }
}

#[test]
fn only_spaces_at_the_end_of_the_element_are_padding() {
    assert_eq!(of_text(VR::LO, " A \\ B  "), r#"{"vr":"LO","Value":[" A "," B"]}"#);
    assert_eq!(of_text(VR::LO, "ABC\0"), r#"{"vr":"LO","Value":["ABC\u0000"]}"#);
    assert_eq!(of_text(VR::UI, "1.2\0"), r#"{"vr":"UI","Value":["1.2"]}"#);
    assert_eq!(of_text(VR::UI, "1.2 "), r#"{"vr":"UI","Value":["1.2 "]}"#);
    assert_eq!(of_text(VR::LO, "  "), r#"{"vr":"LO"}"#);
    assert_eq!(of_text(VR::ST, ""), r#"{"vr":"ST"}"#);
}

#[test]
fn special_characters_are_escaped() {
    assert_eq!(
        of_text(VR::LT, "\"a\\b\"\t\r\n\x1b\x7f é"),
        r#"{"vr":"LT","Value":["\"a\\b\"\t\r\n\u001b"#.to_owned() + "\x7f é\"]}"
    );
}

#[test]
fn person_names_have_groups() {
    assert_eq!(of_text(VR::PN, "Doe^John^^Dr "), r#"{"vr":"PN","Value":[{"Alphabetic":"Doe^John^^Dr"}]}"#);
    assert_eq!(of_text(VR::PN, "=b= c"), r#"{"vr":"PN","Value":[{"Ideographic":"b","Phonetic":" c"}]}"#);
    assert_eq!(
        of_text(VR::PN, "a\\\\=\\= =c=d"),
        r#"{"vr":"PN","Value":[{"Alphabetic":"a"},null,null,{"Phonetic":"c"}]}"#
    );
}

#[test]
fn integer_strings_are_numbers_if_all_of_them_are() {
    assert_eq!(of_text(VR::IS, "7\\+8\\ -009 "), r#"{"vr":"IS","Value":[7,8,-9]}"#);
    assert_eq!(of_text(VR::IS, "7\0"), r#"{"vr":"IS","Value":[7]}"#);
    assert_eq!(of_text(VR::IS, "1\\\\3"), r#"{"vr":"IS","Value":["1",null,"3"]}"#);
    assert_eq!(of_text(VR::IS, "1\\1.5"), r#"{"vr":"IS","Value":["1","1.5"]}"#);
    assert_eq!(of_text(VR::IS, "2147483648"), r#"{"vr":"IS","Value":["2147483648"]}"#);
}

#[test]
fn decimal_strings_are_numbers_if_all_of_them_are() {
    assert_eq!(of_text(VR::DS, "+0.25\\072\\ .5\\1.\\-1E+03\\00 "), r#"{"vr":"DS","Value":[0.25,72,0.5,1,-1e+03,0]}"#);
    assert_eq!(of_text(VR::DS, "1\\\\3\0"), r#"{"vr":"DS","Value":[1,null,3]}"#);
    assert_eq!(of_text(VR::DS, "0.12345678901234567890"), r#"{"vr":"DS","Value":[0.12345678901234567890]}"#);
    for value in ["1,5", ".", "1e", "1e+", "--1", "NaN", "1 2", "0x1", "1e999", "e5"] {
        assert_eq!(of_text(VR::DS, &format!("1\\{value}")), format!(r#"{{"vr":"DS","Value":["1","{value}"]}}"#));
    }
}

#[test]
fn binary_numbers() {
    let tag = Tag(0x0041, 0x1001);
    assert_eq!(of(tag, VR::US, &[0xFF, 0xFF, 1, 0]), r#"{"vr":"US","Value":[65535,1]}"#);
    assert_eq!(of(tag, VR::SS, &[0xFF, 0xFF]), r#"{"vr":"SS","Value":[-1]}"#);
    assert_eq!(of(tag, VR::UL, &[0xFF; 4]), r#"{"vr":"UL","Value":[4294967295]}"#);
    assert_eq!(of(tag, VR::SL, &[0xFF; 4]), r#"{"vr":"SL","Value":[-1]}"#);
    assert_eq!(of(tag, VR::UV, &[0xFF; 8]), r#"{"vr":"UV","Value":[18446744073709551615]}"#);
    assert_eq!(of(tag, VR::SV, &i64::MIN.to_le_bytes()), r#"{"vr":"SV","Value":[-9223372036854775808]}"#);
    assert_eq!(of(tag, VR::AT, &[0x28, 0x00, 0x2F, 0x0A]), r#"{"vr":"AT","Value":["00280A2F"]}"#);
    assert_eq!(of(tag, VR::AT, &[0x28, 0x00]), r#"{"vr":"AT"}"#, "half a tag");
    assert_eq!(of(tag, VR::US, &[]), r#"{"vr":"US"}"#);
    assert_eq!(of(tag, VR::US, &[1]), r#"{"vr":"US"}"#, "half a number");
    assert_eq!(of(tag, VR::US, &[1, 0, 2]), r#"{"vr":"US","Value":[1]}"#);
}

#[test]
fn floats_are_as_short_as_they_can_be() {
    let tag = Tag(0x0041, 0x1001);
    let singles = [0.1_f32, 72.0, -0.0, 1e-45, f32::MAX, f32::NAN, f32::INFINITY, f32::NEG_INFINITY];
    let singles: Vec<u8> = singles.iter().flat_map(|number| number.to_le_bytes()).collect();
    assert_eq!(
        of(tag, VR::FL, &singles),
        r#"{"vr":"FL","Value":[0.1,72,-0,1e-45,3.4028235e38,"NaN","Infinity","-Infinity"]}"#
    );
    let doubles: Vec<u8> = [0.1_f64, 1e300, 12345.678].iter().flat_map(|number| number.to_le_bytes()).collect();
    assert_eq!(of(tag, VR::FD, &doubles), r#"{"vr":"FD","Value":[0.1,1e300,12345.678]}"#);
}

proptest! {
    #[test]
    fn any_value_of_any_representation_gives_json(code in (b'A'..=b'Z', b'A'..=b'Z'), value in prop::collection::vec(any::<u8>(), 0..64), set in "(ISO_IR (100|144|192|13)|\\\\?ISO 2022 IR (87|149|58)|GB18030|)") {
        let vr = VR::from_binary([code.0, code.1]).filter(|vr| *vr != VR::SQ).unwrap_or(VR::LO);
        let json = json(&[text(tags::SPECIFIC_CHARACTER_SET, VR::CS, &set), element(Tag(0x0041, 0x1001), vr, &value)]);
        prop_assert!(serde_json::from_str::<serde_json::Value>(&json).is_ok(), "{}", json);
    }

    #[test]
    fn floats_are_read_back(single in any::<f32>(), double in any::<f64>()) {
        let mut json = String::new();
        number::write(&mut json, &single.to_le_bytes(), VR::FL);
        let text = json.trim_start_matches(r#","Value":["#).trim_end_matches(']');
        prop_assert!(!single.is_finite() || text.parse::<f32>() == Ok(single));
        json.clear();
        number::write(&mut json, &double.to_le_bytes(), VR::FD);
        let text = json.trim_start_matches(r#","Value":["#).trim_end_matches(']');
        prop_assert!(!double.is_finite() || text.parse::<f64>() == Ok(double));
    }

    #[test]
    fn decimals_keep_their_value(text in "[ ]?[+-]?([0-9]{1,5}(\\.[0-9]{0,5})?|\\.[0-9]{1,5})([eE][+-]?[0-9]{1,2})?[ ]?") {
        let mut json = String::new();
        prop_assert!(number::write_decimal(&mut json, &text));
        prop_assert!(serde_json::from_str::<serde_json::Value>(&json).is_ok());
        prop_assert_eq!(json.parse::<f64>().unwrap(), text.trim().parse::<f64>().unwrap());
    }
}
