//! Studies that end by themselves

use reqwest::{Method, header::HeaderMap};
use serde_json::{Value, json};

use crate::support::{Answer, DICOM_JSON, Instance, TestApp, send};

/// Stores an instance with these headers.
async fn store(app: &TestApp, method: Method, instance: &Instance, headers: &[(&'static str, &str)]) -> Answer {
    let headers: HeaderMap =
        headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
    let request = app.request(method, "/studies").header("accept", DICOM_JSON).headers(headers);
    send(request.header("content-type", "application/dicom").body(instance.bytes())).await
}

const ONE_DAY: [(&str, &str); 3] = [
    ("msdicom-expiry-time-milliseconds", "86400000"),
    ("msdicom-expiry-option", "RelativeToNow"),
    ("msdicom-expiry-level", "Study"),
];

/// A service whose clock stands still.
async fn frozen() -> TestApp {
    let app = TestApp::new();
    let clock = json!({ "mode": "frozen", "now": "2026-01-01T00:00:00Z" });
    send(app.control(Method::PUT, "/clock").body(clock.to_string())).await.expect(200);
    app
}

async fn advance(app: &TestApp, by: &str) {
    let body = json!({ "advance": by }).to_string();
    send(app.control(Method::PUT, "/clock").body(body)).await.expect(200);
}

async fn studies(app: &TestApp) -> usize {
    let answer = app.query("/studies").await;
    if answer.status == 204 { 0 } else { answer.json().as_array().map_or(0, Vec::len) }
}

async fn expiries(app: &TestApp) -> Vec<Value> {
    let log = send(app.control(Method::GET, "/log?kind=expirySet")).await.expect(200).json();
    log.as_array().unwrap().iter().map(|event| event["body"]["expiresAt"].clone()).collect()
}

#[tokio::test]
async fn a_study_ends_with_all_its_instances_when_its_time_has_come() {
    let app = frozen().await;
    let (lent, kept) = (Instance::new(), Instance::new());
    app.store([&kept, &lent.cousin()]).await.expect(200);
    store(&app, Method::PUT, &lent, &ONE_DAY).await.expect(200);
    assert_eq!(expiries(&app).await, [json!("2026-01-02T00:00:00Z")]);
    advance(&app, "PT23H59M59S").await;
    assert_eq!(studies(&app).await, 2);
    advance(&app, "PT1S").await;
    assert_eq!(studies(&app).await, 1);
    let feed = app.feed_lines().await;
    assert_eq!(feed[3..], ["4 Delete Deleted", "5 Delete Deleted"]);
    assert_eq!(app.feed().await[4]["timestamp"], "2026-01-02T00:00:00+00:00");
    app.store([&lent]).await.expect(200);
    advance(&app, "P30D").await;
    assert_eq!(studies(&app).await, 2);
}

#[tokio::test]
async fn the_last_store_decides() {
    let app = frozen().await;
    let study = Instance::new();
    let week = [("msdicom-expiry-time-milliseconds", "604800000")];
    store(&app, Method::POST, &study, &ONE_DAY).await.expect(200);
    store(&app, Method::POST, &study.sibling(), &week).await.expect(200);
    advance(&app, "P2D").await;
    assert_eq!(studies(&app).await, 1);
    store(&app, Method::POST, &study, &ONE_DAY).await.expect(409);
    advance(&app, "P2D").await;
    assert_eq!(studies(&app).await, 1, "a store in which every instance fails changes no expiry");
    store(&app, Method::POST, &study.sibling(), &[]).await.expect(200);
    advance(&app, "P30D").await;
    assert_eq!(studies(&app).await, 1, "a store without headers calls the end off");
    assert_eq!(expiries(&app).await, [json!("2026-01-02T00:00:00Z"), json!("2026-01-08T00:00:00Z"), Value::Null]);
}

#[tokio::test]
async fn headers_that_do_not_fit_are_refused_and_nothing_is_stored() {
    let app = TestApp::new();
    let time = |value| ("msdicom-expiry-time-milliseconds", value);
    for headers in [
        vec![time("0")],
        vec![time("-1")],
        vec![time("1.5")],
        vec![time("soon")],
        vec![time("")],
        vec![time("9223372036854775808")],
        vec![time("9223372036854775807")],
        vec![time("1"), ("msdicom-expiry-option", "Absolute")],
        vec![time("1"), ("msdicom-expiry-level", "Series")],
        vec![("msdicom-expiry-option", "RelativeToNow")],
        vec![("msdicom-expiry-level", "Study")],
    ] {
        let answer = store(&app, Method::PUT, &Instance::new(), &headers).await.expect(400);
        assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"), "{headers:?}");
    }
    let spelled = [time("1000"), ("msdicom-expiry-option", "relativetonow"), ("msdicom-expiry-level", "STUDY")];
    store(&app, Method::PUT, &Instance::new(), &spelled).await.expect(200);
    assert_eq!(app.feed().await.len(), 1);
}

#[tokio::test]
async fn a_time_that_is_too_long_is_called_that() {
    let app = TestApp::new();
    for time in ["99999999999999999999", "9223372036854775807", "31622400000001"] {
        let headers = [("msdicom-expiry-time-milliseconds", time)];
        let answer = store(&app, Method::POST, &Instance::new(), &headers).await.expect(400);
        let text = format!(
            "The header 'msdicom-expiry-time-milliseconds' has the value '{time}'. It must not be more than 31622400000000."
        );
        assert_eq!(answer.text(), text);
    }
}
