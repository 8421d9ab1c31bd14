//! What is refused, in the order in which it is looked for.

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use super::name;
use crate::support::{Answer, Instance, TestApp, send};

const JSON: &str = "application/json";

fn request(app: &TestApp, content_type: Option<&str>) -> RequestBuilder {
    let request = app.request(Method::POST, "/studies/$bulkUpdate");
    match content_type {
        Some(content_type) => request.header("content-type", content_type),
        None => request,
    }
}

async fn post(app: &TestApp, body: impl Into<String>) -> Answer {
    send(request(app, Some(JSON)).body(body.into())).await
}

#[tokio::test]
async fn a_body_that_is_no_request_is_refused() {
    let app = TestApp::new();
    for (body, text) in [
        ("", "The query parameter '' is invalid. A non-empty request body is required."),
        ("  ", "The query parameter '' is invalid. A non-empty request body is required."),
        ("{", "The query parameter '$' is invalid. The JSON value could not be read at line 1, column 1."),
        ("[]", "The query parameter '$' is invalid. A dataset is a JSON object."),
        ("{}", "The query parameter 'ChangeDataset' is invalid. The ChangeDataset field is required."),
        (
            r#"{"studyInstanceUids":["1.2"],"changeDataset":null}"#,
            "The query parameter 'ChangeDataset' is invalid. The ChangeDataset field is required.",
        ),
        (
            r#"{"studyInstanceUids":["1.2"],"changeDataset":{"00100010":{"Value":[]}}}"#,
            "The query parameter '$.changeDataset' is invalid. The attribute (0010,0010) has no valid vr.",
        ),
        (
            r#"{"studyInstanceUids":["1.2"],"changeDataset":{"00100010":{"vr":"PN","Value":["A"]}}}"#,
            "The query parameter '$.changeDataset' is invalid. The value of (0010,0010) is not of the form that its vr asks for.",
        ),
        (
            r#"{"studyInstanceUids":"1.2","changeDataset":{}}"#,
            "The query parameter '$.studyInstanceUids' is invalid. The JSON value is not an array of strings.",
        ),
        (r#"{"changeDataset":{}}"#, "The required field 'StudyInstanceUids' is missing or empty."),
        (
            r#"{"studyInstanceUids":[],"changeDataset":{"0020000D":{"vr":"UI"}}}"#,
            "The required field 'StudyInstanceUids' is missing or empty.",
        ),
    ] {
        let refused = post(&app, body).await.expect(400);
        assert_eq!(refused.text(), text, "{body}");
        assert_eq!(refused.header("content-type"), Some("text/plain; charset=utf-8"));
    }
}

#[tokio::test]
async fn studies_are_at_most_fifty_and_well_formed() {
    let app = TestApp::new();
    let fifty_one = vec!["1.2"; 51];
    let refused = app.start_update(&fifty_one, json!({ "00091001": { "vr": "LO" } })).await.expect(400);
    assert_eq!(refused.text(), "StudyInstanceUids count exceeded maximum length '50'");
    let text = "Dicom element 'StudyInstanceUid' failed validation for VR 'UI': DICOM Identifier is invalid. Value length should not exceed the maximum length of 64 characters. Value should contain characters in '0'-'9' and '.'. Each component must start with non-zero number.";
    let long = "1".repeat(65);
    for uid in ["", "abc", "1.2.", long.as_str()] {
        assert_eq!(app.start_update(&["1.2", uid], name("A")).await.expect(400).text(), text, "{uid}");
    }
    let null = post(&app, r#"{"studyInstanceUids":[null],"changeDataset":{}}"#).await.expect(400);
    assert_eq!(null.text(), text);
}

#[tokio::test]
async fn attributes_at_fault_are_listed_whole_ascending_and_nothing_is_applied() {
    let app = TestApp::new();
    let instance = Instance::new();
    app.store([&instance]).await.expect(200);
    let changes = json!({
        "0020000D": { "vr": "UI", "Value": ["1.2"] },
        "00100030": { "vr": "DA", "Value": ["x"] },
        "00100010": { "vr": "PN", "Value": [{ "Alphabetic": "A" }] },
        "00091001": { "vr": "LO", "Value": ["private"] },
        "00101002": { "vr": "SQ", "Value": [] },
    });
    let refused = app.start_update(&[&instance.study], changes).await.expect(400);
    assert_eq!(refused.header("content-type"), Some("application/json; charset=utf-8"));
    let item = |text: &str| json!({ "00000902": { "vr": "LO", "Value": [text] } });
    let expected = json!({ "00741048": { "vr": "SQ", "Value": [
        item("DICOM100: (0009,1001) - Updating the tag is not supported"),
        item("DICOM100: (0010,0030) - Content \"x\" does not validate VR DA: one of the date values does not match the pattern YYYYMMDD"),
        item("DICOM100: (0010,1002) - Updating the tag is not supported"),
        item("DICOM100: (0020,000d) - Updating the tag is not supported"),
    ] } });
    assert_eq!(refused.json(), expected);
    assert_eq!(app.position().await, 1);
}

#[tokio::test]
async fn the_content_type_is_json_or_not_named() {
    let app = TestApp::new();
    let body = json!({ "studyInstanceUids": ["1.2"], "changeDataset": {} }).to_string();
    for content_type in ["application/dicom+json", "text/plain", "multipart/related", "nonsense"] {
        let refused = send(request(&app, Some(content_type)).body(body.clone())).await.expect(415);
        assert!(refused.body.is_empty());
    }
    for content_type in [Some("application/json; charset=utf-8"), Some("APPLICATION/JSON"), None] {
        let started = send(request(&app, content_type).body(body.clone())).await.expect(202);
        app.await_operation(started.json()["id"].as_str().unwrap()).await;
    }
}

#[tokio::test]
async fn earlier_versions_have_no_update() {
    let app = TestApp::new();
    for version in ["v1", "v1.0-prerelease"] {
        let path = format!("/services/{}/{version}/studies/$bulkUpdate", app.service);
        let body = json!({ "studyInstanceUids": ["1.2"], "changeDataset": {} });
        for content_type in ["application/json", "text/plain"] {
            let request = app.at_root(Method::POST, &path).header("content-type", content_type);
            let refused = send(request.body(body.to_string())).await.expect(404);
            assert!(refused.body.is_empty());
        }
    }
    let refused = send(app.request(Method::PUT, "/studies/$bulkUpdate")).await.expect(405);
    assert_eq!(refused.header("allow"), Some("POST"));
}

#[tokio::test]
async fn the_path_may_be_written_in_any_case_and_encoded_and_names_of_members_too() {
    let app = TestApp::new();
    for path in ["/studies/$bulkupdate", "/Studies/$BULKUPDATE", "/studies/%24bulkUpdate"] {
        let request = app.request(Method::POST, path).header("content-type", JSON);
        let body = r#"{ "StudyInstanceUIDs": ["1.2"], /* nothing */ "ChangeDataSet": {}, }"#;
        let started = send(request.body(body)).await.expect(202);
        app.await_operation(started.json()["id"].as_str().unwrap()).await;
    }
}

#[tokio::test]
async fn the_answer_refers_to_the_operation_and_has_no_location() {
    let app = TestApp::new();
    let started = app.start_update(&["1.2.3"], name("A")).await.expect(202);
    assert_eq!(started.header("location"), None);
    assert_eq!(started.header("content-type"), Some("application/json; charset=utf-8"));
    assert_eq!(started.header("x-emulator-position"), Some("1"));
    let reference: Value = started.json();
    let id = reference["id"].as_str().unwrap();
    assert!(id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)), "{id}");
    assert_eq!(reference, json!({ "id": id, "href": app.url(&format!("/operations/{id}")) }));
    app.await_operation(id).await;
}

#[tokio::test]
async fn one_update_at_a_time() {
    let app = TestApp::new();
    let instance = Instance::new();
    app.store([&instance, &instance.sibling(), &instance.sibling(), &instance.sibling()]).await.expect(200);
    let many = vec![instance.study.as_str(); 50];
    let started = app.start_update(&many, name("First")).await.expect(202).json();
    let id = started["id"].as_str().unwrap();
    let refused = app.start_update(&[&instance.study], name("Second")).await.expect(409);
    assert_eq!(refused.text(), format!("There is already an active update operation with ID '{id}'."));
    // A request that is wrong in itself is told so first.
    app.start_update(&[], name("Second")).await.expect(400);
    app.start_update(&["1.2"], json!({ "0020000D": { "vr": "UI" } })).await.expect(400);
    let unfinished = app.get(&format!("/operations/{id}"), "*/*").await.expect(202);
    assert_eq!(unfinished.header("location"), started["href"].as_str());
    assert!(unfinished.json()["results"]["studyProcessed"].is_number(), "counted from the beginning on");
    let ended = app.await_operation(id).await;
    assert_eq!(ended["results"]["instanceUpdated"], 200);
    app.update(&[&instance.study], name("Second")).await;
}
