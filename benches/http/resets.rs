//! Resetting a service: what it costs must follow from what came after the snapshot, not from what was there before.

use std::time::Instant;

use super::{
    bench::{Bench, Size, Sum, path},
    client::Request,
    files::{Ids, PER_SERIES},
    table::Goal,
};

/// Changes between the snapshot and the reset: stores of new instances, and deletes of what is there.
const STORED: usize = 900;
const DELETED: usize = 100;

/// Instances that one request stores.
const AT_ONCE: usize = 100;

/// Numbers of stored instances begin here, beyond those of every stock.
const FIRST: usize = 10_000_000;

/// Resets of a large service and of an empty one.
pub async fn measure(bench: &Bench) -> anyhow::Result<()> {
    let library = bench.library();
    let large = format!("reset {} changes on {} instances", STORED + DELETED, library.instances);
    if bench.options.wants(&large) {
        bench.fill(library).await?;
        resets(bench, &large, library.service, 0).await?;
    }
    let empty = format!("reset {} changes on an empty service", STORED + DELETED);
    if bench.options.wants(&empty) {
        resets(bench, &empty, "empty", FIRST).await?;
    }
    Ok(())
}

/// Takes a snapshot; then changes the service and resets it, again and again. What is deleted begins with the instance
/// of the number `deleted`.
async fn resets(bench: &Bench, name: &str, service: &str, deleted: usize) -> anyhow::Result<()> {
    let control = |below: &str| format!("/_emulator/services/{service}{below}");
    bench.send(&Request::new("PUT", control("/snapshots/before")), 201).await?;
    let reset = Request::new("POST", control("/reset")).body(br#"{"snapshot":"before"}"#.to_vec());
    let mut sum = Sum::default();
    for _ in 0..bench.options.scaled(30) {
        change(bench, service, deleted).await?;
        let (began, before) = (Instant::now(), bench.emulator.processor_time()?);
        bench.send(&reset, 200).await?;
        sum.add(began.elapsed(), bench.emulator.processor_time()? - before);
    }
    sum.print(name, Some(Goal::Milliseconds(30.0)));
    Ok(())
}

async fn change(bench: &Bench, service: &str, deleted: usize) -> anyhow::Result<()> {
    for first in (FIRST..FIRST + STORED).step_by(AT_ONCE) {
        let instances = (first..first + AT_ONCE).map(|instance| Ids::nth(instance, PER_SERIES));
        bench.send(&bench.store(service, Size::Small, instances), 200).await?;
    }
    for first in (deleted..deleted + DELETED).step_by(PER_SERIES) {
        let study = Ids::nth(first, PER_SERIES).study_path();
        bench.send(&Request::new("DELETE", path(service, &study)), 204).await?;
    }
    Ok(())
}
