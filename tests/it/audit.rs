//! The audit log, as the process writes it.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{DICOM_JSON, Emulator, Instance, TestApp, database_url, scratch, send};

/// A server that audits, on the database of all tests.
async fn auditing(shared: &TestApp, flags: &[&str]) -> (Emulator, TestApp) {
    send(shared.request(Method::GET, "/changefeed")).await.expect(200);
    let url = database_url(&scratch().join("shared"));
    let own = ["--database-url", &url, "--log-format", "json"];
    let emulator = Emulator::start(&scratch().join(&shared.service), &[&own[..], flags].concat());
    let app = TestApp::on(emulator.address, &shared.service);
    (emulator, app)
}

/// The next record.
fn record(emulator: &Emulator) -> Value {
    let line = emulator.log_line(|line| line.contains("MicrosoftHealthcareApisAuditLog"));
    serde_json::from_str(&line).unwrap()
}

#[tokio::test]
async fn a_call_leaves_a_record_when_it_begins_and_one_when_it_is_answered() {
    let shared = TestApp::new();
    let (emulator, app) = auditing(&shared, &["--audit"]).await;
    let search = app.request(Method::GET, "/Studies?PatientName=Doe%5EJane").header("accept", DICOM_JSON);
    let search = search.header("X-MS-AZUREDICOM-AUDIT-Who", "erin").header("X-MS-AZUREDICOM-AUDIT-Why", "a \"test\"");
    let answer = send(search).await.expect(204);
    let (executing, executed) = (record(&emulator), record(&emulator));
    for record in [&executing, &executed] {
        assert_eq!(record["type"], "MicrosoftHealthcareApisAuditLog");
        assert_eq!(record["operationName"], "query");
        assert_eq!(record["uri"], app.url("/Studies?PatientName=Doe%5EJane"));
        assert_eq!(record["correlationId"].as_str(), answer.header("x-ms-request-id"));
        assert_eq!(record["resourceId"], json!(format!("/services/{}", app.service)));
        assert_eq!(record["level"], "INFO");
        assert!(record["time"].as_str().is_some_and(|time| time.ends_with('Z')), "{record}");
        let custom = "x-ms-azuredicom-audit-who=erin;x-ms-azuredicom-audit-why=a \"test\"";
        assert_eq!(record["customHeaders"], custom);
    }
    let ends = |record: &Value| json!([record["action"], record["resultType"], record["resultSignature"]]);
    assert_eq!(ends(&executing), json!(["Executing", "Started", ""]));
    assert_eq!(ends(&executed), json!(["Executed", "Succeeded", "204"]));

    let traced = app.request(Method::DELETE, "/studies/1.2.3?secret");
    let traced = traced.header("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    send(traced).await.expect(404);
    let (_, executed) = (record(&emulator), record(&emulator));
    assert_eq!(executed["operationName"], "delete");
    assert_eq!(executed["correlationId"], "4bf92f3577b34da6a3ce929d0e0e4736");
    assert_eq!(executed["uri"], app.url("/studies/1.2.3"), "queries of writes may be credentials");
    assert_eq!(ends(&executed), json!(["Executed", "Failed", "404"]));
}

#[tokio::test]
async fn what_is_no_call_of_the_api_leaves_none() {
    let shared = TestApp::new();
    let (emulator, app) = auditing(&shared, &["--audit"]).await;
    for path in ["/health", "/docs", "/nowhere", "/_emulator/services"] {
        send(app.at_root(Method::GET, path)).await;
    }
    send(app.request(Method::DELETE, "/studies")).await.expect(405);
    send(app.request(Method::GET, "/changefeed/latest")).await.expect(204);
    assert_eq!(record(&emulator)["operationName"], "change-feed");
}

#[tokio::test]
async fn nothing_is_audited_unless_somebody_wants_it() {
    let shared = TestApp::new();
    let (emulator, app) = auditing(&shared, &[]).await;
    let name = "Secret^Name";
    app.store([&Instance::new().with(0x0010_0010, "PN", name)]).await.expect(200);
    app.query("/studies?PatientName=Secret%5EName").await.expect(200);
    send(app.at_root(Method::GET, "/health")).await.expect(200);
    emulator.log_line(|line| {
        assert!(!line.contains("AuditLog") && !line.contains("Secret"), "{line}");
        line.contains("\"/health\"")
    });
}
