//! What lets an export in is nowhere to be seen.

use reqwest::{Method, StatusCode};
use serde_json::json;

use super::{everything, start};
use crate::support::{Emulator, FakeStorage, Instance, scratch, send};

#[tokio::test]
async fn a_signature_is_sent_as_it_came_and_shown_nowhere() {
    let storage = FakeStorage::start(|request| async move {
        match request.is_copy() {
            true => StatusCode::FORBIDDEN,
            false => StatusCode::CREATED,
        }
    })
    .await;
    let emulator =
        Emulator::start_with(&scratch().join("secrets"), &["--durability", "process"], &[("RUST_LOG", "trace")]);
    let app = emulator.service("abc");
    app.store([&Instance::new()]).await.expect(200);
    let query = "sv=2021-12-02&sp=rw&sig=hush%2Bhush%2F%3D";
    let url = format!("{}?{query}", storage.url());
    let operation = start(&app, everything(json!({ "blobContainerUri": url }))).await;
    let ended = app.end_of(&operation).await;
    assert_eq!(ended["status"], "failed");
    assert!(storage.requests().iter().all(|request| request.path.ends_with(query)), "{:?}", storage.requests());
    // An account that cannot be reached is spoken of in errors, which name no query either.
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let refused =
        super::ask(&app, everything(json!({ "blobContainerUri": format!("http://127.0.0.1:{gone}/a/b?{query}") })));
    let refused = refused.await.expect(400);

    let log = send(app.control(Method::GET, "/log")).await.expect(200);
    let lines = send(app.control(Method::GET, "/log").header("accept", "application/x-ndjson")).await.expect(200);
    assert!(log.text().contains(&storage.url()), "{}", log.text());
    let shown = [ended.to_string(), refused.text().to_owned(), log.text().to_owned(), lines.text().to_owned()];
    for text in shown.into_iter().chain(emulator.output()) {
        assert!(!text.contains("hush"), "{text}");
    }
}
