//! Import: what is put into a folder, or into a container of a storage account, is stored as if it had been sent to the
//! service `default`.
//!
//! A file is *claimed* before it is stored: a note says how far the log was then. After a crash the note tells a file
//! that was stored but not yet removed (its instance was made later) from one that was there before (it is a duplicate).
//! So a crash loses nothing, and stores nothing twice.

mod container;
mod folder;
mod intake;

use std::{sync::Arc, time::Duration};

use serde::Serialize;
use sqlx::PgPool;

use crate::{
    blob::{Blobs, azure::AzureError},
    ids::ServiceName,
    log::{LogError, Service, Services},
    read::ReadError,
};

pub use container::Storage;
pub use folder::Folder;

/// Files that are imported at the same time: bounds memory.
const CONCURRENT_IMPORTS: usize = 4;

/// What importing takes.
#[derive(Debug, Clone)]
pub struct Tools {
    /// The database.
    pub pool: PgPool,
    /// The services and their writers.
    pub services: Arc<Services>,
    /// The stored files.
    pub blobs: Blobs,
    /// Bytes of a file at most.
    pub max_bytes: u64,
}

impl Tools {
    async fn service(&self) -> Result<Arc<Service>, LogError> {
        self.services.get_or_create(&ServiceName::default_service()).await
    }
}

/// Why nothing can be imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The folder cannot be used.
    #[error("a folder cannot be used: {}", .0.kind())]
    Folder(#[from] std::io::Error),
    /// Files that cannot be imported would be imported.
    #[error("the folder for errors must not lie in the import folder")]
    ErrorsInside,
    /// The storage account does not take part.
    #[error(transparent)]
    Azure(#[from] AzureError),
    /// The log failed.
    #[error(transparent)]
    Log(#[from] LogError),
}

impl From<ReadError> for ImportError {
    fn from(error: ReadError) -> Self {
        Self::Log(error.into())
    }
}

/// Where files come from.
#[derive(Debug)]
pub enum Source {
    /// A folder.
    Folder(Folder),
    /// A storage account.
    Storage(Box<Storage>),
}

/// What became of the files of one look.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    stored: usize,
    refused: usize,
    postponed: usize,
}

/// What became of one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It is stored, and gone from where it came from.
    Stored,
    /// It cannot be, and lies where errors go.
    Refused,
    /// Something failed: it is looked at again.
    Postponed,
    /// It is not ready, or somebody else's.
    Left,
}

impl Tally {
    fn count(&mut self, fate: Fate) {
        match fate {
            Fate::Stored => self.stored += 1,
            Fate::Refused => self.refused += 1,
            Fate::Postponed => self.postponed += 1,
            Fate::Left => {}
        }
    }
}

/// What is said of a file that cannot be stored.
#[derive(Debug, Serialize)]
struct Complaint {
    file: String,
    error: String,
    timestamp: String,
}

impl Complaint {
    async fn new(tools: &Tools, file: String, error: String) -> Result<Self, LogError> {
        let service = tools.service().await?;
        let (_, now) = tools.services.clock(&service).await?;
        Ok(Self { file, error, timestamp: now.to_string() })
    }

    fn json(&self) -> Result<String, LogError> {
        Ok(serde_json::to_string(self)?)
    }
}

/// Looks for files until it is aborted.
pub async fn run(tools: Tools, mut source: Source, interval: Duration) {
    let mut was_well = true;
    loop {
        let looked = match &mut source {
            Source::Folder(folder) => folder.look(&tools).await,
            Source::Storage(storage) => storage.look(&tools).await,
        };
        match looked {
            Ok(Tally { stored: 0, refused: 0, postponed: 0 }) => was_well = true,
            Ok(Tally { stored, refused, postponed }) => {
                tracing::info!(operation = "bulk-import-store", stored, refused, postponed, "imported");
                was_well = true;
            }
            // An account that is down is told of once.
            Err(error) if was_well => {
                tracing::warn!(%error, "nothing can be imported for now");
                was_well = false;
            }
            Err(error) => tracing::debug!(%error, "nothing can be imported"),
        }
        tokio::time::sleep(interval).await;
    }
}
