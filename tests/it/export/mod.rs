//! `POST /export` and the operation that it starts.

mod copies;
mod identifiers;
mod interruption;
mod refusals;
mod secrets;
mod settings;

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::support::{Answer, TestApp, exports_folder, send};

/// The request for an export.
pub fn request(app: &TestApp, body: impl ToString) -> RequestBuilder {
    app.request(Method::POST, "/export").header("content-type", "application/json").body(body.to_string())
}

/// Asks for an export.
pub async fn ask(app: &TestApp, body: impl ToString) -> Answer {
    send(request(app, body)).await
}

/// Asks for an export, which starts; answers its identifier.
pub async fn start(app: &TestApp, body: impl ToString) -> String {
    let answer = ask(app, body).await.expect(202);
    answer.json()["id"].as_str().expect("an identifier").to_owned()
}

/// A body with these identifiers.
pub fn of(identifiers: &[&str], destination: Value) -> Value {
    json!({
        "source": { "type": "identifiers", "settings": { "values": identifiers } },
        "destination": { "type": "azureblob", "settings": destination },
    })
}

/// A body without a source.
pub fn everything(destination: Value) -> Value {
    json!({ "destination": { "type": "azureblob", "settings": destination } })
}

/// A new folder below the one for exports: its URL and its path.
pub fn new_folder() -> (String, std::path::PathBuf) {
    use std::sync::atomic::{AtomicUsize, Ordering};
    static NEXT: AtomicUsize = AtomicUsize::new(1);
    let name = format!("folder-{}", NEXT.fetch_add(1, Ordering::Relaxed));
    let root = exports_folder();
    std::fs::create_dir_all(&root).unwrap();
    let root = root.canonicalize().unwrap();
    (format!("file://{}/{name}", root.display()), root.join(name))
}

/// The files below a folder, as paths from there, in their order.
pub fn files_below(folder: &std::path::Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap().map(|entry| entry.unwrap().path()) {
            match entry.is_dir() {
                true => folders.push(entry),
                false => found.push(entry.strip_prefix(folder).unwrap().to_str().unwrap().to_owned()),
            }
        }
    }
    found.sort();
    found
}
