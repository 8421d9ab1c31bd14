//! Searching tags: matching by value representation, and what is refused.

use serde_json::{Value, json};

use super::{add_and_wait, count};
use crate::support::{Instance, TestApp};

/// A private tag of a VR, ready, and an instance for each value.
async fn stored(app: &TestApp, vr: &str, values: &[&[u8]]) {
    let tags = json!([{ "path": "04011001", "vr": vr, "privateCreator": "mine", "level": "Instance" }]);
    add_and_wait(app, tags).await;
    let instance = |value: &&[u8]| {
        let mut value = value.to_vec();
        if value.len() % 2 == 1 {
            value.push(if vr == "UI" { 0 } else { b' ' });
        }
        let instance = Instance::new().with(0x0008_0005, "CS", "ISO_IR 192").with(0x0401_0010, "LO", "mine");
        instance.with_bytes(0x0401_1001, vr, value)
    };
    let instances: Vec<Instance> = values.iter().map(instance).collect();
    app.store(&instances).await.expect(200);
}

/// How many instances have a value like this.
async fn found(app: &TestApp, value: &str) -> usize {
    count(app, &format!("/instances?04011001={value}")).await
}

#[tokio::test]
async fn text_is_compared_whole_without_case_and_with_wildcards() {
    for vr in ["LO", "SH", "CS", "AE"] {
        let app = TestApp::new();
        stored(&app, vr, &[b"ABC 1", b"ABC 2", b"A_C 1"]).await;
        for (value, expected) in [
            ("ABC%201", 1),
            ("abc%201%20", 1),
            ("ABC", 0),
            ("A?C%201", 2),
            ("ABC*", 2),
            ("*", 3),
            ("?", 0),
            ("A_C%201", 1),
            ("ABC%201,ABC%202", 0),
        ] {
            assert_eq!(found(&app, value).await, expected, "{vr} {value}");
        }
    }
}

#[tokio::test]
async fn an_age_has_no_wildcards() {
    let app = TestApp::new();
    stored(&app, "AS", &[b"045Y", b"046M"]).await;
    for (value, expected) in [("045y", 1), ("04*", 0), ("04?Y", 0), ("045", 0)] {
        assert_eq!(found(&app, value).await, expected, "{value}");
    }
}

#[tokio::test]
async fn identifiers_are_found_by_lists() {
    let app = TestApp::new();
    stored(&app, "UI", &[b"1.2.3", b"1.2.4", b"1.2.5"]).await;
    for (value, expected) in [("1.2.3", 1), ("1.2.3,1.2.5", 2), ("1.2.3%5C1.2.4,x", 2), ("1.2.*", 0), ("x", 0)] {
        assert_eq!(found(&app, value).await, expected, "{value}");
    }
    let refused = app.query("/instances?04011001=,%5C").await.expect(400);
    assert_eq!(refused.text(), "Invalid query: AttributeId '04011001' has empty string value that is not supported.");
}

#[tokio::test]
async fn names_are_compared_without_accents_and_fuzzily_by_words() {
    let app = TestApp::new();
    stored(&app, "PN", &["Dóe^John".as_bytes(), b"Doe^Jane=X^Y"]).await;
    for (value, expected) in
        [("doe^john", 1), ("DOE^JOHN", 1), ("doe", 0), ("d?e^j*", 2), ("Doe^Jane=X^Y", 1), ("Doe^Jane", 0)]
    {
        assert_eq!(found(&app, value).await, expected, "{value}");
    }
    for (value, expected) in [("jo", 1), ("do%20ja", 1), ("doe", 2), ("ja%20x", 1), ("ohn", 0), ("john%20doe", 0)] {
        assert_eq!(found(&app, &format!("{value}&fuzzymatching=true")).await, expected, "{value}");
    }
    let refused = app.query("/instances?04011001=%22&fuzzymatching=true").await.expect(400);
    let expected = "Invalid query: specified tag '04011001' value '\"' contains unsupported character '\"'. Character is not supported with Fuzzy match, try exact match or removing the invalid character. ";
    assert_eq!(refused.text(), expected);
}

#[tokio::test]
async fn whole_numbers_are_compared_as_numbers() {
    for (vr, values) in [
        ("IS", [b"03".to_vec(), b"-7".to_vec()]),
        ("SS", [3i16.to_le_bytes().to_vec(), (-7i16).to_le_bytes().to_vec()]),
        ("SL", [3i32.to_le_bytes().to_vec(), (-7i32).to_le_bytes().to_vec()]),
    ] {
        let app = TestApp::new();
        stored(&app, vr, &[&values[0], &values[1]]).await;
        for (value, expected) in [("3", 1), ("0003", 1), ("%2003", 1), ("%2B3", 1), ("-7", 1), ("-007", 1), ("7", 0)] {
            assert_eq!(found(&app, value).await, expected, "{vr} {value}");
        }
        assert_eq!(found(&app, "9223372036854775807").await, 0);
        for value in ["x", "3.0", "3-4", "*", "9223372036854775808"] {
            let refused = app.query(&format!("/instances?04011001={value}")).await.expect(400);
            let expected = format!(
                "Invalid query: specified value '{value}' extended query tag with path '04011001' is not a valid long value."
            );
            assert_eq!(refused.text(), expected);
        }
    }
    let app = TestApp::new();
    stored(&app, "UL", &[&u32::MAX.to_le_bytes()]).await;
    assert_eq!(found(&app, "4294967295").await, 1);
}

