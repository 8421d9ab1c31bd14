//! `/extendedquerytags`: tags, their index and their errors.

mod add;
mod change;
mod index;
mod list;
mod partitions;
mod past;
mod private;
mod processes;
mod reindex;
mod search;
mod update;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, TestApp, send};

/// `POST /extendedquerytags` with this body.
pub async fn post(app: &TestApp, body: impl Into<String>) -> Answer {
    let request = app.request(Method::POST, "/extendedquerytags").header("content-type", "application/json");
    send(request.body(body.into())).await
}

/// Adds tags.
pub async fn add(app: &TestApp, tags: Value) -> Answer {
    post(app, tags.to_string()).await
}

/// Adds tags and waits until they are ready; answers the operation.
pub async fn add_and_wait(app: &TestApp, tags: Value) -> Value {
    let started = add(app, tags).await.expect(202).json();
    wait(app, started["id"].as_str().unwrap()).await
}

/// Adds one standard tag and waits until it is ready.
pub async fn add_one(app: &TestApp, path: &str, level: &str) {
    let operation = add_and_wait(app, json!([{ "path": path, "level": level }])).await;
    assert_eq!(operation["status"], "succeeded", "{operation}");
}

/// Waits until an operation ends; answers it.
pub async fn wait(app: &TestApp, operation: &str) -> Value {
    app.await_operation(operation).await
}

/// The tag with this path.
pub async fn tag(app: &TestApp, path: &str) -> Value {
    app.get(&format!("/extendedquerytags/{path}"), "*/*").await.expect(200).json()
}

/// `PATCH` of a tag.
pub async fn patch(app: &TestApp, path: &str, body: &str) -> Answer {
    let request = app.request(Method::PATCH, &format!("/extendedquerytags/{path}"));
    send(request.header("content-type", "application/json").body(body.to_owned())).await
}

/// How many entries a search finds.
pub async fn count(app: &TestApp, path: &str) -> usize {
    let answer = app.query(path).await;
    match answer.status.as_u16() {
        204 => 0,
        200 => answer.json().as_array().unwrap().len(),
        _ => panic!("{path}: {} {}", answer.status, answer.text()),
    }
}
