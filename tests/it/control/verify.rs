//! `/_emulator/…/verify`

use reqwest::Method;
use serde_json::json;

use crate::support::{Instance, TestApp, send};

#[tokio::test]
async fn the_rows_are_what_the_log_says() {
    let app = TestApp::new();
    let instance = Instance::new();
    app.store([&instance, &instance.sibling()]).await.expect(200);
    app.delete(&instance.path()).await.expect(204);
    let verdict = send(app.control(Method::POST, "/verify")).await.expect(200);
    let compared = |name, rows| json!({ "name": name, "rows": rows, "different": 0, "sample": [] });
    let expected = json!({
        "ok": true,
        "position": 3,
        "projections": [
            compared("studies", 1),
            compared("series", 1),
            compared("instances", 2),
            compared("workitems", 0),
            compared("operations", 0),
            compared("partitions", 0),
            compared("query_tags", 0),
            compared("query_tag_values", 0),
            compared("query_tag_errors", 0),
        ],
    });
    assert_eq!(verdict.json(), expected);
}
