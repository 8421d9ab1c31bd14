//! Fuzzy matching of names, where the index behind it may lag, go back or be of another process

use futures_util::future::join;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{DICOM_JSON, Emulator, Instance, TestApp, database_url, scratch, send};

fn named(name: &str) -> Instance {
    Instance::new().with(0x0010_0010, "PN", name)
}

/// The studies whose patients have names with such words.
async fn found(app: &TestApp, words: &str) -> Vec<String> {
    let answer = app.query(&format!("/studies?PatientName={words}&fuzzymatching=true")).await;
    if answer.status == 204 {
        return Vec::new();
    }
    let entries = answer.expect(200).json();
    let uid = |entry: &Value| entry["0020000D"]["Value"][0].as_str().unwrap().to_owned();
    entries.as_array().unwrap().iter().map(uid).collect()
}

#[tokio::test]
async fn a_name_is_found_at_every_moment_while_its_study_changes() {
    let app = TestApp::new();
    let doe = named("Doe^John");
    app.store([&doe]).await.expect(200);
    let changes = async {
        for change in 0..30 {
            app.upsert([&doe.clone().with(0x0008_1030, "LO", &format!("change {change}"))]).await.expect(200);
        }
    };
    let searches = async {
        for _ in 0..60 {
            assert_eq!(found(&app, "doe%20jo").await, [doe.study.as_str()]);
        }
    };
    join(changes, searches).await;
}

#[tokio::test]
async fn a_reset_brings_names_back_and_takes_them_away() {
    let app = TestApp::new();
    let (roe, doe) = (named("Roe^Jane"), named("Doe^John"));
    app.store([&roe]).await.expect(200);
    app.snapshot("roe").await;
    app.upsert([&roe.clone().with(0x0010_0010, "PN", "Major^Jane")]).await.expect(200);
    assert!(found(&app, "roe").await.is_empty());
    assert_eq!(found(&app, "major").await, [roe.study.as_str()]);
    app.reset(json!({ "snapshot": "roe" })).await.expect(200);
    assert_eq!(found(&app, "roe").await, [roe.study.as_str()]);
    assert!(found(&app, "major").await.is_empty());
    // The same position again, with another name.
    app.store([&doe]).await.expect(200);
    assert_eq!(found(&app, "doe").await, [doe.study.as_str()]);
    app.reset(json!({})).await.expect(200);
    assert!(found(&app, "doe").await.is_empty());
}

#[tokio::test]
async fn what_other_processes_write_and_undo_is_found_as_it_is() {
    let data = scratch().join("names");
    let first = Emulator::start(&data, &["--durability", "process"]);
    send(first.service("abc").at_root(Method::GET, "/health")).await.expect(200);
    let second = Emulator::start(&data, &["--durability", "process", "--database-url", &database_url(&data)]);
    let [one, other] = [first.service("abc"), second.service("abc")];
    let (roe, doe, dorn) = (named("Roe^Jane"), named("Doe^John"), named("Dorn^Jan"));
    one.store([&roe]).await.expect(200);
    assert_eq!(found(&other, "jane").await, [roe.study.as_str()]);
    other.store([&doe]).await.expect(200);
    assert_eq!(found(&one, "ja").await, [roe.study.as_str()]);
    // Back twice, and on beyond where it was: the first process must not take the new for what it knew.
    other.reset(json!({ "position": 1 })).await.expect(200);
    other.reset(json!({ "position": 0 })).await.expect(200);
    for name in [&dorn, &roe, &doe] {
        other.store([name]).await.expect(200);
    }
    for app in [&one, &other] {
        assert_eq!(found(app, "ja").await, [roe.study.as_str(), dorn.study.as_str()]);
        assert_eq!(found(app, "do").await, [doe.study.as_str(), dorn.study.as_str()]);
    }
    // A service that is deleted and comes back starts anew.
    send(other.control(Method::DELETE, "")).await.expect(204);
    other.store([&dorn]).await.expect(200);
    assert_eq!(found(&other, "j").await, [dorn.study.as_str()]);
}

#[tokio::test]
async fn referring_physicians_and_patients_of_workitems_have_names_of_their_own() {
    let app = TestApp::new();
    let instance = named("Doe^John").with(0x0008_0090, "PN", "Roe^Jane");
    app.store([&instance]).await.expect(200);
    let body = json!({ "00100010": { "vr": "PN", "Value": [{ "Alphabetic": "Dorn^Jan" }] } });
    let workitem = app.request(Method::POST, "/workitems?1.2.3").header("content-type", DICOM_JSON);
    send(workitem.header("accept", DICOM_JSON).body(body.to_string())).await.expect(201);
    for (query, status) in [
        ("/instances?PatientName=do&ReferringPhysicianName=ja", 200),
        ("/series?ReferringPhysicianName=roe%20jane", 200),
        ("/studies?ReferringPhysicianName=doe", 204),
        ("/studies?PatientName=roe", 204),
        ("/studies?PatientName=dorn", 204),
        ("/workitems?PatientName=dorn%20j", 200),
        ("/workitems?PatientName=doe", 204),
    ] {
        assert_eq!(app.query(&format!("{query}&fuzzymatching=true")).await.status, status, "{query}");
    }
    app.reset(json!({ "position": 1 })).await.expect(200);
    app.query("/workitems?PatientName=dorn&fuzzymatching=true").await.expect(204);
}

#[tokio::test]
async fn words_without_end_find_nothing_at_once() {
    let app = TestApp::new();
    app.store([&named("Aa^Aa")]).await.expect(200);
    for words in ["a%20".repeat(2_000), "a".repeat(8_000), "%5E".repeat(2_000), "%C3%A9".repeat(1_000)] {
        assert!(found(&app, &words).await.is_empty());
    }
    assert_eq!(found(&app, "a%5Ea").await.len(), 1);
}
