//! `PUT /workitems/{uid}/state`

use reqwest::Method;
use serde_json::{Value, json};

use super::{TRANSACTION, change, complete, empty, given_up, items, message, one, performed, plain, with};
use crate::support::{Answer, DICOM_JSON, TestApp, send};

const STRANGER: &str = "9.8.7";

fn refusal(target: &str, code: &str) -> String {
    format!("The workitem instance can not transition to '{target}' state: {code}.")
}

/// The status, and the message, which must be a warning too.
#[track_caller]
fn outcome(answer: &Answer) -> (u16, String) {
    if answer.body.is_empty() {
        assert_eq!(answer.header("warning"), None);
        return (answer.status.as_u16(), String::new());
    }
    assert!(answer.header("warning").is_some());
    (answer.status.as_u16(), message(answer))
}

/// A workitem in this state; `CANCELLED` means by request.
async fn workitem_in(app: &TestApp, state: &str) -> String {
    if state != "CANCELLED" {
        return app.workitem_in(state).await;
    }
    let uid = app.workitem_in("SCHEDULED").await;
    app.cancel_workitem(&uid).await.expect(202);
    uid
}

#[tokio::test]
async fn every_transition_does_what_the_table_says() {
    let app = TestApp::new();
    let already =
        |state: &str, code: &str| format!("The workitem instance is already in the final state '{state}'. {code}.");
    // State, target, what the owner gets, what somebody else gets. Of one without an owner everybody is somebody else.
    let (go, c300, c301, c302) = (200, "C300", "C301", "C302");
    for (state, target, owner, stranger) in [
        ("SCHEDULED", "IN PROGRESS", None, Ok(go)),
        ("SCHEDULED", "COMPLETED", None, Err(c301)),
        ("SCHEDULED", "CANCELED", None, Err(c301)),
        ("IN PROGRESS", "IN PROGRESS", Some(Err(c302)), Err(c301)),
        ("IN PROGRESS", "COMPLETED", Some(Ok(go)), Err(c301)),
        ("IN PROGRESS", "CANCELED", Some(Ok(go)), Err(c301)),
        ("COMPLETED", "IN PROGRESS", Some(Err(c300)), Err(c301)),
        ("COMPLETED", "COMPLETED", Some(Err("B306")), Err(c301)),
        ("COMPLETED", "CANCELED", Some(Err(c300)), Err(c301)),
        ("CANCELED", "IN PROGRESS", Some(Err(c300)), Err(c301)),
        ("CANCELED", "COMPLETED", Some(Err(c300)), Err(c301)),
        ("CANCELED", "CANCELED", Some(Err("B304")), Err(c301)),
        ("CANCELLED", "IN PROGRESS", None, Err(c300)),
        ("CANCELLED", "COMPLETED", None, Err(c301)),
        ("CANCELLED", "CANCELED", None, Err(c301)),
    ] {
        let uid = workitem_in(&app, state).await;
        let before = app.retrieve_workitem(&uid).await;
        for (transaction, expected) in [(STRANGER, Some(stranger)), (TRANSACTION, owner)] {
            let Some(expected) = expected else { continue };
            for body in [json!([change(target, transaction)]), change(target, transaction)] {
                let uid = if expected == Ok(go) { workitem_in(&app, state).await } else { uid.clone() };
                let answer = app.change_state(&uid, &body).await;
                let wanted = match expected {
                    Ok(status) => (status, String::new()),
                    Err(code) if code.starts_with('B') => (200, already(target, code)),
                    Err(code) => (400, refusal(target, code)),
                };
                assert_eq!(outcome(&answer), wanted, "{state} → {target} by {transaction}");
                let after = app.retrieve_workitem(&uid).await;
                match expected {
                    Ok(_) => assert_eq!(after["00741000"]["Value"][0], target),
                    Err(_) => assert_eq!(after, before),
                }
            }
        }
    }
}

