//! `/health` and `/health/check`

use reqwest::Method;
use serde_json::json;

use crate::support::{TestApp, send};

#[tokio::test]
async fn health_answers_at_both_paths_with_the_same_document() {
    let app = TestApp::new();
    for path in ["/health", "/health/check"] {
        let answer = send(app.at_root(Method::GET, path)).await.expect(200);
        assert_eq!(answer.header("content-type"), Some("application/json; charset=utf-8"));
        let expected = json!({
            "status": "healthy",
            "overallStatus": "Healthy",
            "details": [
                { "name": "SqlServerHealthCheck", "status": "Healthy", "description": "Successfully connected." }
            ],
        });
        assert_eq!(answer.json(), expected);
        assert!(answer.text().starts_with(r#"{"status":"healthy""#));
    }
}
