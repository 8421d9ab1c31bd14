//! `POST` and `PUT` of `/workitems/{uid}`

use reqwest::Method;
use serde_json::{Value, json};

use super::{TRANSACTION, code, complete, items, message, one, performed, plain, with};
use crate::support::{Answer, DICOM_JSON, TestApp, send, uid};

const NOT_CLAIMED: &str = "The target URI did not reference a claimed Workitem.";
const INVALID: &str = "Invalid TransactionUID for the specified Workitem Instance UID.";
const COMPLETED: &str =
    "The submitted request is inconsistent with the current state of the Workitem. The UPS is already COMPLETED.";
const CANCELED: &str = "The submitted request is inconsistent with the current state of the Workitem. The UPS is already in the requested state of CANCELED.";

fn label(text: &str) -> Value {
    json!([{ "00741204": one("LO", text) }])
}

async fn update(app: &TestApp, method: Method, uid: &str, query: &str, header: &str, body: &Value) -> Answer {
    let request = app.workitem_request(method, &format!("/workitems/{uid}{query}"), body);
    let request = if header.is_empty() { request } else { request.header("Transaction-UID", header) };
    send(request).await
}

#[tokio::test]
async fn attributes_are_replaced_whole_or_added_and_the_others_stay() {
    let app = TestApp::new();
    let clock = json!({ "mode": "frozen", "now": "2026-02-03T04:05:06Z" }).to_string();
    send(app.control(Method::PUT, "/clock").body(clock)).await.expect(200);
    let uid = app.workitem(with(complete(), json!({ "00404025": items([code("A"), code("B")]) }))).await;
    let before = app.retrieve_workitem(&uid).await;
    send(app.control(Method::PUT, "/clock").body(json!({ "advance": "PT1S" }).to_string())).await.expect(200);
    let changes = json!({
        "00741204": one("LO", "another"),
        "00741202": one("LO", "my worklist"),
        "00404025": items([code("C")]),
        "00102000": json!({ "vr": "LO", "Value": ["one", "two"] }),
        "001021C0": json!({ "vr": "US", "Value": [1, 2] }),
        "00404010": one("DT", "19990101"),
        "00081195": one("UI", "1.2.3"),
    });
    let answer = app.update_workitem(&uid, "", &json!([changes])).await.expect(200);
    assert_eq!(answer.text(), "");
    assert_eq!(answer.header("content-location"), Some(app.url(&format!("/workitems/{uid}")).as_str()));
    assert_eq!((answer.header("location"), answer.header("warning")), (None, None));
    let set = json!({ "00404010": one("DT", "20260203040507"), "00081195": null });
    assert_eq!(app.retrieve_workitem(&uid).await, with(with(before, changes), set));
}

#[tokio::test]
async fn who_may_update_follows_from_the_state() {
    let app = TestApp::new();
    let right = format!("?{TRANSACTION}");
    for (state, query, status, text) in [
        ("SCHEDULED", "", 200, ""),
        ("SCHEDULED", "?1.2.3", 400, INVALID),
        ("IN PROGRESS", right.as_str(), 200, ""),
        ("IN PROGRESS", "", 400, NOT_CLAIMED),
        ("IN PROGRESS", "?1.2.3", 400, NOT_CLAIMED),
        ("COMPLETED", right.as_str(), 400, COMPLETED),
        ("COMPLETED", "", 400, COMPLETED),
        ("COMPLETED", "?1.2.3", 400, COMPLETED),
        ("CANCELED", right.as_str(), 409, CANCELED),
        ("CANCELED", "", 409, CANCELED),
        ("CANCELED", "?1.2.3", 409, CANCELED),
    ] {
        let uid = app.workitem_in(state).await;
        for method in [Method::POST, Method::PUT] {
            let answer = update(&app, method, &uid, query, "", &label("new")).await.expect(status);
            if status == 200 {
                assert_eq!(answer.text(), "");
            } else {
                assert_eq!(message(&answer), text, "{state} {query}");
                assert!(answer.header("warning").is_some());
                assert_eq!(app.retrieve_workitem(&uid).await["00741204"]["Value"][0], "label");
            }
        }
        assert_eq!(app.retrieve_workitem(&uid).await["00741000"]["Value"][0], state);
    }
}

#[tokio::test]
async fn an_unknown_workitem_is_a_bad_request_to_post_and_not_found_to_put() {
    let app = TestApp::new();
    for (method, status) in [(Method::POST, 400), (Method::PUT, 404)] {
        let answer = update(&app, method, &uid(), "", "", &label("new")).await.expect(status);
        assert_eq!(message(&answer), NOT_CLAIMED);
        assert!(answer.header("warning").is_some());
    }
}

