//! `x-emulator-as-of`

use reqwest::Method;

use crate::support::{Answer, DICOM_JSON, Instance, TestApp, send};

async fn as_of(app: &TestApp, path: &str, moment: &str) -> Answer {
    send(app.request(Method::GET, path).header("accept", DICOM_JSON).header("x-emulator-as-of", moment)).await
}

#[tokio::test]
async fn every_answer_can_be_had_as_it_was() {
    let app = TestApp::new();
    let first = Instance::new();
    let mut seen = vec![app.everything(None).await];
    app.store([&first, &first.cousin()]).await.expect(200);
    seen.push(app.everything(None).await);
    app.upsert([&first.clone().with(0x0010_0020, "LO", "NEW")]).await.expect(200);
    seen.push(app.everything(None).await);
    app.delete(&first.series_path()).await.expect(204);
    seen.push(app.everything(None).await);
    app.delete(&first.study_path()).await.expect(204);
    seen.push(app.everything(None).await);
    app.store([&first]).await.expect(200);
    for (position, then) in [0, 2, 3, 4, 5].into_iter().zip(seen) {
        assert_eq!(app.everything(Some(position)).await, then, "as of {position}");
    }
}

#[tokio::test]
async fn a_time_means_the_last_event_up_to_it() {
    let app = TestApp::new();
    for hour in 1..=3 {
        let clock = format!(r#"{{"mode":"frozen","now":"2026-01-01T0{hour}:00:00Z"}}"#);
        send(app.control(Method::PUT, "/clock").body(clock)).await.expect(200);
        app.store([&Instance::new()]).await.expect(200);
    }
    for (moment, position, studies) in [
        ("2026-01-01T00:59:59Z", "0", 0),
        ("2026-01-01T01:00:00Z", "2", 1),
        ("2026-01-01T03:30:00+01:00", "4", 2),
        ("2026-01-01T03:00:00Z", "6", 3),
        ("3", "3", 1),
    ] {
        let answer = as_of(&app, "/studies", moment).await;
        assert_eq!(answer.header("x-emulator-position"), Some(position), "{moment}");
        let found = if answer.status == 204 { 0 } else { answer.json().as_array().unwrap().len() };
        assert_eq!(found, studies, "{moment}");
    }
}

#[tokio::test]
async fn there_is_no_future_and_no_writing_in_the_past() {
    let app = TestApp::new();
    app.store([&Instance::new()]).await.expect(200);
    for moment in ["2", "-1", "tomorrow", "2999-01-01T00:00:00Z", ""] {
        let refused = as_of(&app, "/studies", moment).await.expect(400);
        assert_eq!(refused.header("content-type"), Some("application/problem+json"), "{moment}");
    }
    let delete = app.request(Method::DELETE, "/studies/1.2").header("x-emulator-as-of", "0");
    send(delete).await.expect(400);
    assert_eq!(app.query("/studies").await.expect(200).header("x-emulator-position"), None);
}
