//! What the log shows of workitems, and that no Transaction UID is shown anywhere

use reqwest::Method;
use serde_json::{Value, json};

use super::{change, complete, empty, given_up, one, performed, with};
use crate::support::{Answer, DICOM_JSON, Instance, TestApp, send};

async fn log(app: &TestApp, query: &str) -> Value {
    send(app.control(Method::GET, &format!("/log{query}"))).await.expect(200).json()
}

#[tokio::test]
async fn every_change_is_an_event_with_a_position_but_no_sequence() {
    let app = TestApp::new();
    let clock = json!({ "mode": "frozen", "now": "2026-02-03T04:05:06Z" }).to_string();
    send(app.control(Method::PUT, "/clock").body(clock)).await.expect(200);
    app.create_workitem("1.2.3", &json!({ "00741204": one("LO", "label") })).await.expect(201);
    app.update_workitem("1.2.3", "", &json!({ "00741204": one("LO", "new") })).await.expect(200);
    app.change_state("1.2.3", &change("IN PROGRESS", "1.9.8.7")).await.expect(200);
    app.change_state("1.2.3", &change("COMPLETED", "1.9.8.7")).await.expect(200);
    app.change_state("1.2.3", &change("COMPLETED", "1.9.8.7")).await.expect(200);
    app.create_workitem("1.2.4", &json!({})).await.expect(201);
    app.cancel_workitem("1.2.4").await.expect(202);
    app.store([&Instance::new()]).await.expect(200);
    let events = log(&app, "?from=2").await;
    let short = |event: &Value| format!("{} {} {}", event["position"], event["kind"], event["workitem"]);
    assert_eq!(
        events.as_array().unwrap().iter().map(short).collect::<Vec<_>>(),
        [
            r#"2 "workitemCreated" "1.2.3""#,
            r#"3 "workitemUpdated" "1.2.3""#,
            r#"4 "workitemStateChanged" "1.2.3""#,
            r#"5 "workitemStateChanged" "1.2.3""#,
            r#"6 "workitemCreated" "1.2.4""#,
            r#"7 "workitemCancelled" "1.2.4""#,
            r#"8 "instanceStored" null"#,
        ]
    );
    assert_eq!(events[6]["sequence"], 1, "workitems take no number of the change feed");
    assert_eq!(
        events[0],
        json!({
            "position": 2,
            "at": "2026-02-03T04:05:06Z",
            "kind": "workitemCreated",
            "partition": "Microsoft.Default",
            "workitem": "1.2.3",
            "body": { "dataset": app_dataset() },
        })
    );
    let changes = json!({ "00404010": one("DT", "20260203040506"), "00741204": one("LO", "new") });
    assert_eq!(events[1]["body"], json!({ "changes": changes }));
    let owner = events[2]["body"]["owner"].as_str().expect("a digest");
    assert_eq!(owner.len(), 64);
    assert_eq!(events[2]["body"], json!({ "state": "IN PROGRESS", "owner": owner }));
    assert_eq!(events[3]["body"], json!({ "state": "COMPLETED" }));
    assert_eq!(log(&app, "?workitem=1.2.4").await.as_array().unwrap().len(), 2);
    assert_eq!(log(&app, "?kind=workitemCreated").await.as_array().unwrap().len(), 2);
}

fn app_dataset() -> Value {
    json!({
        "00080016": one("UI", "1.2.840.10008.5.1.4.34.6.1"),
        "00080018": one("UI", "1.2.3"),
        "00404010": one("DT", "20260203040506"),
        "00741000": one("CS", "SCHEDULED"),
        "00741202": one("LO", "worklist"),
        "00741204": one("LO", "label"),
    })
}

#[tokio::test]
async fn a_request_that_is_refused_or_changes_nothing_appends_nothing() {
    let app = TestApp::new();
    let uid = app.workitem_in("COMPLETED").await;
    let position = app.position().await;
    app.create_workitem(&uid, &json!([complete()])).await.expect(409);
    app.update_workitem(&uid, "1.2", &json!([{}])).await.expect(400);
    app.change_state(&uid, &change("CANCELED", "1.2")).await.expect(400);
    app.change_state(&uid, &change("COMPLETED", super::TRANSACTION)).await.expect(200);
    app.cancel_workitem(&uid).await.expect(400);
    assert_eq!(app.position().await, position);
}

/// A Transaction UID that occurs nowhere by chance.
const SECRET: &str = "1.73.91.73.91.73";

#[track_caller]
fn keeps(answer: Answer) -> Answer {
    assert!(!String::from_utf8_lossy(&answer.body).contains(SECRET), "{}", answer.text());
    for (name, value) in &answer.headers {
        assert!(!String::from_utf8_lossy(value.as_bytes()).contains(SECRET), "{name}");
    }
    answer
}

