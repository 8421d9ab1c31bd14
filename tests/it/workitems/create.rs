//! `POST /workitems`

use reqwest::Method;
use serde_json::{Value, json};

use super::{complete, empty, items, message, one, plain, with};
use crate::support::{Answer, DICOM_JSON, TestApp, send, uid};

const MALFORMED_UID: &str = "Dicom element 'WorkitemInstanceUid' failed validation for VR 'UI': DICOM Identifier is invalid. Value length should not exceed the maximum length of 64 characters. Value should contain characters in '0'-'9' and '.'. Each component must start with non-zero number.";

async fn create(app: &TestApp, query: &str, body: Value) -> Answer {
    send(app.workitem_request(Method::POST, &format!("/workitems{query}"), &body)).await
}

#[tokio::test]
async fn a_workitem_is_created_and_says_where_it_is() {
    let app = TestApp::new();
    let uid = uid();
    let answer = create(&app, &format!("?{uid}"), json!([complete()])).await.expect(201);
    assert_eq!(answer.text(), "");
    let url = app.url(&format!("/workitems/{uid}"));
    assert_eq!(answer.header("location"), Some(url.as_str()));
    assert_eq!(answer.header("content-location"), Some(url.as_str()));
    assert_eq!(answer.header("warning"), None);
    assert_eq!(answer.header("x-emulator-position"), Some("1"));
    let v1 = app.at_root(Method::POST, &format!("/services/{}/v1/workitems?1.2.99", app.service));
    let v1 = v1.header("content-type", DICOM_JSON).header("accept", "*/*").body(json!([complete()]).to_string());
    let location = format!("{}/services/{}/v1/workitems/1.2.99", app.root(), app.service);
    assert_eq!(send(v1).await.expect(201).header("location"), Some(location.as_str()));
}

#[tokio::test]
async fn the_server_sets_what_is_its_own_to_say() {
    let app = TestApp::new();
    let clock = json!({ "mode": "frozen", "now": "2026-02-03T04:05:06.789Z" }).to_string();
    send(app.control(Method::PUT, "/clock").body(clock)).await.expect(200);
    let claims = json!({
        "00080016": one("UI", "1.2.3"),
        "00404010": one("DT", "19990101"),
        "00741202": one("LO", "mine"),
        "00741000": one("CS", "COMPLETED"),
        "00091001": one("LO", "private"),
        "00404052": one("DT", "20000101"),
    });
    let uid = app.workitem(with(complete(), claims)).await;
    let mut expected = with(
        complete(),
        json!({
            "00081195": null,
            "00080016": one("UI", "1.2.840.10008.5.1.4.34.6.1"),
            "00080018": one("UI", uid.as_str()),
            "00404010": one("DT", "20260203040506"),
            "00741202": one("LO", "worklist"),
            "00741000": one("CS", "SCHEDULED"),
            "00091001": one("LO", "private"),
            "00404052": one("DT", "20000101"),
        }),
    );
    assert_eq!(app.retrieve_workitem(&uid).await, expected);
    let other = app.workitem(with(complete(), json!({ "00741000": empty("CS"), "00741202": null }))).await;
    expected["00080018"] = one("UI", other.as_str());
    expected = with(expected, json!({ "00091001": null, "00404052": null }));
    assert_eq!(app.retrieve_workitem(&other).await, expected);
}

#[tokio::test]
async fn the_uid_is_that_of_the_query_or_of_the_dataset() {
    let app = TestApp::new();
    let named = |uid: &str| json!([with(complete(), json!({ "00080018": one("UI", uid) }))]);
    create(&app, "", named("1.2.1")).await.expect(201);
    create(&app, "?1.2.2", named("1.2.2")).await.expect(201);
    create(&app, "?1.2.3&1.2.4", json!([complete()])).await.expect(201);
    create(&app, "?AffectedSOPInstanceUID=1.2.5", json!([complete()])).await.expect(201);
    create(&app, "?workitem=1.2.6", json!([complete()])).await.expect(201);
    create(&app, "?", named("1.2.7")).await.expect(201);
    for uid in ["1.2.1", "1.2.2", "1.2.3", "1.2.5", "1.2.6", "1.2.7"] {
        app.retrieve_workitem(uid).await;
    }
    let mismatch = "SOPInstanceUID in the payload does not match the workitem query parameter.";
    for own in [one("UI", "1.2.9"), empty("UI")] {
        let body = json!([with(complete(), json!({ "00080018": own }))]);
        assert_eq!(plain(&create(&app, "?1.2.8", body).await.expect(400)), mismatch);
    }
    let missing = "The required tag '(0008,0018)' is missing.";
    for body in [json!([complete()]), json!(complete())] {
        assert_eq!(message(&create(&app, "", body).await.expect(400)), missing);
    }
}

