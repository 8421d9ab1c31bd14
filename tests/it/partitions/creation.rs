//! How partitions come to be.

use std::sync::Arc;

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{UNKNOWN, create_workitem, freeze, keys, log, names, store_in, upsert_in, within};
use crate::support::{DICOM_JSON, Instance, TestApp, send};

#[tokio::test]
async fn a_store_creates_its_partition_and_says_so_in_the_log() {
    let app = TestApp::partitioned().await;
    freeze(&app).await;
    let instance = Instance::new();
    let answer = store_in(&app, "p1", [&instance]).await.expect(200);
    assert_eq!(answer.header("x-emulator-position"), Some("3"));
    let events = send(app.control(Method::GET, "/log?from=2&limit=1")).await.expect(200).json();
    assert_eq!(
        events[0],
        json!({
            "position": 2,
            "at": "2026-01-01T00:00:00Z",
            "kind": "partitionCreated",
            "partition": "p1",
            "body": { "key": 2 },
        })
    );
    let picked = send(app.control(Method::GET, "/log?kind=partitionCreated")).await.expect(200).json();
    assert_eq!(picked, events);
    assert_eq!(app.feed().await[0]["sequence"], 1);
    store_in(&app, "p1", [&Instance::new()]).await.expect(200);
    assert_eq!(app.position().await, 4);
}

#[tokio::test]
async fn each_of_the_five_routes_that_create_does() {
    let app = TestApp::partitioned().await;
    let of_study = |instance: &Instance| format!("/studies/{}", instance.study);
    let [a, b, c, d] = [(); 4].map(|()| Instance::new());
    store_in(&app, "p1", [&a]).await.expect(200);
    upsert_in(&app, "p2", [&b]).await.expect(200);
    app.send_files(Method::POST, &within("p3", &of_study(&c)), [&c]).await.expect(200);
    app.send_files(Method::PUT, &within("p4", &of_study(&d)), [&d]).await.expect(200);
    create_workitem(&app, &within("p5", "/workitems?1.2.3")).await.expect(201);
    assert_eq!(names(&app).await, ["Microsoft.Default", "p1", "p2", "p3", "p4", "p5"]);
    assert_eq!(keys(&app).await, [1, 2, 3, 4, 5, 6]);
}

#[tokio::test]
async fn a_request_that_fails_afterwards_leaves_its_partition() {
    let app = TestApp::partitioned().await;
    let to = |path: &str| app.request(Method::POST, path).header("accept", DICOM_JSON);
    let dicom = ("content-type", "application/dicom");
    // No file, no boundary, a study that is none, no content type, nothing acceptable, and no workitem:
    send(to("/partitions/p2/studies").header(dicom.0, dicom.1).body("no DICOM")).await.expect(409);
    send(to("/partitions/p3/studies").header(dicom.0, "multipart/related").body("x")).await.expect(415);
    send(to("/partitions/p4/studies/x").header(dicom.0, dicom.1).body("x")).await.expect(400);
    send(to("/partitions/p5/studies")).await.expect(415);
    let unacceptable = app.request(Method::POST, "/partitions/p6/studies").header("accept", "text/plain");
    send(unacceptable.header(dicom.0, dicom.1)).await.expect(406);
    send(to("/partitions/p7/workitems").header("content-type", DICOM_JSON).body("{")).await.expect(400);
    assert_eq!(names(&app).await, ["Microsoft.Default", "p2", "p3", "p4", "p5", "p6", "p7"]);
    let answer = send(to("/partitions/p8/studies").header(dicom.0, dicom.1).body("x")).await.expect(409);
    assert_eq!(answer.header("x-emulator-position"), Some("7"), "the partition is what the request has changed");
    let answer = send(to("/partitions/p8/studies").header(dicom.0, dicom.1).body("x")).await.expect(409);
    assert_eq!(answer.header("x-emulator-position"), None);
    assert!(log(&app).await.iter().all(|(kind, _)| kind == "partitionCreated"));
}

