//! Tags in the past: time travel, reset, copies.

use reqwest::Method;
use serde_json::json;

use super::{add_one, patch, tag, wait};
use crate::support::{Answer, Instance, TestApp, send};

const SERIAL: u32 = 0x0018_1000;

async fn as_of(app: &TestApp, position: i64, path: &str) -> Answer {
    let request = app.request(Method::GET, path).header("accept", "application/dicom+json");
    send(request.header("x-emulator-as-of", position)).await
}

#[tokio::test]
async fn the_past_of_tags_can_be_seen() {
    let app = TestApp::new();
    let instance = Instance::new().with(SERIAL, "LO", "S1");
    let faulty = instance.sibling().with(SERIAL, "SH", "S1");
    app.store([&instance, &faulty]).await.expect(200);
    let without = app.position().await;
    add_one(&app, "DeviceSerialNumber", "Study").await;
    let disabled = app.position().await;
    patch(&app, "DeviceSerialNumber", r#"{"queryStatus":"Enabled"}"#).await.expect(200);
    let enabled = app.position().await;
    app.upsert([&faulty.with(SERIAL, "LO", "S2")]).await.expect(200);
    let changed = app.position().await;
    app.delete("/extendedquerytags/DeviceSerialNumber").await.expect(204);
    app.delete(&instance.study_path()).await.expect(204);

    let (path, search) = ("/extendedquerytags/00181000", "/studies?DeviceSerialNumber=S1");
    for (position, shown, query_status, errors, found) in [
        (without, 404, "", 0, 400),
        (disabled, 200, "disabled", 1, 400),
        (enabled, 200, "enabled", 1, 200),
        (changed, 200, "enabled", 0, 204),
    ] {
        let answer = as_of(&app, position, path).await.expect(shown);
        if shown == 200 {
            let shown = answer.json();
            assert_eq!(shown["queryStatus"], query_status, "as of {position}");
            assert_eq!(shown["errors"]["count"].as_i64().unwrap_or_default(), errors, "as of {position}");
            let listed = as_of(&app, position, &format!("{path}/errors")).await.expect(200).json();
            assert_eq!(listed.as_array().unwrap().len() as i64, errors, "as of {position}");
        }
        let searched = as_of(&app, position, search).await.expect(found);
        let header = if found != 400 && errors > 0 { Some("DeviceSerialNumber") } else { None };
        assert_eq!(searched.header("erroneous-dicom-attributes"), header, "as of {position}");
    }
}

#[tokio::test]
async fn a_reset_brings_tags_back_and_takes_them_away() {
    let app = TestApp::new();
    let instance = Instance::new().with(SERIAL, "LO", "S1");
    app.store([&instance]).await.expect(200);
    app.snapshot("without").await;
    add_one(&app, "DeviceSerialNumber", "Study").await;
    app.snapshot("with").await;
    app.upsert([&instance.clone().with(SERIAL, "LO", "S2")]).await.expect(200);
    app.delete("/extendedquerytags/DeviceSerialNumber").await.expect(204);

    app.reset(json!({ "snapshot": "with" })).await.expect(200);
    assert_eq!(super::count(&app, "/studies?DeviceSerialNumber=S1").await, 1);
    assert_eq!(super::count(&app, "/studies?DeviceSerialNumber=S2").await, 0);
    app.upsert([&instance.with(SERIAL, "LO", "S3")]).await.expect(200);
    assert_eq!(super::count(&app, "/studies?DeviceSerialNumber=S3").await, 1);

    app.reset(json!({ "snapshot": "without" })).await.expect(200);
    assert_eq!(app.get("/extendedquerytags", "*/*").await.expect(200).text(), "[]");
    add_one(&app, "DeviceSerialNumber", "Instance").await;
    assert_eq!(super::count(&app, "/instances?DeviceSerialNumber=S1").await, 1);
}

#[tokio::test]
async fn a_reset_into_the_middle_of_a_reindex_takes_it_up_again() {
    let app = TestApp::new();
    let first = Instance::new();
    let instances: Vec<Instance> = (0..120).map(|_| first.sibling().with(SERIAL, "LO", "S1")).collect();
    app.store(&instances).await.expect(200);
    let started = super::add(&app, json!([{ "path": "DeviceSerialNumber", "level": "Instance" }])).await.expect(202);
    let id = started.json()["id"].as_str().unwrap().to_owned();
    wait(&app, &id).await;
    let log = send(app.control(Method::GET, "/log?kind=operationProgressed")).await.expect(200).json();
    let steps: Vec<i64> = log.as_array().unwrap().iter().map(|event| event["position"].as_i64().unwrap()).collect();
    assert!(steps.len() > 1, "{log}");
    let then = as_of(&app, steps[0], &format!("/operations/{id}")).await.expect(202).json();
    assert_eq!((&then["status"], &then["percentComplete"]), (&json!("running"), &json!(83)));

    for position in [started.header("x-emulator-position").unwrap().parse().unwrap(), steps[0]] {
        app.reset(json!({ "position": position })).await.expect(200);
        wait(&app, &id).await;
        assert_eq!(tag(&app, "DeviceSerialNumber").await["status"], "ready");
        assert_eq!(super::count(&app, "/instances?DeviceSerialNumber=S1&limit=200").await, 120);
    }
}

#[tokio::test]
async fn two_equal_runs_give_equal_operations() {
    let app = TestApp::new();
    app.store([&Instance::new().with(SERIAL, "LO", "S1")]).await.expect(200);
    let clock = json!({ "mode": "frozen", "now": "2030-01-01T00:00:00Z" });
    send(app.control(Method::PUT, "/clock").body(clock.to_string())).await.expect(200);
    app.snapshot("start").await;
    let mut runs = Vec::new();
    for _ in 0..2 {
        let entry = json!([{ "path": "DeviceSerialNumber", "level": "Study" }]);
        runs.push((super::add_and_wait(&app, entry).await, app.position().await));
        app.reset(json!({ "snapshot": "start" })).await.expect(200);
    }
    assert_eq!(runs[0], runs[1]);
    assert_eq!(runs[0].0["createdTime"], "2030-01-01T00:00:00Z");
}
