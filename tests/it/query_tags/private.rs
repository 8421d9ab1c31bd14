//! Private attributes: the block must be that of the declared creator.

use serde_json::json;

use super::{add_and_wait, count, tag};
use crate::support::{Instance, TestApp};

fn with_creator(creator: &str, element: u32, value: &str) -> Instance {
    Instance::new().with(0x0401_0000 | element >> 8, "LO", creator).with(0x0401_0000 | element, "SH", value)
}

#[tokio::test]
async fn only_blocks_of_the_declared_creator_count() {
    let app = TestApp::new();
    let mine = with_creator("MicrosoftPC", 0x1001, "A");
    let other = with_creator("Other", 0x1001, "A");
    let elsewhere = with_creator("MicrosoftPC", 0x1101, "A");
    let nobody = Instance::new().with(0x0401_1001, "SH", "A");
    let instances = [&mine, &other, &elsewhere, &nobody];
    app.store(instances).await.expect(200);
    let entry = json!([{ "path": "04011001", "vr": "SH", "privateCreator": "MicrosoftPC", "level": "Instance" }]);
    add_and_wait(&app, entry).await;
    let expected = json!({
        "path": "04011001", "vr": "SH", "privateCreator": "MicrosoftPC", "status": "ready", "level": "instance",
        "queryStatus": "enabled",
    });
    assert_eq!(tag(&app, "04011001").await, expected, "no errors");
    for round in 0..2 {
        let found = app.query("/instances?04011001=A").await.expect(200).json();
        let uids: Vec<_> = found.as_array().unwrap().iter().map(|entry| &entry["00080018"]["Value"][0]).collect();
        assert_eq!(uids, [&json!(mine.instance)], "round {round}");
        assert_eq!(found[0]["04011001"], json!({ "vr": "SH", "Value": ["A"] }));
        // The same when they come after the tag.
        app.upsert(instances).await.expect(200);
    }
}

#[tokio::test]
async fn a_creator_may_be_a_tag_itself() {
    let app = TestApp::new();
    app.store([&with_creator("MicrosoftPC", 0x1001, "A")]).await.expect(200);
    add_and_wait(&app, json!([{ "path": "04010010", "level": "Study" }])).await;
    app.store([&with_creator("Other", 0x1001, "A")]).await.expect(200);
    assert_eq!(count(&app, "/studies?04010010=microsoftpc").await, 1);
    assert_eq!(count(&app, "/studies?04010010=other").await, 1);
    assert_eq!(tag(&app, "04010010").await.get("privateCreator"), None);
}

#[tokio::test]
async fn a_private_tag_that_is_not_there_is_not_queryable() {
    let app = TestApp::new();
    let refused = app.query("/instances?04011001=A").await.expect(400);
    assert!(refused.text().starts_with("Invalid query: AttributeId 04011001 is not queryable.  "));
}
