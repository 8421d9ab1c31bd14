//! Storage that fails, servers that die, data that changes: an export goes on, and counts everything once.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use reqwest::StatusCode;
use serde_json::json;
use tokio::sync::watch;

use super::{everything, start};
use crate::support::{Emulator, FakeStorage, Instance, TestApp, scratch};

#[tokio::test]
async fn storage_that_fails_for_a_moment_is_asked_again() {
    let app = TestApp::new();
    app.store([&Instance::new()]).await.expect(200);
    let failures = Arc::new(AtomicUsize::new(0));
    let storage = FakeStorage::start(move |request| {
        let failures = failures.clone();
        async move {
            match request.is_copy().then(|| failures.fetch_add(1, Ordering::Relaxed)) {
                Some(0) => StatusCode::SERVICE_UNAVAILABLE,
                Some(1) => StatusCode::TOO_MANY_REQUESTS,
                _ => StatusCode::CREATED,
            }
        }
    })
    .await;
    let operation = start(&app, everything(json!({ "blobContainerUri": storage.url() }))).await;
    let ended = app.end_of(&operation).await;
    assert_eq!((&ended["status"], &ended["results"]["exported"]), (&json!("succeeded"), &json!(1)));
    assert_eq!(storage.requests().iter().filter(|request| request.is_copy()).count(), 3);
}

#[tokio::test]
async fn an_instance_that_storage_cannot_take_is_skipped() {
    let app = TestApp::new();
    let (bad, good) = (Instance::new(), Instance::new());
    app.store([&bad, &good]).await.expect(200);
    let name = bad.instance.clone();
    let storage = FakeStorage::start(move |request| {
        let fails = request.is_copy() && request.path.contains(&format!("/{name}.dcm"));
        async move { if fails { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::CREATED } }
    })
    .await;
    let operation = start(&app, everything(json!({ "blobContainerUri": storage.url() }))).await;
    let ended = app.end_of(&operation).await;
    assert_eq!(ended["status"], "succeeded");
    assert_eq!((&ended["results"]["exported"], &ended["results"]["skipped"]), (&json!(1), &json!(1)));
    let requests = storage.requests();
    let lines = requests.iter().find(|request| request.path.contains("comp=appendblock")).unwrap();
    let line: serde_json::Value = serde_json::from_slice(&lines.body).unwrap();
    assert_eq!(line["identifier"], format!("{}/{}/{}", bad.study, bad.series, bad.instance));
}

#[tokio::test]
async fn storage_that_refuses_while_copying_ends_the_export() {
    for refused in ["/results/", "comp=appendblock"] {
        let app = TestApp::new();
        app.store([&Instance::new()]).await.expect(200);
        let storage = FakeStorage::start(move |request| async move {
            let is_refused = request.method == "PUT" && request.path.contains(refused);
            if is_refused { StatusCode::CONFLICT } else { StatusCode::CREATED }
        })
        .await;
        let mut body = everything(json!({ "blobContainerUri": storage.url() }));
        if refused == "comp=appendblock" {
            body["source"] = json!({ "type": "identifiers", "settings": { "values": ["1.2.3"] } });
        }
        let operation = start(&app, body).await;
        let ended = app.end_of(&operation).await;
        assert_eq!((&ended["status"], &ended["results"]["exported"]), (&json!("failed"), &json!(0)), "{refused}");
    }
}

/// A storage account that takes some copies and holds the others back until the gate opens.
async fn gated(taken: usize) -> (FakeStorage, watch::Sender<bool>) {
    let (gate, opened) = watch::channel(false);
    let copies = Arc::new(AtomicUsize::new(0));
    let storage = FakeStorage::start(move |request| {
        let (mut opened, copies) = (opened.clone(), copies.clone());
        async move {
            if request.is_copy() && copies.fetch_add(1, Ordering::Relaxed) >= taken {
                opened.wait_for(|is_open| *is_open).await.expect("the gate is there");
            }
            StatusCode::CREATED
        }
    })
    .await;
    (storage, gate)
}

