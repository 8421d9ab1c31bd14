//! Pages of other origins: what they may do, and what they are told.

use reqwest::{Method, RequestBuilder};

use crate::support::{Answer, Emulator, TestApp, database_url, scratch, send};

const ORIGIN: &str = "https://viewer.example";

fn preflight(app: &TestApp, path: &str, method: &str, headers: &str) -> RequestBuilder {
    let request = app.at_root(Method::OPTIONS, path).header("origin", ORIGIN);
    let request = request.header("access-control-request-method", method);
    match headers {
        "" => request,
        headers => request.header("access-control-request-headers", headers),
    }
}

fn speaks_of_cors(answer: &Answer) -> bool {
    answer.headers.keys().any(|name| name.as_str().starts_with("access-control-"))
}

#[tokio::test]
async fn a_page_of_any_origin_may_read_every_answer_and_its_headers() {
    let app = TestApp::new();
    for (path, status) in [
        ("/health", 200),
        ("/nowhere", 404),
        ("/v2/changefeed", 200),
        ("/v2/changefeed?limit=0", 400),
        ("/v2/changefeed?x=%3c", 400),
        ("/v3/studies", 400),
        ("/_emulator/services", 200),
        ("/docs", 200),
    ] {
        let answer = send(app.at_root(Method::GET, path).header("origin", ORIGIN)).await.expect(status);
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{path}");
        assert_eq!(answer.header("access-control-allow-credentials"), None, "{path}");
        let exposed = answer.header("access-control-expose-headers").unwrap();
        let exposed: Vec<&str> = exposed.split(',').map(str::trim).collect();
        for name in [
            "api-supported-versions",
            "Location",
            "Content-Location",
            "ETag",
            "Warning",
            "erroneous-dicom-attributes",
            "x-ms-request-id",
            "x-emulator-position",
        ] {
            assert!(exposed.contains(&name), "{name} in {exposed:?}");
        }
    }
    let without_origin = send(app.at_root(Method::GET, "/v2/changefeed")).await.expect(200);
    assert!(!speaks_of_cors(&without_origin));
}

#[tokio::test]
async fn a_preflight_is_answered_before_anything_is_routed() {
    let app = TestApp::new();
    let wanted =
        "accept,authorization,content-type,if-none-match,msdicom-request-original,transaction-uid,x-emulator-as-of";
    for (path, method) in [
        ("/v2/studies/1/series/2/instances/3/frames/1", "GET"),
        ("/v2/workitems/1.2.3/state", "PUT"),
        ("/services/abc/v2/extendedquerytags/00181030", "PATCH"),
        ("/_emulator/reset", "POST"),
        ("/nowhere", "DELETE"),
    ] {
        let answer = send(preflight(&app, path, method, wanted)).await.expect(204);
        assert_eq!(answer.body, b"");
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{path}");
        assert_eq!(answer.header("access-control-allow-methods"), Some(method), "{path}");
        assert_eq!(answer.header("access-control-allow-headers"), Some(wanted), "{path}");
        assert_eq!(answer.header("access-control-max-age"), Some("600"), "{path}");
        assert_eq!(answer.header("api-supported-versions"), None, "{path}");
    }
    let simple = send(preflight(&app, "/v2/studies", "DELETE", "")).await.expect(204);
    assert_eq!(simple.header("access-control-allow-headers"), None);
}

#[tokio::test]
async fn options_without_origin_or_method_is_no_preflight() {
    let app = TestApp::new();
    let bare = send(app.request(Method::OPTIONS, "/studies")).await.expect(405);
    assert!(bare.header("allow").is_some_and(|allowed| allowed.contains("POST")));
    send(app.request(Method::OPTIONS, "/studies").header("origin", ORIGIN)).await.expect(405);
    send(app.request(Method::OPTIONS, "/studies").header("access-control-request-method", "GET")).await.expect(405);
    send(app.at_root(Method::OPTIONS, "/nowhere").header("origin", ORIGIN)).await.expect(404);
    let get = app.request(Method::GET, "/changefeed").header("origin", ORIGIN);
    send(get.header("access-control-request-method", "GET")).await.expect(200);
}

#[tokio::test]
async fn origins_methods_and_headers_can_be_named() {
    let shared = TestApp::new();
    send(shared.request(Method::GET, "/changefeed")).await.expect(200);
    let url = database_url(&scratch().join("shared"));
    let flags = ["--cors-origins", "http://localhost:3000, HTTPS://Viewer.Example", "--cors-methods", "GET,POST"];
    let more =
        ["--cors-headers", "Accept", "--cors-max-age-seconds", "5", "--cors-credentials", "--database-url", &url];
    let emulator = Emulator::start(&scratch().join("cors"), &[&flags[..], &more[..]].concat());
    let app = TestApp::on(emulator.address, &shared.service);

    let answer = send(preflight(&app, "/v2/studies", "DELETE", "x-other")).await.expect(204);
    assert_eq!(answer.header("access-control-allow-origin"), Some(ORIGIN));
    assert_eq!(answer.header("access-control-allow-methods"), Some("GET,POST"));
    assert_eq!(answer.header("access-control-allow-headers"), Some("Accept"));
    assert_eq!(answer.header("access-control-allow-credentials"), Some("true"));
    assert_eq!(answer.header("access-control-max-age"), Some("5"));
    assert_eq!(answer.header("vary"), Some("Origin"));

    let other = app.at_root(Method::OPTIONS, "/v2/studies").header("origin", "https://viewer.example.org");
    let other = send(other.header("access-control-request-method", "GET")).await.expect(204);
    assert!(!speaks_of_cors(&other), "{:?}", other.headers);
    let read =
        send(app.request(Method::GET, "/changefeed").header("origin", "https://other.example")).await.expect(200);
    assert!(!speaks_of_cors(&read));
    assert_eq!(read.header("vary"), Some("Origin"));
    let read = send(app.request(Method::GET, "/changefeed").header("origin", ORIGIN)).await.expect(200);
    assert_eq!(read.header("access-control-allow-origin"), Some(ORIGIN));
}

#[tokio::test]
async fn without_origins_nothing_is_said_as_in_azure() {
    let shared = TestApp::new();
    send(shared.request(Method::GET, "/changefeed")).await.expect(200);
    let url = database_url(&scratch().join("shared"));
    let emulator = Emulator::start(&scratch().join("no-cors"), &["--cors-origins", "", "--database-url", &url]);
    let app = TestApp::on(emulator.address, &shared.service);
    let answer = send(preflight(&app, "/v2/studies", "GET", "accept")).await.expect(204);
    assert!(!speaks_of_cors(&answer), "{:?}", answer.headers);
    let answer = send(app.request(Method::GET, "/changefeed").header("origin", ORIGIN)).await.expect(200);
    assert!(!speaks_of_cors(&answer), "{:?}", answer.headers);
}

#[tokio::test]
async fn a_policy_that_cannot_be_ends_the_start() {
    for (flags, said) in [
        (&["--cors-credentials", "on"][..], "CORS_CREDENTIALS cannot be on"),
        (&["--cors-origins", "viewer.example"][..], "is no origin"),
        (&["--cors-methods", "GE T"][..], "is no name of a method"),
    ] {
        let output = Emulator::command(&scratch().join("bad-cors"), flags).output().expect("it ends");
        assert_eq!(output.status.code(), Some(1));
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(error.contains(said), "{error}");
    }
}