#[tokio::test]
async fn a_message_names_a_standard_tag_by_its_keyword() {
    let app = TestApp::new();
    super::add_one(&app, "00280010", "Instance").await;
    let refused = app.query("/instances?00280010=x").await.expect(400);
    let expected = "Invalid query: specified value 'x' extended query tag with path 'Rows' is not a valid long value.";
    assert_eq!(refused.text(), expected);
}

#[tokio::test]
async fn floats_are_compared_in_their_precision() {
    let app = TestApp::new();
    let singles: Vec<[u8; 4]> = [1.1f32, 0.0, -2.5, 1e30].map(f32::to_le_bytes).to_vec();
    stored(&app, "FL", &singles.iter().map(|bytes| bytes.as_slice()).collect::<Vec<_>>()).await;
    for (value, expected) in
        [("1.1", 1), ("01.10", 1), ("1.1000000001", 1), ("-0", 1), ("-2.5e0", 1), ("1e30", 1), ("1.2", 0)]
    {
        assert_eq!(found(&app, value).await, expected, "FL {value}");
    }
    let app = TestApp::new();
    let doubles: Vec<[u8; 8]> = [1.1f64, -2.5].map(f64::to_le_bytes).to_vec();
    stored(&app, "FD", &doubles.iter().map(|bytes| bytes.as_slice()).collect::<Vec<_>>()).await;
    for (value, expected) in [("1.1", 1), ("1.1000000001", 0), ("-2.50", 1)] {
        assert_eq!(found(&app, value).await, expected, "FD {value}");
    }
    for value in ["x", "1,1", "1.1-2.2"] {
        let refused = app.query(&format!("/instances?04011001={value}")).await.expect(400);
        let expected = format!(
            "Invalid query: specified value '{value}' extended query tag with path '04011001' is not a valid double value."
        );
        assert_eq!(refused.text(), expected);
    }
}

#[tokio::test]
async fn dates_are_days_or_ranges() {
    let app = TestApp::new();
    stored(&app, "DA", &[b"20240131", b"20240229"]).await;
    for (value, expected) in
        [("20240131", 1), ("20240101-20240131", 1), ("20240131%20-", 2), ("-20240228", 1), ("20240301-", 0)]
    {
        assert_eq!(found(&app, value).await, expected, "{value}");
    }
    refuses(
        &app,
        &[
            ("2024", "Invalid query: specified Date value '2024' is invalid for attribute '04011001'. Date should be valid and formatted as yyyyMMdd."),
            ("20240201-20240101", "Invalid query: specified date range '20240201-20240101' is invalid.\nThe first part date 20240201 should be lesser than or equal to the second part date 20240101."),
            ("-", "Invalid query: specified range is invalid.\nBoth parts in the range cannot be empty."),
        ],
    )
    .await;
}

#[tokio::test]
async fn date_times_are_moments_or_ranges_of_clock_time() {
    let app = TestApp::new();
    stored(&app, "DT", &[b"20240131", b"20240131120000.5+0100", b"2024"]).await;
    for (value, expected) in [
        ("20240131", 1),
        ("202401310000", 1),
        ("20240131120000.5", 1),
        ("20240131120000.500000", 1),
        ("20240131120000", 0),
        ("20240101", 1),
        ("2024", 1),
        ("2024-", 3),
        ("20240131-20240131120001", 2),
        ("-20240131", 2),
        ("20240131%20-%2020240131", 1),
    ] {
        assert_eq!(found(&app, value).await, expected, "{value}");
    }
    let invalid = |value: &str| {
        format!(
            "Invalid query: specified DateTime value '{value}' is invalid for attribute '04011001'. DateTime should be valid and formatted as yyyyMMddHHmmss.FFFFFF where yyyy is mandatory."
        )
    };
    let offset = |value: &str| {
        format!(
            "Invalid query: specified DateTime value '{value}' for attribute 04011001 contains offset which is not supported."
        )
    };
    let reversed = "Invalid query: specified date range '2024-0500' is invalid.\nThe first part DateTime 2024 should be lesser than or equal to the second part DateTime 0500.";
    refuses(
        &app,
        &[
            ("20240230", &invalid("20240230")),
            ("x/y", &invalid("x%2Fy")),
            ("20240131+0100", &offset("20240131+0100")),
            ("20240131%2B0100", &invalid("20240131%2B0100")),
            ("2024-0500", reversed),
            ("-", "Invalid query: specified range is invalid.\nBoth parts in the range cannot be empty."),
        ],
    )
    .await;
}

