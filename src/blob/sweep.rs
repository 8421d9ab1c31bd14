//! Removing files that no event knows: what a crash, a reset or a refused request left.

use std::{
    collections::HashSet,
    hash::{BuildHasher, Hash, RandomState},
    sync::atomic::{AtomicBool, Ordering},
};

use dashmap::DashSet;
use futures_util::TryStreamExt;
use object_store::{ObjectStoreExt, path::Path};
use tokio::sync::{RwLock, RwLockReadGuard};

use super::{BlobError, BlobName, Blobs, upload::STAGING};

/// Keeps a sweep from removing what is being written: a file may be stored again that an undone event had named.
#[derive(Debug, Default)]
pub(super) struct Gate {
    removing: RwLock<()>,
    written: DashSet<Path>,
    /// No sweep will come any more: nothing need be noted.
    over: AtomicBool,
}

impl Gate {
    /// Notes that a file is written now, and holds off the removal of files until the guard goes.
    pub(super) async fn write(&self, path: &Path) -> RwLockReadGuard<'_, ()> {
        let guard = self.removing.read().await;
        if !self.over.load(Ordering::Relaxed) {
            self.written.insert(path.clone());
        }
        guard
    }

    /// Notes no more from here on.
    pub(super) fn close(&self) {
        self.over.store(true, Ordering::Relaxed);
        self.written.clear();
    }
}

/// The files that events know, as hashes of their paths: enough to keep a file, never enough to remove one wrongly.
#[derive(Debug, Default)]
pub struct Known {
    hasher: RandomState,
    paths: HashSet<u64>,
}

impl Known {
    /// Adds a file.
    pub fn insert(&mut self, name: &BlobName) {
        let hash = self.hash(name.path());
        self.paths.insert(hash);
    }

    fn contains(&self, path: &Path) -> bool {
        self.paths.contains(&self.hash(path))
    }

    fn hash(&self, path: impl Hash) -> u64 {
        self.hasher.hash_one(path)
    }
}

/// Removes every file that is not known and was not written since this process started; answers how many. `known` must
/// have been read after the start, and no other process may be writing.
pub async fn sweep(blobs: &Blobs, known: &Known) -> Result<usize, BlobError> {
    let mut files = blobs.store.list(None);
    let mut removed = 0;
    while let Some(file) = files.try_next().await? {
        let path = file.location;
        let staged = path.parts().next().is_some_and(|part| part.as_ref() == STAGING);
        if known.contains(&path) && !staged {
            continue;
        }
        let _alone = blobs.gate.removing.write().await;
        if !blobs.gate.written.contains(&path) {
            blobs.store.delete(&path).await?;
            removed += 1;
        }
    }
    blobs.gate.close();
    Ok(removed)
}
