//! Bulk updates of what tags know.

use serde_json::json;

use super::{add_and_wait, add_one, count, patch, tag};
use crate::support::{Instance, TestApp};

const AGE: u32 = 0x0010_1010;
const SEX: u32 = 0x0010_0040;
const SERIAL: u32 = 0x0018_1000;

/// Two instances of a series; the first in the order of identifiers is the newer one.
fn older_and_newer() -> [Instance; 2] {
    let study = crate::support::uid();
    let instance = |number: u8| Instance::of(&study, &format!("{study}.1"), &format!("{study}.1.{number}"));
    let older = instance(2).with(AGE, "AS", "045Y").with(SEX, "CS", "M").with(SERIAL, "LO", "old");
    [older, instance(1).with(AGE, "AS", "046Y").with(SEX, "CS", "F").with(SERIAL, "LO", "new")]
}

#[tokio::test]
async fn a_bulk_update_changes_the_values_that_it_names_and_no_others() {
    let app = TestApp::new();
    let tags = json!([
        { "path": "PatientAge", "level": "Study" },
        { "path": "PatientSex", "level": "Instance" },
        { "path": "DeviceSerialNumber", "level": "Study" },
    ]);
    add_and_wait(&app, tags).await;
    let [older, newer] = older_and_newer();
    for instance in [&older, &newer] {
        app.store([instance]).await.expect(200);
    }
    let value = |vr: &str, value: &str| json!({ "vr": vr, "Value": [value] });
    let changes = json!({ "00101010": value("AS", "050Y"), "00100040": value("CS", "O") });
    assert_eq!(app.update(&[&older.study], changes).await["status"], "succeeded");
    for (path, expected) in [
        ("/studies?PatientAge=050Y", 1),
        ("/studies?PatientAge=046Y", 0),
        ("/instances?PatientSex=O", 2),
        ("/instances?PatientSex=F", 0),
        ("/studies?DeviceSerialNumber=new", 1),
        ("/studies?DeviceSerialNumber=old", 0),
    ] {
        assert_eq!(count(&app, path).await, expected, "{path}");
    }
    // What becomes empty does not clear the value of a study.
    app.update(&[&older.study], json!({ "00101010": { "vr": "AS" }, "00100040": { "vr": "CS" } })).await;
    assert_eq!(count(&app, "/studies?PatientAge=050Y").await, 1);
    assert_eq!(count(&app, "/instances?PatientSex=O").await, 0);
}

#[tokio::test]
async fn a_bulk_update_makes_no_instance_newer() {
    let app = TestApp::new();
    let [older, newer] = older_and_newer();
    for instance in [&older, &newer] {
        app.store([instance]).await.expect(200);
    }
    app.update(&[&older.study], json!({ "00100040": { "vr": "CS", "Value": ["O"] } })).await;
    add_one(&app, "DeviceSerialNumber", "Study").await;
    assert_eq!(count(&app, "/studies?DeviceSerialNumber=new").await, 1);
    assert_eq!(count(&app, "/studies?DeviceSerialNumber=old").await, 0);
}

#[tokio::test]
async fn a_bulk_update_while_a_tag_is_added_hides_nothing_from_it() {
    let app = TestApp::new();
    let first = Instance::new();
    let instances: Vec<Instance> = (0..120).map(|_| first.sibling().with(SERIAL, "LO", "S1")).collect();
    app.store(&instances).await.expect(200);
    let started = super::add(&app, json!([{ "path": "DeviceSerialNumber", "level": "Instance" }])).await.expect(202);
    app.update(&[&first.study], json!({ "00100040": { "vr": "CS", "Value": ["O"] } })).await;
    super::wait(&app, started.json()["id"].as_str().unwrap()).await;
    assert_eq!(count(&app, "/instances?DeviceSerialNumber=S1&limit=200").await, 120);
}

#[tokio::test]
async fn a_bulk_update_mends_what_it_changes() {
    let app = TestApp::new();
    let faulty = Instance::new().with(AGE, "SH", "045Y").with(SERIAL, "SH", "S1");
    app.store([&faulty]).await.expect(200);
    let tags = json!([{ "path": "PatientAge", "level": "Study" }, { "path": "DeviceSerialNumber", "level": "Study" }]);
    add_and_wait(&app, tags).await;
    app.update(&[&faulty.study], json!({ "00101010": { "vr": "AS", "Value": ["050Y"] } })).await;
    assert_eq!(tag(&app, "PatientAge").await.get("errors"), None);
    assert_eq!(tag(&app, "DeviceSerialNumber").await["errors"]["count"], 1);
    patch(&app, "PatientAge", r#"{"queryStatus":"Enabled"}"#).await.expect(200);
    assert_eq!(count(&app, "/studies?PatientAge=050Y").await, 1);
}
