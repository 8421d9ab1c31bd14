//! `POST /workitems/{uid}/cancelrequest`

use reqwest::Method;
use serde_json::{Value, json};

use super::{complete, empty, items, message, one, performed, plain, with};
use crate::support::{Answer, DICOM_JSON, TestApp, send, uid};

async fn cancel(app: &TestApp, uid: &str, body: &Value) -> Answer {
    send(app.workitem_request(Method::POST, &format!("/workitems/{uid}/cancelrequest"), body)).await
}

#[tokio::test]
async fn the_answer_follows_from_the_state() {
    let app = TestApp::new();
    let refusal = |code: &str| format!("The workitem instance can not transition to 'Canceled' state: {code}.");
    for (state, status, text, warns) in [
        ("SCHEDULED", 202, "The workitem instance has been cancelled.".to_owned(), false),
        ("IN PROGRESS", 400, refusal("C312"), false),
        ("COMPLETED", 400, refusal("C311"), false),
        ("CANCELED", 409, "The UPS is already in the requested state of CANCELED.".to_owned(), true),
    ] {
        for body in [Value::Null, json!([{}]), json!({})] {
            let uid = app.workitem_in(state).await;
            let answer = match &body {
                Value::Null => app.cancel_workitem(&uid).await,
                body => cancel(&app, &uid, body).await,
            };
            let answer = answer.expect(status);
            assert_eq!(message(&answer), text);
            assert_eq!(answer.header("warning").is_some(), warns);
            if status == 202 {
                assert_eq!(app.retrieve_workitem(&uid).await["00741000"]["Value"][0], "CANCELED");
                app.cancel_workitem(&uid).await.expect(409);
            }
        }
    }
    let answer = app.cancel_workitem("1.2.3").await.expect(404);
    assert_eq!(message(&answer), "The workitem instance is not found.");
    assert_eq!(answer.header("warning"), None);
}

#[tokio::test]
async fn the_reason_and_the_contact_are_written_down() {
    let app = TestApp::new();
    let clock = json!({ "mode": "frozen", "now": "2026-02-03T04:05:06Z" }).to_string();
    send(app.control(Method::PUT, "/clock").body(clock)).await.expect(200);
    let written = |reason: Value, uri: Value, name: Value| {
        let now = || one("DT", "20260203040506");
        let why = || items([json!({ "00741238": reason })]);
        json!({
            "00741000": one("CS", "CANCELED"),
            "00404052": now(),
            "0074100E": why(),
            "00741002": items([json!({
                "00404052": now(),
                "0074100E": why(),
                "00741008": items([json!({ "0074100A": uri, "0074100C": name })]),
            })]),
        })
    };
    let uid = app.workitem(complete()).await;
    let before = app.retrieve_workitem(&uid).await;
    app.cancel_workitem(&uid).await.expect(202);
    let nothing = written(empty("LT"), empty("UR"), empty("LO"));
    assert_eq!(app.retrieve_workitem(&uid).await, with(before, nothing));

    let information = json!({
        "00741238": one("LT", "Not needed"),
        "0074100A": one("UR", "tel:1"),
        "0074100C": one("LO", "Desk"),
        "0074100E": items([json!({ "00741238": one("LT", "ignored") })]),
        "00741204": one("LO", "ignored"),
    });
    let uid = app.workitem(complete()).await;
    let before = app.retrieve_workitem(&uid).await;
    cancel(&app, &uid, &json!([with(information, performed())])).await.expect(202);
    let something = written(one("LT", "Not needed"), one("UR", "tel:1"), one("LO", "Desk"));
    assert_eq!(app.retrieve_workitem(&uid).await, with(with(before, something), performed()));
}

#[tokio::test]
async fn a_whole_workitem_is_taken_for_action_information() {
    let app = TestApp::new();
    let uid = app.workitem(complete()).await;
    cancel(&app, &uid, &json!([complete()])).await.expect(202);
    let array = uid_of_a_bare_workitem(&app).await;
    let answer = cancel(&app, &array, &json!([{}])).await.expect(400);
    assert_eq!(message(&answer), "The required tag '(0074,1200)' is missing.");
    assert_eq!(answer.header("warning"), None);
    cancel(&app, &array, &json!({})).await.expect(202);
}

async fn uid_of_a_bare_workitem(app: &TestApp) -> String {
    let uid = uid();
    app.create_workitem(&uid, &json!({})).await.expect(201);
    uid
}

#[tokio::test]
async fn a_body_must_say_what_it_is_but_need_not_be_there() {
    let app = TestApp::new();
    let uid = app.workitem(complete()).await;
    let post = || app.request(Method::POST, &format!("/workitems/{uid}/cancelrequest"));
    assert_eq!(send(post().body("[{}]")).await.expect(415).text(), "");
    assert_eq!(send(post().header("content-type", "application/json")).await.expect(415).text(), "");
    send(post().header("content-type", DICOM_JSON).body("[")).await.expect(400);
    let malformed = send(app.request(Method::POST, "/workitems/abc/cancelrequest")).await.expect(400);
    assert!(plain(&malformed).starts_with("Dicom element 'WorkitemInstanceUid'"));
    send(post().header("content-type", DICOM_JSON)).await.expect(202);
}