#[tokio::test]
async fn uids_are_as_strict_as_their_client() {
    let app = TestApp::new();
    for (query, own) in [("?1.2.3.workitem1", None), ("?foo=1.2", None), ("?1.2.", None), ("", Some("1.2.a"))] {
        let own = own.map_or(Value::Null, |uid| one("UI", uid));
        let answer = create(&app, query, json!([with(complete(), json!({ "00080018": own }))])).await.expect(400);
        assert_eq!(plain(&answer), MALFORMED_UID, "{query}");
        assert_eq!(answer.header("warning"), None);
    }
    let long = format!("?{}", "1".repeat(65));
    for query in ["?abc", "?workitem", "?1.2.3.", "?1.2.3$", &long] {
        assert_eq!(plain(&create(&app, query, json!({})).await.expect(400)), MALFORMED_UID, "{query}");
    }
    for query in ["?1.2.3.workitem1", "?1-a_b.C", "?01..2"] {
        create(&app, query, json!({})).await.expect(201);
    }
}

#[tokio::test]
async fn one_that_exists_is_a_conflict_in_every_state() {
    let app = TestApp::new();
    for state in ["SCHEDULED", "IN PROGRESS", "COMPLETED", "CANCELED"] {
        let uid = app.workitem_in(state).await;
        for body in [json!([complete()]), json!({})] {
            let answer = create(&app, &format!("?{uid}"), body).await.expect(409);
            let exists = "The workitem instance already exists. Try creating using a different UID.";
            assert_eq!(message(&answer), exists);
            assert_eq!(answer.header("location"), None);
            assert_eq!(answer.header("warning"), None);
        }
        assert_eq!(app.retrieve_workitem(&uid).await["00741000"]["Value"][0], state);
    }
}

#[tokio::test]
async fn a_bare_object_needs_nothing_but_may_not_have_everything() {
    let app = TestApp::new();
    create(&app, "?1.2.1", json!({})).await.expect(201);
    create(&app, "?1.2.2", json!({ "00081195": empty("UI"), "00741200": empty("CS") })).await.expect(201);
    let transaction = json!({ "00081195": one("UI", "1.2.3") });
    let answer = create(&app, "?1.2.3", transaction).await.expect(400);
    assert_eq!(message(&answer), "The attribute with tag '(0008,1195)' must be empty.");
    let progress = json!({ "00741002": items([json!({ "00741004": one("DS", 50) })]) });
    let answer = create(&app, "?1.2.3", progress).await.expect(400);
    assert_eq!(message(&answer), "The attribute with tag '(0074,1004)' cannot be present.");
}

#[tokio::test]
async fn only_the_first_dataset_of_an_array_counts() {
    let app = TestApp::new();
    create(&app, "?1.2.1", json!([complete(), { "00081195": 1 }, 7])).await.expect(201);
}

#[tokio::test]
async fn media_types_are_checked_before_all_else() {
    let app = TestApp::new();
    let post = |content_type: &str, accept: &str| {
        let request = app.request(Method::POST, "/workitems?1.2.1").body("[");
        let request = if content_type.is_empty() { request } else { request.header("content-type", content_type) };
        if accept.is_empty() { request } else { request.header("accept", accept) }
    };
    for content_type in ["", "application/json", "text/plain", "application/dicom", "nonsense"] {
        let answer = send(post(content_type, "*/*")).await.expect(415);
        assert_eq!(answer.text(), "", "{content_type}");
    }
    for content_type in ["APPLICATION/DICOM+JSON", "application/dicom+json; charset=utf-8"] {
        send(post(content_type, "text/html")).await.expect(400);
    }
    let readable = |accept: &str| post(DICOM_JSON, accept).body("[{}]");
    for accept in ["text/html", "application/dicom"] {
        assert_eq!(send(readable(accept)).await.expect(406).text(), "");
    }
    for accept in
        ["*/*", "application/*", "application/json", "application/*+json", "text/html, application/dicom+json"]
    {
        send(readable(accept)).await.expect(400);
    }
}
