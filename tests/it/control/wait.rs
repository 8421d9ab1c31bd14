//! `/_emulator/…/wait`

use reqwest::Method;
use serde_json::json;

use crate::support::{Answer, Instance, TestApp, send};

async fn wait(app: &TestApp, query: &str) -> Answer {
    send(app.control(Method::GET, &format!("/wait?{query}"))).await
}

#[tokio::test]
async fn what_has_happened_already_is_answered_at_once() {
    let app = TestApp::new();
    app.store([&Instance::new(), &Instance::new()]).await.expect(200);
    let reached = json!({ "position": 2, "sequence": 2 });
    assert_eq!(wait(&app, "position=0").await.expect(200).json(), reached);
    assert_eq!(wait(&app, "position=2&timeout=0").await.expect(200).json(), reached);
    assert_eq!(wait(&app, "sequence=2").await.expect(200).json(), reached);
}

#[tokio::test]
async fn a_waiter_is_answered_when_the_event_comes() {
    let app = TestApp::new();
    app.query("/studies").await;
    let (first, second) = (Instance::new(), Instance::new());
    let stores = async {
        app.store([&first]).await.expect(200);
        app.store([&second]).await.expect(200);
    };
    let (reached, ()) = tokio::join!(wait(&app, "sequence=2"), stores);
    assert_eq!(reached.expect(200).json(), json!({ "position": 2, "sequence": 2 }));
}

#[tokio::test]
async fn what_does_not_come_in_time_is_a_time_out_that_says_how_far_things_are() {
    let app = TestApp::new();
    app.store([&Instance::new()]).await.expect(200);
    let late = wait(&app, "position=5&timeout=0.01").await.expect(408);
    assert_eq!(late.header("content-type"), Some("application/problem+json"));
    assert_eq!(late.json()["detail"], "position 5 was not reached in time: the head is 1");
    wait(&app, "sequence=2&timeout=0").await.expect(408);
}

#[tokio::test]
async fn a_wait_that_makes_no_sense_is_refused() {
    let app = TestApp::new();
    app.query("/studies").await;
    for query in [
        "",
        "position=-1",
        "position=x",
        "sequence=99999999999999999999",
        "position=1&sequence=1",
        "position=1&timeout=301",
        "position=1&timeout=-1",
        "position=1&timeout=NaN",
        "operation=x",
        "nonsense=1",
    ] {
        let refused = wait(&app, query).await.expect(400);
        assert_eq!(refused.header("content-type"), Some("application/problem+json"), "{query}");
    }
    wait(&app, "operation=0123456789abcdef0123456789abcdef").await.expect(404);
}
