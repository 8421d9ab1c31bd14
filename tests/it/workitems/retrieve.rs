//! `GET /workitems/{uid}`, and what is not there

use reqwest::Method;
use serde_json::json;

use super::{complete, message, plain};
use crate::support::{TestApp, raw, send};

#[tokio::test]
async fn a_workitem_is_one_object_in_ascending_order() {
    let app = TestApp::new();
    let uid = app.workitem(complete()).await;
    let answer = app.get(&format!("/workitems/{uid}"), "application/json").await.expect(200);
    assert_eq!(answer.header("content-type"), Some("application/dicom+json; charset=utf-8"));
    for header in ["etag", "cache-control", "content-location", "warning"] {
        assert_eq!(answer.header(header), None);
    }
    let start = format!(
        r#"{{"00080016":{{"vr":"UI","Value":["1.2.840.10008.5.1.4.34.6.1"]}},"00080018":{{"vr":"UI","Value":["{uid}"]}}"#
    );
    assert!(answer.text().starts_with(&start), "{}", answer.text());
    assert!(answer.text().ends_with(r#""00741216":{"vr":"SQ"}}"#), "{}", answer.text());
}

#[tokio::test]
async fn one_that_does_not_exist_is_not_found() {
    let app = TestApp::new();
    let answer = app.query("/workitems/1.2.3").await.expect(404);
    assert_eq!(message(&answer), "The workitem instance is not found.");
    assert_eq!(answer.header("warning"), None);
    for uid in ["abc", "1.2.", "1.2%203", "%FF", &"1".repeat(65)] {
        let refused = plain(&app.query(&format!("/workitems/{uid}")).await.expect(400));
        assert!(refused.starts_with("Dicom element 'WorkitemInstanceUid' failed validation for VR 'UI'"), "{uid}");
    }
}

#[tokio::test]
async fn the_client_must_take_dicom_json() {
    let app = TestApp::new();
    let uid = app.workitem(complete()).await;
    assert_eq!(app.get(&format!("/workitems/{uid}"), "text/html").await.expect(406).text(), "");
    let path = format!("/services/{}/v2/workitems/{uid}", app.service);
    let answer = raw(&app, &format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")).await;
    assert!(answer.starts_with("HTTP/1.1 406"), "{answer}");
}

#[tokio::test]
async fn other_methods_are_not_allowed() {
    let app = TestApp::new();
    let uid = app.workitem(complete()).await;
    for (method, path) in [
        (Method::DELETE, format!("/workitems/{uid}")),
        (Method::GET, format!("/workitems/{uid}/state")),
        (Method::GET, format!("/workitems/{uid}/cancelrequest")),
        (Method::PUT, "/workitems".to_owned()),
    ] {
        assert_eq!(send(app.request(method, &path)).await.expect(405).text(), "", "{path}");
    }
}

#[tokio::test]
async fn literals_are_compared_without_case() {
    let app = TestApp::new();
    let uid = app.workitem(complete()).await;
    app.query(&format!("/WorkItems/{uid}")).await.expect(200);
    send(app.request(Method::POST, &format!("/workitems/{uid}/CancelRequest"))).await.expect(202);
}

#[tokio::test]
async fn subscriptions_are_not_implemented() {
    let app = TestApp::new();
    for (method, path) in [
        (Method::POST, "/workitems/1.2.3/subscribers/AET"),
        (Method::POST, "/workitems/1.2.840.10008.5.1.4.34.5.1/subscribers/AET?deletionlock=true"),
        (Method::DELETE, "/workitems/nonsense/subscribers/AET"),
        (Method::POST, "/workitems/1.2.840.10008.5.1.4.34.5/subscribers/AET/suspend"),
        (Method::GET, "/workitems/subscriptions"),
        (Method::GET, "/subscribers/AET"),
    ] {
        let answer = send(app.request(method, path)).await.expect(501);
        assert_eq!(plain(&answer), "UPS-RS subscriptions are not implemented.", "{path}");
    }
    app.query("/workitems").await.expect(204);
    assert_eq!(app.position().await, 0);
}

#[tokio::test]
async fn the_past_of_a_workitem_can_be_seen_and_brought_back() {
    let app = TestApp::new();
    let uid = app.workitem(complete()).await;
    let then = app.retrieve_workitem(&uid).await;
    app.claim(&uid).await;
    assert_eq!(app.retrieve_workitem(&uid).await["00741000"]["Value"][0], "IN PROGRESS");
    let past = app.request(Method::GET, &format!("/workitems/{uid}")).header("accept", "*/*");
    assert_eq!(send(past.header("x-emulator-as-of", 1)).await.expect(200).json(), then);
    app.reset(json!({ "position": 1 })).await.expect(200);
    assert_eq!(app.retrieve_workitem(&uid).await, then);
    app.claim(&uid).await;
    assert_eq!(app.feed().await, Vec::<serde_json::Value>::new());
}
