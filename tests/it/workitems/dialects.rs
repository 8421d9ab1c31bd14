//! Two kinds of client on one worklist, and a server that takes only one of them

use reqwest::Method;
use serde_json::json;

use super::{TRANSACTION, change, complete, message, plain};
use crate::support::{DICOM_JSON, Emulator, TestApp, send, uid};

#[tokio::test]
async fn a_workitem_does_not_remember_how_it_was_made() {
    let app = TestApp::new();
    let uid = uid();
    app.create_workitem(&uid, &json!({})).await.expect(201);
    app.change_state(&uid, &json!([change("IN PROGRESS", TRANSACTION)])).await.expect(200);
    let finish = change("COMPLETED", TRANSACTION);
    let answer = app.change_state(&uid, &json!([finish])).await.expect(400);
    assert_eq!(message(&answer), "The required tag '(0074,1200)' is missing.");
    app.change_state(&uid, &finish).await.expect(200);
}

#[tokio::test]
async fn a_strict_server_takes_only_what_azure_takes() {
    let data = tempfile::tempdir().unwrap();
    let emulator = Emulator::start(data.path(), &["--strict", "on", "--durability", "process"]);
    let app = emulator.service("default");
    app.create_workitem("1.2.1", &json!([complete()])).await.expect(201);
    let array = "The query parameter '$' is invalid. An array of datasets is expected.";
    assert_eq!(plain(&app.create_workitem("1.2.2", &json!(complete())).await.expect(400)), array);
    let malformed = app.create_workitem("1.2.3.workitem1", &json!([complete()])).await.expect(400);
    assert!(plain(&malformed).starts_with("Dicom element 'WorkitemInstanceUid'"));
    app.query("/workitems/1.2.3.workitem1").await.expect(400);
    app.create_workitem("workitem=1.2.2", &json!([complete()])).await.expect(400);

    app.claim("1.2.1").await;
    let put = app.workitem_request(Method::PUT, "/workitems/1.2.1", &json!([{}]));
    assert_eq!(send(put.header("Transaction-UID", TRANSACTION)).await.expect(405).text(), "");
    let post = app.workitem_request(Method::POST, "/workitems/1.2.1", &json!([{}]));
    send(post.header("Transaction-UID", TRANSACTION)).await.expect(400);
    app.update_workitem("1.2.1", TRANSACTION, &json!([{}])).await.expect(200);
    assert_eq!(app.change_state("1.2.1", &change("CANCELED", TRANSACTION)).await.status, 400);

    app.create_workitem("1.2.2", &json!([complete()])).await.expect(201);
    assert_eq!(app.cancel_workitem("1.2.2").await.expect(415).text(), "");
    let post = || app.request(Method::POST, "/workitems/1.2.2/cancelrequest").header("content-type", DICOM_JSON);
    send(post()).await.expect(400);
    send(post().body("[{}]")).await.expect(202);
    drop(app);
    drop(emulator);
}
