//! `GET /partitions`

use jiff::Timestamp;
use reqwest::Method;
use serde_json::json;

use super::{DISABLED, create_workitem, freeze, store_in, within};
use crate::support::{Instance, TestApp, send};

#[tokio::test]
async fn the_list_has_key_name_and_date_ascending_by_key() {
    let app = TestApp::partitioned().await;
    freeze(&app).await;
    store_in(&app, "Zebra", [&Instance::new()]).await.expect(200);
    send(app.control(Method::PUT, "/clock").body(r#"{"advance":"PT1.25S"}"#)).await.expect(200);
    create_workitem(&app, &within("ant", "/workitems?1.2.3")).await.expect(201);
    let answer = app.get("/partitions", "*/*").await.expect(200);
    assert_eq!(answer.header("content-type"), Some("application/json; charset=utf-8"));
    assert_eq!(answer.header("api-supported-versions"), Some("1.0-prerelease, 1, 2"));
    let list = answer.json();
    let born = list[0]["createdDate"].as_str().unwrap();
    assert_eq!(
        list,
        json!([
            { "partitionKey": 1, "partitionName": "Microsoft.Default", "createdDate": born },
            { "partitionKey": 2, "partitionName": "Zebra", "createdDate": "2026-01-01T00:00:00+00:00" },
            { "partitionKey": 3, "partitionName": "ant", "createdDate": "2026-01-01T00:00:01.25+00:00" },
        ])
    );
    let order: Vec<usize> =
        ["partitionKey", "partitionName", "createdDate"].map(|name| answer.text().find(name).unwrap()).to_vec();
    assert!(order.is_sorted());
}

#[tokio::test]
async fn the_default_partition_was_created_with_its_service() {
    let app = TestApp::partitioned().await;
    let service = send(app.control(Method::GET, "")).await.expect(200).json();
    let list = app.get("/partitions", "*/*").await.expect(200).json();
    let time = |text: &serde_json::Value| text.as_str().unwrap().parse::<Timestamp>().unwrap();
    assert_eq!(time(&list[0]["createdDate"]), time(&service["createdAt"]));
    assert!(list[0]["createdDate"].as_str().unwrap().ends_with("+00:00"));
    assert_eq!(list.as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_list_needs_no_accept_and_ignores_parameters() {
    let app = TestApp::partitioned().await;
    send(app.request(Method::GET, "/partitions?limit=x")).await.expect(200);
}

#[tokio::test]
async fn without_partitions_there_is_no_list() {
    let app = TestApp::new();
    let answer = app.get("/partitions", "*/*").await.expect(400);
    assert_eq!(answer.text(), DISABLED);
    assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
}
