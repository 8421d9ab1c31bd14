//! `/_emulator/…/clock`

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Instance, TestApp, send};

async fn set(app: &TestApp, body: Value) -> Answer {
    send(app.control(Method::PUT, "/clock").body(body.to_string())).await
}

#[tokio::test]
async fn a_frozen_clock_stands_still_and_dates_what_happens() {
    let app = TestApp::new();
    let frozen = set(&app, json!({ "mode": "frozen", "now": "2026-01-01T00:00:00Z" })).await.expect(200);
    assert_eq!(frozen.json(), json!({ "mode": "frozen", "now": "2026-01-01T00:00:00Z" }));
    assert_eq!(frozen.header("x-emulator-position"), Some("1"));
    app.store([&Instance::new()]).await.expect(200);
    assert_eq!(app.feed().await[0]["timestamp"], "2026-01-01T00:00:00+00:00");
    let advanced = set(&app, json!({ "advance": "P1DT2H0.5S" })).await.expect(200);
    assert_eq!(advanced.json(), json!({ "mode": "frozen", "now": "2026-01-02T02:00:00.5Z" }));
    app.store([&Instance::new()]).await.expect(200);
    assert_eq!(app.feed().await[1]["timestamp"], "2026-01-02T02:00:00.5+00:00");
}

#[tokio::test]
async fn a_running_clock_that_is_advanced_runs_on_ahead() {
    let app = TestApp::new();
    app.query("/studies").await;
    assert_eq!(send(app.control(Method::GET, "/clock")).await.expect(200).json()["mode"], "system");
    let before = jiff::Timestamp::now();
    let shifted = set(&app, json!({ "advance": "PT1H" })).await.expect(200).json();
    assert_eq!(shifted["mode"], "shifted");
    let now: jiff::Timestamp = shifted["now"].as_str().unwrap().parse().unwrap();
    let ahead = now.duration_since(before);
    assert!((3_600..3_700).contains(&ahead.as_secs()), "{ahead:?}");
    let later = send(app.control(Method::GET, "/clock")).await.json();
    assert!(later["now"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap() >= now);
}

#[tokio::test]
async fn the_clock_never_goes_behind_what_has_happened_but_may_follow_the_machine_again() {
    let app = TestApp::new();
    set(&app, json!({ "mode": "frozen", "now": "2100-01-01T00:00:00Z" })).await.expect(200);
    let refused = set(&app, json!({ "mode": "frozen", "now": "2099-12-31T23:59:59Z" })).await.expect(409);
    assert_eq!(refused.header("content-type"), Some("application/problem+json"));
    set(&app, json!({ "advance": "-PT1S" })).await.expect(409);
    assert_eq!(set(&app, json!({ "mode": "system" })).await.expect(200).json()["mode"], "system");
    app.store([&Instance::new()]).await.expect(200);
    assert_eq!(app.feed().await[0]["timestamp"], "2100-01-01T00:00:00+00:00");
}

#[tokio::test]
async fn what_sets_no_clock_is_refused() {
    let app = TestApp::new();
    for body in [
        json!({}),
        json!({ "mode": "sideways" }),
        json!({ "mode": "frozen", "now": "yesterday" }),
        json!({ "mode": "system", "now": "2026-01-01T00:00:00Z" }),
        json!({ "mode": "system", "advance": "PT1S" }),
        json!({ "advance": "1 day" }),
        json!({ "advance": "P1M" }),
        json!({ "advance": "P9999999999D" }),
        json!({ "advance": 5 }),
        json!([]),
    ] {
        set(&app, body.clone()).await.expect(400);
    }
    assert_eq!(app.position().await, 0);
}

#[tokio::test]
async fn a_time_or_duration_beyond_what_can_be_told_is_called_that() {
    let app = TestApp::new();
    for (body, detail) in [
        (
            json!({ "mode": "frozen", "now": "9999-12-31T23:59:59Z" }),
            "`9999-12-31T23:59:59Z` lies beyond the last time that a clock can show, which is 9999-12-30T22:00:00.999999Z",
        ),
        (json!({ "mode": "frozen", "now": "2026-02-30T00:00:00Z" }), "`2026-02-30T00:00:00Z` is no RFC 3339 time"),
        (json!({ "mode": "frozen", "now": "9999-12-31" }), "`9999-12-31` is no RFC 3339 time"),
        (
            json!({ "mode": "frozen", "now": "-009000-01-01T00:00:00Z" }),
            "`-009000-01-01T00:00:00Z` is no RFC 3339 time",
        ),
        (json!({ "advance": "P99999999999D" }), "`P99999999999D` is longer than any two times can be apart"),
        (json!({ "advance": "P99999999999" }), "`P99999999999` is no ISO 8601 duration"),
    ] {
        assert_eq!(set(&app, body).await.expect(400).json()["detail"], detail);
    }
}
