//! Looking through what is stored: what is indexed, what is an error, and what errors do.

use serde_json::{Value, json};

use super::{add_and_wait, add_one, count, patch, tag};
use crate::support::{Instance, TestApp};

/// Where the tests store what a new tag is then added for.
const ATTRIBUTE: u32 = 0x0401_1001;

/// A value of a private attribute, which no rule of a store looks at.
fn private(vr: &str, value: &[u8]) -> Instance {
    let mut value = value.to_vec();
    if value.len() % 2 == 1 {
        value.push(b' ');
    }
    Instance::new().with(0x0401_0010, "LO", "mine").with_bytes(ATTRIBUTE, vr, value)
}

/// Stores a value of a VR, adds a tag of another or the same one, and answers the error, or how many are found.
async fn reindexed(stored: &str, value: &[u8], declared: &str) -> Result<usize, String> {
    let app = TestApp::new();
    let path = format!("/services/{}/v1/studies", app.service);
    let (content_type, body) = crate::support::multipart_body([private(stored, value).bytes()]);
    let request = app.at_root(reqwest::Method::POST, &path).header("accept", crate::support::DICOM_JSON);
    // Version 1 looks at nothing but what can be searched, so it stores what version 2 drops.
    crate::support::send(request.header("content-type", content_type).body(body)).await.expect(200);
    let tags = json!([{ "path": "04011001", "vr": declared, "privateCreator": "mine", "level": "Instance" }]);
    assert_eq!(add_and_wait(&app, tags).await["status"], "succeeded");
    let shown = tag(&app, "04011001").await;
    assert_eq!(shown["status"], "ready");
    let errors = app.get("/extendedquerytags/04011001/errors", "*/*").await.expect(200).json();
    match errors.as_array().unwrap().as_slice() {
        [] => {
            assert_eq!((&shown["queryStatus"], shown.get("errors")), (&json!("enabled"), None));
            let position = app.position().await;
            let log = crate::support::send(app.control(reqwest::Method::GET, "/log?kind=queryTagsReindexed")).await;
            assert!(position > 0);
            Ok(log.expect(200).json().as_array().unwrap().len())
        }
        [error] => {
            assert_eq!((&shown["queryStatus"], &shown["errors"]["count"]), (&json!("disabled"), &json!(1)));
            Err(error["errorMessage"].as_str().unwrap().to_owned())
        }
        more => panic!("{more:?}"),
    }
}

#[tokio::test]
async fn each_value_representation_has_its_rule() {
    let long = |length: usize| "x".repeat(length).into_bytes();
    let refused = |message: &str| Err(message.to_owned());
    let too_long = || refused("Value length exceeds maximum length.");
    let length = || refused("Value length is not expected.");
    let character = || refused("Value contains invalid character.");
    let components = || refused("Value contains more than 5 components.");
    let number = || refused("Value cannot be parsed as a valid integer string.");
    let uid = "DICOM Identifier is invalid. Value length should not exceed the maximum length of 64 characters. Value should contain characters in '0'-'9' and '.'. Each component must start with non-zero number.";
    for (vr, value, expected) in [
        ("AE", long(16), Ok(1)),
        ("AE", long(17), too_long()),
        ("CS", long(17), too_long()),
        ("SH", long(16), Ok(1)),
        ("SH", long(17), too_long()),
        ("LO", long(64), Ok(1)),
        ("LO", long(65), too_long()),
        ("LO", b"a\tb".to_vec(), character()),
        ("AS", b"045Y".to_vec(), Ok(1)),
        ("AS", b"45Y".to_vec(), length()),
        ("AS", b"".to_vec(), Ok(0)),
        ("DA", b"20240229".to_vec(), Ok(1)),
        ("DA", b"20230229".to_vec(), refused("Value cannot be parsed as a valid date.")),
        ("DT", b"20240229101112.5+0100".to_vec(), Ok(1)),
        ("DT", b"yesterday".to_vec(), refused("Value cannot be parsed as a valid DateTime.")),
        ("TM", b"000000".to_vec(), Ok(1)),
        ("TM", b"noon".to_vec(), refused("Value cannot be parsed as a valid Time.")),
        ("IS", b" 03".to_vec(), Ok(1)),
        ("IS", b"3.5".to_vec(), number()),
        ("IS", b"99999999999".to_vec(), number()),
        ("PN", b"a^b^c^d^e=f=g".to_vec(), Ok(1)),
        ("PN", b"a^b^c^d^e^f".to_vec(), components()),
        ("PN", long(65), refused("One or more group of person name exceeds maxium length of 64.")),
        ("PN", b"a\tb".to_vec(), character()),
        ("UI", b"1.2.3\0".to_vec(), Ok(1)),
        ("UI", b"1.2.x".to_vec(), refused(uid)),
        ("FL", 1.5f32.to_le_bytes().to_vec(), Ok(1)),
        ("FL", b"".to_vec(), Ok(0)),
        ("FL", f32::NAN.to_le_bytes().to_vec(), Ok(1)),
        ("FD", 1.5f64.to_le_bytes().to_vec(), Ok(1)),
        ("SL", (-5i32).to_le_bytes().to_vec(), Ok(1)),
        ("UL", u32::MAX.to_le_bytes().to_vec(), Ok(1)),
        ("SS", (-5i16).to_le_bytes().to_vec(), Ok(1)),
        ("US", u16::MAX.to_le_bytes().to_vec(), Ok(1)),
        ("US", b"".to_vec(), Ok(0)),
        ("LO", b"  ".to_vec(), Ok(0)),
        ("LO", b"\\second".to_vec(), Ok(0)),
        ("CS", [b"first\\".to_vec(), long(17)].concat(), Ok(1)),
    ] {
        assert_eq!(reindexed(vr, &value, vr).await, expected, "{vr} {value:?}");
    }
}

