//! Bodies that nobody should send: refused, never a failure of the server

use reqwest::Method;
use serde_json::{Value, json};

use super::{TRANSACTION, complete, one, with};
use crate::support::{DICOM_JSON, TestApp, send};

/// Requests that take a body, on a workitem that exists.
fn targets(uid: &str) -> [(Method, String); 5] {
    [
        (Method::POST, "/workitems?1.2.3".to_owned()),
        (Method::POST, format!("/workitems/{uid}?{TRANSACTION}")),
        (Method::PUT, format!("/workitems/{uid}")),
        (Method::PUT, format!("/workitems/{uid}/state")),
        (Method::POST, format!("/workitems/{uid}/cancelrequest")),
    ]
}

async fn refused(app: &TestApp, uid: &str, body: &[u8]) {
    for (method, path) in targets(uid) {
        if path.ends_with("/cancelrequest") && body.is_empty() {
            continue; // which needs no body
        }
        let request = app.request(method, &path).header("content-type", DICOM_JSON).header("accept", DICOM_JSON);
        let answer = send(request.body(body.to_vec())).await;
        let shown = String::from_utf8_lossy(body.get(..200).unwrap_or(body)).into_owned();
        assert_eq!(answer.status, 400, "{path}: {shown}: {}", answer.text());
        assert!(answer.text().starts_with("The query parameter '$' is invalid. "), "{path}: {shown}");
        assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
        assert_eq!(answer.header("warning"), None);
        assert!(!answer.text().contains("secret"), "a message repeats nothing of the body");
    }
}

#[tokio::test]
async fn malformed_bodies_are_refused() {
    let app = TestApp::new();
    let uid = app.workitem_in("IN PROGRESS").await;
    let whole = json!([complete()]).to_string();
    let deep = "[".repeat(100_000);
    let nested = format!("[{}{}]", r#"{"00081115":{"vr":"SQ","Value":["#.repeat(200), "]}}".repeat(200));
    for body in [
        &b""[..],
        b" ",
        b"null",
        b"true",
        b"17",
        b"\"secret\"",
        b"[]",
        b"[null]",
        b"[[]]",
        b"[\"secret\"]",
        b"{",
        b"[{}",
        b"{}{}",
        b"\xFF\xFE",
        br#"[{"secret":{"vr":"LO"}}]"#,
        br#"[{"00100020":"secret"}]"#,
        br#"[{"00100020":{"vr":"secret"}}]"#,
        br#"[{"00100020":{"Value":["secret"]}}]"#,
        br#"[{"00100020":{"vr":"LO","Value":"secret"}}]"#,
        br#"[{"00100020":{"vr":"LO","Value":[17]}}]"#,
        br#"[{"00100020":{"vr":"LO"},"PatientID":{"vr":"LO"}}]"#,
        br#"[{"00100010":{"vr":"PN","Value":["secret"]}}]"#,
        br#"[{"00280010":{"vr":"US","Value":[99999999999999999999999]}}]"#,
        br#"[{"00101030":{"vr":"DS","Value":[1e99999]}}]"#,
        br#"[{"00100020":{"vr":"LO","Value":["\ud800"]}}]"#,
        &whole.as_bytes()[..whole.len() / 2],
        deep.as_bytes(),
        nested.as_bytes(),
    ] {
        refused(&app, &uid, body).await;
    }
    assert_eq!(app.retrieve_workitem(&uid).await["00741000"]["Value"][0], "IN PROGRESS");
}

/// Texts that have broken servers before.
const HOSTILE: [&str; 9] = [
    "\u{0}",
    "a\u{0}b",
    "'; drop table events; --",
    "\\",
    "\"\\u0000\"",
    "%s%n{}",
    "\u{1F9E0}\u{202E}\u{FEFF}",
    "<script>",
    "../../etc/passwd",
];

#[tokio::test]
async fn hostile_values_are_kept_as_they_are() {
    let app = TestApp::new();
    for (index, text) in HOSTILE.into_iter().enumerate() {
        let hostile = json!({
            "00100010": { "vr": "PN", "Value": [{ "Alphabetic": text, "Phonetic": text }] },
            "00100020": one("LO", text),
            "0020000D": one("UI", text),
            "00404005": one("DT", text),
            "00404025": { "vr": "SQ", "Value": [{ "00080100": one("SH", text), "00080104": one("LO", text) }] },
            "00741204": one("LO", text),
        });
        let uid = format!("1.2.{index}");
        let blank = text.trim().is_empty();
        let answer = app.create_workitem(&uid, &json!([with(complete(), hostile.clone())])).await;
        assert_eq!(answer.status, if blank { 400 } else { 201 }, "{text:?}: {}", answer.text());
        let kept = app.retrieve_workitem(&uid).await;
        for (tag, attribute) in hostile.as_object().unwrap() {
            assert_eq!(&kept[tag], attribute, "{text:?}");
        }
        let query = percent_encoded(text);
        for search in ["PatientName", "PatientID", "00404025.00080100"] {
            let path = format!("/workitems?fuzzymatching=true&{search}={query}");
            let status = app.query(&path).await.status.as_u16();
            assert!([200, 204, 400].contains(&status), "{search} {text:?}: {status}");
        }
    }
    let log = send(app.control(Method::GET, "/log")).await.expect(200).json();
    assert_eq!(log.as_array().unwrap().len(), HOSTILE.len());
}

fn percent_encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[tokio::test]
async fn numbers_are_kept_as_exactly_as_json_can() {
    let app = TestApp::new();
    let numbers = json!({
        "00101030": { "vr": "DS", "Value": [0.1, 1e300, 123456789.12345679, -0.5, 5e-324] },
        "00200013": { "vr": "IS", "Value": [9223372036854775807i64] },
        "001021C0": { "vr": "US", "Value": [65535] },
        "00189087": { "vr": "FD", "Value": [0.30000000000000004, "NaN"] },
    });
    let uid = app.workitem(with(complete(), numbers.clone())).await;
    let kept = app.retrieve_workitem(&uid).await;
    for (tag, attribute) in numbers.as_object().unwrap() {
        assert_eq!(&kept[tag], attribute);
    }
    let text = json!({ "00101030": { "vr": "DS", "Value": ["70.50", "heavy"] } });
    let uid = app.workitem(with(complete(), text)).await;
    assert_eq!(app.retrieve_workitem(&uid).await["00101030"]["Value"], json!([70.5, "heavy"]));
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused() {
    let app = TestApp::new();
    let body = json!([with(complete(), json!({ "00400400": one("LT", Value::from("x".repeat(17_000_000))) }))]);
    assert_eq!(app.create_workitem("1.2.3", &body).await.status, 413);
}