#[tokio::test]
async fn nothing_but_a_store_or_a_new_workitem_creates() {
    let app = TestApp::partitioned().await;
    let json = |method, path| app.request(method, path).header("accept", "*/*").header("content-type", DICOM_JSON);
    for request in [
        app.request(Method::GET, "/partitions/p/studies"),
        app.request(Method::DELETE, "/partitions/p/studies/1.2"),
        json(Method::POST, "/partitions/p/workitems/1.2").body("[]"),
        json(Method::PUT, "/partitions/p/workitems/1.2/state").body("[]"),
        json(Method::POST, "/partitions/p/workitems/1.2/cancelrequest").body("[]"),
    ] {
        assert_eq!(send(request).await.expect(400).text(), UNKNOWN);
    }
    assert_eq!(names(&app).await, ["Microsoft.Default"]);
}

#[tokio::test]
async fn a_store_cannot_be_sent_to_the_past_and_creates_nothing_there() {
    let app = TestApp::partitioned().await;
    let request = app.request(Method::POST, "/partitions/p/studies").header("content-type", "application/dicom");
    send(request.header("x-emulator-as-of", "0").body("x")).await.expect(400);
    assert_eq!(app.position().await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn simultaneous_creations_of_one_name_make_one_partition() {
    let app = Arc::new(TestApp::partitioned().await);
    let stores = (0..24).map(|index| {
        let app = app.clone();
        tokio::spawn(async move {
            let name = ["same", "SAME", "Same"][index % 3];
            let (one, other) = (Instance::new(), Instance::new());
            store_in(&app, name, [&one]).await.expect(200);
            store_in(&app, &format!("own-{index}"), [&other]).await.expect(200);
            app.query(&within("sAmE", &format!("/studies?StudyInstanceUID={}", one.study))).await.expect(200);
        })
    });
    for stored in join_all(stores).await {
        stored.unwrap();
    }
    assert_eq!(keys(&app).await, (1..=26).collect::<Vec<_>>());
    let same: Vec<String> = names(&app).await.into_iter().filter(|name| name.eq_ignore_ascii_case("same")).collect();
    assert_eq!(same.len(), 1);
    let feed = app.feed().await;
    let of_same = |entry: &&Value| entry["partitionName"] == json!(same[0]);
    assert_eq!((feed.len(), feed.iter().filter(of_same).count()), (48, 24));
}

/// A `POST` into a partition, of which only the head has been sent, and the partition is there.
async fn begin_store(app: &TestApp, partition: &str, length: usize) -> TcpStream {
    let head = format!(
        "POST /services/{}/v2/partitions/{partition}/studies HTTP/1.1\r\nHost: x\r\nAccept: */*\r\nConnection: close\r\n\
         Content-Type: application/dicom\r\nContent-Length: {length}\r\n\r\n",
        app.service,
    );
    let mut connection = TcpStream::connect(app.root().trim_start_matches("http://")).await.unwrap();
    connection.write_all(head.as_bytes()).await.unwrap();
    while !names(app).await.contains(&partition.to_owned()) {
        tokio::task::yield_now().await;
    }
    connection
}

/// Sends the body; answers what comes back.
async fn end_store(mut connection: TcpStream, file: &[u8]) -> String {
    connection.write_all(file).await.unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn a_partition_that_a_reset_takes_back_amid_a_store_comes_back_with_it() {
    let app = TestApp::partitioned().await;
    let instance = Instance::new();
    let file = instance.bytes();
    let store = begin_store(&app, "p1", file.len()).await;
    app.reset(json!({})).await.expect(200);
    store_in(&app, "p0", [&instance]).await.expect(200);
    let answer = end_store(store, &file).await;
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("x-emulator-position: 4\r\n"), "{answer}");
    assert_eq!(names(&app).await, ["Microsoft.Default", "p0", "p1"]);
    app.get(&within("p1", &instance.path()), "*/*").await.expect(200);
}

#[tokio::test]
async fn a_store_whose_partition_came_back_with_another_spelling_is_refused() {
    let app = TestApp::partitioned().await;
    let file = Instance::new().bytes();
    let store = begin_store(&app, "Foo", file.len()).await;
    app.reset(json!({})).await.expect(200);
    store_in(&app, "foo", [&Instance::new()]).await.expect(200);
    let answer = end_store(store, &file).await;
    assert!(answer.starts_with("HTTP/1.1 400 ") && answer.ends_with(UNKNOWN), "{answer}");
    assert_eq!(
        (names(&app).await, app.feed().await.len()),
        (vec!["Microsoft.Default".to_owned(), "foo".to_owned()], 1)
    );
}
