//! A file on its way in: a small one is kept in memory until its name is known, a large one goes to a staging place.

use bytes::Bytes;
use object_store::{MultipartUpload, ObjectStoreExt, PutPayload, path::Path};

use super::{BlobError, BlobName, Blobs};

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
    pub async fn finish(mut self, name: &BlobName) -> Result<(), BlobError> {
        if self.staged.is_some() {
            self.flush().await?;
        }
        let path = name.path();
        let _no_sweep = self.blobs.gate.write(&path).await;
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
            drop(self.blobs.gate.write(&path).await);
            let upload = self.blobs.store.put_multipart(&path).await?;
            self.staged = Some(Staged { path, upload });
        }
        if let Some(staged) = &mut self.staged {
            staged.upload.put_part(payload).await?;
        }
        Ok(())
    }
}

/// A name that no other upload has: 128 random bits.
pub(super) fn random_name() -> String {
    use std::hash::{BuildHasher, RandomState};
    let bits = || RandomState::new().hash_one(std::process::id());
    format!("{:016x}{:016x}", bits(), bits())
}
