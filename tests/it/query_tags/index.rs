//! What new instances bring, by level; what upserts and deletes take away.

use reqwest::Method;
use serde_json::json;

use super::{add_and_wait, add_one, count, tag};
use crate::support::{DICOM_JSON, Instance, TestApp, multipart_body, send};

const SERIAL: u32 = 0x0018_1000;

#[tokio::test]
async fn a_new_instance_is_found_at_once() {
    let app = TestApp::new();
    add_one(&app, "DeviceSerialNumber", "Instance").await;
    let instance = Instance::new().with(SERIAL, "LO", "S1");
    app.store([&instance, &instance.sibling().with(SERIAL, "LO", "S2"), &instance.sibling().without(SERIAL)])
        .await
        .expect(200);
    let found = app.query("/instances?DeviceSerialNumber=s1").await.expect(200).json();
    assert_eq!(found.as_array().unwrap().len(), 1);
    assert_eq!(found[0]["00080018"]["Value"], json!([instance.instance]));
    assert_eq!(found[0]["00181000"], json!({ "vr": "LO", "Value": ["S1"] }), "what was searched is shown");
}

#[tokio::test]
async fn a_study_or_series_has_the_newest_value_of_its_instances() {
    let app = TestApp::new();
    let tags = json!([
        { "path": "DeviceSerialNumber", "level": "Study" },
        { "path": "ProtocolName", "level": "Series" },
    ]);
    add_and_wait(&app, tags).await;
    let first = Instance::new().with(SERIAL, "LO", "S1").with(0x0018_1030, "LO", "P1");
    let second = first.cousin().with(SERIAL, "LO", "S2").with(0x0018_1030, "LO", "P2");
    let third = first.sibling().without(SERIAL).with(0x0018_1030, "LO", "");
    for instance in [&first, &second, &third] {
        app.store([instance]).await.expect(200);
    }
    for (path, expected) in [
        ("/studies?DeviceSerialNumber=S1", 0),
        ("/studies?DeviceSerialNumber=S2", 1),
        ("/series?DeviceSerialNumber=S2", 2),
        ("/instances?DeviceSerialNumber=S2", 3),
        ("/series?ProtocolName=P1", 1),
        ("/series?ProtocolName=P2", 1),
        ("/instances?ProtocolName=P1", 2),
        ("/instances?ProtocolName=P1&DeviceSerialNumber=S2", 2),
        ("/instances?ProtocolName=P2&DeviceSerialNumber=S1", 0),
    ] {
        assert_eq!(count(&app, path).await, expected, "{path}");
    }
    // An instance shows its own value, whatever the study was found by.
    let found = app.query(&format!("/instances?DeviceSerialNumber=S2&SOPInstanceUID={}", first.instance)).await;
    assert_eq!(found.expect(200).json()[0]["00181000"]["Value"], json!(["S1"]));

    // The value stays when the instance goes, until the study or series does.
    app.delete(&second.path()).await.expect(204);
    assert_eq!(count(&app, "/studies?DeviceSerialNumber=S2").await, 1);
    assert_eq!(count(&app, "/series?ProtocolName=P2").await, 0);
    app.delete(&first.study_path()).await.expect(204);
    app.store([&third]).await.expect(200);
    assert_eq!(count(&app, "/studies?DeviceSerialNumber=S2").await, 0);
    assert_eq!(count(&app, "/series?ProtocolName=P1").await, 0);
}

#[tokio::test]
async fn an_instance_has_only_the_values_of_its_version() {
    let app = TestApp::new();
    add_one(&app, "DeviceSerialNumber", "Instance").await;
    let instance = Instance::new().with(SERIAL, "LO", "S1");
    app.store([&instance]).await.expect(200);
    app.upsert([&instance.clone().with(SERIAL, "LO", "S2")]).await.expect(200);
    assert_eq!(count(&app, "/instances?DeviceSerialNumber=S1").await, 0);
    assert_eq!(count(&app, "/instances?DeviceSerialNumber=S2").await, 1);
    app.upsert([&instance.clone().without(SERIAL)]).await.expect(200);
    assert_eq!(count(&app, "/instances?DeviceSerialNumber=*").await, 0);
    app.upsert([&instance]).await.expect(200);
    app.delete(&instance.path()).await.expect(204);
    assert_eq!(count(&app, "/instances?DeviceSerialNumber=*").await, 0);
    app.store([&instance]).await.expect(200);
    assert_eq!(count(&app, "/instances?DeviceSerialNumber=S1").await, 1);
}

#[tokio::test]
async fn several_instances_of_one_request_are_indexed_in_its_order() {
    let app = TestApp::new();
    add_one(&app, "DeviceSerialNumber", "Study").await;
    let first = Instance::new().with(SERIAL, "LO", "S1");
    let second = first.sibling().with(SERIAL, "LO", "S2");
    app.store([&second, &first]).await.expect(200);
    assert_eq!(count(&app, "/studies?DeviceSerialNumber=S1").await, 1);
    assert_eq!(count(&app, "/studies?DeviceSerialNumber=S2").await, 0);
}

