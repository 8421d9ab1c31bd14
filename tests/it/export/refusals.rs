//! What is refused, in which words, and that nothing happens then.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{ask, everything, new_folder, of, request};
use crate::support::{ACCOUNT, Answer, FakeStorage, Instance, KEY, TestApp, TestContainer, azurite_endpoint, send};

async fn refused(app: &TestApp, body: impl ToString) -> String {
    let answer: Answer = ask(app, body).await.expect(400);
    assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
    assert_eq!(answer.header("api-supported-versions"), Some("1, 2"));
    answer.text().to_owned()
}

const NOWHERE: &str = "Please specify both ConnectionString and BlobContainerName.";

#[tokio::test]
async fn a_body_must_be_there_and_name_a_destination() {
    let app = TestApp::new();
    let empty = "The field '' in request body is invalid: A non-empty request body is required.";
    for body in ["", "  ", "null", "\u{feff}"] {
        assert_eq!(refused(&app, body).await, empty, "{body:?}");
    }
    let required = "The field 'Destination' in request body is invalid: The Destination field is required.";
    let source = json!({ "type": "identifiers", "settings": { "values": ["1"] } });
    for body in [json!({}), json!({ "source": source }), json!({ "destination": null }), json!({ "other": 1 })] {
        assert_eq!(refused(&app, &body).await, required, "{body}");
    }
    assert_eq!(app.position().await, 0);
}

#[tokio::test]
async fn what_has_the_wrong_shape_is_named() {
    let app = TestApp::new();
    let (url, _) = new_folder();
    let with = |pointer: &str, value: Value| {
        let mut body = of(&["1.2"], json!({ "blobContainerUri": url }));
        *body.pointer_mut(pointer).unwrap() = value;
        body.to_string()
    };
    for body in [
        "{".to_owned(),
        "x".to_owned(),
        "[]".to_owned(),
        "1".to_owned(),
        "\u{0}".to_owned(),
        "[".repeat(10_000),
        with("/source", json!([])),
        with("/source", json!("x")),
        with("/source/type", json!("study")),
        with("/source/type", json!(1)),
        with("/source/type", json!(null)),
        with("/source/settings", json!(null)),
        with("/source/settings", json!([])),
        with("/source/settings/values", json!("1.2")),
        with("/source/settings/values", json!({})),
        with("/source/settings/values/0", json!(1)),
        with("/source/settings/values/0", json!(null)),
        with("/source/settings/values/0", json!("")),
        with("/source/settings/values/0", json!("1.2/x")),
        with("/source/settings/values/0", json!("1/2/3/4")),
        with("/source/settings/values/0", json!("1".repeat(65))),
        with("/destination", json!("x")),
        with("/destination/type", json!("s3")),
        with("/destination/type", json!(0)),
        with("/destination/settings", json!(null)),
        with("/destination/settings/blobContainerUri", json!(7)),
        with("/destination/settings/blobContainerUri", json!("no url")),
        with("/destination/settings/blobContainerUri", json!("ftp://a/b")),
        with("/destination/settings/blobContainerUri", json!("http://127.0.0.1/a")),
        with("/destination/settings/blobContainerUri", json!("http://user:word@127.0.0.1/a/b")),
        with("/destination/settings", json!({ "useManagedIdentity": "true" })),
        with("/destination/settings", json!({ "connectionString": 1 })),
        with("/destination/settings", json!({ "connectionString": "x", "blobContainerName": "y" })),
        with(
            "/destination/settings",
            json!({ "connectionString": "UseDevelopmentStorage=true", "blobContainerName": "../x" }),
        ),
        with(
            "/destination/settings",
            json!({ "connectionString": "UseDevelopmentStorage=true", "blobContainerName": "a/b" }),
        ),
    ] {
        let shown = body.chars().take(300).collect::<String>();
        let said = refused(&app, body).await;
        assert!(
            said.starts_with("The field '") && said.contains("' in request body is invalid: "),
            "{said} for {shown}"
        );
    }
    assert_eq!(app.position().await, 0);
}

#[tokio::test]
async fn members_and_types_are_found_in_any_case_and_json_may_have_comments() {
    let app = TestApp::new();
    app.store([&Instance::new()]).await.expect(200);
    let (url, _) = new_folder();
    let body = format!(
        r#"{{ /* what */ "SOURCE": {{ "Type": "Identifiers", "SETTINGS": {{ "VALUES": ["1.2",], "more": 1 }} }},
        // where
        "deSTination": {{ "type": "azureBlob", "x": {{}}, "settings": {{ "BlobContainerUri": "{url}", }}, }}, }}"#
    );
    ask(&app, body).await.expect(202);
}

