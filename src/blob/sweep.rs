//! Removing files that no event knows: what a crash, a reset or a refused request left.

use std::{
    collections::HashSet,
    hash::{BuildHasher, Hash, RandomState},
    path::Path as FolderPath,
    sync::atomic::{AtomicBool, Ordering},
    time::SystemTime,
};

use dashmap::DashSet;
use futures_util::TryStreamExt;
use object_store::{ObjectStoreExt, path::Path};
use tokio::sync::{RwLock, RwLockReadGuard};

use super::{BlobError, BlobName, Blobs};

/// Keeps a sweep from removing what is being written: a file may be stored again that an undone event had named.
#[derive(Debug, Default)]
pub(super) struct Gate {
    removing: RwLock<()>,
    written: DashSet<Path>,
    /// No sweep will come any more: nothing need be noted.
    over: AtomicBool,
}

impl Gate {
    /// Notes that files are written now, and holds off the removal of files until the guard goes.
    pub(super) async fn write<'p>(&self, paths: impl IntoIterator<Item = &'p Path>) -> RwLockReadGuard<'_, ()> {
        let guard = self.removing.read().await;
        if !self.over.load(Ordering::Relaxed) {
            for path in paths {
                self.written.insert(path.clone());
            }
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
    let mut removed = sweep_unfinished(blobs).await?;
    let mut files = blobs.store.list(None);
    while let Some(file) = files.try_next().await? {
        let path = file.location;
        if known.contains(&path) || path.prefix_matches(&blobs.staging) {
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

/// Removes what processes before this one left half-written in a folder. The store's own list does not show it.
async fn sweep_unfinished(blobs: &Blobs) -> Result<usize, BlobError> {
    let Some(folder) = blobs.folder.clone() else { return Ok(0) };
    let sweep = move || {
        let started = std::fs::metadata(&folder.staging)?.modified()?;
        remove_unfinished(&folder.root, &folder.staging, started)
    };
    let removed = tokio::task::spawn_blocking(sweep).await.map_err(object_store::Error::from)?;
    removed.map_err(|source| BlobError::Folder { path: "of the DICOM files".to_owned(), source })
}

/// Unfinished files have a `#` in their names, and are older than the staging place of this process.
fn remove_unfinished(folder: &FolderPath, own_staging: &FolderPath, started: SystemTime) -> std::io::Result<usize> {
    let mut removed = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            if path != own_staging {
                removed += remove_unfinished(&path, own_staging, started)?;
            }
        } else if entry.file_name().to_string_lossy().contains('#') && entry.metadata()?.modified()? < started {
            std::fs::remove_file(&path)?;
            removed += 1;
        }
    }
    let is_foreign_staging = folder.parent().is_some_and(|parent| Some(parent) == own_staging.parent());
    if is_foreign_staging {
        std::fs::remove_dir(folder)?;
    }
    Ok(removed)
}