#[tokio::test]
async fn each_level_is_searched_where_it_can_be() {
    let app = TestApp::new();
    let tags = json!([
        { "path": "DeviceSerialNumber", "level": "Study" },
        { "path": "ProtocolName", "level": "Series" },
        { "path": "InstanceNumber", "level": "Instance" },
    ]);
    add_and_wait(&app, tags).await;
    let instance = Instance::new().with(SERIAL, "LO", "1").with(0x0018_1030, "LO", "1").with(0x0020_0013, "IS", "1");
    app.store([&instance]).await.expect(200);
    let (study, series) = (instance.study_path(), instance.series_path());
    for (resource, searched) in [
        ("/studies".to_owned(), [true, false, false]),
        ("/series".to_owned(), [true, true, false]),
        ("/instances".to_owned(), [true, true, true]),
        (format!("{study}/series"), [false, true, false]),
        (format!("{study}/instances"), [false, true, true]),
        (format!("{series}/instances"), [false, false, true]),
    ] {
        for (key, is_searched) in ["DeviceSerialNumber", "ProtocolName", "00200013"].iter().zip(searched) {
            let answer = app.query(&format!("{resource}?{key}=1")).await;
            if is_searched {
                assert_eq!(answer.expect(200).json().as_array().unwrap().len(), 1, "{resource} {key}");
            } else {
                let expected = format!("Invalid query: AttributeId {key} is not queryable.  ");
                assert!(answer.expect(400).text().starts_with(&expected), "{resource} {key}");
            }
        }
    }
}

#[tokio::test]
async fn an_invalid_value_is_stored_with_a_warning_but_not_found() {
    let app = TestApp::new();
    add_one(&app, "PatientAge", "Instance").await;
    let invalid = Instance::new().with(0x0010_1010, "AS", "45 years");
    let answer = app.store([&invalid]).await.expect(202);
    assert_eq!(answer.json()["00081199"]["Value"][0]["00081196"]["Value"], json!([1]));
    assert_eq!(count(&app, "/instances?PatientAge=45%20years").await, 0);
    assert_eq!(count(&app, "/instances?PatientAge=*").await, 0);
    assert_eq!(count(&app, "/instances?PatientID=PAT-1").await, 1, "other attributes find it");
    app.store([&invalid.sibling().with(0x0010_1010, "AS", "045Y")]).await.expect(200);
    let answer = app.query("/instances?PatientAge=045Y").await.expect(200);
    assert_eq!(answer.header("erroneous-dicom-attributes"), None);
    let shown = tag(&app, "PatientAge").await;
    assert_eq!((&shown["queryStatus"], shown.get("errors")), (&json!("enabled"), None));
}

#[tokio::test]
async fn a_value_that_is_encoded_otherwise_than_declared_is_stored_but_not_found() {
    let app = TestApp::new();
    add_one(&app, "DeviceSerialNumber", "Instance").await;
    let other = Instance::new().with(SERIAL, "SH", "S1");
    app.store([&other]).await.expect(200);
    assert_eq!(count(&app, "/instances?DeviceSerialNumber=S1").await, 0);
    let metadata = app.query(&format!("{}/metadata", other.path())).await.expect(200).json();
    assert_eq!(metadata[0]["00181000"], json!({ "vr": "SH", "Value": ["S1"] }));
    assert_eq!(tag(&app, "DeviceSerialNumber").await.get("errors"), None, "only reindexing notes errors");
}

#[tokio::test]
async fn values_padded_with_nulls_are_found() {
    let app = TestApp::new();
    add_one(&app, "DeviceSerialNumber", "Instance").await;
    app.store([&Instance::new().with_bytes(SERIAL, "LO", b"X\0\0\0".to_vec())]).await.expect(200);
    for value in ["X", "x%00"] {
        assert_eq!(count(&app, &format!("/instances?DeviceSerialNumber={value}")).await, 1, "{value}");
    }
}

#[tokio::test]
async fn version_1_refuses_an_instance_whose_value_cannot_be_indexed() {
    let app = TestApp::new();
    let tags = json!([
        { "path": "PatientAge", "level": "Study" },
        { "path": "04011001", "vr": "SH", "privateCreator": "mine", "level": "Study" },
    ]);
    add_and_wait(&app, tags).await;
    let store = async |instance: &Instance| {
        let path = format!("/services/{}/v1/studies", app.service);
        let (content_type, body) = multipart_body([instance.bytes()]);
        let request = app.at_root(Method::POST, &path).header("accept", DICOM_JSON);
        send(request.header("content-type", content_type).body(body)).await
    };
    let new = Instance::new;
    store(&new().with(0x0010_1010, "AS", "45 years")).await.expect(409);
    store(&new().with(0x0010_1010, "CS", "045Y")).await.expect(409);
    store(&new().with(0x0401_0010, "LO", "mine").with(0x0401_1001, "LO", "x")).await.expect(409);
    store(&new().with(0x0401_0010, "LO", "other").with(0x0401_1001, "LO", "x")).await.expect(200);
    store(&new().with(0x0010_1010, "AS", "045Y")).await.expect(200);
    assert_eq!(count(&app, "/studies?PatientAge=045Y").await, 1);
    assert_eq!(count(&app, "/studies").await, 2);
    app.delete("/extendedquerytags/PatientAge").await.expect(204);
    store(&new().with(0x0010_1010, "AS", "45 years")).await.expect(200);
}

#[tokio::test]
async fn studies_that_expire_take_their_values_along() {
    let app = TestApp::new();
    add_one(&app, "DeviceSerialNumber", "Study").await;
    let instance = Instance::new().with(SERIAL, "LO", "S1");
    let request = app.request(Method::PUT, "/studies").header("accept", DICOM_JSON);
    let request = request.header("content-type", "application/dicom").header("msdicom-expiry-time-milliseconds", 1000);
    send(request.body(instance.bytes())).await.expect(200);
    assert_eq!(count(&app, "/studies?DeviceSerialNumber=S1").await, 1);
    send(app.control(Method::PUT, "/clock").body(r#"{"advance":"PT1H"}"#)).await.expect(200);
    assert_eq!(count(&app, "/studies?DeviceSerialNumber=S1").await, 0);
    app.store([&instance.without(SERIAL)]).await.expect(200);
    assert_eq!(count(&app, "/studies?DeviceSerialNumber=S1").await, 0);
}