#[tokio::test]
async fn settings_that_contradict_themselves_are_refused_in_the_words_of_the_service() {
    let app = TestApp::new();
    let uri = "https://acct.blob.core.windows.net/export";
    let signed = "https://acct.blob.core.windows.net/export?sv=1&SIG=x";
    let two = "ConnectionString and BlobContainerName cannot be specified along with BlobContainerUri.";
    let identity = "Managed identity cannot be used with a ConnectionString.";
    let both = "UseManagedIdentity cannot be specified if the BlobContainerUri container query string parameters.";
    for (settings, text) in [
        (json!({}), NOWHERE),
        (json!({ "connectionString": "x" }), NOWHERE),
        (json!({ "blobContainerName": "x" }), NOWHERE),
        (json!({ "connectionString": " ", "blobContainerName": "x" }), NOWHERE),
        (json!({ "useManagedIdentity": true }), NOWHERE),
        (json!({ "blobContainerUri": uri, "connectionString": "x" }), two),
        (json!({ "blobContainerUri": uri, "blobContainerName": "x" }), two),
        (
            json!({ "connectionString": format!("AccountName=acct;AccountKey={KEY}"), "blobContainerName": "x" }),
            "Account key authentication is not supported.",
        ),
        (
            json!({ "connectionString": "UseDevelopmentStorage=true", "blobContainerName": "x", "useManagedIdentity": true }),
            identity,
        ),
        (
            json!({ "connectionString": "BlobEndpoint=https://a.b.c", "blobContainerName": "x", "useManagedIdentity": true }),
            identity,
        ),
        (json!({ "blobContainerUri": signed, "useManagedIdentity": true }), both),
        (
            json!({ "connectionString": format!("AccountName={ACCOUNT};AccountKey=@@"), "blobContainerName": "x" }),
            "The field '$.destination.settings.connectionString' in request body is invalid: The value is not a connection string.",
        ),
    ] {
        assert_eq!(refused(&app, everything(settings.clone())).await, text, "{settings}");
    }
    // The source comes first, and both come before the storage.
    for values in [json!({}), json!({ "values": null }), json!({ "values": [] })] {
        let mut body = of(&[], json!({}));
        body["source"]["settings"] = values;
        assert_eq!(refused(&app, body).await, "Missing value for property 'Values'.");
    }
    assert_eq!(app.position().await, 0);
}

#[tokio::test]
async fn a_destination_that_does_not_take_it_is_told_before_anything_starts() {
    let app = TestApp::new();
    TestContainer::create("closed").await;
    let at = |name: &str| json!({ "blobContainerUri": format!("{}/{name}", azurite_endpoint()), "useManagedIdentity": true });
    let said = refused(&app, everything(at("absent"))).await;
    assert_eq!(said, format!("Azure Blob Storage container 'absent' does not exist in account '{ACCOUNT}'."));

    let wrong_key = format!("AccountName={ACCOUNT};AccountKey=AAAA;BlobEndpoint={}", azurite_endpoint());
    for settings in [
        json!({ "blobContainerUri": format!("{}/closed", azurite_endpoint()) }),
        json!({ "blobContainerUri": format!("{}/closed?sv=2021-12-02&sr=c&sp=acw&se=2099-01-01&sig=AAAA", azurite_endpoint()) }),
        json!({ "connectionString": wrong_key, "blobContainerName": "closed" }),
    ] {
        let said = refused(&app, everything(settings.clone())).await;
        let expected = format!("Failed to write to Azure Blob Storage container 'closed' in account '{ACCOUNT}'.");
        assert_eq!(said, expected, "{settings}");
    }
    // Nobody listens on a port that was just given back.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let settings = json!({ "blobContainerUri": format!("http://127.0.0.1:{port}/account/container") });
    let said = refused(&app, everything(settings)).await;
    assert_eq!(said, "Cannot connect to Azure Blob Storage container 'container' in account 'account'.");

    for (status, said) in [
        (401, "Unable to authenticate for Azure Blob Storage container 'container' in account 'account'."),
        (403, "Failed to write to Azure Blob Storage container 'container' in account 'account'."),
        (500, "Failed to write to Azure Blob Storage container 'container' in account 'account'."),
        (302, "Failed to write to Azure Blob Storage container 'container' in account 'account'."),
    ] {
        let storage = FakeStorage::start(move |_| async move { StatusCode::from_u16(status).unwrap() }).await;
        assert_eq!(refused(&app, everything(json!({ "blobContainerUri": storage.url() }))).await, said);
    }
    assert_eq!(app.position().await, 0);
}

