//! Reindexing by processes that die, and by two at once.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use super::{add, count, tag, wait};
use crate::support::{Emulator, Instance, TestApp, database_url, scratch, send};

const SERIAL: u32 = 0x0018_1000;

async fn store_many(app: &TestApp, number: usize) {
    let first = Instance::new();
    let instances: Vec<Instance> = (0..number).map(|_| first.sibling().with(SERIAL, "LO", "S1")).collect();
    app.store(&instances).await.expect(200);
}

/// The instances that steps of reindexing brought, in order.
async fn reindexed(app: &TestApp) -> Vec<Value> {
    let log = send(app.control(Method::GET, "/log?kind=queryTagsReindexed&limit=10000")).await.expect(200).json();
    let bodies = log.as_array().unwrap().iter().flat_map(|event| event["body"]["instances"].as_array().unwrap());
    bodies.map(|found| found["instance"].clone()).collect()
}

#[tokio::test]
async fn a_reindex_goes_on_after_the_death_of_its_process_and_does_nothing_twice() {
    let data = scratch().join("reindex");
    let mut emulator = Emulator::start(&data, &[]);
    let app = emulator.service("abc");
    store_many(&app, 600).await;
    let started = add(&app, json!([{ "path": "DeviceSerialNumber", "level": "Instance" }])).await.expect(202).json();
    let id = started["id"].as_str().unwrap();
    // Not before the first step, and long before the last one.
    while reindexed(&app).await.is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    emulator.kill();
    std::mem::forget(app); // its server is gone, and cannot be asked at its end

    let emulator = Emulator::start(&data, &[]);
    let app = emulator.service("abc");
    wait(&app, id).await;
    assert_eq!(tag(&app, "DeviceSerialNumber").await["status"], "ready");
    let found = reindexed(&app).await;
    assert_eq!(found.len(), 600);
    assert_eq!(found.iter().map(Value::to_string).collect::<BTreeSet<_>>().len(), 600);
    assert_eq!(count(&app, "/instances?DeviceSerialNumber=S1&limit=200&offset=500").await, 100);
}

#[tokio::test]
async fn two_processes_do_no_step_twice() {
    let data = scratch().join("two-reindex");
    let first = Emulator::start(&data, &[]);
    let app = first.service("abc");
    app.query("/studies").await.expect(204);
    let second = Emulator::start(&scratch().join("two-reindex-beside"), &["--database-url", &database_url(&data)]);
    store_many(&app, 400).await;
    for path in ["DeviceSerialNumber", "DeviceID"] {
        let answer = add(&app, json!([{ "path": path, "level": "Instance" }])).await.expect(202);
        // A reset to where the reindex began calls the other process to the work.
        let position: i64 = answer.header("x-emulator-position").unwrap().parse().unwrap();
        second.service("abc").reset(json!({ "position": position })).await.expect(200);
        wait(&app, answer.json()["id"].as_str().unwrap()).await;
    }
    let found = reindexed(&app).await;
    assert_eq!(found.len(), 400);
    assert_eq!(found.iter().map(Value::to_string).collect::<BTreeSet<_>>().len(), 400);
    let other = second.service("abc");
    assert_eq!(tag(&other, "DeviceID").await["status"], "ready");
    assert_eq!(count(&other, "/instances?DeviceSerialNumber=S1&limit=200").await, 200);
}