#[tokio::test]
async fn only_the_state_changes() {
    let app = TestApp::new();
    let clock = json!({ "mode": "frozen", "now": "2026-02-03T04:05:06Z" }).to_string();
    send(app.control(Method::PUT, "/clock").body(clock)).await.expect(200);
    let uid = app.workitem(complete()).await;
    let before = app.retrieve_workitem(&uid).await;
    send(app.control(Method::PUT, "/clock").body(json!({ "advance": "PT1H" }).to_string())).await.expect(200);
    let body = with(change("IN PROGRESS", "any text at all"), json!({ "00741204": one("LO", "ignored") }));
    assert_eq!(app.change_state(&uid, &json!([body])).await.expect(200).text(), "");
    let after = app.retrieve_workitem(&uid).await;
    assert_eq!(after, with(before, json!({ "00741000": one("CS", "IN PROGRESS") })));
    let answer = app.change_state(&uid, &json!([change("IN PROGRESS", "any text at all ")])).await.expect(400);
    assert_eq!(message(&answer), refusal("IN PROGRESS", "C301"), "transaction UIDs are compared as they are");
}

#[tokio::test]
async fn the_payload_says_who_and_what() {
    let app = TestApp::new();
    let uid = app.workitem(complete()).await;
    let absent = |tag: &str| format!("The required tag '{tag}' is missing.");
    let no_value = |tag: &str| format!("The value for tag '{tag}' is missing.");
    let blank = |tag: &str| format!("The attribute with tag '{tag}' must not be empty.");
    let (who, what) = ("(0008,1195)", "(0074,1000)");
    let one_of = || {
        "Expected value '(0074,1000)' to be one of the following values: [IN PROGRESS,CANCELED,COMPLETED]".to_owned()
    };
    let claim = || change("IN PROGRESS", TRANSACTION);
    for (body, text) in [
        (json!({}), absent(who)),
        (with(claim(), json!({ "00081195": null })), absent(who)),
        (with(claim(), json!({ "00081195": empty("UI") })), no_value(who)),
        (with(claim(), json!({ "00081195": one("UI", "") })), no_value(who)),
        (with(claim(), json!({ "00081195": one("UI", "  ") })), blank(who)),
        (with(claim(), json!({ "00081195": items([json!({})]) })), no_value(who)),
        (with(claim(), json!({ "00741000": null })), absent(what)),
        (with(claim(), json!({ "00741000": empty("CS") })), no_value(what)),
        (with(claim(), json!({ "00741000": one("CS", " ") })), blank(what)),
        (change("SCHEDULED", TRANSACTION), one_of()),
        (change("in progress", TRANSACTION), one_of()),
        (change("CANCELLED", TRANSACTION), one_of()),
        (change("COMPLETED ", TRANSACTION), one_of()),
    ] {
        for body in [json!([body]), body] {
            assert_eq!(outcome(&app.change_state(&uid, &body).await), (400, text.clone()), "{body}");
        }
    }
    let answer = app.change_state("1.2.3", &claim()).await.expect(404);
    assert_eq!(message(&answer), "The workitem instance is not found.");
    assert!(answer.header("warning").is_some());
    assert_eq!(app.change_state("1.2.3", &json!({})).await.status, 400, "the payload comes first");
    let answer = send(app.workitem_request(Method::PUT, "/workitems/abc/state", &json!({}))).await.expect(400);
    assert!(plain(&answer).starts_with("Dicom element 'WorkitemInstanceUid'"));
    assert_eq!(answer.header("warning"), None);
}

#[tokio::test]
async fn messages_are_plain_text_unless_json_is_asked_for_by_name() {
    let app = TestApp::new();
    let uid = app.workitem_in("COMPLETED").await;
    let put = app.request(Method::PUT, &format!("/workitems/{uid}/state")).header("content-type", DICOM_JSON);
    let answer = send(put.body(change("COMPLETED", TRANSACTION).to_string())).await.expect(200);
    assert_eq!(plain(&answer), "The workitem instance is already in the final state 'COMPLETED'. B306.");
    let put = app.request(Method::PUT, &format!("/workitems/{uid}/state")).body("{}");
    assert_eq!(send(put).await.expect(415).text(), "");
}

/// Tag of the sequence, and what is asked of it and in each of its items: the tag, and whether it is a sequence.
type Asked = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

