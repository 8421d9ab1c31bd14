//! The stored files: immutable, named by what they hold, so that upsert, delete, reset and time travel never race with
//! a reader.
//!
//! A file lies at `{service}/{partition}/{study}/{series}/{instance}/{digest}.dcm`. It is written before its event: a
//! crash leaves a file without an event, which is swept at the next start, never an event without its file.

pub mod azure;
pub mod export;
mod folder;
mod read;
mod spool;
mod sweep;
mod upload;

use std::{path::Path as FolderPath, sync::Arc};

use futures_util::{StreamExt, TryStreamExt};
use object_store::{ObjectStore, ObjectStoreExt, local::LocalFileSystem, path::Path, prefix::PrefixStore};

use crate::ids::{Digest, InstanceKey, ServiceName};

pub use read::{Run, pieces};
pub use spool::Spool;
pub use sweep::{Known, sweep};
pub use upload::{Upload, finish};

use self::{folder::Folder, upload::STAGING};

/// Bytes of an upload that a folder takes at once: bounds the memory of an upload.
const FOLDER_PIECE: usize = 1024 * 1024;

/// The same for a store on the network; S3 takes no smaller ones.
const REMOTE_PIECE: usize = 5 * 1024 * 1024;

/// Why a file could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// The store refused or failed. Its own words name the file, and so the instance: they are for the debug log.
    #[error("the blob store failed: {}", kind(.0))]
    Store(#[from] object_store::Error),
    /// A file of the folder cannot be read.
    #[error("a stored file cannot be read: {0}")]
    File(std::io::Error),
    /// The folder cannot be used.
    #[error("cannot use the folder {path}: {source}")]
    Folder {
        /// Which one.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// The URL names no store that is known.
    #[error("cannot use the blob store {url}: {reason}")]
    Url {
        /// The URL, without what may be secret in it.
        url: String,
        /// Why.
        reason: String,
    },
}

impl BlobError {
    /// Whether the file is not there.
    pub fn is_not_found(&self) -> bool {
        match self {
            Self::Store(error) => matches!(error, object_store::Error::NotFound { .. }),
            Self::File(error) => error.kind() == std::io::ErrorKind::NotFound,
            Self::Folder { .. } | Self::Url { .. } => false,
        }
    }
}

fn kind(error: &object_store::Error) -> &'static str {
    use object_store::Error;
    match error {
        Error::NotFound { .. } => "a file is not there",
        Error::PermissionDenied { .. } => "permission denied",
        Error::Unauthenticated { .. } => "not authenticated",
        Error::JoinError { .. } => "a task was cancelled",
        _ => "see the debug log",
    }
}

/// Whether a written file must survive a power cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sync {
    /// It reaches the disk before the write is acknowledged.
    Disk,
    /// It reaches the operating system.
    Process,
}

/// Where the stored files lie.
#[derive(Debug, Clone)]
pub struct Blobs {
    store: Arc<dyn ObjectStore>,
    /// Bytes of an upload that are sent at once.
    piece: usize,
    /// Where the uploads of this process grow.
    staging: Path,
    /// The folder, if the files are in one.
    folder: Option<Arc<Folder>>,
    gate: Arc<sweep::Gate>,
}

/// Names one stored file.
#[derive(Debug, Clone)]
pub struct BlobName {
    /// The service.
    pub service: ServiceName,
    /// The instance.
    pub key: InstanceKey,
    /// What the file holds.
    pub digest: Digest,
}

impl BlobName {
    fn path(&self) -> Path {
        let Self { service, key, digest } = self;
        Path::from_iter([
            service.as_str(),
            key.partition.as_str(),
            key.study.as_str(),
            key.series.as_str(),
            key.instance.as_str(),
            &format!("{digest}.dcm"),
        ])
    }
}

impl Blobs {
    /// Keeps the files in a folder, which is created.
    pub fn in_folder(folder: &FolderPath, sync: Sync) -> Result<Self, BlobError> {
        let error = |source| BlobError::Folder { path: folder.display().to_string(), source };
        std::fs::create_dir_all(folder).map_err(error)?;
        let store = LocalFileSystem::new_with_prefix(folder)?.with_fsync(sync == Sync::Disk);
        let blobs = Self::new(Arc::new(store), FOLDER_PIECE);
        let staging = folder.join(blobs.staging.as_ref());
        std::fs::create_dir_all(&staging).map_err(error)?;
        Ok(Self { folder: Some(Arc::new(Folder { root: folder.to_owned(), staging, sync })), ..blobs })
    }

    /// Keeps the files where a URL says: Azure Blob storage, S3, or anything that speaks like one of them. Credentials
    /// come from the environment (`AZURE_…`, `AWS_…`).
    pub fn at_url(text: &str) -> Result<Self, BlobError> {
        let shown = text.split('?').next().unwrap_or_default().to_owned();
        let error = |reason: String| BlobError::Url { url: shown.clone(), reason };
        let url = reqwest::Url::parse(text).map_err(|reason| error(reason.to_string()))?;
        let settings = std::env::vars().filter_map(|(name, value)| {
            let name = name.to_ascii_lowercase();
            (name.starts_with("azure_") || name.starts_with("aws_")).then_some((name, value))
        });
        let (store, prefix) =
            object_store::parse_url_opts(&url, settings).map_err(|reason| error(reason.to_string()))?;
        Ok(Self::new(Arc::new(PrefixStore::new(store, prefix)), REMOTE_PIECE))
    }

    /// Says that [`sweep`] will not be called.
    pub fn forgo_sweep(&self) {
        self.gate.close();
    }

    /// Starts to take in a file.
    pub fn upload(&self) -> Upload {
        Upload::new(self.clone())
    }

    /// Gives a stored file to another service. A folder keeps one copy for both.
    pub async fn copy(&self, from: &BlobName, to: &BlobName) -> Result<(), BlobError> {
        let target = to.path();
        let _no_sweep = self.gate.write([&target]).await;
        self.store.copy(&from.path(), &target).await?;
        Ok(())
    }

    /// Removes all files of a service.
    pub async fn delete_service(&self, service: &ServiceName) -> Result<(), BlobError> {
        let paths = self.store.list(Some(&Path::from(service.as_str()))).map_ok(|meta| meta.location).boxed();
        self.store.delete_stream(paths).try_for_each(|_| async { Ok(()) }).await?;
        Ok(())
    }

    fn new(store: Arc<dyn ObjectStore>, piece: usize) -> Self {
        let staging = Path::from_iter([STAGING, &upload::random_name()]);
        Self { store, piece, staging, folder: None, gate: Arc::default() }
    }
}
