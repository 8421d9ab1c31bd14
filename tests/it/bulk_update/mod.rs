//! `POST /studies/$bulkUpdate`

mod feed;
mod files;
mod partitions;
mod race;
mod results;
mod validation;
mod versions;

use serde_json::{Value, json};

use crate::support::{Answer, TestApp};

/// A change of the name.
fn name(name: &str) -> Value {
    json!({ "00100010": { "vr": "PN", "Value": [{ "Alphabetic": name }] } })
}

/// The names in metadata, in order.
fn names(metadata: &Answer) -> Vec<String> {
    let datasets = metadata.json();
    let name = |dataset: &Value| dataset["00100010"]["Value"][0]["Alphabetic"].as_str().unwrap_or_default().to_owned();
    datasets.as_array().expect("an array").iter().map(name).collect()
}

/// The names in the latest metadata of a resource.
async fn latest_names(app: &TestApp, path: &str) -> Vec<String> {
    names(&app.query(&format!("{path}/metadata")).await.expect(200))
}

/// The names in the original metadata of a resource.
async fn original_names(app: &TestApp, path: &str) -> Vec<String> {
    names(&app.get_original(&format!("{path}/metadata"), "application/dicom+json").await.expect(200))
}
