//! The server as a process: start, stop, death, and several on one database.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;

use crate::support::{
    DICOM_JSON, Emulator, Instance, STORED_INSTANCE, TestApp, database_url, multipart_body, postmaster, scratch, send,
    signal,
};

fn data(name: &str) -> PathBuf {
    scratch().join(name)
}

/// Whether a process is still there.
fn lives(process: u32) -> bool {
    std::process::Command::new("kill")
        .args(["-0", &process.to_string()])
        .output()
        .is_ok_and(|kill| kill.status.success())
}

#[tokio::test]
async fn it_stops_when_asked_takes_postgres_along_and_starts_again_where_it_was() {
    let data = data("stop");
    let instance = Instance::new();
    let mut emulator = Emulator::start(&data, &[]);
    emulator.service("abc").store([&instance]).await.expect(200);
    let postgres = postmaster(&data);
    assert_eq!(emulator.terminate().code(), Some(0));
    assert!(!lives(postgres));
    let emulator = Emulator::start(&data, &[]);
    let app = emulator.service("abc");
    assert_eq!(app.get(&instance.path(), STORED_INSTANCE).await.expect(200).body, instance.stored_bytes());
    assert_eq!(app.feed_lines().await, ["1 Create Current"]);
}

#[tokio::test]
async fn it_can_be_stopped_while_it_waits_for_its_database() {
    let data = data("waiting");
    let url = "postgres://nobody@127.0.0.1:1/nothing";
    let mut emulator = Emulator::start(&data, &["--database-url", url]);
    assert_eq!(emulator.terminate().code(), Some(0));
    let refused = Emulator::command(&data, &["--database-url", "mysql://localhost/x"]).output().expect("it ends");
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("not a PostgreSQL URL"));
}

#[tokio::test]
async fn a_second_server_on_the_same_folder_says_so_and_exits() {
    let data = data("second");
    let emulator = Emulator::start(&data, &["--durability", "process"]);
    send(emulator.service("abc").at_root(Method::GET, "/health")).await.expect(200);
    let second = Emulator::command(&data, &[]).output().expect("it ends");
    assert_eq!(second.status.code(), Some(1));
    let said = String::from_utf8_lossy(&second.stderr);
    assert!(said.contains("another emulator"), "{said}");
    send(emulator.service("abc").at_root(Method::GET, "/health")).await.expect(200);
}

