//! What every handler can reach.

use std::sync::Arc;

use sqlx::PgPool;

use super::cors;
use crate::{blob::Blobs, clock::Clock, command::export::Exports, log::Services, read::names::Names, runner::Bell};

pub use crate::domain::Dialect;

/// The parts of the running server.
#[derive(Debug)]
pub struct Parts {
    /// The database.
    pub pool: PgPool,
    /// The services and their writers.
    pub services: Arc<Services>,
    /// How those are called who carry operations out.
    pub bell: Bell,
    /// Where names are found.
    pub names: Arc<Names>,
    /// The stored files.
    pub blobs: Blobs,
    /// Where exports may go.
    pub exports: Arc<Exports>,
    /// The machine's time.
    pub clock: Clock,
    /// Largest request body in bytes.
    pub max_request_bytes: u64,
    /// Whether each call of the API is recorded.
    pub audit: bool,
    /// Which pages of other origins may use the service.
    pub cors: cors::Policy,
    /// Whether a proxy says how clients see the server.
    pub proxy: Proxy,
    /// Whether the emulator's own extensions of the service are taken.
    pub dialect: Dialect,
}

/// Whether a proxy says how clients see the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proxy {
    /// There is none, or what it says is not believed.
    None,
    /// What it says in `X-Forwarded-…` is believed.
    Trusted,
}

/// The parts of the running server, shared by all requests.
pub type Context = Arc<Parts>;
