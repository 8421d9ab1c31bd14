//! Partitions of the service `default`, which the start of the server turns on and off; several processes; the command line.

use std::process::{Command, Output};

use reqwest::Method;
use serde_json::json;

use super::{DISABLED, MISSING, UNKNOWN, keys, names, store_in, within};
use crate::support::{Emulator, Instance, STORED_INSTANCE, TestApp, database_url, scratch, send};

const FAST: [&str; 2] = ["--durability", "process"];
const ON: [&str; 4] = ["--durability", "process", "--partitions", "on"];

/// The service `default` of a server; its paths are those at the root.
struct Default(TestApp);

impl Default {
    fn of(emulator: &Emulator) -> Self {
        Self(emulator.service("default"))
    }

    async fn get(&self, path: &str) -> crate::support::Answer {
        send(self.0.at_root(Method::GET, &format!("/v2{path}")).header("accept", "*/*")).await
    }

    async fn store(&self, path: &str, instance: &Instance) -> crate::support::Answer {
        let request = self.0.at_root(Method::POST, &format!("/v2{path}")).header("accept", "*/*");
        send(request.header("content-type", "application/dicom").body(instance.bytes())).await
    }
}

#[tokio::test]
async fn partitions_are_turned_on_later_and_off_only_while_there_is_no_other() {
    let data = scratch().join("partitions");
    let (old, new) = (Instance::new(), Instance::new());
    let mut emulator = Emulator::start(&data, &FAST);
    let default = Default::of(&emulator);
    default.store("/studies", &old).await.expect(200);
    assert_eq!(default.get("/partitions").await.expect(400).text(), DISABLED);
    drop(default);
    emulator.terminate();

    let mut emulator = Emulator::start(&data, &ON);
    let default = Default::of(&emulator);
    assert_eq!(default.get("/studies").await.expect(400).text(), MISSING);
    let answer = default.get(&within("Microsoft.Default", &old.path())).await.expect(200);
    assert!(answer.body.windows(132).any(|part| part == &old.stored_bytes()[..132]));
    let list = default.get("/partitions").await.expect(200).json();
    assert_eq!(list.as_array().map(Vec::len), Some(1));
    assert_eq!(send(default.0.control(Method::GET, "")).await.expect(200).json()["partitions"], json!(true));
    send(default.0.control(Method::PUT, "")).await.expect(200);
    drop(default);
    emulator.terminate();

    let mut emulator = Emulator::start(&data, &FAST);
    let default = Default::of(&emulator);
    default.get("/studies").await.expect(200);
    drop(default);
    emulator.terminate();

    let mut emulator = Emulator::start(&data, &ON);
    let default = Default::of(&emulator);
    default.store(&within("p1", "/studies"), &new).await.expect(200);
    drop(default);
    emulator.terminate();

    let refused = Emulator::command(&data, &FAST).output().expect("it ends");
    assert_eq!(refused.status.code(), Some(1));
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        said.contains("Data partitions feature cannot be disabled while existing data has already been partitioned."),
        "{said}"
    );

    let mut emulator = Emulator::start(&data, &ON);
    let default = Default::of(&emulator);
    default.get(&within("p1", &new.path())).await.expect(200);
    default.0.reset(json!({ "position": 1 })).await.expect(200);
    drop(default);
    emulator.terminate();
    let emulator = Emulator::start(&data, &FAST);
    let default = Default::of(&emulator);
    default.get(&old.path()).await.expect(200);
}

#[tokio::test]
async fn a_start_that_is_refused_stops_the_postgres_that_it_started() {
    let data = scratch().join("partitions-refused");
    let mut emulator = Emulator::start(&data, &ON);
    Default::of(&emulator).store(&within("p1", "/studies"), &Instance::new()).await.expect(200);
    emulator.terminate();
    Emulator::command(&data, &FAST).output().expect("it ends");
    assert!(!data.join("postgres/cluster/postmaster.pid").exists());
}

