//! What holds for every request: versions, services, the query string guard, headers.

use reqwest::Method;
use serde_json::json;

use crate::support::{Instance, TestApp, raw, send};

#[tokio::test]
async fn every_answer_bears_the_security_headers_and_a_request_id() {
    let app = TestApp::new();
    for path in ["/health", "/nowhere", "/v2/changefeed", "/_emulator/services"] {
        let answer = send(app.at_root(Method::GET, path).header("x-ms-client-request-id", "mine")).await;
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(answer.header("x-frame-options"), Some("SAMEORIGIN"), "{path}");
        assert_eq!(answer.header("content-security-policy"), Some("frame-src 'self';"), "{path}");
        assert_eq!(answer.header("x-ms-request-id").map(str::len), Some(36), "{path}");
        assert_eq!(answer.header("x-ms-client-request-id"), Some("mine"), "{path}");
    }
}

#[tokio::test]
async fn known_versions_are_named_on_routes_and_only_there() {
    let app = TestApp::new();
    for version in ["v1", "v1.0", "v1.0-prerelease", "v2", "V2.0"] {
        let path = format!("/services/{}/{version}/ChangeFeed", app.service);
        let answer = send(app.at_root(Method::GET, &path)).await.expect(200);
        assert_eq!(answer.header("api-supported-versions"), Some("1.0-prerelease, 1, 2"), "{version}");
    }
    for path in ["/v2/nothing", "/health"] {
        assert_eq!(send(app.at_root(Method::GET, path)).await.header("api-supported-versions"), None);
    }
}

#[tokio::test]
async fn letter_case_and_a_slash_at_the_end_mean_nothing_in_paths() {
    let app = TestApp::new();
    for path in ["/Health", "/HEALTH/Check", "/Docs", "/v2/CHANGEFEED/", "/V2/ChangeFeed?LIMIT=1&limit=999"] {
        send(app.at_root(Method::GET, path)).await.expect(200);
    }
    send(app.request(Method::GET, "/Studies/").header("accept", "application/dicom+json")).await.expect(204);
    let refused = send(app.at_root(Method::GET, "/V3.1/Studies?limit=1")).await.expect(400).json();
    let uri = format!("'{}/V3.1/Studies'", app.root());
    assert!(refused["error"]["message"].as_str().is_some_and(|message| message.contains(&uri)), "{refused}");
}

#[tokio::test]
async fn a_version_that_is_not_supported_is_named_in_the_refusal() {
    let app = TestApp::new();
    let path = format!("/services/{}/v3/studies", app.service);
    let answer = send(app.at_root(Method::GET, &format!("{path}?limit=1"))).await.expect(400);
    assert_eq!(answer.header("api-supported-versions"), Some("1.0-prerelease, 1, 2"));
    let message = format!(
        "The HTTP resource that matches the request URI '{}{path}' does not support the API version '3'.",
        app.root()
    );
    assert_eq!(answer.json(), json!({ "error": { "code": "UnsupportedApiVersion", "message": message } }));
}

#[tokio::test]
async fn what_no_route_knows_is_404_without_a_body() {
    let app = TestApp::new();
    for path in
        ["/studies", "/vfoo/studies", "/v2", "/v2/nothing", "/v3/nothing", "/v/studies", "/services", "/services/abc"]
    {
        let answer = send(app.at_root(Method::GET, path)).await.expect(404);
        assert_eq!(answer.text(), "", "{path}");
    }
}

#[tokio::test]
async fn a_known_path_with_another_method_is_405_and_says_which_are_allowed() {
    let app = TestApp::new();
    for (method, path, allowed) in [
        (Method::DELETE, "/studies", "GET,HEAD,POST,PUT"),
        (Method::POST, "/studies/1.2/series", "GET,HEAD"),
        (Method::PUT, "/changefeed", "GET,HEAD"),
        (Method::PATCH, "/studies/1.2", "GET,HEAD,DELETE,POST,PUT"),
    ] {
        let answer = send(app.request(method, path)).await.expect(405);
        assert_eq!(answer.text(), "");
        let sorted = |list: &str| {
            let mut words: Vec<String> = list.split(',').map(|word| word.trim().to_owned()).collect();
            words.sort();
            words
        };
        assert_eq!(answer.header("allow").map(sorted), Some(sorted(allowed)), "{path}");
        assert_eq!(answer.header("api-supported-versions"), None);
    }
}

#[tokio::test]
async fn an_angle_bracket_in_the_query_string_is_refused_before_anything_else() {
    let app = TestApp::new();
    for path in ["/health?x=%3C", "/v2/studies?PatientName=a%3cb", "/nowhere?%3C", "/_emulator/services?%3c"] {
        let answer = send(app.at_root(Method::GET, path)).await.expect(400);
        assert_eq!(answer.text(), "The query string included invalid characters.");
        assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
    }
}

#[tokio::test]
async fn what_is_no_uri_in_a_query_is_taken_as_it_comes() {
    let app = TestApp::new();
    app.store([&Instance::new().with(0x0010_0020, "LO", "a\"b>")]).await.expect(200);
    let study = format!("GET /services/{}/v2/studies", app.service);
    let answers = raw(
        &app,
        &format!(
            "GET /health?x=< HTTP/1.1\r\nHost: x\r\n\r\n\
             {study}?PatientID=a\"b> HTTP/1.1\r\nHost: x\r\nAccept: */*\r\n\r\n\
             {study}?PatientID=\" HTTP/1.1\r\nHost: x\r\nAccept: */*\r\nConnection: close\r\n\r\n"
        ),
    )
    .await;
    let statuses: Vec<&str> = answers.split("HTTP/1.1 ").skip(1).map(|answer| &answer[..3]).collect();
    assert_eq!(statuses, ["400", "200", "204"], "{answers}");
    assert_eq!(answers.matches("The query string included invalid characters.").count(), 1);
}

#[tokio::test]
async fn audit_headers_are_few_and_short() {
    let app = TestApp::new();
    let name = |index: usize| format!("X-MS-AZUREDICOM-AUDIT-{index}");
    let ten = (0..10).fold(app.request(Method::GET, "/changefeed"), |request, index| request.header(name(index), "x"));
    send(ten.try_clone().unwrap()).await.expect(200);
    let eleven = send(ten.header(name(10), "x")).await.expect(400);
    assert_eq!(
        eleven.text(),
        "The maximum number of custom audit headers allowed is 10. The number of custom audit headers supplied is 11."
    );
    let long = app.request(Method::GET, "/changefeed").header("x-ms-azuredicom-audit-who", "x".repeat(2_049));
    assert_eq!(
        send(long).await.expect(400).text(),
        "The maximum length of a custom audit header value is 2048. The supplied custom audit header 'x-ms-azuredicom-audit-who' has length of 2049."
    );
}

#[tokio::test]
async fn a_service_name_that_breaks_the_rule_is_refused_with_the_rule() {
    let app = TestApp::new();
    for name in ["ab", "Abc", "-abc", "abc-", "a--b", "a_b", "abcdefghijklmnopqrstuvwxy", "%2e%2e%2f"] {
        for path in [format!("/services/{name}/v2/studies"), format!("/_emulator/services/{name}")] {
            let answer = send(app.at_root(Method::GET, &path)).await.expect(400);
            assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{path}");
            let detail = answer.json()["detail"].as_str().map(str::to_owned).unwrap();
            assert!(detail.contains("3 to 24 characters"), "{detail}");
        }
    }
}
