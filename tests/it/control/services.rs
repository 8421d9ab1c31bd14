//! `/_emulator/services`

use healthcare_emulator::postgres::{connect, parse_url};
use reqwest::Method;
use serde_json::json;

use crate::support::{Emulator, Instance, STORED_INSTANCE, TestApp, database_url, scratch, send};

#[tokio::test]
async fn a_service_comes_to_be_at_first_use_and_starts_at_nothing() {
    let app = TestApp::new();
    let missing = send(app.control(Method::GET, "")).await.expect(404);
    assert_eq!(missing.header("content-type"), Some("application/problem+json"));
    send(app.control(Method::GET, "/log")).await.expect(404);
    send(app.control(Method::DELETE, "/snapshots/x")).await.expect(404);
    app.query("/studies").await.expect(204);
    let found = send(app.control(Method::GET, "")).await.expect(200).json();
    assert_eq!(
        (&found["name"], &found["position"], &found["sequence"], &found["partitions"]),
        (&json!(app.service), &json!(0), &json!(0), &json!(false))
    );
    assert!(found["createdAt"].as_str().unwrap().ends_with('Z'));
    let all = send(app.at_root(Method::GET, "/_emulator/services")).await.expect(200).json();
    let names: Vec<&str> = all.as_array().unwrap().iter().map(|service| service["name"].as_str().unwrap()).collect();
    assert!(names.contains(&app.service.as_str()) && names.contains(&"default"));
    assert!(names.is_sorted());
}

