//! The commands that people copy, run by a real curl against the address that they name

use std::{path::Path, process::Command};

use serde_json::Value;

use crate::support::{Emulator, send};

/// What curl printed: status, headers, body.
struct Printed {
    status: u16,
    body: String,
}

/// Runs a command as a shell would. A configuration file leads `localhost:8080` to the server.
fn run(home: &Path, command: &str) -> Printed {
    let output = Command::new("bash").args(["-c", command]).env("CURL_HOME", home).output().expect("bash is there");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let printed = String::from_utf8(output.stdout).expect("text");
    let (body, status) = printed.rsplit_once('\n').expect("a status");
    Printed { status: status.parse().expect("a number"), body: body.to_owned() }
}

const CREATE: &str = r#"curl -X POST "http://localhost:8080/v2/workitems?1.2.3.workitem1" \
  -H "Content-Type: application/dicom+json" \
  -d '{
    "00080018": {"vr": "UI", "Value": ["1.2.3.workitem1"]},
    "00741000": {"vr": "CS", "Value": ["SCHEDULED"]},
    "00100010": {"vr": "PN", "Value": [{"Alphabetic": "Doe^John"}]},
    "00100020": {"vr": "LO", "Value": ["PAT001"]}
  }'"#;

const BY_PATIENT: &str = r#"curl "http://localhost:8080/v2/workitems?PatientID=PAT001""#;

const BY_STATE: &str = r#"curl "http://localhost:8080/v2/workitems?ProcedureStepState=SCHEDULED""#;

const BY_PAGE: &str = r#"curl "http://localhost:8080/v2/workitems?limit=10&offset=0""#;

const CLAIM: &str = r#"curl -X PUT "http://localhost:8080/v2/workitems/1.2.3.workitem1/state" \
  -H "Content-Type: application/dicom+json" \
  -d '{
    "00741000": {"vr": "CS", "Value": ["IN PROGRESS"]},
    "00081195": {"vr": "UI", "Value": ["1.2.3.txn123"]}
  }'"#;

const UPDATE: &str = r#"curl -X PUT "http://localhost:8080/v2/workitems/1.2.3.workitem1" \
  -H "Content-Type: application/dicom+json" \
  -H "Transaction-UID: 1.2.3.txn123" \
  -d '{
    "00400100": {"vr": "SQ", "Value": [{"00400002": {"vr": "DA", "Value": ["20260215"]}}]}
  }'"#;

const COMPLETE: &str = r#"curl -X PUT "http://localhost:8080/v2/workitems/1.2.3.workitem1/state" \
  -H "Content-Type: application/dicom+json" \
  -d '{
    "00741000": {"vr": "CS", "Value": ["COMPLETED"]},
    "00081195": {"vr": "UI", "Value": ["1.2.3.txn123"]}
  }'"#;

const CANCEL: &str = r#"curl -X POST "http://localhost:8080/v2/workitems/1.2.3.workitem1/cancelrequest""#;

#[tokio::test]
async fn the_documented_commands_work_as_they_are_written() {
    let data = tempfile::tempdir().unwrap();
    let emulator = Emulator::start(data.path(), &["--durability", "process"]);
    let app = emulator.service("default");
    let address = emulator.address;
    let configuration = format!(
        "silent\nnoproxy = \"*\"\nconnect-to = \"localhost:8080:{address}\"\nwrite-out = \"\\n%{{http_code}}\"\n"
    );
    std::fs::write(data.path().join(".curlrc"), configuration).unwrap();
    let curl = |command: &str| run(data.path(), command);
    let found = |command: &str| -> Value {
        let printed = curl(command);
        assert_eq!(printed.status, 200, "{}", printed.body);
        let entries: Value = serde_json::from_str(&printed.body).unwrap();
        assert_eq!(entries.as_array().unwrap().len(), 1);
        assert_eq!(entries[0]["00080018"]["Value"][0], "1.2.3.workitem1");
        entries[0]["00741000"]["Value"][0].clone()
    };

    let created = curl(CREATE);
    assert_eq!((created.status, created.body.as_str()), (201, ""));
    for search in [BY_PATIENT, BY_STATE, BY_PAGE] {
        assert_eq!(found(search), "SCHEDULED");
    }
    let claimed = curl(CLAIM);
    assert_eq!((claimed.status, claimed.body.as_str()), (200, ""));
    assert_eq!(found(BY_PATIENT), "IN PROGRESS");
    assert_eq!(curl(BY_STATE).status, 204);
    let updated = curl(UPDATE);
    assert_eq!((updated.status, updated.body.as_str()), (200, ""));
    let workitem = app.retrieve_workitem("1.2.3.workitem1").await;
    assert_eq!(workitem["00400100"]["Value"][0]["00400002"]["Value"][0], "20260215");
    let completed = curl(COMPLETE);
    assert_eq!((completed.status, completed.body.as_str()), (200, ""));
    assert_eq!(found(BY_PAGE), "COMPLETED");
    assert_eq!(curl(CANCEL).status, 400);

    send(app.control(reqwest::Method::POST, "/reset").body(r#"{"position":1}"#)).await.expect(200);
    let cancelled = curl(CANCEL);
    assert_eq!(cancelled.status, 202);
    assert_eq!(cancelled.body, "\"The workitem instance has been cancelled.\"");
    assert_eq!(found(BY_PATIENT), "CANCELED");
    assert_eq!(curl(CANCEL).status, 409);
    assert_eq!(curl(CREATE).status, 409);
}
