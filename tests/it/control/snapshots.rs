//! `/_emulator/…/snapshots`

use reqwest::Method;
use serde_json::json;

use crate::support::{Instance, TestApp, send};

#[tokio::test]
async fn a_snapshot_names_the_head_and_can_be_moved_listed_and_dropped() {
    let app = TestApp::new();
    assert_eq!(send(app.control(Method::PUT, "/snapshots/empty")).await.expect(201).json()["position"], 0);
    app.store([&Instance::new(), &Instance::new()]).await.expect(200);
    let taken = send(app.control(Method::PUT, "/snapshots/two")).await.expect(201).json();
    assert_eq!((&taken["name"], &taken["position"], &taken["sequence"]), (&json!("two"), &json!(2), &json!(2)));
    let listed = send(app.control(Method::GET, "/snapshots")).await.expect(200).json();
    assert_eq!(listed[1], taken);
    assert_eq!(listed[0]["name"], "empty");
    let moved = send(app.control(Method::PUT, "/snapshots/empty").body(r#"{"position":1}"#)).await.expect(200).json();
    assert_eq!((&moved["position"], &moved["sequence"]), (&json!(1), &json!(1)));
    assert_eq!(send(app.control(Method::GET, "/snapshots/empty")).await.expect(200).json(), moved);
    send(app.control(Method::DELETE, "/snapshots/empty")).await.expect(204);
    send(app.control(Method::DELETE, "/snapshots/empty")).await.expect(404);
    send(app.control(Method::GET, "/snapshots/empty")).await.expect(404);
}

#[tokio::test]
async fn a_place_that_is_not_there_is_refused() {
    let app = TestApp::new();
    for body in [r#"{"position":1}"#, r#"{"position":-1}"#, r#"{"position":"x"}"#, r#"{"where":1}"#] {
        send(app.control(Method::PUT, "/snapshots/x").body(body)).await.expect(400);
    }
    for name in ["a%20b", "%2e%2e%2fx", &"x".repeat(65)] {
        send(app.control(Method::PUT, &format!("/snapshots/{name}"))).await.expect(400);
    }
}
