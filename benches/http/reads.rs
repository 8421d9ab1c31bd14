//! Searching, retrieving, and reading the change feed.

use super::{
    bench::{Bench, Size, Stock, Work, path},
    client::Request,
    files::{Ids, PER_SERIES},
};

const DICOM_JSON: &str = "application/dicom+json";
const ONE_FILE: &str = "application/dicom; transfer-syntax=*";
const FILES: &str = r#"multipart/related; type="application/dicom"; transfer-syntax=*"#;

/// Readers at a time.
const CONNECTIONS: usize = 4;

/// Instances of each study that is read whole.
const PER_WHOLE_STUDY: usize = 100;

/// Entries of a page of the feed.
const PAGE: usize = 100;

/// A step through a stock that meets every instance, in no order.
fn scattered(number: usize, stock: Stock) -> Ids {
    Ids::nth(number * 7_919 % stock.instances, stock.per_study)
}

/// What all measurements here have in common.
fn read<'w>(
    name: &str,
    requests: usize,
    goal: Option<f64>,
    stock: Stock,
    request: &'w dyn Fn(usize) -> anyhow::Result<Request>,
) -> Work<'w> {
    let (name, stock) = (name.to_owned(), Some(stock));
    Work { name, requests, connections: CONNECTIONS, status: 200, request, goal, stock, stores: None }
}

/// All of them.
pub async fn measure(bench: &Bench) -> anyhow::Result<()> {
    searches(bench).await?;
    instances(bench).await?;
    whole_studies(bench).await?;
    feed(bench).await
}

async fn searches(bench: &Bench) -> anyhow::Result<()> {
    let stock = bench.library();
    let in_library = |below: &str| path(stock.service, below);
    let requests = bench.options.scaled(5_000);

    let studies = |number| {
        let patient = scattered(number, stock).patient_id();
        Ok(Request::get(in_library(&format!("/studies?PatientID={patient}")), DICOM_JSON))
    };
    bench.measure(read("search studies by PatientID", requests, Some(0.12), stock, &studies)).await?;

    let series = |number| {
        let below = format!("{}/instances", scattered(number, stock).series_path());
        Ok(Request::get(in_library(&below), DICOM_JSON))
    };
    let name = format!("search the {PER_SERIES} instances of a series");
    bench.measure(read(&name, requests, Some(0.3), stock, &series)).await
}

async fn instances(bench: &Bench) -> anyhow::Result<()> {
    let requests = bench.options.scaled(5_000);

    let stock = bench.library();
    let small = |number| Ok(Request::get(path(stock.service, &scattered(number, stock).path()), ONE_FILE));
    bench.measure(read("read an instance of 9 KB", requests, Some(0.10), stock, &small)).await?;

    let stock = Stock { service: "images", size: Size::Large, instances: 100, per_study: PER_SERIES };
    let large = |number| Ok(Request::get(path(stock.service, &scattered(number, stock).path()), ONE_FILE));
    bench.measure(read("read an instance of 526 KB", requests, Some(0.20), stock, &large)).await
}

async fn whole_studies(bench: &Bench) -> anyhow::Result<()> {
    let stock =
        Stock { service: "whole", size: Size::Small, instances: 20 * PER_WHOLE_STUDY, per_study: PER_WHOLE_STUDY };
    let requests = bench.options.scaled(1_000);

    let files = |number| Ok(Request::get(path(stock.service, &scattered(number, stock).study_path()), FILES));
    let name = format!("read a study of {PER_WHOLE_STUDY}");
    bench.measure(read(&name, requests, Some(1.5), stock, &files)).await?;

    let metadata = |number| {
        let below = format!("{}/metadata", scattered(number, stock).study_path());
        Ok(Request::get(path(stock.service, &below), DICOM_JSON))
    };
    let name = format!("metadata of a study of {PER_WHOLE_STUDY}");
    bench.measure(read(&name, requests, Some(0.8), stock, &metadata)).await
}

async fn feed(bench: &Bench) -> anyhow::Result<()> {
    let stock = bench.library();
    for (name, included, requests) in [("with metadata", true, 500), ("without metadata", false, 1_000)] {
        let request = |number: usize| {
            let offset = number * PAGE % (stock.instances - PAGE);
            let query = format!("/changefeed?offset={offset}&limit={PAGE}&includeMetadata={included}");
            Ok(Request::get(path(stock.service, &query), "application/json"))
        };
        let name = format!("feed page of {PAGE}, {name}");
        bench.measure(read(&name, bench.options.scaled(requests), None, stock, &request)).await?;
    }
    Ok(())
}
