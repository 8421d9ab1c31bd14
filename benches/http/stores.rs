//! Storing, and deleting what was stored.

use super::{
    bench::{Bench, Size, Stock, Work, path, warm_up},
    client::Request,
    files::{Ids, PER_SERIES},
    floor::Source,
};

/// Instances of each study that is deleted.
const PER_DELETED_STUDY: usize = 100;

/// Stores of small and of large files.
pub async fn measure(bench: &Bench) -> anyhow::Result<()> {
    for connections in [1, 8, 32] {
        small(bench, 1, connections, bench.options.scaled(4_000)).await?;
    }
    for connections in [1, 4, 8, 32] {
        small(bench, 25, connections, bench.options.scaled(300)).await?;
    }
    large(bench, 4, bench.options.scaled(400)).await
}

async fn small(bench: &Bench, per_request: usize, connections: usize, requests: usize) -> anyhow::Result<()> {
    let service = format!("small-{per_request}-{connections}");
    let request = |number: usize| {
        let first = number * per_request;
        let instances = (first..first + per_request).map(|instance| Ids::nth(instance, PER_SERIES));
        Ok(bench.store(&service, Size::Small, instances))
    };
    let goal = match (per_request, connections) {
        (1, 8) => Some(0.40),
        (25, 4) => Some(5.0),
        _ => None,
    };
    let name = format!("store 9 KB, {per_request} per request, {connections} connections");
    let (stores, floor) = (Some((service.as_str(), per_request)), Source::Memory);
    bench
        .measure(Work { name, requests, connections, status: 200, request: &request, goal, stock: None, floor, stores })
        .await
}

async fn large(bench: &Bench, connections: usize, requests: usize) -> anyhow::Result<()> {
    let service = "large";
    let request = |number| Ok(bench.store(service, Size::Large, [Ids::nth(number, PER_SERIES)]));
    let name = format!("store 526 KB, 1 per request, {connections} connections");
    let (goal, stores, floor) = (Some(1.2), Some((service, 1)), Source::Memory);
    bench
        .measure(Work { name, requests, connections, status: 200, request: &request, goal, stock: None, floor, stores })
        .await
}

/// Deletes of whole studies.
pub async fn measure_deletes(bench: &Bench) -> anyhow::Result<()> {
    let service = "deletes";
    let requests = bench.options.scaled(100);
    let instances = (requests + warm_up(requests)) * PER_DELETED_STUDY;
    let request = |number: usize| {
        let study = Ids::nth(number * PER_DELETED_STUDY, PER_DELETED_STUDY).study_path();
        Ok(Request::new("DELETE", path(service, &study)))
    };
    let work = Work {
        name: format!("delete a study of {PER_DELETED_STUDY}"),
        requests,
        connections: 1,
        status: 204,
        request: &request,
        goal: Some(3.0),
        stock: Some(Stock { service, size: Size::Small, instances, per_study: PER_DELETED_STUDY }),
        floor: Source::Memory,
        stores: None,
    };
    bench.measure(work).await
}