#[tokio::test]
async fn a_service_can_be_created_by_name() {
    let app = TestApp::new();
    send(app.control(Method::PUT, "")).await.expect(201);
    send(app.control(Method::PUT, "").body(r#"{"partitions":false}"#)).await.expect(200);
    for body in ["{", "[]", r#"{"partitions":"yes"}"#, r#"{"unknown":1}"#] {
        let refused = send(app.control(Method::PUT, "").body(body)).await.expect(400);
        assert_eq!(refused.header("content-type"), Some("application/problem+json"), "{body}");
    }
}

#[tokio::test]
async fn services_do_not_see_one_another() {
    let (one, two) = (TestApp::new(), TestApp::new());
    let instance = Instance::new();
    one.store([&instance]).await.expect(200);
    two.get(&instance.path(), STORED_INSTANCE).await.expect(404);
    two.store([&instance]).await.expect(200);
    one.delete(&instance.path()).await.expect(204);
    assert_eq!(two.get(&instance.path(), STORED_INSTANCE).await.expect(200).body, instance.stored_bytes());
    assert_eq!(two.feed_lines().await, ["1 Create Current"]);
}

#[tokio::test]
async fn a_deleted_service_takes_everything_along() {
    let app = TestApp::new();
    let instance = Instance::new();
    app.store([&instance]).await.expect(200);
    send(app.control(Method::DELETE, "")).await.expect(204);
    send(app.control(Method::DELETE, "")).await.expect(404);
    app.get(&instance.path(), STORED_INSTANCE).await.expect(404);
    assert!(app.feed().await.is_empty());
    app.store([&instance]).await.expect(200);
    assert_eq!(app.feed_lines().await, ["1 Create Current"]);
    assert_eq!(app.get(&instance.path(), STORED_INSTANCE).await.expect(200).body, instance.stored_bytes());
}

#[tokio::test]
async fn unknown_resources_of_the_control_api_are_problem_documents() {
    let app = TestApp::new();
    let answer = send(app.at_root(Method::GET, "/_emulator/nothing")).await.expect(404);
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    assert_eq!(answer.json()["status"], 404);
    let method = send(app.at_root(Method::GET, "/_emulator/verify")).await.expect(405);
    assert_eq!(method.header("content-type"), Some("application/problem+json"));
    let large = send(app.control(Method::POST, "/reset").body(vec![b' '; 2_000_000])).await.expect(413);
    assert_eq!(large.header("content-type"), Some("application/problem+json"));
}

#[tokio::test]
async fn a_copy_begins_as_the_other_was_and_goes_its_own_way() {
    let (one, two) = (TestApp::new(), TestApp::new());
    let (first, second) = (Instance::new(), Instance::new());
    one.store([&first]).await.expect(200);
    send(one.control(Method::PUT, "/snapshots/golden")).await.expect(201);
    one.store([&second]).await.expect(200);
    one.delete(&first.path()).await.expect(204);

    let origin = json!({ "copyOf": { "service": one.service, "snapshot": "golden" } });
    let copy = send(two.control(Method::PUT, "").body(origin.to_string())).await.expect(201).json();
    assert_eq!((&copy["position"], &copy["sequence"]), (&json!(1), &json!(1)));
    assert_eq!(two.feed_lines().await, ["1 Create Current"]);
    assert_eq!(two.get(&first.path(), STORED_INSTANCE).await.expect(200).body, first.stored_bytes());
    two.get(&second.path(), STORED_INSTANCE).await.expect(404);

    // The files are its own: those of the other may go.
    send(one.control(Method::DELETE, "")).await.expect(204);
    two.store([&second]).await.expect(200);
    assert_eq!(two.get(&first.path(), STORED_INSTANCE).await.expect(200).body, first.stored_bytes());
    send(two.control(Method::POST, "/reset").body(r#"{"snapshot":"golden"}"#)).await.expect(200);
    assert_eq!(two.feed_lines().await, ["1 Create Current"]);
}

#[tokio::test]
async fn a_copy_without_a_place_begins_as_the_other_is() {
    let (one, two, three) = (TestApp::new(), TestApp::new(), TestApp::new());
    let instance = Instance::new();
    one.store([&instance]).await.expect(200);
    one.upsert([&instance.clone().with(0x0010_0020, "LO", "other")]).await.expect(200);
    let origin = |place: serde_json::Value| json!({ "copyOf": place }).to_string();
    send(two.control(Method::PUT, "").body(origin(json!({ "service": one.service })))).await.expect(201);
    assert_eq!(two.feed_lines().await, one.feed_lines().await);
    assert_eq!(two.query("/studies").await.json(), one.query("/studies").await.json());
    let earlier = json!({ "service": one.service, "position": 1 });
    send(three.control(Method::PUT, "").body(origin(earlier))).await.expect(201);
    assert_eq!(three.feed_lines().await, ["1 Create Current"]);
}

#[tokio::test]
async fn a_copy_of_nothing_or_over_something_is_refused() {
    let (one, two) = (TestApp::new(), TestApp::new());
    one.store([&Instance::new()]).await.expect(200);
    for (place, status) in [
        (json!({ "service": "nobody" }), 404),
        (json!({ "service": "No Name" }), 400),
        (json!({ "service": one.service, "snapshot": "unknown" }), 404),
        (json!({ "service": one.service, "position": 2 }), 400),
        (json!({ "service": one.service, "position": -1 }), 400),
        (json!({ "service": one.service, "position": 1, "snapshot": "x" }), 400),
        (json!({}), 400),
    ] {
        let body = json!({ "copyOf": place }).to_string();
        let refused = send(two.control(Method::PUT, "").body(body)).await.expect(status);
        assert_eq!(refused.header("content-type"), Some("application/problem+json"));
    }
    send(two.control(Method::GET, "")).await.expect(404);
    let onto_itself = json!({ "copyOf": { "service": one.service } }).to_string();
    send(one.control(Method::PUT, "").body(onto_itself)).await.expect(409);
}

#[tokio::test]
async fn of_many_copies_to_one_name_one_is_made_and_the_others_are_told() {
    let (one, two) = (TestApp::new(), TestApp::new());
    let study = Instance::new();
    let instances: Vec<Instance> = (0..20).map(|_| study.sibling()).collect();
    one.store(&instances).await.expect(200);
    let body = json!({ "copyOf": { "service": one.service } }).to_string();
    let attempts = (0..8).map(|_| send(two.control(Method::PUT, "").body(body.clone())));
    let answers = futures_util::future::join_all(attempts).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1);
    for answer in answers.into_iter().filter(|answer| answer.status != 201) {
        let refused = answer.expect(409);
        assert_eq!(refused.header("content-type"), Some("application/problem+json"));
        assert_eq!(refused.json()["detail"], json!(format!("the service `{}` exists already", two.service)));
    }
    assert_eq!(two.feed().await, one.feed().await);
}

#[tokio::test]
async fn what_fails_inside_is_a_problem_document_too() {
    let data = scratch().join("broken");
    let emulator = Emulator::start(&data, &["--durability", "process"]);
    let app = emulator.service("abc");
    app.query("/studies").await.expect(204);
    let database = connect(parse_url(&database_url(&data)).unwrap(), 1).await.unwrap();
    sqlx::query("drop table snapshots").execute(&database).await.unwrap();
    let failed = send(app.control(Method::GET, "/snapshots")).await.expect(503);
    assert_eq!(failed.header("content-type"), Some("application/problem+json"));
    let told = json!({
        "title": "Service Unavailable", "status": 503, "detail": "The data store operation failed.",
    });
    assert_eq!(failed.json(), told);
}