/// Stores one instance after another until the server is gone; answers those that were acknowledged.
async fn store_until_it_dies(app: Arc<TestApp>, enough: Arc<AtomicBool>) -> Vec<Instance> {
    let mut acknowledged = Vec::new();
    let client = reqwest::Client::new();
    loop {
        let instance = Instance::new();
        let (content_type, body) = multipart_body([instance.bytes()]);
        let request =
            client.post(app.url("/studies")).header("accept", DICOM_JSON).header("content-type", content_type);
        match request.body(body).send().await {
            Ok(answer) if answer.status() == 200 => acknowledged.push(instance),
            Ok(answer) if answer.status() == 503 => {}
            Ok(answer) => panic!("{}", answer.status()),
            Err(_) => return acknowledged,
        }
        if acknowledged.len() >= 20 {
            enough.store(true, Ordering::Relaxed);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_the_sudden_death_of_server_and_postgres() {
    let data = data("death");
    let mut acknowledged = Vec::new();
    for _ in 0..2 {
        let mut emulator = Emulator::start(&data, &["--durability", "process"]);
        let app = Arc::new(emulator.service("abc"));
        let enough = Arc::new(AtomicBool::new(false));
        let clients: Vec<_> = (0..4).map(|_| tokio::spawn(store_until_it_dies(app.clone(), enough.clone()))).collect();
        while !enough.load(Ordering::Relaxed) {
            tokio::task::yield_now().await;
        }
        signal(postmaster(&data), "KILL");
        emulator.kill();
        for client in clients {
            acknowledged.extend(client.await.unwrap());
        }
        std::mem::forget(app); // its server is gone: there is nobody to verify it
    }
    let emulator = Emulator::start(&data, &["--durability", "process"]);
    let app = emulator.service("abc");
    for instance in &acknowledged {
        assert_eq!(app.get(&instance.path(), STORED_INSTANCE).await.expect(200).body, instance.stored_bytes());
    }
    // What was not acknowledged is there wholly or not at all: every entry of the feed has a file.
    let log = send(app.control(Method::GET, "/log").header("accept", "application/x-ndjson")).await.expect(200);
    let events: Vec<serde_json::Value> = log.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(events.len() >= acknowledged.len());
    for (index, event) in events.iter().enumerate() {
        assert_eq!(event["position"], json!(index + 1));
        let text = |name: &str| event[name].as_str().unwrap().to_owned();
        let path = format!("/studies/{}/series/{}/instances/{}", text("study"), text("series"), text("instance"));
        app.get(&path, STORED_INSTANCE).await.expect(200);
    }
}

#[tokio::test]
async fn it_recovers_when_only_postgres_dies() {
    let data = data("postgres");
    let emulator = Emulator::start(&data, &["--durability", "process"]);
    let app = emulator.service("abc");
    let instance = Instance::new();
    app.store([&instance]).await.expect(200);
    signal(postmaster(&data), "KILL");
    loop {
        let answer = app.store([&instance.sibling()]).await;
        match answer.status.as_u16() {
            200 => break,
            503 => assert_eq!(answer.text(), "The data store operation failed."),
            _ => panic!("{}", answer.text()),
        }
    }
    app.get(&instance.path(), STORED_INSTANCE).await.expect(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_on_one_database_share_one_log_without_holes_and_read_what_any_has_written() {
    let data = data("several");
    let first = Emulator::start(&data, &["--durability", "process"]);
    send(first.service("abc").at_root(Method::GET, "/health")).await.expect(200);
    let url = database_url(&data);
    let second = Emulator::start(&data, &["--durability", "process", "--database-url", &url]);
    let apps = Arc::new([first.service("abc"), second.service("abc")]);

    let done = Arc::new(AtomicBool::new(false));
    let poller = tokio::spawn(poll_feed(apps.clone(), done.clone()));
    let writers = (0..8).map(|writer| {
        let apps = apps.clone();
        tokio::spawn(async move {
            for _ in 0..10 {
                let instance = Instance::new();
                apps[writer % 2].store([&instance]).await.expect(200);
                apps[1 - writer % 2].get(&instance.path(), STORED_INSTANCE).await.expect(200);
            }
        })
    });
    for written in join_all(writers).await {
        written.unwrap();
    }
    done.store(true, Ordering::Relaxed);
    assert_eq!(poller.await.unwrap(), (1..=80).collect::<Vec<_>>());

    apps[0].reset(json!({ "position": 40 })).await.expect(200);
    assert_eq!(apps[1].position().await, 40);
    let instance = Instance::new();
    assert_eq!(apps[1].store([&instance]).await.expect(200).header("x-emulator-position"), Some("41"));

    send(apps[1].control(Method::DELETE, "")).await.expect(204);
    let answer = apps[0].store([&instance]).await.expect(200);
    assert_eq!(answer.header("x-emulator-position"), Some("1"));
}

/// Polls the feed of both processes in turn; answers the sequences in the order in which they were seen.
async fn poll_feed(apps: Arc<[TestApp; 2]>, done: Arc<AtomicBool>) -> Vec<i64> {
    let mut seen: Vec<i64> = Vec::new();
    for turn in 0.. {
        let last_round = done.load(Ordering::Relaxed);
        let path = format!("/changefeed?includeMetadata=false&offset={}", seen.len());
        let page = apps[turn % 2].get(&path, "*/*").await.expect(200).json();
        let page = page.as_array().unwrap();
        seen.extend(page.iter().map(|entry| entry["sequence"].as_i64().unwrap()));
        if last_round && page.is_empty() {
            break;
        }
    }
    seen
}

#[tokio::test]
async fn the_log_cannot_be_rewritten_and_a_wrong_row_is_found() {
    let data = data("guard");
    let emulator = Emulator::start(&data, &["--durability", "process"]);
    let app = emulator.service("abc");
    app.store([&Instance::new()]).await.expect(200);
    let options = healthcare_emulator::postgres::parse_url(&database_url(&data)).unwrap();
    let pool = sqlx::PgPool::connect_with(options).await.unwrap();
    for statement in ["update events set kind = 'x'", "delete from events", "truncate events"] {
        let refused = sqlx::query(statement).execute(&pool).await.unwrap_err();
        assert!(refused.to_string().contains("append-only"), "{refused}");
    }
    sqlx::query("update studies set patient_id = 'tampered'").execute(&pool).await.unwrap();
    let verdict = send(app.control(Method::POST, "/verify")).await.expect(200).json();
    assert_eq!((&verdict["ok"], &verdict["projections"][0]["different"]), (&json!(false), &json!(2)));
    sqlx::query("update studies set patient_id = 'pat-1'").execute(&pool).await.unwrap();
}

#[tokio::test]
async fn read_models_of_another_version_are_rebuilt_at_the_start() {
    let data = data("rebuild");
    let instance = Instance::new();
    let mut emulator = Emulator::start(&data, &["--durability", "process"]);
    let app = emulator.service("abc");
    app.store([&instance, &instance.sibling()]).await.expect(200);
    app.delete(&instance.path()).await.expect(204);
    let before = app.everything(None).await;
    let options = healthcare_emulator::postgres::parse_url(&database_url(&data)).unwrap();
    let pool = sqlx::PgPool::connect_with(options).await.unwrap();
    sqlx::raw_sql("update projections set version = 0; delete from instances; drop index studies_patient_id")
        .execute(&pool)
        .await
        .unwrap();
    pool.close().await;
    std::mem::forget(app);
    emulator.terminate();
    let emulator = Emulator::start(&data, &["--durability", "process"]);
    assert_eq!(emulator.service("abc").everything(None).await, before);
}

#[tokio::test]
async fn files_without_events_are_swept_at_the_start_and_no_others() {
    let data = data("sweep");
    let (kept, undone) = (Instance::new(), Instance::new());
    let mut emulator = Emulator::start(&data, &["--durability", "process"]);
    let app = emulator.service("abc");
    let unfinished = data.join("dicom/.staging/before/upload#1");
    std::fs::create_dir_all(unfinished.parent().unwrap()).unwrap();
    std::fs::write(&unfinished, "half a file").unwrap();
    app.store([&kept, &undone]).await.expect(200);
    app.reset(json!({ "position": 1 })).await.expect(200);
    let folder = |instance: &Instance| data.join(format!("dicom/abc/Microsoft.Default/{}", instance.study));
    let files = |instance: &Instance| files_below(&folder(instance));
    assert_eq!((files(&kept), files(&undone)), (1, 1));
    drop(app);
    emulator.terminate();
    let emulator = Emulator::start(&data, &["--durability", "process"]);
    let app = emulator.service("abc");
    while files(&undone) > 0 || unfinished.parent().unwrap().exists() {
        tokio::task::yield_now().await;
    }
    assert_eq!(app.get(&kept.path(), STORED_INSTANCE).await.expect(200).body, kept.stored_bytes());
}

fn files_below(folder: &std::path::Path) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let count = |entry: std::fs::DirEntry| match entry.path() {
        path if path.is_dir() => files_below(&path),
        _ => 1,
    };
    entries.flatten().map(count).sum()
}

#[tokio::test]
async fn requests_larger_than_allowed_are_refused() {
    let data = data("limit");
    let emulator = Emulator::start(&data, &["--durability", "process", "--max-request-bytes", "10000"]);
    let app = emulator.service("abc");
    app.store([&Instance::new()]).await.expect(200);
    for content_type in ["application/dicom", r#"multipart/related; type="application/dicom"; boundary=border"#] {
        let body = vec![b'x'; 10_001];
        let request = app.request(Method::POST, "/studies").header("accept", DICOM_JSON);
        let answer = send(request.header("content-type", content_type).body(body)).await.expect(413);
        assert_eq!(answer.text(), "The request exceeded the allowed limit of 10000 bytes.");
    }
}

#[tokio::test]
async fn strict_mode_refuses_what_azure_refuses_and_control_can_be_turned_off() {
    let data = data("strict");
    let emulator = Emulator::start(&data, &["--durability", "process", "--strict", "on", "--control", "off"]);
    let app = emulator.service("abc");
    let file = Instance::new().bytes();
    for (content_type, part_type) in [
        ("multipart/related; type=application/dicom; boundary=b", "application/dicom"),
        ("multipart/related; boundary=b", "application/octet-stream"),
    ] {
        let mut body = format!("--b\r\nContent-Type: {part_type}\r\n\r\n").into_bytes();
        body.extend_from_slice(&file);
        body.extend_from_slice(b"\r\n--b--");
        let request = app.request(Method::POST, "/studies").header("accept", DICOM_JSON);
        send(request.header("content-type", content_type).body(body)).await.expect(415);
    }
    app.store([&Instance::new()]).await.expect(200);
    app.query("/studies?PatientID=PAT-1").await.expect(200);
    for extension in ["PatientID=PAT*", "StudyInstanceUID=1.2,3.4", "PatientID=PAT-?"] {
        app.query(&format!("/studies?{extension}")).await.expect(204);
    }
    send(app.at_root(Method::GET, "/_emulator/services")).await.expect(404);
    std::mem::forget(app); // verify is turned off too
}

#[tokio::test]
async fn a_trusted_proxy_says_how_clients_see_the_server() {
    let data = data("proxy");
    let emulator = Emulator::start(&data, &["--durability", "process", "--forwarded", "on"]);
    let app = emulator.service("abc");
    let own = format!("http://{}", emulator.address);
    for (proto, host, prefix, base) in [
        ("https", "dicom.example, inner", "/azure/", "https://dicom.example/azure".to_owned()),
        ("HTTPS", "dicom.example:8443", "azure/east", "https://dicom.example:8443/azure/east".to_owned()),
        ("http", "[::1]:80", "//", "http://[::1]:80".to_owned()),
        ("javascript", "dicom.example/x", "/a b", format!("{own}/services/abc/v2")),
        ("https:", "user@dicom.example", "/a?b", format!("{own}/services/abc/v2")),
        ("http, https", "dicom.example:port", "/#a", format!("{own}/services/abc/v2")),
    ] {
        let instance = Instance::new();
        let (content_type, body) = multipart_body([instance.bytes()]);
        let request =
            app.request(Method::POST, "/studies").header("accept", DICOM_JSON).header("content-type", content_type);
        let request = request.header("x-forwarded-host", host).header("x-forwarded-proto", proto);
        let answer = send(request.header("x-forwarded-prefix", prefix).body(body)).await.expect(200);
        let url = answer.json()["00081199"]["Value"][0]["00081190"]["Value"][0].clone();
        assert_eq!(url, json!(format!("{base}{}", instance.path())), "{proto} {host} {prefix}");
    }
}

#[tokio::test]
async fn the_command_line_drives_a_running_server() {
    let data = data("cli");
    let emulator = Emulator::start(&data, &["--durability", "process"]);
    let url = format!("http://{}", emulator.address);
    let folder = data.join("files");
    std::fs::create_dir_all(&folder).unwrap();
    let instance = Instance::new();
    std::fs::write(folder.join("1.dcm"), instance.bytes()).unwrap();
    std::fs::write(folder.join("2.dcm"), b"no DICOM").unwrap();
    let run = |arguments: &[&str]| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_healthcare-emulator"))
            .args(arguments)
            .args(["--url", &url, "--service", "abc"])
            .output()
            .unwrap();
        (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let (ok, health) = run(&["health"]);
    assert!(ok && health.contains("healthy"), "{health}");
    let (ok, imported) = run(&["import", folder.to_str().unwrap()]);
    assert!(!ok && imported.ends_with("1 stored, 1 refused\n"), "{imported}");
    let (ok, _) = run(&["snapshot", "one"]);
    assert!(ok);
    let (ok, log) = run(&["log"]);
    assert!(ok && log.contains(&instance.study), "{log}");
    let (ok, verdict) = run(&["verify"]);
    assert!(ok && verdict.contains(r#""ok":true"#), "{verdict}");
    let (ok, undone) = run(&["reset", "--position", "0"]);
    assert!(ok && undone.contains(r#""undone":1"#), "{undone}");
    let (ok, _) = run(&["reset", "nothing"]);
    assert!(!ok);
}
