//! A file on its way in: a small one is kept in memory until its name is known, a large one goes to a staging place.

use bytes::Bytes;
use object_store::{MultipartUpload, ObjectStoreExt, PutPayload, path::Path};

use super::{BlobError, BlobName, Blobs, folder::Small};

/// Where files of unknown name grow.
pub(super) const STAGING: &str = ".staging";

/// A file on its way in. Dropped unfinished, it leaves nothing but what the next sweep removes.
#[derive(Debug)]
pub struct Upload {
    blobs: Blobs,
    buffered: Vec<Bytes>,
    buffered_length: usize,
    staged: Option<Staged>,
}

#[derive(Debug)]
struct Staged {
    path: Path,
    upload: Box<dyn MultipartUpload>,
}

impl Upload {
    pub(super) fn new(blobs: Blobs) -> Self {
        Self { blobs, buffered: Vec::new(), buffered_length: 0, staged: None }
    }

    /// Bytes that it holds in memory.
    pub fn held(&self) -> usize {
        self.buffered_length
    }

    /// Takes the next bytes.
    pub async fn push(&mut self, bytes: Bytes) -> Result<(), BlobError> {
        self.buffered_length += bytes.len();
        self.buffered.push(bytes);
        if self.buffered_length >= self.blobs.piece {
            self.flush().await?;
        }
        Ok(())
    }

    /// Gives the file its name: only now can it be read.
    async fn finish(mut self, name: &BlobName) -> Result<(), BlobError> {
        if self.staged.is_some() {
            self.flush().await?;
        }
        let path = name.path();
        let _no_sweep = self.blobs.gate.write([&path]).await;
        match self.staged {
            None => _ = self.blobs.store.put(&path, PutPayload::from_iter(self.buffered)).await?,
            Some(mut staged) => {
                staged.upload.complete().await?;
                self.blobs.store.rename(&staged.path, &path).await?;
            }
        }
        Ok(())
    }

    /// Forgets the file.
    pub async fn abandon(self) {
        if let Some(mut staged) = self.staged
            && let Err(error) = staged.upload.abort().await
        {
            tracing::warn!(%error, "an abandoned upload could not be removed; the next sweep will");
        }
    }

    async fn flush(&mut self) -> Result<(), BlobError> {
        let payload = PutPayload::from_iter(std::mem::take(&mut self.buffered));
        self.buffered_length = 0;
        if payload.content_length() == 0 {
            return Ok(());
        }
        if self.staged.is_none() {
            let path = self.blobs.staging.clone().join(random_name());
            drop(self.blobs.gate.write([&path]).await);
            let upload = self.blobs.store.put_multipart(&path).await?;
            self.staged = Some(Staged { path, upload });
        }
        if let Some(staged) = &mut self.staged {
            staged.upload.put_part(payload).await?;
        }
        Ok(())
    }
}

/// Gives files their names: only now can they be read. All that are in memory are written in one go.
pub async fn finish(uploads: Vec<(BlobName, Upload)>) -> Result<(), BlobError> {
    let mut small = Vec::with_capacity(uploads.len());
    let mut blobs = None;
    for (name, upload) in uploads {
        if upload.staged.is_none() && upload.blobs.folder.is_some() {
            small.push(Small { path: name.path(), bytes: upload.buffered });
            blobs = Some(upload.blobs);
        } else {
            upload.finish(&name).await?;
        }
    }
    match blobs {
        Some(blobs) => blobs.write_small(small).await,
        None => Ok(()),
    }
}

impl Blobs {
    async fn write_small(&self, files: Vec<Small>) -> Result<(), BlobError> {
        let Some(folder) = self.folder.clone() else { return Ok(()) };
        let _no_sweep = self.gate.write(files.iter().map(|file| &file.path)).await;
        let write = tokio::task::spawn_blocking(move || folder.write(&files));
        write.await.map_err(object_store::Error::from)?.map_err(BlobError::File)
    }
}

/// A name that no other upload has: 128 random bits.
pub(super) fn random_name() -> String {
    use std::hash::{BuildHasher, RandomState};
    let bits = || RandomState::new().hash_one(std::process::id());
    format!("{:016x}{:016x}", bits(), bits())
}
