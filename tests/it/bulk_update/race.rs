//! Updates while other clients write, and while the server dies.

use std::collections::BTreeMap;

use futures_util::future::join;
use reqwest::Method;
use serde_json::{Value, json};

use super::{latest_names, name};
use crate::support::{Emulator, Instance, TestApp, scratch, send};

/// Stores, and as many upserts, that happen during an update.
const WRITES: usize = 12;

#[tokio::test]
async fn an_update_covers_what_is_stored_meanwhile_or_comes_before_it_but_never_half() {
    let app = TestApp::new();
    let instance = Instance::new().with(0x0010_0010, "PN", "Old");
    app.store([&instance]).await.expect(200);
    let study = instance.study.as_str();
    let writes = async {
        for _ in 0..WRITES {
            app.store([&instance.sibling()]).await.expect(200);
            app.upsert([&instance]).await.expect(200);
        }
    };
    let (operation, ()) = join(app.update(&[study; 4], name("New")), writes).await;
    assert_eq!(operation["status"], "succeeded");
    let feed = app.feed().await;
    let updates = feed.iter().filter(|entry| entry["action"] == "Update").count() as u64;
    assert_eq!(updates, operation["results"]["instanceUpdated"].as_u64().unwrap() + WRITES as u64, "and the upserts");
    let ended = app.update(&[study], name("Last")).await;
    assert_eq!(ended["results"]["instanceUpdated"], WRITES + 1);
    assert_eq!(latest_names(&app, &instance.study_path()).await, vec!["Last"; WRITES + 1]);
}

#[tokio::test]
async fn deletes_and_updates_leave_no_trace_of_one_another() {
    let app = TestApp::new();
    for _ in 0..5 {
        let instance = Instance::new();
        app.store([&instance, &instance.sibling()]).await.expect(200);
        let delete = async { app.delete(&instance.path()).await.expect(204) };
        let (operation, _) = join(app.update(&[instance.study.as_str(); 3], name("New")), delete).await;
        assert_eq!(operation["status"], "succeeded");
        assert_eq!(latest_names(&app, &instance.study_path()).await, ["New"]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_update_goes_on_where_it_was_when_the_server_died() {
    let data = scratch().join("update-death");
    let instance = Instance::new().with(0x0010_0010, "PN", "Old");
    let instances = [instance.clone(), instance.sibling(), instance.sibling()];
    let flags = ["--durability", "process"];
    let mut emulator = Emulator::start(&data, &flags);
    let app = emulator.service("abc");
    app.store(&instances).await.expect(200);
    let started = app.start_update(&[instance.study.as_str(); 50], name("New")).await.expect(202).json();
    let id = started["id"].as_str().unwrap().to_owned();
    // Two studies in, and again later, it dies.
    for sequence in [9, 60] {
        let app = emulator.service("abc");
        send(app.control(Method::GET, &format!("/wait?sequence={sequence}"))).await.expect(200);
        emulator.kill();
        std::mem::forget(app); // its server is gone: there is nobody to verify it
        emulator = Emulator::start(&data, &flags);
    }
    std::mem::forget(app);
    let app = emulator.service("abc");
    let operation = app.await_operation(&id).await;
    let results = json!({ "studyProcessed": 50, "studyUpdated": 50, "studyFailed": 0, "instanceUpdated": 150 });
    assert_eq!((&operation["status"], &operation["results"]), (&json!("succeeded"), &results));
    let mut updates: BTreeMap<String, usize> = BTreeMap::new();
    for entry in app.feed().await {
        let instance = entry["sopInstanceUid"].as_str().unwrap().to_owned();
        *updates.entry(instance).or_default() += usize::from(entry["action"] == "Update");
    }
    assert_eq!(updates.into_values().collect::<Vec<_>>(), [50, 50, 50], "each step was done once");
    for instance in &instances {
        let stored = instance.stored_bytes();
        let original = app.get_original(&instance.path(), crate::support::STORED_INSTANCE).await.expect(200);
        assert_eq!(original.body, stored);
        let metadata: Value = app.query(&format!("{}/metadata", instance.path())).await.expect(200).json();
        assert_eq!(metadata[0]["00100010"]["Value"][0]["Alphabetic"], "New");
    }
}

#[tokio::test]
async fn what_is_made_for_an_undone_operation_never_ends_up_in_one_that_takes_its_place() {
    let app = TestApp::new();
    let (study, series, uid) = ("1.2.1", "1.2.1.1", "1.2.1.1.1");
    let mut ids = Vec::new();
    for round in ["first", "second", "third"] {
        // Each round has the same positions and the same operation, but other contents.
        let instance = Instance::of(study, series, uid).with(0x0010_0010, "PN", &format!("Old^{round}"));
        app.store([&instance]).await.expect(200);
        let started = app.start_update(&[study; 50], name(&format!("New^{round}"))).await.expect(202).json();
        ids.push(started["id"].as_str().unwrap().to_owned());
        send(app.control(Method::GET, "/wait?sequence=5")).await.expect(200);
        if round != "third" {
            app.reset(json!({})).await.expect(200);
        }
    }
    assert!(ids.iter().all(|id| *id == ids[0]));
    let operation = app.await_operation(&ids[0]).await;
    assert_eq!(operation["results"]["instanceUpdated"], 50);
    let path = format!("/studies/{study}");
    assert_eq!(latest_names(&app, &path).await, ["New^third"]);
    assert_eq!(super::original_names(&app, &path).await, ["Old^third"]);
    let file = app.get(&format!("{path}/series/{series}/instances/{uid}"), crate::support::STORED_INSTANCE).await;
    assert!(String::from_utf8_lossy(&file.expect(200).body).contains("New^third"));
    assert_eq!(app.feed_lines().await.len(), 51);
}