#[tokio::test]
async fn a_value_that_is_encoded_otherwise_than_declared_is_an_error() {
    let unexpected = Err("The extended query tag VR is not expected.".to_owned());
    for (stored, declared) in [("SH", "LO"), ("LO", "SH"), ("US", "SS"), ("ST", "LO")] {
        assert_eq!(reindexed(stored, b"ab", declared).await, unexpected, "{stored} {declared}");
    }
    // Metadata never have what may be bulk data, so there is nothing.
    assert_eq!(reindexed("UN", b"ab", "LO").await, Ok(0));
}

/// Three instances of which two have an age that is encoded as SH.
async fn two_errors(app: &TestApp) -> [Instance; 3] {
    let good = Instance::new().with(0x0010_1010, "AS", "045Y");
    let faulty = good.sibling().with(0x0010_1010, "SH", "045Y");
    let other = good.cousin().with(0x0010_1010, "SH", "046Y");
    for instance in [&good, &faulty, &other] {
        app.store([instance]).await.expect(200);
    }
    add_one(app, "PatientAge", "Study").await;
    [good, faulty, other]
}

#[tokio::test]
async fn errors_disable_the_tag_and_can_be_paged() {
    let app = TestApp::new();
    let [_, faulty, other] = two_errors(&app).await;
    let shown = tag(&app, "PatientAge").await;
    let href = app.url("/extendedquerytags/00101010/errors");
    let expected = json!({
        "path": "00101010", "vr": "AS", "status": "ready", "level": "study", "queryStatus": "disabled",
        "errors": { "count": 2, "href": href },
    });
    assert_eq!(shown, expected);
    let errors =
        |query: &str| app.at_root(reqwest::Method::GET, &format!("{}{query}", href.strip_prefix(app.root()).unwrap()));
    let mut pages = Vec::new();
    for offset in 0..3 {
        let page = crate::support::send(errors(&format!("?limit=1&offset={offset}"))).await.expect(200).json();
        pages.extend(page.as_array().unwrap().clone());
    }
    let all = crate::support::send(errors("")).await.expect(200).json();
    assert_eq!(json!(pages), all);
    for (error, instance) in pages.iter().zip([&faulty, &other]) {
        let created = error["createdTime"].as_str().unwrap();
        assert!(created.len() >= "2026-01-01T00:00:00".len() && !created.ends_with('Z'), "{created}");
        let expected = json!({
            "partitionName": "Microsoft.Default",
            "studyInstanceUid": instance.study,
            "seriesInstanceUid": instance.series,
            "sopInstanceUid": instance.instance,
            "createdTime": created,
            "errorMessage": "The extended query tag VR is not expected.",
        });
        assert_eq!(*error, expected);
    }
    assert_eq!(crate::support::send(errors("?limit=0")).await.status, 400);
}

