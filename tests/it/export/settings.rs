//! Settings that take something away.

use reqwest::Method;
use serde_json::json;

use super::{ask, everything, request};
use crate::support::{Emulator, TestContainer, database_url, scratch, send};

#[tokio::test]
async fn exports_can_be_limited_or_turned_off() {
    let data = scratch().join("export-settings");
    let flags = ["--durability", "process", "--export-sas", "off", "--export-public", "off"];
    let emulator = Emulator::start(&data, &flags);
    let app = emulator.service("abc");
    let sas = "Shared Access Signatures (SAS) are not supported.";
    let public = "Public access to Azure Blob Storage containers is not supported.";
    for (settings, text) in [
        (json!({ "blobContainerUri": "https://acct.example/export?sig=x" }), sas),
        (json!({ "blobContainerUri": "https://acct.example/export" }), public),
        (
            json!({ "connectionString": "BlobEndpoint=https://acct.example;SharedAccessSignature=sig=x", "blobContainerName": "c" }),
            sas,
        ),
        (json!({ "connectionString": "BlobEndpoint=https://acct.example", "blobContainerName": "c" }), public),
        (
            json!({ "blobContainerUri": "file:///tmp" }),
            "Exports to a folder are not supported: the emulator has no EXPORT_DIR.",
        ),
    ] {
        let answer = ask(&app, everything(settings.clone())).await.expect(400);
        assert_eq!(answer.text(), text, "{settings}");
    }
    let container = TestContainer::create("limited").await;
    ask(&app, everything(json!({ "blobContainerUri": container.url(), "useManagedIdentity": true }))).await.expect(202);

    let flags = ["--durability", "process", "--export", "off", "--database-url", &database_url(&data)];
    let emulator = Emulator::start(&data, &flags);
    let app = emulator.service("abc");
    assert!(ask(&app, "{}").await.expect(404).body.is_empty());
    assert!(send(request(&app, "").header("content-type", "text/plain")).await.expect(404).body.is_empty());
    send(app.request(Method::GET, "/export")).await.expect(405);
}
