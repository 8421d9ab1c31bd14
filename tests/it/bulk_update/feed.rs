//! What the change feed tells of updates.

use serde_json::json;

use super::name;
use crate::support::{Instance, TestApp};

#[tokio::test]
async fn each_instance_has_an_entry_and_every_entry_shows_what_is_there_now() {
    let app = TestApp::new();
    let instance = Instance::new().with(0x0010_0010, "PN", "Old");
    let sibling = instance.sibling();
    app.store([&instance, &sibling]).await.expect(200);
    app.update(&[&instance.study], name("New")).await;
    let feed = app.get("/changefeed", "*/*").await.expect(200).json();
    let feed = feed.as_array().unwrap();
    assert_eq!(feed.len(), 4);
    for (entry, (action, state)) in
        feed.iter().zip([("Create", "Replaced"), ("Create", "Replaced"), ("Update", "Current"), ("Update", "Current")])
    {
        assert_eq!((&entry["action"], &entry["state"]), (&json!(action), &json!(state)));
        assert_eq!(entry["metadata"]["00100010"]["Value"][0]["Alphabetic"], "New");
        assert_eq!(entry["partitionName"], "Microsoft.Default");
    }
    let latest = app.get("/changefeed/latest", "*/*").await.expect(200).json();
    assert_eq!((&latest["sequence"], &latest["action"]), (&json!(4), &json!("Update")));
}

#[tokio::test]
async fn states_follow_the_history() {
    let app = TestApp::new();
    let instance = Instance::new();
    app.store([&instance]).await.expect(200);
    app.update(&[&instance.study], name("A")).await;
    app.update(&[&instance.study], name("B")).await;
    assert_eq!(app.feed_lines().await, ["1 Create Replaced", "2 Update Replaced", "3 Update Current"]);
    app.delete(&instance.study_path()).await.expect(204);
    assert_eq!(
        app.feed_lines().await,
        ["1 Create Deleted", "2 Update Deleted", "3 Update Deleted", "4 Delete Deleted"]
    );
    app.store([&instance]).await.expect(200);
    app.upsert([&instance]).await.expect(200);
    app.update(&[&instance.study], json!({})).await;
    assert_eq!(
        app.feed_lines().await[4..],
        ["5 Create Replaced", "6 Update Replaced", "7 Update Current"],
        "an update without changes makes a version too"
    );
}

#[tokio::test]
async fn operations_themselves_are_not_in_the_feed() {
    let app = TestApp::new();
    app.update(&["1.2.3"], name("A")).await;
    assert_eq!(app.position().await, 3, "started, progressed, ended");
    assert!(app.feed_lines().await.is_empty());
    let instance = Instance::new();
    app.store([&instance]).await.expect(200);
    assert_eq!(app.feed_lines().await, ["1 Create Current"]);
}
