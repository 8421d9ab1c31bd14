//! `PATCH` and `DELETE` of tags.

use reqwest::Method;
use serde_json::json;

use super::{add_one, count, patch, tag};
use crate::support::{Instance, TestApp, send};

#[tokio::test]
async fn searching_a_tag_can_be_forbidden_and_allowed() {
    let app = TestApp::new();
    app.store([&Instance::new().with(0x0010_1010, "AS", "045Y")]).await.expect(200);
    add_one(&app, "PatientAge", "Study").await;
    let answer = patch(&app, "PatientAge", r#"{"QUERYSTATUS": "disABLED", /* now */ }"#).await.expect(200);
    let expected =
        json!({ "path": "00101010", "vr": "AS", "status": "ready", "level": "study", "queryStatus": "disabled" });
    assert_eq!(answer.json(), expected);
    assert_eq!(tag(&app, "PatientAge").await, expected);
    for key in ["PatientAge", "00101010"] {
        let refused = app.query(&format!("/studies?{key}=")).await.expect(400);
        assert_eq!(refused.text(), format!("Query is disabled on specified attribute '{key}'."));
    }
    let before = app.position().await;
    patch(&app, "00101010", r#"{"queryStatus":"Disabled"}"#).await.expect(200);
    assert_eq!(app.position().await, before, "nothing happened");
    patch(&app, "00101010", r#"{"queryStatus":"Enabled"}"#).await.expect(200);
    assert_eq!(count(&app, "/studies?PatientAge=045Y").await, 1);
}

#[tokio::test]
async fn what_is_no_status_is_refused_and_the_field_named() {
    let app = TestApp::new();
    add_one(&app, "PatientAge", "Study").await;
    let before = app.position().await;
    let required = "The field 'QueryStatus' in request body is invalid: The QueryStatus field is required.";
    let invalid = |field: &str| {
        format!(
            r#"The field '$.{field}' in request body is invalid: The value is not valid. It need to be one of "Disabled","Enabled"."#
        )
    };
    for (body, expected) in [
        ("{}", required.to_owned()),
        (r#"{"queryStatus":null}"#, required.to_owned()),
        (r#"{"queryStatus":"on"}"#, invalid("queryStatus")),
        (r#"{"QueryStatus":""}"#, invalid("QueryStatus")),
        (r#"{"queryStatus":1}"#, invalid("queryStatus")),
        (
            r#"{"queryStatus":"Enabled","foo":1}"#,
            r#"The field 'foo' in request body is invalid: The field is not supported: "foo"."#.to_owned(),
        ),
    ] {
        assert_eq!(patch(&app, "PatientAge", body).await.expect(400).text(), expected);
    }
    for body in ["", "[]", "{", "\"Enabled\""] {
        patch(&app, "PatientAge", body).await.expect(400);
    }
    let request = app.request(Method::PATCH, "/extendedquerytags/PatientAge").header("content-type", "text/plain");
    send(request.body(r#"{"queryStatus":"Disabled"}"#)).await.expect(415);
    assert_eq!(app.position().await, before);
}

#[tokio::test]
async fn a_deleted_tag_is_gone_at_once_and_starts_afresh_when_it_is_added_again() {
    let app = TestApp::new();
    let faulty = Instance::new().with(0x0018_1000, "SH", "S1");
    let good = faulty.cousin().with(0x0018_1000, "LO", "S2");
    app.store([&faulty, &good]).await.expect(200);
    add_one(&app, "DeviceSerialNumber", "Study").await;
    assert_eq!(tag(&app, "00181000").await["errors"]["count"], 1);

    assert!(app.delete("/extendedquerytags/00181000").await.expect(204).body.is_empty());
    app.get("/extendedquerytags/00181000", "*/*").await.expect(404);
    app.get("/extendedquerytags/00181000/errors", "*/*").await.expect(404);
    app.delete("/extendedquerytags/00181000").await.expect(404);
    let refused = app.query("/studies?DeviceSerialNumber=S2").await.expect(400);
    assert!(refused.text().contains("is not queryable.  "), "{}", refused.text());

    app.delete(&faulty.path()).await.expect(204);
    app.upsert([&good.with(0x0018_1000, "LO", "S3")]).await.expect(200);
    add_one(&app, "DeviceSerialNumber", "Series").await;
    let again =
        json!({ "path": "00181000", "vr": "LO", "status": "ready", "level": "series", "queryStatus": "enabled" });
    assert_eq!(tag(&app, "00181000").await, again);
    assert_eq!(count(&app, "/series?DeviceSerialNumber=S3").await, 1);
    assert_eq!(count(&app, "/series?DeviceSerialNumber=S2").await, 0);
}

#[tokio::test]
async fn an_operation_leaves_out_the_tags_that_were_deleted() {
    let app = TestApp::new();
    let tags = json!([{ "path": "PatientAge", "level": "Study" }, { "path": "DeviceID", "level": "Study" }]);
    let operation = super::add_and_wait(&app, tags).await;
    app.delete("/extendedquerytags/PatientAge").await.expect(204);
    add_one(&app, "PatientAge", "Study").await;
    let path = format!("/operations/{}", operation["operationId"].as_str().unwrap());
    let shown = app.get(&path, "*/*").await.expect(200).json();
    assert_eq!(shown["resources"], json!([app.url("/extendedquerytags/00181003")]));
    app.delete("/extendedquerytags/DeviceID").await.expect(204);
    assert_eq!(app.get(&path, "*/*").await.expect(200).json()["resources"], json!([]));
}

#[tokio::test]
async fn a_tag_may_be_deleted_while_it_is_added() {
    let app = TestApp::new();
    let first = Instance::new();
    let instances: Vec<Instance> = (0..60).map(|_| first.sibling().with(0x0010_1010, "AS", "045Y")).collect();
    app.store(&instances).await.expect(200);
    let started = super::add(&app, json!([{ "path": "PatientAge", "level": "Study" }])).await.expect(202).json();
    app.delete("/extendedquerytags/PatientAge").await.expect(204);
    let operation = super::wait(&app, started["id"].as_str().unwrap()).await;
    assert_eq!((&operation["status"], &operation["resources"]), (&json!("succeeded"), &json!([])));
    app.get("/extendedquerytags/PatientAge", "*/*").await.expect(404);
}
