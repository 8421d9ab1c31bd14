//! Measures the emulator as its clients see it: the release binary with its managed Postgres, over HTTP on loopback.
//!
//! `cargo bench`, or `cargo bench -- --quick`. What counts is processor time, since it depends less than wall time on
//! what else the machine does. Each row names that of a floor, measured right after it: a handler on the same stack that
//! reads the same requests and answers the same bytes ([`floor`]), and for stores also the same rows written by a bare
//! loop ([`sql_floor`]).

mod bench;
mod client;
mod files;
mod floor;
mod load;
mod processes;
mod reads;
mod resets;
mod searches;
mod server;
mod sql_floor;
mod starts;
mod stores;
mod table;

use std::{
    path::Path,
    time::{Duration, Instant},
};

use anyhow::Context;
use clap::Parser;
use tokio::{
    signal::unix::{SignalKind, signal},
    time::sleep,
};

use bench::Bench;
use table::Row;

/// Measures the emulator over HTTP.
#[derive(Debug, Clone, Parser)]
struct Options {
    /// Few requests and a small service, for a look.
    #[arg(long)]
    quick: bool,

    /// Only measurements whose names contain this.
    #[arg(long, default_value = "")]
    only: String,

    /// Also search a service of a million instances.
    #[arg(long)]
    million: bool,

    /// What cargo passes to every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
}

impl Options {
    /// Whether a measurement is asked for.
    fn wants(&self, name: &str) -> bool {
        name.contains(&self.only)
    }

    /// How many of something, where a whole run takes so many.
    fn scaled(&self, full: usize) -> usize {
        if self.quick { full.div_ceil(10) } else { full }
    }
}

fn main() -> anyhow::Result<()> {
    if std::env::args().nth(1).as_deref() == Some(floor::ARGUMENT) {
        return floor::serve();
    }
    run(Options::parse())
}

#[tokio::main(flavor = "current_thread")]
async fn run(options: Options) -> anyhow::Result<()> {
    let folder = tempfile::Builder::new().prefix("healthcare-emulator-bench-").tempdir()?;
    let outcome = tokio::select! {
        outcome = measure(options, folder.path()) => outcome,
        outcome = interrupted() => outcome,
    };
    remove(folder).await?;
    outcome
}

async fn measure(options: Options, folder: &Path) -> anyhow::Result<()> {
    Row::print_header();
    starts::measure(&options, folder).await?;
    let bench = Bench::start(options, &folder.join("main")).await?;
    let outcome = measure_requests(&bench).await;
    bench.stop().await?;
    outcome
}

async fn measure_requests(bench: &Bench) -> anyhow::Result<()> {
    stores::measure(bench).await?;
    reads::measure(bench).await?;
    searches::measure(bench).await?;
    stores::measure_deletes(bench).await?;
    resets::measure(bench).await?;
    starts::measure_memory(&bench.options, &bench.emulator)
}

/// Fails at Ctrl-C or SIGTERM.
async fn interrupted() -> anyhow::Result<()> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    anyhow::bail!("interrupted")
}

/// Removes the folder. An emulator that was interrupted takes a moment to leave it.
async fn remove(folder: tempfile::TempDir) -> anyhow::Result<()> {
    let path = folder.keep();
    let deadline = Instant::now() + Duration::from_secs(10);
    while let Err(error) = std::fs::remove_dir_all(&path) {
        if Instant::now() > deadline {
            return Err(error).with_context(|| format!("cannot remove {}", path.display()));
        }
        sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}
