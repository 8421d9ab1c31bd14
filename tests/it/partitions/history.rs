//! Partitions in resets and time travel, and services that come and go.

use reqwest::Method;
use serde_json::{Value, json};

use super::{DISABLED, MISSING, UNKNOWN, keys, names, store_in, within};
use crate::support::{Answer, DICOM_JSON, Instance, TestApp, send};

async fn as_of(app: &TestApp, path: &str, moment: i64) -> Answer {
    send(app.request(Method::GET, path).header("accept", DICOM_JSON).header("x-emulator-as-of", moment)).await
}

#[tokio::test]
async fn a_reset_takes_partitions_back_and_the_next_get_the_same_keys() {
    let app = TestApp::partitioned().await;
    store_in(&app, "Kept", [&Instance::new()]).await.expect(200);
    app.snapshot("base").await;
    let before = app.everything(None).await;
    for _ in 0..2 {
        store_in(&app, "one", [&Instance::new()]).await.expect(200);
        store_in(&app, "two", [&Instance::new()]).await.expect(200);
        assert_eq!(names(&app).await, ["Microsoft.Default", "Kept", "one", "two"]);
        assert_eq!(keys(&app).await, [1, 2, 3, 4]);
        app.reset(json!({ "snapshot": "base" })).await.expect(200);
        assert_eq!(app.everything(None).await, before);
        assert_eq!(app.query(&within("one", "/studies")).await.expect(400).text(), UNKNOWN);
    }
    store_in(&app, "TWO", [&Instance::new()]).await.expect(200);
    assert_eq!(names(&app).await, ["Microsoft.Default", "Kept", "TWO"], "a name that was taken back is free");
    assert_eq!(keys(&app).await, [1, 2, 3]);
    app.reset(json!({})).await.expect(200);
    assert_eq!(names(&app).await, ["Microsoft.Default"]);
}

#[tokio::test]
async fn every_answer_can_be_had_as_it_was() {
    let app = TestApp::partitioned().await;
    let instance = Instance::new();
    let mut seen = vec![(0, app.everything(None).await)];
    for partition in ["a", "b"] {
        store_in(&app, partition, [&instance]).await.expect(200);
        seen.push((app.position().await, app.everything(None).await));
    }
    app.delete(&within("a", &instance.path())).await.expect(204);
    seen.push((app.position().await, app.everything(None).await));
    for (position, then) in seen {
        assert_eq!(app.everything(Some(position)).await, then, "as of {position}");
    }
}

#[tokio::test]
async fn a_partition_exists_from_its_event_on() {
    let app = TestApp::partitioned().await;
    store_in(&app, "a", [&Instance::new()]).await.expect(200);
    assert_eq!(as_of(&app, "/partitions/a/studies", 0).await.expect(400).text(), UNKNOWN);
    as_of(&app, "/partitions/a/studies", 1).await.expect(204);
    as_of(&app, "/partitions/A/studies", 2).await.expect(200);
    as_of(&app, "/partitions/Microsoft.Default/studies", 0).await.expect(204);
    let list = as_of(&app, "/partitions", 0).await.expect(200);
    assert_eq!(list.json().as_array().map(Vec::len), Some(1));
    assert_eq!(list.header("x-emulator-position"), Some("0"));
    assert_eq!(as_of(&app, "/partitions", 1).await.expect(200).json().as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn a_service_chooses_when_it_is_created_and_cannot_change_its_mind() {
    let app = TestApp::new();
    let put = async |body: &'static str| send(app.control(Method::PUT, "").body(body)).await;
    let created = put(r#"{"partitions":true}"#).await.expect(201).json();
    assert_eq!((&created["partitions"], &created["position"]), (&json!(true), &json!(0)));
    put(r#"{"partitions":true}"#).await.expect(200);
    assert_eq!(put("").await.expect(200).json()["partitions"], json!(true));
    let refused = put(r#"{"partitions":false}"#).await.expect(409);
    assert_eq!(refused.header("content-type"), Some("application/problem+json"));
    assert_eq!(send(app.control(Method::GET, "")).await.expect(200).json()["partitions"], json!(true));
    let plain = TestApp::new();
    plain.query("/studies").await.expect(204);
    send(plain.control(Method::PUT, "").body(r#"{"partitions":true}"#)).await.expect(409);
}

#[tokio::test]
async fn a_deleted_service_can_come_back_with_partitions_or_without() {
    let app = TestApp::partitioned().await;
    store_in(&app, "a", [&Instance::new()]).await.expect(200);
    send(app.control(Method::DELETE, "")).await.expect(204);
    app.store([&Instance::new()]).await.expect(200);
    assert_eq!(app.query(&within("a", "/studies")).await.expect(400).text(), DISABLED);
    send(app.control(Method::DELETE, "")).await.expect(204);
    send(app.control(Method::PUT, "").body(r#"{"partitions":true}"#)).await.expect(201);
    assert_eq!(app.store([&Instance::new()]).await.expect(400).text(), MISSING);
    assert_eq!(names(&app).await, ["Microsoft.Default"]);
}

#[tokio::test]
async fn a_copy_has_the_partitions_that_the_other_had() {
    let (app, copy) = (TestApp::partitioned().await, TestApp::new());
    let instance = Instance::new();
    store_in(&app, "a", [&instance]).await.expect(200);
    app.snapshot("golden").await;
    store_in(&app, "b", [&instance]).await.expect(200);
    let put = async |mut body: Value| {
        body["copyOf"] = json!({ "service": app.service, "snapshot": "golden" });
        send(copy.control(Method::PUT, "").body(body.to_string())).await
    };
    put(json!({ "partitions": false })).await.expect(400);
    assert_eq!(put(json!({})).await.expect(201).json()["partitions"], json!(true));
    assert_eq!(names(&copy).await, ["Microsoft.Default", "a"]);
    copy.get(&within("A", &instance.path()), "*/*").await.expect(200);
    store_in(&copy, "c", [&instance]).await.expect(200);
    assert_eq!((keys(&copy).await, names(&app).await.len()), (vec![1, 2, 3], 3));
}