#[tokio::test]
async fn a_search_for_a_tag_with_errors_is_refused_until_it_is_allowed_and_then_says_so() {
    let app = TestApp::new();
    two_errors(&app).await;
    add_one(&app, "DeviceID", "Study").await;
    let refused = app.query("/studies?PatientAge=045Y").await.expect(400);
    assert_eq!(refused.text(), "Query is disabled on specified attribute 'PatientAge'.");
    patch(&app, "PatientAge", r#"{"queryStatus":"Enabled"}"#).await.expect(200);
    for (query, status, header) in [
        ("PatientAge=045Y", 200, Some("PatientAge")),
        ("00101010=045Y&PatientID=PAT-1", 200, Some("00101010")),
        ("PatientAge=099Y", 204, Some("PatientAge")),
        ("DeviceID=x", 204, None),
        ("includefield=PatientAge", 200, None),
    ] {
        let answer = app.query(&format!("/studies?{query}")).await.expect(status);
        assert_eq!(answer.header("erroneous-dicom-attributes"), header, "{query}");
    }
}

#[tokio::test]
async fn keys_of_several_tags_with_errors_are_named_in_the_order_of_the_query() {
    let app = TestApp::new();
    app.store([&Instance::new().with(0x0010_1010, "SH", "045Y").with(0x0018_1000, "SH", "S1")]).await.expect(200);
    let tags = json!([{ "path": "PatientAge", "level": "Study" }, { "path": "DeviceSerialNumber", "level": "Study" }]);
    add_and_wait(&app, tags).await;
    for path in ["PatientAge", "DeviceSerialNumber"] {
        patch(&app, path, r#"{"queryStatus":"Enabled"}"#).await.expect(200);
    }
    let answer = app.query("/series?00181000=x&PatientID=PAT-1&PatientAge=x").await.expect(204);
    assert_eq!(answer.header("erroneous-dicom-attributes"), Some("00181000,PatientAge"));
}

#[tokio::test]
async fn errors_go_with_their_instances_but_the_tag_stays_disabled() {
    let app = TestApp::new();
    let [good, faulty, other] = two_errors(&app).await;
    app.delete(&good.path()).await.expect(204);
    assert_eq!(tag(&app, "PatientAge").await["errors"]["count"], 2);
    app.delete(&faulty.path()).await.expect(204);
    assert_eq!(tag(&app, "PatientAge").await["errors"]["count"], 1);
    app.upsert([&other.with(0x0010_1010, "AS", "046Y")]).await.expect(200);
    let shown = tag(&app, "PatientAge").await;
    assert_eq!((shown.get("errors"), &shown["queryStatus"]), (None, &json!("disabled")));
    patch(&app, "PatientAge", r#"{"queryStatus":"Enabled"}"#).await.expect(200);
    let answer = app.query("/studies?PatientAge=046Y").await.expect(200);
    assert_eq!(answer.header("erroneous-dicom-attributes"), None);
}

#[tokio::test]
async fn a_study_gets_the_newest_value_that_was_stored() {
    let app = TestApp::new();
    let first = Instance::new().with(0x0018_1000, "LO", "S1");
    let second = first.sibling().with(0x0018_1000, "LO", "S2");
    let third = first.cousin().without(0x0018_1000);
    for instance in [&first, &second, &third] {
        app.store([instance]).await.expect(200);
    }
    app.upsert([&first]).await.expect(200); // now the newest one
    add_one(&app, "DeviceSerialNumber", "Study").await;
    assert_eq!(count(&app, "/studies?DeviceSerialNumber=S1").await, 1);
    assert_eq!(count(&app, "/studies?DeviceSerialNumber=S2").await, 0);
    assert_eq!(count(&app, "/instances?DeviceSerialNumber=S1").await, 3);
}

#[tokio::test]
async fn everything_is_looked_through_while_stores_go_on() {
    let app = TestApp::new();
    let first = Instance::new();
    let numbered = |number: usize| first.sibling().with(0x0018_1000, "LO", &format!("S{number}"));
    let before: Vec<Instance> = (0..120).map(numbered).collect();
    app.store(&before).await.expect(200);
    let started = super::add(&app, json!([{ "path": "DeviceSerialNumber", "level": "Instance" }])).await.expect(202);
    for round in 0..10 {
        let during = numbered(120 + round);
        app.store([&during]).await.expect(200);
        app.delete(&before[round].path()).await.expect(204);
        let changed =
            Instance::of(&first.study, &first.series, &before[119 - round].instance).with(0x0018_1000, "LO", "new");
        app.upsert([&changed]).await.expect(200);
    }
    super::wait(&app, started.json()["id"].as_str().unwrap()).await;
    for (query, expected) in [("S*", 110), ("new", 10), ("S5", 0), ("S119", 0), ("S50", 1), ("S125", 1)] {
        assert_eq!(count(&app, &format!("/instances?DeviceSerialNumber={query}&limit=200")).await, expected, "{query}");
    }
}

#[tokio::test]
async fn nothing_to_look_through_makes_a_tag_ready_too() {
    let app = TestApp::new();
    let operation = add_and_wait(&app, json!([{ "path": "PatientAge", "level": "Study" }])).await;
    assert_eq!((&operation["status"], &operation["percentComplete"]), (&json!("succeeded"), &json!(100)));
    assert_eq!(tag(&app, "PatientAge").await["status"], Value::from("ready"));
}
