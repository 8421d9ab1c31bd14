//! Keeps Postgres running until it is told to stop.

use std::time::{Duration, Instant};

use sqlx::postgres::PgConnectOptions;
use tokio::sync::oneshot;
use tokio::time::sleep;

use super::server::Server;
use super::{ClusterError, ClusterOptions};

/// How many times in a row Postgres may die young, or not start at all, before it is given up: about 10 seconds.
const MOST_RESTARTS: u32 = 10;

/// The pause before the second restart in a row; it doubles with each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// A Postgres that lived this long has not died of its start.
const LONG_LIFE: Duration = Duration::from_secs(1);

/// Runs a cluster from its start to its end. `stop` counts as given when its sender is dropped.
pub(super) async fn run(
    options: ClusterOptions,
    mut stop: oneshot::Receiver<()>,
    started: oneshot::Sender<Result<PgConnectOptions, ClusterError>>,
) {
    let mut server = match Server::open(&options) {
        Ok(server) => server,
        Err(error) => {
            let _ = started.send(Err(error));
            return;
        }
    };
    let start = tokio::select! {
        start = server.start() => Some(start),
        _ = &mut stop => None,
    };
    if let Some(start) = start {
        let running = start.is_ok();
        // A failed send means that nobody waits any more: then `stop` has been given too.
        let _ = started.send(start.map(|()| server.connect_options()));
        if running {
            tokio::select! {
                () = keep_running(&mut server) => {}
                _ = &mut stop => {}
            }
        }
    }
    server.stop().await;
}

/// Starts Postgres again whenever it ends. Returns when that has become pointless.
async fn keep_running(server: &mut Server) {
    let mut restarts = 0;
    let mut alive_since = Some(Instant::now());
    loop {
        if let Some(since) = alive_since {
            let status = server.ended().await;
            if since.elapsed() >= LONG_LIFE {
                restarts = 0;
            }
            tracing::warn!(?status, "postgres ended unexpectedly");
        }
        if restarts == MOST_RESTARTS {
            tracing::error!(restarts, "postgres keeps dying and is given up");
            return;
        }
        sleep(pause(restarts)).await;
        restarts += 1;
        alive_since = match server.start().await {
            Ok(()) => Some(Instant::now()),
            Err(error) => {
                tracing::warn!(%error, "postgres could not be started again");
                None
            }
        };
    }
}

fn pause(restarts: u32) -> Duration {
    match restarts.checked_sub(1) {
        None => Duration::ZERO,
        Some(doublings) => LONGEST_PAUSE.min(FIRST_PAUSE * 2_u32.pow(doublings.min(10))),
    }
}
