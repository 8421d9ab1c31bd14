//! The private Postgres cluster that the emulator manages itself when no `DATABASE_URL` is given.
//!
//! The machine's own server binaries are used, on a unix socket that only our account can reach. A folder holds all of it:
//!
//! ```text
//! {dir}/lock          held by the one emulator that works here
//! {dir}/cluster/      Postgres's own data folder
//! {dir}/socket/       .s.PGSQL.5432; try `psql -h {dir}/socket -U postgres`
//! {dir}/postgres.log
//! ```
//!
//! Postgres never outlives the emulator, however that ends (`process`), and is started again when it dies alone (`supervisor`).
//! Both run on a thread of their own, so that a cluster does not depend on the async runtime from which it was started.

mod account;
mod binaries;
mod error;
mod folder;
mod leftovers;
mod process;
mod server;
mod settings;
mod supervisor;

use std::path::PathBuf;
use std::thread;

use sqlx::postgres::PgConnectOptions;
use tokio::sync::{oneshot, watch};

pub use error::ClusterError;

pub use crate::config::Durability;

/// Where a cluster lives and how safe it is.
#[derive(Debug, Clone)]
pub struct ClusterOptions {
    /// The folder for the cluster, for example `./data/postgres`. It is made when it does not exist; nothing else belongs in it.
    pub dir: PathBuf,
    /// What an acknowledged commit survives. It may differ from one start to the next.
    pub durability: Durability,
}

/// A running Postgres. It ends with this value: by [`Cluster::stop`], by a drop, or by the death of the process.
#[derive(Debug)]
pub struct Cluster {
    connect_options: PgConnectOptions,
    stop: oneshot::Sender<()>,
    /// Closed when Postgres is gone and the folder is free. Nothing is ever sent.
    ended: watch::Receiver<()>,
}

impl Cluster {
    /// Starts Postgres in `options.dir`, which takes some 60 ms, and makes the cluster first where there is none, about a second.
    /// When this returns, connections are accepted. A start that is dropped half-way leaves nothing running.
    pub async fn start(options: ClusterOptions) -> Result<Self, ClusterError> {
        let (stop, stop_requested) = oneshot::channel();
        let (start, started) = oneshot::channel();
        let (end, ended) = watch::channel(());

        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(ClusterError::Thread)?;
        thread::Builder::new()
            .name("postgres".to_owned())
            .spawn(move || {
                runtime.block_on(supervisor::run(options, stop_requested, start));
                drop(end);
            })
            .map_err(ClusterError::Thread)?;

        let connect_options = started.await.map_err(|_| ClusterError::Supervisor)??;
        Ok(Self { connect_options, stop, ended })
    }

    /// How to connect: a superuser, to the database `postgres`. They stay valid when Postgres is started again.
    #[must_use]
    pub fn connect_options(&self) -> PgConnectOptions {
        self.connect_options.clone()
    }

    /// Returns when Postgres has died and could not be started again; until then it waits, for ever if need be.
    pub async fn lost(&self) {
        let _ = self.ended.clone().changed().await;
    }

    /// Shuts Postgres down, cutting connections that are still open, and returns when it is gone and the folder is free: within 5 seconds.
    pub async fn stop(mut self) {
        drop(self.stop);
        let _ = self.ended.changed().await;
    }
}
