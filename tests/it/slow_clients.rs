//! Clients that read slowly, or go away: what they cost is bounded, and ends with them.

use std::{path::PathBuf, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, sleep},
};

use crate::support::{Emulator, Instance, STORED_INSTANCE, STORED_MULTIPART, scratch};

const MEBIBYTE: u64 = 1 << 20;

fn data(name: &str) -> PathBuf {
    scratch().join(name)
}

/// Bytes of memory that a process has for itself.
fn memory(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("the process is there");
    let line = status.lines().find(|line| line.starts_with("RssAnon:")).expect("a kernel that tells");
    line.split_whitespace().nth(1).and_then(|kilobytes| kilobytes.parse::<u64>().ok()).expect("a number") * 1024
}

/// Open files and sockets of a process.
fn open_files(process: u32) -> usize {
    std::fs::read_dir(format!("/proc/{process}/fd")).expect("the process is there").count()
}

/// A connection that has asked for something and does not read.
async fn ask(emulator: &Emulator, path: &str, accept: &str) -> TcpStream {
    let mut connection = TcpStream::connect(emulator.address).await.expect("the server listens");
    let request =
        format!("GET /services/slow/v2{path} HTTP/1.1\r\nHost: x\r\nAccept: {accept}\r\nConnection: close\r\n\r\n");
    connection.write_all(request.as_bytes()).await.expect("the server reads");
    connection
}

/// Reads the first bytes of the answer.
async fn begin(connection: &mut TcpStream) {
    let mut head = [0; 12];
    connection.read_exact(&mut head).await.expect("the server answers");
    assert_eq!(&head, b"HTTP/1.1 200");
}

/// Waits until something is so.
async fn until(what: &str, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !is_so() {
        assert!(Instant::now() < deadline, "{what}");
        sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn clients_that_do_not_read_hold_back_the_reading_of_files_and_free_all_when_they_go() {
    let emulator = Emulator::start(&data("slow"), &["--durability", "process"]);
    let app = emulator.service("slow");
    let native = Instance::new().with_bytes(0x0042_0011, "OB", vec![7; 48 << 20]);
    let frames = Instance::new().with_pixels(2048, 2048, 12);
    app.store([&native]).await.expect(200);
    app.store([&frames]).await.expect(200);
    let process = emulator.process();
    let before = (memory(process), open_files(process));
    let mut connections = Vec::new();
    for _ in 0..16 {
        let mut connection = ask(&emulator, &native.path(), STORED_INSTANCE).await;
        begin(&mut connection).await;
        connections.push(connection);
    }
    let held = memory(process).saturating_sub(before.0);
    assert!(held < 16 * 5 * MEBIBYTE, "sixteen slow clients of 48 MiB each hold {} MiB", held / MEBIBYTE);
    app.get("/studies", "application/dicom+json").await.expect(200);
    // Some go away while frames are being encoded for them.
    for _ in 0..4 {
        let accept = "application/dicom; transfer-syntax=1.2.840.10008.1.2.4.90";
        connections.push(ask(&emulator, &frames.path(), accept).await);
    }
    drop(connections);
    // Idle connections to the database may be more than before, those of clients may not.
    until("connections are closed", || open_files(process) <= before.1 + 16).await;
    let begun = Instant::now();
    app.get(&format!("{}/frames/1/rendered", frames.path()), "image/png").await.expect(200);
    assert!(begun.elapsed() < Duration::from_secs(20), "work for clients that went away does not hold up others");
    assert_eq!(app.get(&native.path(), STORED_INSTANCE).await.expect(200).body.len(), native.bytes().len());
}

#[tokio::test]
async fn a_study_of_a_thousand_instances_is_streamed_in_bounded_memory() {
    let emulator = Emulator::start(&data("thousand"), &["--durability", "process"]);
    let app = emulator.service("slow");
    let first = Instance::new().with_bytes(0x0042_0011, "OB", vec![7; 100_000]);
    let instances: Vec<Instance> = (0..1000).map(|_| first.sibling()).collect();
    for batch in instances.chunks(100) {
        app.store(batch).await.expect(200);
    }
    let process = emulator.process();
    let before = memory(process);
    let mut connection = ask(&emulator, &first.study_path(), STORED_MULTIPART).await;
    begin(&mut connection).await;
    let mut answer = vec![0; 1 << 20];
    let (mut total, mut highest) = (0, 0);
    loop {
        let read = connection.read(&mut answer).await.expect("the server goes on");
        if read == 0 {
            break;
        }
        total += read;
        highest = highest.max(memory(process).saturating_sub(before));
    }
    assert!(total > 100_000_000, "{total}");
    assert!(highest < 32 * MEBIBYTE, "100 MB took {} MiB of memory", highest / MEBIBYTE);
}