#[tokio::test]
async fn only_json_is_taken_and_no_more_than_the_server_takes() {
    let app = TestApp::new();
    let body = everything(json!({ "blobContainerUri": new_folder().0 })).to_string();
    for content_type in ["text/plain", "application/xml", "application/dicom", "multipart/related", "json"] {
        let post = app.request(Method::POST, "/export").header("content-type", content_type);
        assert!(send(post.body(body.clone())).await.expect(415).body.is_empty(), "{content_type}");
    }
    assert!(send(app.request(Method::POST, "/export").body(body.clone())).await.expect(415).body.is_empty());
    for content_type in ["application/json; charset=utf-8", "TEXT/JSON", "application/fhir+json"] {
        let post = app.request(Method::POST, "/export").header("content-type", content_type);
        send(post.body(body.clone())).await.expect(202);
    }
    ask(&app, " ".repeat(30_000_001)).await.expect(413);
}

#[tokio::test]
async fn versions_that_lack_it_and_other_methods_are_told_so() {
    let app = TestApp::new();
    let path = |version: &str| format!("/services/{}/{version}/export", app.service);
    for (version, shown) in [("v1.0-prerelease", "1.0-prerelease"), ("v3", "3")] {
        let answer = send(app.at_root(Method::POST, &path(version))).await.expect(400);
        assert_eq!(answer.header("api-supported-versions"), Some("1, 2"));
        let message = format!(
            "The HTTP resource that matches the request URI '{}{}' does not support the API version '{shown}'.",
            app.root(),
            path(version)
        );
        assert_eq!(answer.json(), json!({ "error": { "code": "UnsupportedApiVersion", "message": message } }));
    }
    let answer = app.get("/export", "*/*").await.expect(405);
    assert_eq!((answer.header("allow"), answer.header("api-supported-versions")), (Some("POST"), None));
    let past = request(&app, "{}").header("x-emulator-as-of", 0);
    send(past).await.expect(400);
}

#[cfg(unix)]
#[tokio::test]
async fn a_folder_outside_of_the_one_for_exports_is_refused_however_it_is_named() {
    let app = TestApp::new();
    let (url, folder) = new_folder();
    let root = folder.parent().unwrap();
    let outside = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(&folder).unwrap();
    std::os::unix::fs::symlink(outside.path(), folder.join("link")).unwrap();
    let elsewhere = outside.path().display();
    for uri in [
        format!("file://{elsewhere}"),
        format!("file://{elsewhere}/x"),
        "file:///".to_owned(),
        "file:///etc".to_owned(),
        format!("file://{}", root.parent().unwrap().display()),
        format!("file://{}-x", root.display()),
        format!("{url}/../../x"),
        format!("{url}/%2e%2e/%2E%2E/x"),
        format!("{url}/..%2f..%2fx"),
        format!("{url}/x%00"),
        format!("{url}/%ff"),
        format!("{url}/a%5c..%5cb"),
        format!("file://elsewhere{}", folder.display()),
    ] {
        let said = refused(&app, everything(json!({ "blobContainerUri": uri }))).await;
        assert_eq!(said, "The folder lies outside of the folder for exports.", "{uri}");
    }
    for uri in [format!("{url}/link"), format!("{url}/link/below")] {
        let said = refused(&app, everything(json!({ "blobContainerUri": uri }))).await;
        assert_eq!(said, format!("The folder '{uri}' lies outside of the folder for exports."));
    }
    std::fs::write(folder.join("file"), "x").unwrap();
    let uri = format!("{url}/file");
    let said = refused(&app, everything(json!({ "blobContainerUri": uri }))).await;
    assert_eq!(said, format!("Failed to write to the folder '{uri}'."));
    assert_eq!(std::fs::read_dir(outside.path()).unwrap().count(), 0);
    assert_eq!(app.position().await, 0);
}
