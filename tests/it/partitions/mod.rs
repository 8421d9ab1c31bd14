//! Data partitions.

mod creation;
mod history;
mod isolation;
mod list;
mod names;
mod routes;
mod startup;
mod workitems;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, DICOM_JSON, Instance, TestApp, send};

const DISABLED: &str = "Data partitions feature is disabled.";
const MISSING: &str = "PartitionName value is missing in the route segment.";
const UNKNOWN: &str = "Specified PartitionName does not exist.";
const INVALID: &str = "The specified PartitionName is invalid. ";

/// A path in a partition.
fn within(partition: &str, path: &str) -> String {
    format!("/partitions/{partition}{path}")
}

/// `POST` of files into a partition.
async fn store_in<'i>(app: &TestApp, partition: &str, files: impl IntoIterator<Item = &'i Instance>) -> Answer {
    app.send_files(Method::POST, &within(partition, "/studies"), files).await
}

/// `PUT` of files into a partition.
async fn upsert_in<'i>(app: &TestApp, partition: &str, files: impl IntoIterator<Item = &'i Instance>) -> Answer {
    app.send_files(Method::PUT, &within(partition, "/studies"), files).await
}

/// `POST` of a bare workitem to a path.
async fn create_workitem(app: &TestApp, path: &str) -> Answer {
    let request = app.request(Method::POST, path).header("accept", DICOM_JSON).header("content-type", DICOM_JSON);
    send(request.body("{}")).await
}

/// The names of the partitions, ascending by key.
async fn names(app: &TestApp) -> Vec<String> {
    let list = app.get("/partitions", "*/*").await.expect(200).json();
    list.as_array().unwrap().iter().map(|entry| entry["partitionName"].as_str().unwrap().to_owned()).collect()
}

/// The keys of the partitions, as listed.
async fn keys(app: &TestApp) -> Vec<i64> {
    let list = app.get("/partitions", "*/*").await.expect(200).json();
    list.as_array().unwrap().iter().map(|entry| entry["partitionKey"].as_i64().unwrap()).collect()
}

/// Lets the clock of the service stand still.
async fn freeze(app: &TestApp) {
    let clock = json!({ "mode": "frozen", "now": "2026-01-01T00:00:00Z" });
    send(app.control(Method::PUT, "/clock").body(clock.to_string())).await.expect(200);
}

/// The kinds and partitions of the events of the service.
async fn log(app: &TestApp) -> Vec<(String, Value)> {
    let log = send(app.control(Method::GET, "/log")).await.expect(200).json();
    let line = |event: &Value| (event["kind"].as_str().unwrap().to_owned(), event["partition"].clone());
    log.as_array().unwrap().iter().map(line).collect()
}
