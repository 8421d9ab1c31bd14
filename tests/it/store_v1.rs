//! What version 1 does differently in a store

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, DICOM_JSON, Instance, TestApp, send};

async fn post(app: &TestApp, instance: &Instance) -> Answer {
    let path = format!("/services/{}/v1/studies", app.service);
    let request = app.at_root(Method::POST, &path).header("accept", DICOM_JSON);
    send(request.header("content-type", "application/dicom").body(instance.bytes())).await
}

fn failed_attributes(answer: &Answer) -> Value {
    answer.json()["00081198"]["Value"][0]["00741048"]["Value"][0]["00000902"]["Value"].clone()
}

#[tokio::test]
async fn urls_name_the_version_and_success_lists_no_attributes() {
    let app = TestApp::new();
    let instance = Instance::new();
    let answer = post(&app, &instance).await.expect(200);
    let item = &answer.json()["00081199"]["Value"][0];
    let url = format!("{}/services/{}/v1{}", app.root(), app.service, instance.path());
    assert_eq!((&item["00081190"]["Value"][0], &item["00741048"]), (&json!(url), &Value::Null));
    app.store([&instance]).await.expect(409);
}

#[tokio::test]
async fn an_invalid_searchable_attribute_fails_the_instance() {
    let app = TestApp::new();
    let answer = post(&app, &Instance::new().with(0x0008_0020, "DA", "NotAValidDate")).await.expect(409);
    let text = "DICOM100: (0008,0020) - Dicom element 'StudyDate' failed validation for VR 'DA': Value cannot be parsed as a valid date.";
    assert_eq!(failed_attributes(&answer), json!([text]));
    let answer = post(&app, &Instance::new().with(0x0010_0020, "LO", "")).await.expect(409);
    assert_eq!(
        failed_attributes(&answer),
        json!(["DICOM100: (0010,0020) - The required tag '(0010,0020)' is missing."])
    );
}

#[tokio::test]
async fn other_attributes_are_not_looked_at() {
    let app = TestApp::new();
    let instance = Instance::new().with(0x0008_0021, "DA", "NotAValidDate");
    post(&app, &instance).await.expect(200);
    let metadata = app.query(&format!("{}/metadata", instance.path())).await.expect(200).json();
    assert_eq!(metadata[0]["00080021"]["Value"][0], "NotAValidDate");
}
