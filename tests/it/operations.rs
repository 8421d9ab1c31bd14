//! `GET /operations/{id}` of operations that do not exist; those that do are tested with what starts them.

use reqwest::{Method, StatusCode};

use crate::support::{TestApp, send};

#[tokio::test]
async fn an_unknown_or_malformed_identifier_is_not_found_and_says_nothing() {
    let app = TestApp::new();
    let unknown = "0123456789abcdef0123456789abcdef";
    for id in [unknown, "01234567-89ab-cdef-0123-456789abcdef", "x", "0", &"f".repeat(4000), "%00", "%FF"] {
        for version in ["v1.0-prerelease", "v1", "v2"] {
            let path = format!("/services/{}/{version}/operations/{id}", app.service);
            let answer = send(app.at_root(Method::GET, &path)).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
            assert!(answer.body.is_empty());
        }
    }
}
