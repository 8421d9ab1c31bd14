//! Which routes there are with partitions and without, and what those are told that go the other way.

use reqwest::{Method, StatusCode};

use super::{DISABLED, INVALID, MISSING, UNKNOWN, create_workitem, store_in, within};
use crate::support::{Answer, DICOM_JSON, Instance, STORED_MULTIPART, TestApp, send};

/// Every route of studies and workitems: method, path and the content type of the body, if it wants one.
const IN_A_PARTITION: [(Method, &str, &str); 35] = [
    (Method::GET, "/studies", ""),
    (Method::POST, "/studies", "application/dicom"),
    (Method::PUT, "/studies", "application/dicom"),
    (Method::GET, "/studies/1.2", ""),
    (Method::POST, "/studies/1.2", "application/dicom"),
    (Method::PUT, "/studies/1.2", "application/dicom"),
    (Method::DELETE, "/studies/1.2", ""),
    (Method::GET, "/studies/1.2/metadata", ""),
    (Method::GET, "/studies/1.2/series", ""),
    (Method::GET, "/studies/1.2/instances", ""),
    (Method::GET, "/studies/1.2/series/1.3", ""),
    (Method::DELETE, "/studies/1.2/series/1.3", ""),
    (Method::GET, "/studies/1.2/series/1.3/metadata", ""),
    (Method::GET, "/studies/1.2/series/1.3/instances", ""),
    (Method::GET, "/studies/1.2/series/1.3/instances/1.4", ""),
    (Method::DELETE, "/studies/1.2/series/1.3/instances/1.4", ""),
    (Method::GET, "/studies/1.2/series/1.3/instances/1.4/metadata", ""),
    (Method::GET, "/studies/1.2/series/1.3/instances/1.4/frames/1", ""),
    (Method::GET, "/studies/1.2/series/1.3/instances/1.4/rendered", ""),
    (Method::GET, "/studies/1.2/series/1.3/instances/1.4/frames/1/rendered", ""),
    (Method::GET, "/series", ""),
    (Method::GET, "/instances", ""),
    (Method::GET, "/workitems", ""),
    (Method::POST, "/workitems", DICOM_JSON),
    (Method::GET, "/workitems/1.2", ""),
    (Method::POST, "/workitems/1.2", DICOM_JSON),
    (Method::PUT, "/workitems/1.2", DICOM_JSON),
    (Method::PUT, "/workitems/1.2/state", DICOM_JSON),
    (Method::POST, "/workitems/1.2/cancelrequest", DICOM_JSON),
    (Method::GET, "/workitems/subscriptions", ""),
    (Method::POST, "/workitems/1.2/subscribers/AET", ""),
    (Method::DELETE, "/workitems/1.2/subscribers/AET", ""),
    (Method::POST, "/workitems/1.2/subscribers/AET/suspend", ""),
    (Method::GET, "/subscribers/AET", ""),
    (Method::HEAD, "/studies", ""),
];

/// Of these, the ones that bring a partition into being.
const CREATING: [(Method, &str); 5] = [
    (Method::POST, "/studies"),
    (Method::PUT, "/studies"),
    (Method::POST, "/studies/1.2"),
    (Method::PUT, "/studies/1.2"),
    (Method::POST, "/workitems"),
];

async fn ask(app: &TestApp, method: &Method, path: &str, content_type: &str) -> Answer {
    let mut request = app.request(method.clone(), path).header("accept", "*/*");
    if !content_type.is_empty() {
        request = request.header("content-type", content_type).body("");
    }
    send(request).await
}

fn assert_refusal(answer: &Answer, text: &str, what: &str) {
    assert_eq!(answer.status, 400, "{what}");
    assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"), "{what}");
    assert!(answer.header("api-supported-versions").is_some(), "{what}");
    if !what.starts_with("HEAD") {
        assert_eq!(answer.text(), text, "{what}");
    }
}

#[tokio::test]
async fn without_partitions_no_path_may_name_one() {
    let app = TestApp::new();
    for (method, path, content_type) in IN_A_PARTITION {
        for name in ["p1", "Microsoft.Default", "no%20name", "%ff"] {
            let answer = ask(&app, &method, &within(name, path), content_type).await;
            assert_refusal(&answer, DISABLED, &format!("{method} {name} {path}"));
        }
    }
    assert_eq!(app.position().await, 0);
}

#[tokio::test]
async fn with_partitions_every_path_must_name_one() {
    let app = TestApp::partitioned().await;
    for (method, path, content_type) in IN_A_PARTITION {
        let answer = ask(&app, &method, path, content_type).await;
        assert_refusal(&answer, MISSING, &format!("{method} {path}"));
    }
    assert_eq!(app.position().await, 0);
}

#[tokio::test]
async fn a_partition_that_does_not_exist_is_refused_except_by_what_creates_it() {
    let app = TestApp::partitioned().await;
    for (method, path, content_type) in IN_A_PARTITION {
        let answer = ask(&app, &method, &within("new", path), content_type).await;
        if CREATING.contains(&(method.clone(), path)) {
            assert_ne!(answer.text(), UNKNOWN, "{method} {path}");
            assert_eq!(app.position().await, 1, "{method} {path}");
            app.reset(serde_json::json!({})).await.expect(200);
        } else {
            assert_refusal(&answer, UNKNOWN, &format!("{method} {path}"));
            assert_eq!(app.position().await, 0, "{method} {path}");
        }
        let invalid = ask(&app, &method, &within("no%20name", path), content_type).await;
        assert_refusal(&invalid, INVALID, &format!("{method} {path}"));
    }
    assert_eq!(app.position().await, 0);
}

