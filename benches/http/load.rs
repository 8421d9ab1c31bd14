//! Many requests over some connections, as fast as they are answered.

use std::{
    cell::Cell,
    net::SocketAddr,
    ops::Range,
    time::{Duration, Instant},
};

use futures_util::future::try_join_all;

use super::client::{Answer, Connection, Request};

/// What to send: the request of each number.
pub type Requests<'r> = &'r dyn Fn(usize) -> anyhow::Result<Request>;

/// How a load went.
#[derive(Debug)]
pub struct Driven {
    /// From the first request to the last answer.
    pub wall: Duration,
    /// How long each answer took.
    pub latencies: Vec<Duration>,
    /// The last answer.
    pub answer: Option<Answer>,
}

/// Sends the requests with these numbers over so many connections; every answer must have this status.
pub async fn drive(
    address: SocketAddr,
    connections: usize,
    numbers: Range<usize>,
    status: u16,
    requests: Requests<'_>,
) -> anyhow::Result<Driven> {
    let opened = try_join_all((0..connections).map(|_| Connection::open(address))).await?;
    let next = Cell::new(numbers.start);
    let began = Instant::now();
    let lanes = opened.into_iter().map(|connection| lane(connection, &next, numbers.end, status, requests));
    let lanes = try_join_all(lanes).await?;
    let wall = began.elapsed();
    let mut driven = Driven { wall, latencies: Vec::with_capacity(numbers.len()), answer: None };
    for (latencies, answer) in lanes {
        driven.latencies.extend(latencies);
        driven.answer = driven.answer.or(answer);
    }
    Ok(driven)
}

/// One connection: it takes the next number as soon as it has its answer.
async fn lane(
    mut connection: Connection,
    next: &Cell<usize>,
    end: usize,
    status: u16,
    requests: Requests<'_>,
) -> anyhow::Result<(Vec<Duration>, Option<Answer>)> {
    let mut latencies = Vec::new();
    let mut last = None;
    while next.get() < end {
        let request = requests(next.replace(next.get() + 1))?;
        let began = Instant::now();
        let answer = connection.send(&request).await?;
        latencies.push(began.elapsed());
        last = Some(answer.expect(status)?);
    }
    Ok((latencies, last))
}

/// How long answers took.
#[derive(Debug, Clone, Copy, Default)]
pub struct Latency {
    /// The middle one.
    pub median: Duration,
    /// The one that 99 of 100 did not exceed.
    pub p99: Duration,
}

impl Latency {
    /// Of some durations.
    pub fn of(mut durations: Vec<Duration>) -> Self {
        durations.sort_unstable();
        let at = |index: usize| durations.get(index).copied().unwrap_or_default();
        Self {
            median: at(durations.len() / 2),
            p99: at((durations.len() * 99 / 100).min(durations.len().saturating_sub(1))),
        }
    }
}
