//! Work on stored images: decoding, encoding and drawing, apart from the threads that serve requests.

use std::{
    ops::Range,
    sync::{Arc, LazyLock},
};

use bytes::Bytes;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::blob_name;
use crate::{
    blob::{BlobError, BlobName, Blobs, Run},
    dicom::{
        frames::FrameTable,
        image::{Image, ImageError},
        part10::{Limits, OpenedFile, is_deflated},
    },
    ids::ServiceName,
    read::instances::StoredInstance,
};

/// Largest file that is transcoded or rendered, in bytes.
pub const MAX_FILE_BYTES: u64 = 100 * 1024 * 1024;

/// Bounds of what a file may cost that is worked on.
pub const LIMITS: Limits = Limits { kept_bytes: 64 << 20, elements: 1_000_000, inflated_bytes: 1 << 30 };

/// One request at a time for each processor: more would not be quicker and would take more memory.
static SLOTS: LazyLock<Semaphore> =
    LazyLock::new(|| Semaphore::new(std::thread::available_parallelism().map_or(1, usize::from)));

/// Why work gave no result.
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

/// The right to work. If the client goes away, the piece of work that has begun is finished and dropped, and no other
/// begins.
#[derive(Debug, Clone)]
pub struct Slot {
    _permit: Arc<Option<SemaphorePermit<'static>>>,
}

impl Slot {
    /// Waits while as many others work as there are processors.
    pub async fn take() -> Self {
        // The semaphore is never closed: without a permit the work is still done.
        Self { _permit: Arc::new(SLOTS.acquire().await.ok()) }
    }

    /// Does a piece of work.
    pub async fn work<T, E>(&self, work: impl FnOnce() -> Result<T, E> + Send + 'static) -> Result<T, WorkError<E>>
    where
        T: Send + 'static,
        E: std::error::Error + Send + 'static,
    {
        let slot = self.clone();
        let result = tokio::task::spawn_blocking(move || {
            let _slot = slot;
            work()
        });
        result.await?.map_err(WorkError::File)
    }
}

/// A stored file of which parts are read.
#[derive(Debug)]
pub struct StoredFile<'a> {
    /// Where it is.
    pub blobs: &'a Blobs,
    /// What it is called.
    pub name: BlobName,
    /// Its bytes.
    pub length: u64,
    /// How it is encoded.
    pub is_deflated: bool,
}

impl<'a> StoredFile<'a> {
    /// The file of an instance.
    pub fn of(blobs: &'a Blobs, service: &ServiceName, instance: &StoredInstance) -> Self {
        let is_deflated = is_deflated(&instance.transfer_syntax);
        Self { blobs, name: blob_name(service, instance), length: instance.length, is_deflated }
    }

    /// Some of its bytes.
    pub async fn read(&self, range: Range<u64>) -> Result<Bytes, BlobError> {
        self.blobs.gather(vec![Run::File(self.name.clone(), range)]).await
    }

    /// Opens its image with what stands before the first frame. A deflated file is read as a whole.
    pub async fn open(&self, slot: &Slot, table: FrameTable) -> Result<OpenImage<'_>, WorkError<ImageError>> {
        let head = self.read(0..if self.is_deflated { self.length } else { table.start().min(self.length) }).await?;
        let is_deflated = self.is_deflated;
        let image = slot.work(move || match is_deflated {
            true => Image::of(OpenedFile::read(&head, LIMITS)?),
            false => Image::with_table(OpenedFile::read_head(head, LIMITS)?, table),
        });
        Ok(OpenImage { file: self, image: Arc::new(image.await?) })
    }
}

/// An image whose frames are read one by one.
#[derive(Debug)]
pub struct OpenImage<'a> {
    /// Where they are read from.
    pub file: &'a StoredFile<'a>,
    /// What describes them.
    pub image: Arc<Image>,
}

impl OpenImage<'_> {
    /// The bytes of a frame as they are stored.
    pub async fn frame(&self, number: u32) -> Result<Bytes, WorkError<ImageError>> {
        if self.file.is_deflated {
            return self.image.held(number).map_err(WorkError::File);
        }
        let ranges = self.image.ranges(number).map_err(WorkError::File)?;
        let runs = ranges.into_iter().map(|range| Run::File(self.file.name.clone(), range));
        Ok(self.file.blobs.gather(runs.collect()).await?)
    }
}