#[tokio::test]
async fn a_transaction_uid_never_leaves_the_server() {
    let app = TestApp::new();
    let secret = || one("UI", SECRET);
    keeps(app.create_workitem("1.2.1", &json!([with(complete(), json!({ "00081195": secret() }))])).await.expect(400));
    keeps(app.create_workitem("1.2.1", &json!({ "00081195": empty("UI") })).await.expect(201));
    keeps(app.create_workitem("1.2.2", &json!([complete()])).await.expect(201));
    let reports = with(with(performed(), given_up()), json!({ "00081195": secret() }));
    for uid in ["1.2.1", "1.2.2"] {
        keeps(app.update_workitem(uid, "", &json!([{ "00081195": secret() }])).await.expect(200));
        keeps(app.update_workitem(uid, SECRET, &json!([{}])).await.expect(400));
        keeps(app.change_state(uid, &change("COMPLETED", SECRET)).await.expect(400));
        keeps(app.change_state(uid, &change("IN PROGRESS", SECRET)).await.expect(200));
        keeps(app.change_state(uid, &change("IN PROGRESS", SECRET)).await.expect(400));
        keeps(app.update_workitem(uid, &format!("{SECRET}."), &json!([{}])).await.expect(400));
        keeps(app.update_workitem(uid, SECRET, &json!([reports])).await.expect(200));
        keeps(app.change_state(uid, &json!([{ "00081195": secret() }])).await.expect(400));
        keeps(app.change_state(uid, &json!([{ "00081195": { "vr": "UI", "Value": [SECRET, 7] } }])).await.expect(400));
    }
    keeps(app.change_state("1.2.1", &change("COMPLETED", SECRET)).await.expect(200));
    keeps(app.change_state("1.2.1", &change("COMPLETED", SECRET)).await.expect(200));
    keeps(app.change_state("1.2.2", &change("CANCELED", SECRET)).await.expect(200));
    keeps(app.cancel_workitem("1.2.2").await.expect(409));
    for path in [
        "/workitems/1.2.1",
        "/workitems/1.2.2",
        "/workitems?includefield=all",
        "/workitems?includefield=00081195",
        "/workitems?includefield=TransactionUID",
    ] {
        assert!(!keeps(app.query(path).await.expect(200)).text().contains("00081195"), "{path}");
    }
    keeps(send(app.control(Method::GET, "/log?limit=10000")).await.expect(200));
    keeps(send(app.control(Method::GET, "/log").header("accept", "application/x-ndjson")).await.expect(200));
    keeps(send(app.control(Method::POST, "/verify")).await.expect(200));
    let owners: Vec<Value> = log(&app, "?kind=workitemStateChanged")
        .await
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|event| event["body"].get("owner").cloned())
        .collect();
    assert_eq!(owners.len(), 2);
    assert_ne!(owners[0], owners[1], "nobody sees that two workitems share a Transaction UID");
}

#[tokio::test]
async fn no_log_line_names_a_transaction_uid() {
    use std::process::Stdio;
    let data = tempfile::tempdir().unwrap();
    let mut command = crate::support::Emulator::command(data.path(), &["--durability", "process"]);
    command.env("RUST_LOG", "trace,sqlx=info,hyper=info").stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().unwrap()));
    let first = lines.next().unwrap().unwrap();
    let address = first.split("http://").nth(1).and_then(|rest| rest.split_whitespace().next()).unwrap();
    let mut app = Some(TestApp::on(address.parse().unwrap(), "default"));
    let seen = std::thread::spawn(move || lines.map_while(Result::ok).collect::<Vec<_>>().join("\n"));
    let requests = app.as_ref().unwrap();
    requests.create_workitem("1.2.1", &json!({})).await.expect(201);
    requests.update_workitem("1.2.1", SECRET, &json!({})).await.expect(400);
    requests.change_state("1.2.1", &change("IN PROGRESS", SECRET)).await.expect(200);
    requests.update_workitem("1.2.1", SECRET, &json!({})).await.expect(200);
    let put = requests.request(Method::PUT, &format!("/workitems/1.2.1?{SECRET}")).header("content-type", DICOM_JSON);
    send(put.header("Transaction-UID", SECRET).body("{}")).await.expect(200);
    drop(app.take());
    crate::support::signal(child.id(), "TERM");
    child.wait().unwrap();
    let seen = seen.join().unwrap();
    assert!(seen.contains("/workitems/{workitem}"), "{seen}");
    assert!(!seen.contains(SECRET), "{seen}");
}
