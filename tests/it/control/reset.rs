//! `/_emulator/…/reset`

use reqwest::Method;
use serde_json::json;

use crate::support::{Instance, STORED_INSTANCE, TestApp, send};

#[tokio::test]
async fn everything_is_again_as_it_was_and_the_next_run_gets_the_same_numbers() {
    let app = TestApp::new();
    let kept = Instance::new().with(0x0010_0010, "PN", "Kept^One");
    app.store([&kept, &kept.cousin()]).await.expect(200);
    let snapshot = app.snapshot("base").await;
    let before = app.everything(None).await;

    let changed = kept.clone().with(0x0010_0010, "PN", "Changed^One");
    let added = Instance::new();
    app.upsert([&changed, &added]).await.expect(200);
    app.delete(&kept.study_path()).await.expect(204);
    app.store([&changed]).await.expect(200);
    app.snapshot("later").await;
    let after = app.everything(None).await;
    assert_ne!(after, before);

    let undone = app.reset(json!({ "snapshot": "base" })).await.expect(200);
    assert_eq!(undone.json(), json!({ "position": snapshot["position"], "sequence": 2, "undone": 5 }));
    assert_eq!(undone.header("x-emulator-position"), Some("2"));
    assert_eq!(app.everything(None).await, before);
    assert_eq!(app.get(&kept.path(), STORED_INSTANCE).await.body, kept.stored_bytes());
    send(app.control(Method::GET, "/snapshots/later")).await.expect(404);
    send(app.control(Method::GET, "/snapshots/base")).await.expect(200);

    let answer = app.upsert([&changed]).await.expect(200);
    assert_eq!(answer.header("x-emulator-position"), Some("3"));
    assert_eq!(app.feed_lines().await[2], "3 Update Current");
}

#[tokio::test]
async fn a_reset_without_a_place_goes_to_the_beginning() {
    let app = TestApp::new();
    app.store([&Instance::new(), &Instance::new()]).await.expect(200);
    let undone = send(app.control(Method::POST, "/reset")).await.expect(200);
    assert_eq!(undone.json(), json!({ "position": 0, "sequence": 0, "undone": 2 }));
    app.query("/studies").await.expect(204);
    assert_eq!(app.reset(json!({ "position": 0 })).await.expect(200).json()["undone"], 0);
}

#[tokio::test]
async fn an_etag_of_an_undone_future_means_nothing_unless_the_content_is_the_same() {
    let app = TestApp::new();
    let instance = Instance::new();
    let other = instance.clone().with(0x0010_0020, "LO", "OTHER");
    let metadata = format!("{}/metadata", instance.path());
    let etag = async |instance: &Instance| {
        app.store([instance]).await.expect(200);
        let etag = app.query(&metadata).await.header("etag").unwrap().to_owned();
        app.reset(json!({})).await.expect(200);
        etag
    };
    let first = etag(&instance).await;
    assert_ne!(etag(&other).await, first);
    assert_eq!(etag(&instance).await, first);
}

#[tokio::test]
async fn a_place_that_is_not_there_is_refused_and_changes_nothing() {
    let app = TestApp::new();
    app.store([&Instance::new()]).await.expect(200);
    assert_eq!(
        app.reset(json!({ "snapshot": "none" })).await.expect(404).json()["detail"],
        "there is no snapshot `none`"
    );
    for body in [
        json!({ "position": 2 }),
        json!({ "position": -1 }),
        json!({ "snapshot": "a", "position": 0 }),
        json!({ "snapshot": null }),
        json!([]),
    ] {
        app.reset(body).await.expect(400);
    }
    assert_eq!(app.position().await, 1);
}

#[tokio::test]
async fn a_reset_takes_the_clock_back() {
    let app = TestApp::new();
    let freeze = json!({ "mode": "frozen", "now": "2026-01-01T00:00:00Z" });
    send(app.control(Method::PUT, "/clock").body(freeze.to_string())).await.expect(200);
    app.snapshot("frozen").await;
    send(app.control(Method::PUT, "/clock").body(r#"{"advance":"P1D"}"#)).await.expect(200);
    app.reset(json!({ "snapshot": "frozen" })).await.expect(200);
    let clock = send(app.control(Method::GET, "/clock")).await.json();
    assert_eq!(clock, json!({ "mode": "frozen", "now": "2026-01-01T00:00:00Z" }));
    app.reset(json!({})).await.expect(200);
    assert_eq!(send(app.control(Method::GET, "/clock")).await.json()["mode"], "system");
}
