//! Searching, retrieving, and reading the change feed.

use std::time::Instant;

use super::{
    bench::{Bench, Size, Stock, Sum, Work, path},
    client::{Connection, Request},
    files::{Ids, PER_SERIES},
    floor::Source,
    table::Goal,
};

const DICOM_JSON: &str = "application/dicom+json";
const ONE_FILE: &str = "application/dicom; transfer-syntax=*";
const ONE_FRAME: &str = "application/octet-stream; transfer-syntax=*";
const FILES: &str = r#"multipart/related; type="application/dicom"; transfer-syntax=*"#;

/// Readers at a time.
const CONNECTIONS: usize = 4;

/// Instances of each study that is read whole.
const PER_WHOLE_STUDY: usize = 100;

/// Instances of the study whose first byte is waited for.
const PER_LARGE_STUDY: usize = 1_000;

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
    let floor = Source::Memory;
    Work { name, requests, connections: CONNECTIONS, status: 200, request, goal, stock, floor, stores: None }
}

/// As above, beside a server of static files: the ratio is what counts, at most 1.3 for what is sent as it is stored.
fn read_file<'w>(
    name: &str,
    requests: usize,
    goal: Option<f64>,
    stock: Stock,
    request: &'w dyn Fn(usize) -> anyhow::Result<Request>,
) -> Work<'w> {
    Work { floor: Source::File, ..read(name, requests, goal, stock, request) }
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
    bench.measure(read_file("read an instance of 9 KB", requests, Some(0.10), stock, &small)).await?;
    let below = |number: usize, below: &str, accept: &str| {
        let below = format!("{}/{below}", scattered(number, stock).path());
        Ok(Request::get(path(stock.service, &below), accept))
    };
    let frame = |number| below(number, "frames/1", ONE_FRAME);
    bench.measure(read_file("read a frame of 5 KB", requests, None, stock, &frame)).await?;
    let metadata = |number| below(number, "metadata", DICOM_JSON);
    bench.measure(read_file("metadata of an instance", requests, None, stock, &metadata)).await?;

    let stock = Stock { service: "images", size: Size::Large, instances: 100, per_study: PER_SERIES };
    let large = |number| Ok(Request::get(path(stock.service, &scattered(number, stock).path()), ONE_FILE));
    bench.measure(read_file("read an instance of 526 KB", requests, Some(0.20), stock, &large)).await?;
    let below = |number: usize, below: &str, accept: &str| {
        let below = format!("{}/{below}", scattered(number, stock).path());
        Ok(Request::get(path(stock.service, &below), accept))
    };
    let frame = |number| below(number, "frames/1", ONE_FRAME);
    bench.measure(read_file("read a frame of 524 KB", requests, None, stock, &frame)).await?;
    let requests = bench.options.scaled(500);
    for (name, accept) in [("PNG", "image/png"), ("JPEG", "image/jpeg")] {
        let rendered = |number| below(number, "rendered", accept);
        let name = format!("draw an image of 512 × 512 as {name}");
        bench.measure(read_file(&name, requests, None, stock, &rendered)).await?;
    }
    let encoded = |number| below(number, "frames/1", r#"multipart/related; type="image/jp2""#);
    bench.measure(read_file("encode a frame of 512 × 512", requests, None, stock, &encoded)).await
}

async fn whole_studies(bench: &Bench) -> anyhow::Result<()> {
    let stock =
        Stock { service: "whole", size: Size::Small, instances: 20 * PER_WHOLE_STUDY, per_study: PER_WHOLE_STUDY };
    let requests = bench.options.scaled(1_000);

    let files = |number| Ok(Request::get(path(stock.service, &scattered(number, stock).study_path()), FILES));
    let name = format!("read a study of {PER_WHOLE_STUDY}");
    bench.measure(read_file(&name, requests, Some(1.5), stock, &files)).await?;

    let metadata = |number| {
        let below = format!("{}/metadata", scattered(number, stock).study_path());
        Ok(Request::get(path(stock.service, &below), DICOM_JSON))
    };
    let name = format!("metadata of a study of {PER_WHOLE_STUDY}");
    bench.measure(read_file(&name, requests, Some(0.8), stock, &metadata)).await?;

    let stock =
        Stock { service: "thousand", size: Size::Small, instances: PER_LARGE_STUDY, per_study: PER_LARGE_STUDY };
    let files = |_| Ok(Request::get(path(stock.service, &Ids::nth(0, PER_LARGE_STUDY).study_path()), FILES));
    let name = format!("read a study of {PER_LARGE_STUDY}");
    bench.measure(read_file(&name, bench.options.scaled(100), None, stock, &files)).await?;
    first_bytes(bench, stock, &files(0)?).await
}

/// How long a client waits until the answer begins.
async fn first_bytes(bench: &Bench, stock: Stock, request: &Request) -> anyhow::Result<()> {
    let name = format!("first byte of a study of {PER_LARGE_STUDY}");
    if !bench.options.wants(&name) {
        return Ok(());
    }
    bench.fill(stock).await?;
    let mut sum = Sum::default();
    for _ in 0..bench.options.scaled(100) {
        let connection = Connection::open(bench.emulator.address).await?;
        let before = bench.emulator.processor_time()?;
        let began = Instant::now();
        connection.begin(request).await?.expect(200)?;
        sum.add(began.elapsed(), bench.emulator.processor_time()? - before);
    }
    sum.print(&name, Some(Goal::Milliseconds(50.0)));
    Ok(())
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
