//! Updates in services with data partitions.

use reqwest::Method;
use serde_json::json;

use super::{latest_names, name};
use crate::support::{Instance, TestApp};

#[tokio::test]
async fn an_update_is_of_one_partition() {
    let app = TestApp::partitioned().await;
    let instance = Instance::new().with(0x0010_0010, "PN", "Old");
    for partition in ["a", "b"] {
        app.send_files(Method::POST, &format!("/partitions/{partition}/studies"), [&instance]).await.expect(200);
    }
    let started = app.start_update_in("/partitions/b", &[&instance.study], name("New")).await.expect(202).json();
    let id = started["id"].as_str().unwrap();
    assert_eq!(started["href"], app.url(&format!("/operations/{id}")), "operations are of the whole service");
    let operation = app.await_operation(id).await;
    assert_eq!(operation["results"]["instanceUpdated"], 1);
    assert_eq!(latest_names(&app, &format!("/partitions/a{}", instance.path())).await, ["Old"]);
    assert_eq!(latest_names(&app, &format!("/partitions/b{}", instance.path())).await, ["New"]);
    assert_eq!(app.feed().await.last().unwrap()["partitionName"], "b");
}

#[tokio::test]
async fn a_partition_that_is_not_there_has_no_studies_to_update_and_is_not_created() {
    let app = TestApp::partitioned().await;
    let refused = app.start_update_in("/partitions/a", &["1.2"], name("A")).await.expect(400);
    assert_eq!(refused.text(), "Specified PartitionName does not exist.");
    let refused = app.start_update(&["1.2"], name("A")).await.expect(400);
    assert_eq!(refused.text(), "PartitionName value is missing in the route segment.");
    assert_eq!(app.position().await, 0);
}

#[tokio::test]
async fn a_failure_names_the_partition_by_its_key() {
    let app = TestApp::partitioned().await;
    let instance =
        Instance::new().with(0x0008_0005, "CS", "ISO_IR 100").with_bytes(0x0008_0080, "LO", b"H\xF4pital ".to_vec());
    app.send_files(Method::POST, "/partitions/a/studies", [&instance]).await.expect(200);
    let started = app.start_update_in("/partitions/a", &[&instance.study], name("\u{738b}")).await.expect(202).json();
    let operation = app.await_operation(started["id"].as_str().unwrap()).await;
    assert_eq!(operation["status"], json!("failed"));
    let error = operation["results"]["errors"][1].as_str().unwrap();
    assert!(error.contains("Instance UIDs - PartitionKey: 2, StudyInstanceUID:"), "{error}");
}
