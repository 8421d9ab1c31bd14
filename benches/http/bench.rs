//! What every measurement needs: a running emulator, the floor beside it, files to store, and how to measure.

use std::{cell::RefCell, collections::BTreeMap, path::Path, time::Duration};

use super::{
    Options,
    client::{Answer, Connection, Request},
    files::{Ids, PER_SERIES, Template},
    floor::{Floor, Source},
    load::{Latency, Requests, drive},
    server::{Emulator, Halves},
    sql_floor,
    table::{Figures, Goal, Row},
};

/// Requests that a batch of the bare loop stands for.
const REQUESTS_PER_COMMIT: usize = 8;

/// Instances of one request, and requests at a time, when a service is only to be filled.
const FILLED_AT_ONCE: usize = 50;
const FILLING_CONNECTIONS: usize = 4;

/// A size of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// 9 KB.
    Small,
    /// 526 KB.
    Large,
}

/// What measurements share.
pub struct Bench {
    /// What was asked for.
    pub options: Options,
    /// The emulator that is measured.
    pub emulator: Emulator,
    small: Template,
    large: Template,
    floor: Floor,
    /// Services that were filled, and with how many instances.
    filled: RefCell<BTreeMap<&'static str, usize>>,
}

/// One measurement of many requests.
pub struct Work<'w> {
    /// What it is called.
    pub name: String,
    /// How many requests are measured.
    pub requests: usize,
    /// Over how many connections.
    pub connections: usize,
    /// The status of each answer.
    pub status: u16,
    /// The request of each number. The first ones only warm up.
    pub request: Requests<'w>,
    /// Processor seconds for 1,000 requests that are hoped for.
    pub goal: Option<f64>,
    /// What must be there before.
    pub stock: Option<Stock>,
    /// Where the floor has its answers from.
    pub floor: Source,
    /// If the requests store: where, and how many instances each.
    pub stores: Option<(&'w str, usize)>,
}

/// Numbers of requests that only warm up, if so many are measured.
pub fn warm_up(requests: usize) -> usize {
    (requests / 10).clamp(1, 200)
}

/// A service that holds studies of one size.
#[derive(Debug, Clone, Copy)]
pub struct Stock {
    /// The service.
    pub service: &'static str,
    /// What its files look like.
    pub size: Size,
    /// Its instances.
    pub instances: usize,
    /// The instances of each study.
    pub per_study: usize,
}

impl Bench {
    /// Starts the emulator in a folder, and the floor.
    pub async fn start(options: Options, folder: &Path) -> anyhow::Result<Self> {
        let (small, large) = (Template::small(), Template::large());
        let floor = Floor::start().await?;
        let emulator = Emulator::start(folder).await?;
        Ok(Self { options, emulator, small, large, floor, filled: RefCell::default() })
    }

    /// Measures, if it is asked for, and prints the row.
    pub async fn measure(&self, work: Work<'_>) -> anyhow::Result<()> {
        if !self.options.wants(&work.name) {
            return Ok(());
        }
        if let Some(stock) = work.stock {
            self.fill(stock).await?;
        }
        let warm = warm_up(work.requests);
        let all = warm + work.requests;
        let drive = |address, numbers| drive(address, work.connections, numbers, work.status, work.request);

        drive(self.emulator.address, 0..warm).await?;
        let before = self.emulator.processor_time()?;
        let driven = drive(self.emulator.address, warm..all).await?;
        let spent = self.emulator.processor_time()? - before;

        let mut floor = Duration::ZERO;
        if let Some(answer) = &driven.answer {
            self.floor.learn(answer, work.floor).await?;
            drive(self.floor.address, 0..warm).await?;
            let before = self.floor.processor_time()?;
            drive(self.floor.address, warm..all).await?;
            floor += self.floor.processor_time()? - before;
        }
        if let Some((service, per_request)) = work.stores {
            let (events, batch) = (work.requests * per_request, REQUESTS_PER_COMMIT * per_request);
            floor += sql_floor::write_again(&self.emulator, service, events, batch).await?;
        }

        let latency = Latency::of(driven.latencies);
        let figures = Figures::Requests { count: work.requests, wall: driven.wall, latency, spent, floor: Some(floor) };
        Row { name: work.name, figures, goal: work.goal.map(Goal::ProcessorSeconds) }.print();
        Ok(())
    }

    /// Stops the emulator. The floor ends by itself.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.emulator.stop().await
    }

    /// The large service: a hospital's.
    pub fn library(&self) -> Stock {
        let instances = if self.options.quick { 2_000 } else { 100_000 };
        Stock { service: "library", size: Size::Small, instances, per_study: PER_SERIES }
    }

    /// A store of these instances into a service.
    pub fn store(&self, service: &str, size: Size, instances: impl IntoIterator<Item = Ids>) -> Request {
        let template = match size {
            Size::Small => &self.small,
            Size::Large => &self.large,
        };
        let (content_type, body) = template.multipart(instances);
        let request = Request::new("POST", path(service, "/studies")).header("accept", "application/dicom+json");
        request.header("content-type", content_type).body(body)
    }

    /// Sends one request, whose answer must have this status.
    pub async fn send(&self, request: &Request, status: u16) -> anyhow::Result<Answer> {
        Connection::open(self.emulator.address).await?.send(request).await?.expect(status)
    }

    /// Makes sure that a service holds so many instances.
    pub async fn fill(&self, stock: Stock) -> anyhow::Result<()> {
        let known = self.filled.borrow().get(stock.service).copied().unwrap_or(0);
        if known < stock.instances {
            let missing: Vec<usize> = (known..stock.instances).collect();
            let chunks: Vec<&[usize]> = missing.chunks(FILLED_AT_ONCE).collect();
            let request = |number: usize| {
                let instances = chunks[number].iter().map(|instance| Ids::nth(*instance, stock.per_study));
                Ok(self.store(stock.service, stock.size, instances))
            };
            drive(self.emulator.address, FILLING_CONNECTIONS, 0..chunks.len(), 200, &request).await?;
            self.filled.borrow_mut().insert(stock.service, stock.instances);
        }
        Ok(())
    }
}

/// The path of something in a service.
pub fn path(service: &str, below: &str) -> String {
    format!("/services/{service}/v2{below}")
}

/// Adds up what separate requests took, into a row.
#[derive(Debug, Default)]
pub struct Sum {
    walls: Vec<Duration>,
    spent: Halves<Duration>,
}

impl Sum {
    /// Adds one.
    pub fn add(&mut self, wall: Duration, spent: Halves<Duration>) {
        self.walls.push(wall);
        self.spent = self.spent + spent;
    }

    /// Prints the row.
    pub fn print(self, name: &str, goal: Option<Goal>) {
        let (count, wall) = (self.walls.len(), self.walls.iter().sum());
        let latency = Latency::of(self.walls);
        let figures = Figures::Requests { count, wall, latency, spent: self.spent, floor: None };
        Row { name: name.to_owned(), figures, goal }.print();
    }
}
