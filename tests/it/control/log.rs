//! `/_emulator/…/log`

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Instance, TestApp, send};

async fn log(app: &TestApp, query: &str) -> Answer {
    send(app.control(Method::GET, &format!("/log{query}"))).await
}

fn kinds(answer: &Answer) -> Vec<String> {
    answer.json().as_array().unwrap().iter().map(|event| event["kind"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn every_event_is_shown_with_its_place_and_its_body() {
    let app = TestApp::new();
    let instance = Instance::new();
    send(app.control(Method::PUT, "/clock").body(r#"{"mode":"frozen","now":"2026-01-01T00:00:00Z"}"#))
        .await
        .expect(200);
    app.store([&instance]).await.expect(200);
    app.upsert([&instance.clone().with(0x0010_0020, "LO", "P2")]).await.expect(200);
    app.delete(&instance.path()).await.expect(204);
    let answer = log(&app, "").await.expect(200);
    assert_eq!(kinds(&answer), ["clockMoved", "instanceStored", "instanceReplaced", "instanceDeleted"]);
    let events = answer.json();
    assert_eq!(
        events[0],
        json!({
            "position": 1,
            "at": "2026-01-01T00:00:00Z",
            "kind": "clockMoved",
            "body": { "mode": "frozen", "now": "2026-01-01T00:00:00Z" },
        })
    );
    let mut stored = events[1].clone();
    let digest = stored["body"]["digest"].take();
    assert_eq!(digest.as_str().map(str::len), Some(64));
    assert_eq!(
        stored,
        json!({
            "position": 2,
            "sequence": 1,
            "at": "2026-01-01T00:00:00Z",
            "kind": "instanceStored",
            "partition": "Microsoft.Default",
            "study": instance.study,
            "series": instance.series,
            "instance": instance.instance,
            "body": {
                "digest": null,
                "length": instance.bytes().len(),
                "transferSyntax": "1.2.840.10008.1.2.1",
                "attributes": { "00080060": "OT", "00100020": "PAT-1" },
            },
        })
    );
    assert_eq!(events[3]["body"], json!({ "seriesEnded": true, "studyEnded": true }));
}

#[tokio::test]
async fn events_can_be_picked_by_kind_study_instance_and_position() {
    let app = TestApp::new();
    let (one, two) = (Instance::new(), Instance::new());
    app.store([&one, &two]).await.expect(200);
    app.delete(&one.study_path()).await.expect(204);
    let positions = |answer: &Answer| -> Vec<i64> {
        answer.json().as_array().unwrap().iter().map(|event| event["position"].as_i64().unwrap()).collect()
    };
    for (query, expected) in [
        ("?kind=instanceDeleted".to_owned(), vec![3]),
        (format!("?study={}", one.study), vec![1, 3]),
        (format!("?instance={}", two.instance), vec![2]),
        ("?from=2&limit=1".to_owned(), vec![2]),
        ("?from=4".to_owned(), vec![]),
    ] {
        assert_eq!(positions(&log(&app, &query).await.expect(200)), expected, "{query}");
    }
    for query in ["?limit=0", "?limit=10001", "?from=x", "?kind=nothing", "?unknown=1"] {
        let refused = log(&app, query).await.expect(400);
        assert_eq!(refused.header("content-type"), Some("application/problem+json"), "{query}");
    }
}

#[tokio::test]
async fn lines_carry_the_whole_log() {
    let app = TestApp::new();
    let study = Instance::new();
    app.store(&(0..130).map(|_| study.sibling()).collect::<Vec<_>>()).await.expect(200);
    assert_eq!(kinds(&log(&app, "").await).len(), 100);
    let request = app.control(Method::GET, "/log").header("accept", "application/x-ndjson");
    let answer = send(request).await.expect(200);
    assert_eq!(answer.header("content-type"), Some("application/x-ndjson"));
    let events: Vec<Value> = answer.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let positions: Vec<i64> = events.iter().map(|event| event["position"].as_i64().unwrap()).collect();
    assert_eq!(positions, (1..=130).collect::<Vec<_>>());
}
