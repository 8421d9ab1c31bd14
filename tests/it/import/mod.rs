//! Import: from a folder, and from a storage account.

mod folder;
mod storage;

use std::{
    path::Path,
    time::{Duration, Instant},
};

use crate::support::{Emulator, TestApp};

/// Starts a server that looks for files all the time.
fn start(data: &Path, flags: &[&str]) -> Emulator {
    let flags: Vec<&str> =
        ["--durability", "process", "--import-interval-ms", "20"].iter().chain(flags).copied().collect();
    Emulator::start(data, &flags)
}

/// The service that files are imported into.
fn default_service(emulator: &Emulator) -> TestApp {
    emulator.service("default")
}

/// Waits until it is so.
async fn until(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !condition().await {
        assert!(Instant::now() < deadline, "it takes too long until {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