const COMPLETED: Asked = (
    "00741216",
    "(0074,1216)",
    &[
        ("00404028", "(0040,4028)"),
        ("00404050", "(0040,4050)"),
        ("00404019", "(0040,4019)"),
        ("00404051", "(0040,4051)"),
        ("00404033", "(0040,4033)"),
    ],
);

const CANCELED: Asked = ("00741002", "(0074,1002)", &[("00404052", "(0040,4052)"), ("0074100E", "(0074,100e)")]);

#[tokio::test]
async fn a_final_state_asks_for_a_report() {
    let app = TestApp::new();
    for (state, report, (tag, shown, asked)) in
        [("COMPLETED", performed(), COMPLETED), ("CANCELED", given_up(), CANCELED)]
    {
        let finish = json!([change(state, TRANSACTION)]);
        let uid = app.workitem(complete()).await;
        app.claim(&uid).await;
        let missing = format!("The value for tag '{shown}' is missing.");
        assert_eq!(outcome(&app.change_state(&uid, &finish).await), (400, missing.clone()));
        app.update_workitem(&uid, TRANSACTION, &json!({ tag: one("LO", "no item") })).await.expect(200);
        assert_eq!(outcome(&app.change_state(&uid, &finish).await), (400, missing));
        // A bare object brings what an array could not.
        let good = &report[tag]["Value"][0];
        for (asked_tag, asked_shown) in asked {
            let vr = good[asked_tag]["vr"].as_str().unwrap();
            let cases = [
                (Value::Null, format!("The required tag '{asked_shown}' is missing.")),
                (empty(vr), format!("The value for tag '{asked_shown}' is missing.")),
            ];
            for (attribute, text) in cases {
                let bad = with(good.clone(), json!({ *asked_tag: attribute }));
                for report in [json!([bad]), json!([good, bad])] {
                    let report = json!({ tag: items(report) });
                    app.update_workitem(&uid, TRANSACTION, &report).await.expect(200);
                    assert_eq!(outcome(&app.change_state(&uid, &finish).await), (400, text.clone()));
                }
            }
        }
        app.update_workitem(&uid, TRANSACTION, &json!([report])).await.expect(200);
        assert_eq!(outcome(&app.change_state(&uid, &finish).await), (200, String::new()));
    }
}

#[tokio::test]
async fn a_final_state_asks_for_what_creation_asked_for() {
    let app = TestApp::new();
    for (state, report) in [("COMPLETED", performed()), ("CANCELED", given_up())] {
        for (tag, shown) in [("00741200", "(0074,1200)"), ("00404005", "(0040,4005)"), ("00404041", "(0040,4041)")] {
            let vr = complete()[tag]["vr"].as_str().unwrap().to_owned();
            for (attribute, text) in [
                (Value::Null, format!("The required tag '{shown}' is missing.")),
                (empty(&vr), format!("The value for tag '{shown}' is missing.")),
                (one(&vr, " "), format!("The attribute with tag '{shown}' must not be empty.")),
            ] {
                let uid = crate::support::uid();
                let dataset = with(complete(), json!({ tag: attribute }));
                app.create_workitem(&uid, &dataset).await.expect(201);
                app.claim(&uid).await;
                app.update_workitem(&uid, TRANSACTION, &report).await.expect(200);
                let finish = change(state, TRANSACTION);
                assert_eq!(outcome(&app.change_state(&uid, &json!([finish])).await), (400, text));
                assert_eq!(outcome(&app.change_state(&uid, &finish).await), (200, String::new()));
            }
        }
    }
}

#[tokio::test]
async fn a_final_state_is_checked_again_before_it_is_confirmed() {
    let app = TestApp::new();
    let uid = crate::support::uid();
    app.create_workitem(&uid, &json!({})).await.expect(201);
    app.claim(&uid).await;
    let finish = change("COMPLETED", TRANSACTION);
    app.change_state(&uid, &finish).await.expect(200);
    let missing = "The required tag '(0074,1200)' is missing.".to_owned();
    assert_eq!(outcome(&app.change_state(&uid, &json!([finish])).await), (400, missing));
    assert_eq!(app.change_state(&uid, &finish).await.status, 200);
}