async fn until(condition: impl Fn() -> bool) {
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while !condition() {
        assert!(std::time::Instant::now() < deadline, "it takes too long");
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn an_export_holds_what_there_was_when_it_was_asked_for() {
    let app = TestApp::new();
    let instances: Vec<Instance> = (0..20).map(|_| Instance::new()).collect();
    app.store(&instances).await.expect(200);
    let (storage, gate) = gated(0).await;
    let operation = start(&app, everything(json!({ "blobContainerUri": storage.url() }))).await;
    until(|| storage.requests().iter().any(|request| request.is_copy())).await;

    let changed = instances[19].clone().with(0x0010_0010, "PN", "Later^Name");
    app.upsert([&changed]).await.expect(200);
    app.delete(&instances[18].path()).await.expect(204);
    app.store([&Instance::new()]).await.expect(200);
    gate.send_replace(true);
    assert_eq!(app.end_of(&operation).await["results"]["exported"], 20);
    let requests = storage.requests();
    let copies: Vec<_> = requests.iter().filter(|request| request.is_copy()).collect();
    assert_eq!(copies.len(), 20);
    for instance in &instances {
        let copy = copies.iter().find(|copy| copy.path.contains(&instance.instance)).unwrap();
        assert!(copy.body == instance.stored_bytes());
    }
}

#[tokio::test]
async fn an_export_that_a_reset_undoes_stops() {
    let app = TestApp::new();
    app.store([&Instance::new()]).await.expect(200);
    let (storage, gate) = gated(0).await;
    let operation = start(&app, everything(json!({ "blobContainerUri": storage.url() }))).await;
    until(|| storage.requests().iter().any(|request| request.is_copy())).await;
    app.reset(json!({ "position": 1 })).await.expect(200);
    // The same operation once more, of the same run but for what it exports: the old worker must not count for it.
    let again = start(&app, everything(json!({ "blobContainerUri": storage.url() }))).await;
    assert_eq!(again, operation);
    gate.send_replace(true);
    let ended = app.end_of(&operation).await;
    assert_eq!((&ended["status"], &ended["results"]["exported"]), (&json!("succeeded"), &json!(1)));
    assert_eq!(storage.requests().iter().filter(|request| request.is_copy()).count(), 2);
}

#[tokio::test]
async fn a_server_that_dies_goes_on_where_it_was_and_counts_everything_once() {
    let data = scratch().join("export-death");
    let mut emulator = Emulator::start(&data, &["--durability", "process"]);
    let app = emulator.service("abc");
    let first = Instance::new();
    let instances: Vec<Instance> = (0..300).map(|_| first.sibling()).collect();
    app.store(&instances).await.expect(200);
    // The first step is 256 instances: it dies in the second.
    let (storage, gate) = gated(270).await;
    let operation = start(&app, everything(json!({ "blobContainerUri": storage.url() }))).await;
    until(|| storage.requests().iter().filter(|request| request.is_copy()).count() > 270).await;
    let running = app.get(&format!("/operations/{operation}"), "*/*").await.expect(202).json();
    assert_eq!((&running["status"], &running["results"]["exported"]), (&json!("running"), &json!(256)));
    emulator.kill();
    std::mem::forget(app);
    gate.send_replace(true);

    let emulator = Emulator::start(&data, &["--durability", "process"]);
    let app = emulator.service("abc");
    let ended = app.end_of(&operation).await;
    assert_eq!((&ended["status"], &ended["results"]["exported"]), (&json!("succeeded"), &json!(300)));
    let requests = storage.requests();
    let copied = |instance: &Instance| {
        let count = requests
            .iter()
            .filter(|request| request.is_copy() && request.path.contains(&format!("/{}.dcm", instance.instance)));
        count.count()
    };
    assert!(instances[..256].iter().all(|instance| copied(instance) == 1));
    assert!(instances[256..].iter().all(|instance| copied(instance) >= 1));
}
