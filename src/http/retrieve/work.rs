//! Work on whole files: read, inflate, decode and encode, apart from the threads that serve requests.

use std::sync::LazyLock;

use bytes::Bytes;
use tokio::sync::Semaphore;

use crate::{
    blob::{BlobError, BlobName, Blobs},
    dicom::part10::Limits,
};

/// Largest file that is transcoded or rendered, in bytes.
pub const MAX_FILE_BYTES: u64 = 100 * 1024 * 1024;

/// Bounds of what a file may cost that is worked on.
pub const LIMITS: Limits = Limits { kept_bytes: 64 << 20, elements: 1_000_000, inflated_bytes: 1 << 30 };

/// One piece of work for each processor: more would not be quicker and would take more memory.
static SLOTS: LazyLock<Semaphore> =
    LazyLock::new(|| Semaphore::new(std::thread::available_parallelism().map_or(1, usize::from)));

/// Why work on a file gave no result.
#[derive(Debug, thiserror::Error)]
pub enum WorkError<E: std::error::Error> {
    /// The file cannot be read from the store.
    #[error(transparent)]
    Blob(#[from] BlobError),
    /// The file does not permit it.
    #[error(transparent)]
    File(E),
    /// A codec gave up in an unexpected way.
    #[error("the work broke off: {0}")]
    Panicked(#[from] tokio::task::JoinError),
}

/// Reads a file as a whole and works on it. Waits while as many others do as there are processors. If the client goes
/// away meanwhile, work that has begun is finished and dropped.
pub async fn work_on<T, E>(
    blobs: &Blobs,
    name: &BlobName,
    length: u64,
    work: impl FnOnce(&[u8]) -> Result<T, E> + Send + 'static,
) -> Result<T, WorkError<E>>
where
    T: Send + 'static,
    E: std::error::Error + Send + 'static,
{
    // The semaphore is never closed: without a permit the work is still done.
    let slot = SLOTS.acquire().await.ok();
    let file: Bytes = blobs.read_whole(name, length).await?;
    let result = tokio::task::spawn_blocking(move || {
        let _slot = slot;
        work(&file)
    });
    result.await?.map_err(WorkError::File)
}