#[tokio::test]
async fn times_are_moments_or_ranges_of_a_day() {
    let app = TestApp::new();
    stored(&app, "TM", &[b"000000", b"1305", b"130500.25", b"235959.999999"]).await;
    for (value, expected) in [
        ("00", 1),
        ("1305", 1),
        ("130500.250000", 1),
        ("13", 0),
        ("13-14", 2),
        ("1305-130500.25", 2),
        ("-13", 1),
        ("13-", 3),
        ("00-24", 4),
    ] {
        if value == "00-24" {
            app.query("/instances?04011001=00-24").await.expect(400);
            continue;
        }
        assert_eq!(found(&app, value).await, expected, "{value}");
    }
    let invalid = |value: &str| {
        format!(
            "Invalid query: specified Time value '{value}' is invalid for parameter '04011001'. Time should be valid and formatted as HHmmss.FFFFFF where HH is mandatory."
        )
    };
    refuses(
        &app,
        &[
            ("1", &invalid("1")),
            ("2400", &invalid("2400")),
            ("13:05", &invalid("13:05")),
            ("14-13", "Invalid query: specified date range '14-13' is invalid.\nThe first part time 14 should be lesser than or equal to the second part time 13."),
            ("-", "Invalid query: specified range is invalid.\nBoth parts in the range cannot be empty."),
        ],
    )
    .await;
}

async fn refuses(app: &TestApp, cases: &[(&str, &str)]) {
    for (value, expected) in cases {
        let refused = app.query(&format!("/instances?04011001={value}")).await.expect(400);
        assert_eq!(refused.text(), *expected);
    }
}

#[tokio::test]
async fn a_tag_is_named_once_in_a_query() {
    let app = TestApp::new();
    super::add_one(&app, "PatientAge", "Study").await;
    for (query, expected) in [
        (
            "PatientAge=1&PatientAge=1",
            "Invalid QIDO-RS query. Duplicate AttributeId 'PatientAge'. Each attribute is only allowed to be specified once.",
        ),
        (
            "PatientAge=1&00101010=1",
            "Invalid query: attribute '00101010' has been specified more than once using different ID formats. Each attribute is only allowed to be specified once.",
        ),
        ("PatientAge=%20", "Invalid query: AttributeId 'PatientAge' has empty string value that is not supported."),
    ] {
        assert_eq!(app.query(&format!("/studies?{query}")).await.expect(400).text(), expected);
    }
}

#[tokio::test]
async fn conditions_on_tags_and_other_attributes_hold_together_and_pages_are_newest_first() {
    let app = TestApp::new();
    let tags =
        json!([{ "path": "DeviceSerialNumber", "level": "Study" }, { "path": "InstanceNumber", "level": "Instance" }]);
    add_and_wait(&app, tags).await;
    let first = Instance::new().with(0x0018_1000, "LO", "S1").with(0x0020_0013, "IS", "1");
    let others: Vec<Instance> =
        (0..4).map(|number| first.sibling().with(0x0020_0013, "IS", &format!("{}", number % 2))).collect();
    let elsewhere =
        Instance::new().with(0x0018_1000, "LO", "S2").with(0x0020_0013, "IS", "1").with(0x0010_0020, "LO", "P2");
    app.store(std::iter::once(&first).chain(&others).chain([&elsewhere])).await.expect(200);
    for (query, expected) in [
        ("DeviceSerialNumber=S1&InstanceNumber=1", 3),
        ("DeviceSerialNumber=S*&InstanceNumber=1", 4),
        ("DeviceSerialNumber=S2&InstanceNumber=0", 0),
        ("DeviceSerialNumber=S2&PatientID=P2", 1),
        ("DeviceSerialNumber=S1&PatientID=P2", 0),
        ("InstanceNumber=0&Modality=OT&PatientID=PAT-1", 2),
    ] {
        assert_eq!(count(&app, &format!("/instances?{query}")).await, expected, "{query}");
    }
    let uids = |answer: Value| -> Vec<Value> {
        answer.as_array().unwrap().iter().map(|entry| entry["00080018"]["Value"][0].clone()).collect()
    };
    let all = uids(app.query("/instances?DeviceSerialNumber=S1").await.expect(200).json());
    let newest_first: Vec<Value> =
        others.iter().rev().chain([&first]).map(|instance| json!(instance.instance)).collect();
    assert_eq!(all, newest_first);
    let page = uids(app.query("/instances?DeviceSerialNumber=S1&limit=2&offset=1").await.expect(200).json());
    assert_eq!(page, newest_first[1..3]);
}
