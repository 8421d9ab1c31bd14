//! Data sets that came as DICOM JSON.

#![allow(clippy::expect_used)]

use dicom_dictionary_std::tags;
use proptest::prelude::*;
use serde_json::json;

use super::{Body, Document, MalformedDocument, body};

/// What comes back of one attribute (0010,0010), or nothing if it is refused.
fn kept(element: &str) -> Option<String> {
    let document = Document::parse(&format!(r#"{{"00100010":{element}}}"#)).ok()?;
    let json = document.to_json();
    assert_eq!(Document::parse(&json).as_ref(), Ok(&document), "what is written is read back");
    let inner = json.strip_prefix(r#"{"00100010":"#)?.strip_suffix('}')?;
    Some(inner.to_owned())
}

#[test]
fn every_form_of_value_is_kept_as_it_is() {
    for element in [
        r#"{"vr":"LO"}"#,
        r#"{"vr":"LO","Value":["a",null,"c"]}"#,
        r#"{"vr":"LO","Value":["\u0000\u001f\"\\ü"]}"#,
        r#"{"vr":"DA","Value":["no date"]}"#,
        r#"{"vr":"UT","Value":["one\\text"]}"#,
        r#"{"vr":"PN","Value":[{"Alphabetic":"Doe^John^^^","Phonetic":"x"},null]}"#,
        r#"{"vr":"IS","Value":[1,-2]}"#,
        r#"{"vr":"DS","Value":[1.5,"not a number"]}"#,
        r#"{"vr":"UV","Value":[18446744073709551615]}"#,
        r#"{"vr":"US","Value":[0,65535]}"#,
        r#"{"vr":"SL","Value":[-2147483648]}"#,
        r#"{"vr":"FD","Value":[0.1,"NaN","-Infinity",5e-324]}"#,
        r#"{"vr":"AT","Value":["0010001F"]}"#,
        r#"{"vr":"SQ"}"#,
        r#"{"vr":"SQ","Value":[{},{"00080100":{"vr":"SH","Value":["a"]}}]}"#,
        r#"{"vr":"OB","InlineBinary":"AAEC"}"#,
        r#"{"vr":"OW","BulkDataURI":"http://x/y"}"#,
        r#"{"vr":"UN"}"#,
    ] {
        assert_eq!(kept(element).as_deref(), Some(element), "{element}");
    }
}

#[test]
fn several_ways_to_say_one_thing_are_written_in_one_way() {
    for (element, written) in [
        (r#"{"Value":null,"vr":"LO"}"#, r#"{"vr":"LO"}"#),
        (r#"{"vr":"LO","Value":[""]}"#, r#"{"vr":"LO"}"#),
        (r#"{"vr":"LT","Value":[null]}"#, r#"{"vr":"LT"}"#),
        (r#"{"vr":"PN","Value":[{}]}"#, r#"{"vr":"PN"}"#),
        (r#"{"vr":"LO","Value":["a",""],"other":1}"#, r#"{"vr":"LO","Value":["a",null]}"#),
        (r#"{"vr":"IS","Value":["007"," 8 "]}"#, r#"{"vr":"IS","Value":[7,8]}"#),
        (r#"{"vr":"DS","Value":["1.50",""]}"#, r#"{"vr":"DS","Value":[1.5,null]}"#),
        (r#"{"vr":"UV","Value":["",1]}"#, r#"{"vr":"UV","Value":[null,1]}"#),
        (r#"{"vr":"AT","Value":["0010001f"]}"#, r#"{"vr":"AT","Value":["0010001F"]}"#),
        (
            r#"{"vr":"SQ","Value":[{"PatientID":{"vr":"LO",},},],} /* a patient */"#,
            r#"{"vr":"SQ","Value":[{"00100020":{"vr":"LO"}}]}"#,
        ),
    ] {
        assert_eq!(kept(element).as_deref(), Some(written), "{element}");
    }
}

#[test]
fn what_is_of_another_form_is_refused() {
    let deep = format!("{}{}", r#"{"vr":"SQ","Value":[{"00100010":"#.repeat(60), "null");
    for element in [
        "1",
        "null",
        r#""text""#,
        "{}",
        r#"{"vr":1}"#,
        r#"{"vr":"XX"}"#,
        r#"{"vr":"lo"}"#,
        r#"{"vr":"LO","Value":"a"}"#,
        r#"{"vr":"LO","Value":[1]}"#,
        r#"{"vr":"LO","Value":[true]}"#,
        r#"{"vr":"LO","Value":[{}]}"#,
        r#"{"vr":"LO","Value":[],"Value":[]}"#,
        r#"{"vr":"LT","Value":["a","b"]}"#,
        r#"{"vr":"PN","Value":["Doe^John"]}"#,
        r#"{"vr":"PN","Value":[{"Alphabetic":1}]}"#,
        r#"{"vr":"IS","Value":[null,{}]}"#,
        r#"{"vr":"US","Value":["1"]}"#,
        r#"{"vr":"US","Value":[65536]}"#,
        r#"{"vr":"UL","Value":[-1]}"#,
        r#"{"vr":"SS","Value":[1.5]}"#,
        r#"{"vr":"FD","Value":["x"]}"#,
        r#"{"vr":"FD","Value":[1e999]}"#,
        r#"{"vr":"AT","Value":["x"]}"#,
        r#"{"vr":"SQ","Value":[null]}"#,
        r#"{"vr":"SQ","Value":[[]]}"#,
        r#"{"vr":"OB","Value":["AAEC"]}"#,
        r#"{"vr":"OB","InlineBinary":"?"}"#,
        r#"{"vr":"LO","InlineBinary":"AAEC"}"#,
        r#"{"vr":"LO","Value":["\ud800"]}"#,
        deep.as_str(),
    ] {
        assert_eq!(kept(element), None, "{element}");
    }
    let levels = |count| format!("{}{}", r#"{"00081115":{"vr":"SQ","Value":["#.repeat(count), "]}}".repeat(count));
    assert!(Document::parse(&levels(40)).is_ok());
    assert!(matches!(Document::parse(&levels(50_000)), Err(MalformedDocument::Json { .. })));
}

#[test]
fn names_are_tags_or_keywords_and_come_once() {
    let parse = Document::parse;
    assert!(parse(r#"{"PatientID":{"vr":"LO"}}"#).is_ok_and(|document| document.get(tags::PATIENT_ID).is_some()));
    assert!(parse(r#"{"0010001f":{"vr":"LO"},"00091001":{"vr":"UN"}}"#).is_ok());
    assert_eq!(parse(r#"{"patientid":{"vr":"LO"}}"#), Err(MalformedDocument::Name));
    assert_eq!(parse(r#"{"":{"vr":"LO"}}"#), Err(MalformedDocument::Name));
    let twice = r#"{"00100020":{"vr":"LO"},"PatientID":{"vr":"LO"}}"#;
    assert_eq!(parse(twice), Err(MalformedDocument::Twice(tags::PATIENT_ID)));
}

#[test]
fn a_body_is_a_dataset_or_an_array_of_some() {
    assert!(matches!(body(b"{}"), Ok(Body::One(_))));
    assert!(matches!(body(b"\xEF\xBB\xBF [{}, 1]"), Ok(Body::Array(_))));
    for bytes in [&b""[..], b"null", b"[]", b"[null]", b"[[]]", b"1", b"\"x\"", b"{", b"[{}", b"\xFF", b"{}{}"] {
        assert!(body(bytes).is_err(), "{}", String::from_utf8_lossy(bytes));
    }
}

/// Texts that are almost data sets: pieces of some, in any order.
fn almost_datasets() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "//",
        "/*",
        "*/",
        "\n",
        "\"",
        "\\",
        "\\u0000",
        "null",
        "1",
        "-0.0",
        "1.5e3",
        "\"x\"",
        "\"vr\":",
        "\"Value\":[",
        "\"LO\"",
        "\"PN\"",
        "\"SQ\"",
        "\"DS\"",
        "\"OB\"",
        "\"InlineBinary\":\"AAEC\"",
        "\"00100010\":{\"vr\":\"PN\"",
        "\"00081115\":{\"vr\":\"SQ\",\"Value\":[{",
        "\"00101030\":{\"vr\":\"DS\",\"Value\":[",
        "]}",
        "}]}",
        "{\"Alphabetic\":\"A^B\"}",
        "ü",
    ]);
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

/// Attributes of numbers and texts, whatever they are.
fn datasets() -> impl Strategy<Value = String> {
    let number = prop_oneof![
        any::<f64>().prop_filter("finite", |number| number.is_finite()).prop_map(|n| json!(n)),
        any::<i64>().prop_map(|n| json!(n))
    ];
    let numbers = (prop::sample::select(vec!["DS", "IS", "FD", "SV"]), prop::collection::vec(number, 0..4));
    let texts = (
        prop::sample::select(vec!["LO", "DS", "IS", "UV", "UI", "CS"]),
        prop::collection::vec(any::<String>().prop_map(|text| json!(text)), 0..4),
    );
    let attribute = prop_oneof![numbers, texts].prop_map(|(vr, values)| json!({ "vr": vr, "Value": values }));
    prop::collection::btree_map(any::<u32>().prop_map(|tag| format!("{tag:08x}")), attribute, 0..6)
        .prop_map(|attributes| json!(attributes).to_string())
}

proptest! {
    #[test]
    fn no_text_breaks_the_reader(text in almost_datasets()) {
        for bytes in [text.clone(), format!("[{text}]"), format!("{{{text}}}")] {
            drop(body(bytes.as_bytes()));
        }
    }

    #[test]
    fn what_is_written_is_read_back(json in datasets()) {
        let document = Document::parse(&json).expect("a data set");
        let written = document.to_json();
        let again = Document::parse(&written).expect("a data set");
        prop_assert_eq!(&again, &document);
        prop_assert_eq!(again.to_json(), written);
    }
}