#[tokio::test]
async fn either_method_takes_either_carrier_and_the_query_wins() {
    let app = TestApp::new();
    let uid = app.workitem_in("IN PROGRESS").await;
    let right = format!("?{TRANSACTION}");
    let named = format!("?transaction-uid={TRANSACTION}&x=y");
    for (query, header, status) in [
        (right.as_str(), "", 200),
        ("", TRANSACTION, 200),
        ("?", TRANSACTION, 200),
        ("?%20", TRANSACTION, 200),
        (named.as_str(), "", 200),
        (right.as_str(), "1.2.3", 200),
        ("?1.2.3", TRANSACTION, 400),
        ("", " ", 400),
    ] {
        for method in [Method::POST, Method::PUT] {
            update(&app, method, &uid, query, header, &label("new")).await.expect(status);
        }
    }
}

#[tokio::test]
async fn a_transaction_uid_in_the_dataset_is_no_credential() {
    let app = TestApp::new();
    let uid = app.workitem_in("IN PROGRESS").await;
    let answer = app.update_workitem(&uid, "", &json!([{ "00081195": one("UI", TRANSACTION) }])).await.expect(400);
    assert_eq!(message(&answer), NOT_CLAIMED);
}

#[tokio::test]
async fn malformed_uids_are_refused_before_the_workitem_is_looked_for() {
    let app = TestApp::new();
    let uid = app.workitem_in("IN PROGRESS").await;
    for (path, body, name) in [
        (format!("/workitems/{uid}?1.2.a"), label("x"), "TransactionUid"),
        (format!("/workitems/{uid}?abc"), json!({}), "TransactionUid"),
        ("/workitems/abc?1.2.a".to_owned(), label("x"), "WorkitemInstanceUid"),
    ] {
        let answer = send(app.workitem_request(Method::POST, &path, &body)).await.expect(400);
        assert!(plain(&answer).starts_with(&format!("Dicom element '{name}' failed validation for VR 'UI'")));
        assert_eq!(answer.header("warning"), None);
    }
    let answer = send(app.workitem_request(Method::POST, &format!("/workitems/{uid}?1.2.a"), &json!({}))).await;
    assert_eq!(message(&answer.expect(400)), NOT_CLAIMED);
}

#[tokio::test]
async fn attribute_rules_come_after_the_state() {
    let app = TestApp::new();
    let uid = app.workitem_in("IN PROGRESS").await;
    let forbidden = json!([{ "00100020": one("LO", "P2") }]);
    assert_eq!(message(&app.update_workitem(&uid, "1.2.3", &forbidden).await.expect(400)), NOT_CLAIMED);
    for body in [forbidden, json!({ "00100020": one("LO", "P2") })] {
        let answer = app.update_workitem(&uid, TRANSACTION, &body).await.expect(400);
        assert_eq!(message(&answer), "The attribute with tag '(0010,0020)' cannot be present.");
        assert!(answer.header("warning").is_some());
    }
    let no_output = json!([with(performed(), json!({ "00741216": items([json!({})]) }))]);
    let answer = app.update_workitem(&uid, TRANSACTION, &no_output).await.expect(400);
    assert_eq!(message(&answer), "The required tag '(0040,4033)' is missing.");
}

#[tokio::test]
async fn messages_are_plain_text_unless_json_is_asked_for_by_name() {
    let app = TestApp::new();
    for accept in ["*/*", "text/html", "application/*", ""] {
        let request = app.request(Method::POST, "/workitems/1.2.3").header("content-type", DICOM_JSON).body("[{}]");
        let request = if accept.is_empty() { request } else { request.header("accept", accept) };
        let answer = send(request).await.expect(400);
        assert_eq!(plain(&answer), NOT_CLAIMED, "{accept}");
        assert_eq!(answer.header("warning"), Some(format!("299 127.0.0.1: \"{NOT_CLAIMED}\"").as_str()));
    }
    for accept in ["application/json", "text/html, application/dicom+json;q=0.5"] {
        let request = app.request(Method::POST, "/workitems/1.2.3").header("content-type", DICOM_JSON);
        assert_eq!(message(&send(request.header("accept", accept).body("[{}]")).await.expect(400)), NOT_CLAIMED);
    }
    let unsaid = app.request(Method::POST, "/workitems/1.2.3").body("[{}]");
    assert_eq!(send(unsaid).await.expect(415).text(), "");
}