#[tokio::test]
async fn both_versions_of_the_api_have_the_same_partitions() {
    let (plain, app) = (TestApp::new(), TestApp::partitioned().await);
    store_in(&app, "p1", [&Instance::new()]).await.expect(200);
    for version in ["v1.0-prerelease", "v1", "v2"] {
        let at = |app: &TestApp, path: &str| {
            let path = format!("/services/{}/{version}{path}", app.service);
            send(app.at_root(Method::GET, &path).header("accept", DICOM_JSON))
        };
        at(&app, "/partitions/p1/studies").await.expect(200);
        assert_eq!(at(&app, "/partitions").await.expect(200).json().as_array().map(Vec::len), Some(2));
        assert_eq!(at(&app, "/studies").await.expect(400).text(), MISSING);
        assert_eq!(at(&plain, "/partitions").await.expect(400).text(), DISABLED);
        assert_eq!(at(&plain, "/partitions/p1/studies").await.expect(400).text(), DISABLED);
    }
}

#[tokio::test]
async fn the_feed_and_the_list_lie_in_no_partition() {
    for app in [TestApp::new(), TestApp::partitioned().await] {
        app.get("/changefeed", "*/*").await.expect(200);
        app.get("/changefeed/latest", "*/*").await.expect(204);
        let unknown = app.get("/operations/1323c079a1b64efcb8943ef7707b5438", "*/*").await.expect(404);
        assert!(unknown.header("api-supported-versions").is_some(), "the route is there, the operation is not");
        for path in [
            "/changefeed",
            "/changefeed/latest",
            "/operations/1323c079a1b64efcb8943ef7707b5438",
            "/extendedquerytags",
            "/extendedquerytags/00101002",
            "/partitions",
            "/partitions/p2/studies",
            "/nothing",
            "",
            "/",
        ] {
            for partition in ["Microsoft.Default", "unknown", "no%20name"] {
                let answer = app.get(&within(partition, path), "*/*").await.expect(404);
                assert_eq!(answer.text(), "", "{path}");
            }
        }
        app.get("/partitions//studies", "*/*").await.expect(404);
    }
}

#[tokio::test]
async fn another_method_on_a_path_in_a_partition_is_405() {
    let app = TestApp::partitioned().await;
    for (method, path, allowed) in [
        (Method::DELETE, within("p1", "/studies"), "GET,HEAD,POST,PUT"),
        (Method::PATCH, within("p1", "/studies/1.2"), "DELETE,GET,HEAD,POST,PUT"),
        (Method::POST, "/partitions".to_owned(), "GET,HEAD"),
        (Method::DELETE, within("p1", "/workitems"), "GET,HEAD,POST"),
    ] {
        let answer = send(app.request(method, &path)).await.expect(405);
        let mut allow: Vec<&str> = answer.header("allow").unwrap().split(',').map(str::trim).collect();
        allow.sort_unstable();
        assert_eq!(allow.join(","), allowed, "{path}");
        assert_eq!(answer.text(), "");
    }
    app.get("/partitions/p1", "*/*").await.expect(404);
}

#[tokio::test]
async fn paths_are_compared_without_case_and_urls_come_out_right() {
    let app = TestApp::partitioned().await;
    let instance = Instance::new();
    app.send_files(Method::POST, "/PARTITIONS/p1/Studies", [&instance]).await.expect(200);
    app.query("/Partitions/p1/STUDIES").await.expect(200);
    app.get(&format!("/partitions/P1{}", instance.path().to_uppercase()), "*/*").await.expect(200);
    app.get("/PARTITIONS", "*/*").await.expect(200);
    app.get("/partitions/p1/ChangeFeed", "*/*").await.expect(404);
}

#[tokio::test]
async fn a_version_that_is_not_supported_is_refused_with_the_whole_path() {
    let app = TestApp::partitioned().await;
    let path = format!("/services/{}/v3/Partitions/p%31/studies", app.service);
    let answer = send(app.at_root(Method::GET, &path)).await.expect(400);
    let message = format!(
        "The HTTP resource that matches the request URI '{}{path}' does not support the API version '3'.",
        app.root()
    );
    assert_eq!(answer.json()["error"]["message"], message);
}

#[tokio::test]
async fn the_partition_is_looked_at_after_the_content_type_and_before_everything_else() {
    let app = TestApp::partitioned().await;
    // Before what is accepted, and before identifiers:
    for path in
        ["/studies/x/metadata", "/studies/x", "/studies/x/series/y/instances", "/workitems/x!", "/studies?limit=x"]
    {
        let answer = app.get(&within("unknown", path), "text/nothing").await.expect(400);
        assert_eq!(answer.text(), UNKNOWN, "{path}");
    }
    let answer = app.get("/studies/x/series/y/instances/z/rendered", "text/nothing").await.expect(400);
    assert_eq!(answer.text(), MISSING);
    assert_eq!(app.delete(&within("unknown", "/studies/x")).await.expect(400).text(), UNKNOWN);
    // After the content type, and after numbers that are none:
    for path in ["/studies", "/workitems"] {
        let request = app.request(Method::POST, &within("p1", path)).header("content-type", "text/nothing");
        send(request.body("")).await.expect(415);
    }
    let frames = app.get(&within("unknown", "/studies/1.2/series/1.3/instances/1.4/frames/x"), STORED_MULTIPART).await;
    assert!(frames.expect(400).text().contains("frames"));
    assert_eq!(app.position().await, 0);
}

#[tokio::test]
async fn subscriptions_to_workitems_are_not_implemented_in_a_partition_either() {
    let app = TestApp::partitioned().await;
    create_workitem(&app, &within("p1", "/workitems?1.2.3")).await.expect(201);
    let answer = app.get(&within("p1", "/subscribers/AET"), "*/*").await;
    assert_eq!(answer.status, StatusCode::NOT_IMPLEMENTED);
}
