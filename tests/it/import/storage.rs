//! A storage account whose blobs are imported.

use reqwest::Method;
use serde_json::{Value, json};

use super::{default_service, start, until};
use crate::{
    export,
    support::{
        Instance, STORED_INSTANCE, TestApp, TestContainer, azurite_connection, azurite_endpoint, queue_messages,
        scratch,
    },
};

/// All servers of this run import from one account: one at a time.
static ACCOUNT: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

async fn is_empty(container: &TestContainer) {
    until("the container is empty", async || container.names().await.is_empty()).await;
}

#[tokio::test]
async fn blobs_are_stored_and_what_cannot_be_is_copied_and_told_of() {
    let _alone = ACCOUNT.lock().await;
    let (imports, errors) = (TestContainer::open("import-container"), TestContainer::open("error-container"));
    let flags = ["--import-storage", "UseDevelopmentStorage=true", "--azurite-endpoint", &azurite_endpoint()];
    let emulator = start(&scratch().join("import-storage"), &flags);
    let app = default_service(&emulator);
    until("the containers are there", async || {
        imports.send(Method::GET, "", "restype=container", &[], Vec::new()).await == 200
    })
    .await;

    let (plain, large, known) = (Instance::new(), Instance::new().with_pixels(1000, 1100, 9), Instance::new());
    app.store([&known]).await.expect(200);
    imports.write("plain.dcm", plain.bytes()).await;
    imports.write("with blank & more/ü.dcm", large.bytes()).await;
    imports.write("again.dcm", known.bytes()).await;
    imports.write("garbage", b"no DICOM".to_vec()).await;
    let large_garbage = vec![b'x'; 9_000_000];
    imports.write("large-garbage", large_garbage.clone()).await;
    is_empty(&imports).await;

    for instance in [&plain, &large, &known] {
        let stored = app.get(&instance.path(), STORED_INSTANCE).await.expect(200).body;
        assert!(stored == instance.stored_bytes());
    }
    assert_eq!(app.feed().await.len(), 3);
    assert_eq!(errors.names().await, ["again.dcm", "garbage", "large-garbage"]);
    assert_eq!(errors.read("again.dcm").await, known.bytes());
    assert_eq!(errors.read("garbage").await, b"no DICOM");
    assert!(errors.read("large-garbage").await == large_garbage);
    let messages = queue_messages("error-queue").await;
    let mut said: Vec<(String, String)> = Vec::new();
    for message in &messages {
        let message: Value = serde_json::from_str(message).unwrap();
        assert!(message["timestamp"].as_str().unwrap().parse::<jiff::Timestamp>().is_ok());
        let text = |name: &str| message[name].as_str().unwrap().to_owned();
        said.push((text("file"), text("error")));
    }
    said.sort();
    let unreadable = "The file is no DICOM file, or it is damaged. (43264)";
    let pair = |file: &str, error: &str| (file.to_owned(), error.to_owned());
    let expected = [
        pair("again.dcm", "The instance exists already. (45070)"),
        pair("garbage", unreadable),
        pair("large-garbage", unreadable),
    ];
    assert_eq!(said, expected);
    assert_eq!(queue_messages("import-queue").await, Vec::<String>::new());
}

#[tokio::test]
async fn blobs_that_were_stored_before_a_crash_are_no_duplicates() {
    let _alone = ACCOUNT.lock().await;
    let imports = TestContainer::open("import-container");
    let errors = TestContainer::open("error-container");
    let connection = azurite_connection();
    let flags = ["--import-storage", connection.as_str()];
    let data = scratch().join("import-storage-crash");
    let mut emulator = start(&data, &flags);
    let app = default_service(&emulator);
    until("the containers are there", async || {
        imports.send(Method::GET, "", "restype=container", &[], Vec::new()).await == 200
    })
    .await;
    let (interrupted, old) = (Instance::new(), Instance::new());
    app.store([&old]).await.expect(200);
    app.store([&interrupted]).await.expect(200);
    emulator.kill();
    std::mem::forget(app);
    let claimed = [("x-ms-blob-type", "BlockBlob"), ("x-ms-meta-emulatorimport", "1")];
    for (name, instance) in [("crash-interrupted", &interrupted), ("crash-old", &old)] {
        assert_eq!(imports.send(Method::PUT, name, "", &claimed, instance.bytes()).await, 201);
    }
    let instances: Vec<Instance> = (0..60).map(|_| Instance::new()).collect();
    for (number, instance) in instances.iter().enumerate() {
        imports.write(&format!("crash/{number}.dcm"), instance.bytes()).await;
    }
    for enough in [10, 30] {
        let mut emulator = start(&data, &flags);
        let app = default_service(&emulator);
        until("some are stored", async || app.position().await >= enough).await;
        emulator.kill();
        std::mem::forget(app);
    }
    let emulator = start(&data, &flags);
    let app = default_service(&emulator);
    is_empty(&imports).await;
    assert_eq!(app.position().await, 62);
    let refused = errors.names().await.into_iter().filter(|name| name.starts_with("crash"));
    assert_eq!(refused.collect::<Vec<_>>(), ["crash-old"]);
}

#[tokio::test]
async fn what_one_server_exports_another_imports_byte_for_byte() {
    let _alone = ACCOUNT.lock().await;
    let app = TestApp::new();
    let first = Instance::new().with_pixels(64, 64, 4);
    let instances = [first.sibling(), first.cousin(), first.clone(), Instance::new().deflated(), Instance::new()];
    app.store(&instances).await.expect(200);
    let exports = TestContainer::create("round-trip").await;
    let place = json!({ "connectionString": azurite_connection(), "blobContainerName": "round-trip" });
    let operation = export::start(&app, export::everything(place)).await;
    assert_eq!(app.end_of(&operation).await["results"]["exported"], 5);

    let connection = azurite_connection();
    let emulator = start(&scratch().join("round-trip"), &["--import-storage", &connection]);
    let other = default_service(&emulator);
    let imports = TestContainer::open("import-container");
    until("the containers are there", async || {
        imports.send(Method::GET, "", "restype=container", &[], Vec::new()).await == 200
    })
    .await;
    for name in exports.names().await.into_iter().filter(|name| name.ends_with(".dcm")) {
        imports.write(&name, exports.read(&name).await).await;
    }
    is_empty(&imports).await;
    assert_eq!(other.feed().await.len(), 5);
    for instance in &instances {
        let there = app.get(&instance.path(), STORED_INSTANCE).await.expect(200).body;
        assert!(other.get(&instance.path(), STORED_INSTANCE).await.expect(200).body == there);
        let metadata = format!("{}/metadata", instance.path());
        assert_eq!(other.query(&metadata).await.expect(200).json(), app.query(&metadata).await.expect(200).json());
    }
}