#[tokio::test]
async fn other_services_keep_their_partitions_whatever_the_default_one_has() {
    let data = scratch().join("partitions-others");
    let mut emulator = Emulator::start(&data, &FAST);
    let app = emulator.service("abc");
    send(app.control(Method::PUT, "").body(r#"{"partitions":true}"#)).await.expect(201);
    store_in(&app, "p1", [&Instance::new()]).await.expect(200);
    drop(app);
    emulator.terminate();
    let emulator = Emulator::start(&data, &FAST);
    let app = emulator.service("abc");
    assert_eq!(names(&app).await, ["Microsoft.Default", "p1"]);
    let fresh = emulator.service("xyz");
    fresh.query("/studies").await.expect(204);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_on_one_database_share_their_partitions() {
    let data = scratch().join("partitions-several");
    let first = Emulator::start(&data, &FAST);
    let one = first.service("abc");
    send(one.control(Method::PUT, "").body(r#"{"partitions":true}"#)).await.expect(201);
    let second = Emulator::start(&data, &[FAST[0], FAST[1], "--database-url", &database_url(&data)]);
    let two = second.service("abc");
    for (index, (writer, reader)) in [(&one, &two), (&two, &one), (&one, &two)].into_iter().enumerate() {
        let instance = Instance::new();
        let name = format!("p{index}");
        store_in(writer, &name, [&instance]).await.expect(200);
        reader.get(&within(&name, &instance.path()), STORED_INSTANCE).await.expect(200);
        store_in(reader, &name, [&instance]).await.expect(409);
    }
    let (a, b) = (Instance::new(), Instance::new());
    let (stored, also) = tokio::join!(store_in(&one, "Race", [&a]), store_in(&two, "rACE", [&b]));
    assert_eq!((stored.status.as_u16(), also.status.as_u16()), (200, 200));
    assert_eq!(keys(&one).await, [1, 2, 3, 4, 5]);

    one.reset(json!({})).await.expect(200);
    assert_eq!(two.query(&within("p1", "/studies")).await.expect(400).text(), UNKNOWN);
    store_in(&two, "new", [&a]).await.expect(200);
    assert_eq!(names(&one).await, ["Microsoft.Default", "new"]);

    // A service that was deleted and comes back elsewhere is seen as it is now.
    send(one.control(Method::DELETE, "")).await.expect(204);
    one.query("/studies").await.expect(204);
    assert_eq!(two.query(&within("new", "/studies")).await.expect(400).text(), DISABLED);
    send(one.control(Method::DELETE, "")).await.expect(204);
    send(one.control(Method::PUT, "").body(r#"{"partitions":true}"#)).await.expect(201);
    store_in(&one, "again", [&a]).await.expect(200);
    two.get(&within("again", &a.path()), STORED_INSTANCE).await.expect(200);
}

#[tokio::test]
async fn the_command_line_imports_into_partitions() {
    let data = scratch().join("partitions-cli");
    let emulator = Emulator::start(&data, &FAST);
    let app = emulator.service("abc");
    send(app.control(Method::PUT, "").body(r#"{"partitions":true}"#)).await.expect(201);
    let file = data.join("1.dcm");
    let instance = Instance::new();
    std::fs::write(&file, instance.bytes()).unwrap();
    let run = |arguments: &[&str]| -> Output {
        let url = format!("http://{}", emulator.address);
        let mut command = Command::new(env!("CARGO_BIN_EXE_healthcare-emulator"));
        command.args(arguments).args(["--url", &url, "--service", "abc"]).output().unwrap()
    };
    let file = file.to_str().unwrap();
    assert!(run(&["import", file]).status.success());
    assert!(run(&["import", file, "--partition", "Ward-1"]).status.success());
    assert!(!run(&["import", file, "--partition", "no name"]).status.success());
    for partition in ["Microsoft.Default", "Ward-1"] {
        app.get(&within(partition, &instance.path()), STORED_INSTANCE).await.expect(200);
    }
    let log = run(&["log"]);
    let log = String::from_utf8_lossy(&log.stdout);
    assert!(log.contains(r#""kind":"partitionCreated","partition":"Ward-1""#), "{log}");
    assert!(run(&["verify"]).status.success());
}
