//! One instance: its file is read, changed and written as a stream.

use bytes::Bytes;
use sha2::{Digest as _, Sha256};

use super::{Tools, WorkError};
use crate::{
    blob::{self, BlobError, BlobName, Blobs, Run, Upload},
    dicom::{
        dataset::Dataset,
        part10::{Limits, Scanner},
        update::{Changes, Rewrite, UpdateError, merge},
    },
    domain::{
        attributes::{IndexedAttributes, STUDY_ATTRIBUTES},
        event::StoredVersion,
        query_tag::event::TagValues,
        update::UpdatedInstance,
    },
    ids::Digest,
    log::Service,
    read::{ReadError, View, instances::StoredInstance},
};

/// Bytes of a file that are read at once.
const PIECE: u64 = 1 << 20;

/// The version that new files name as their writer's.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Why an instance could not be updated.
#[derive(Debug, thiserror::Error)]
pub enum InstanceError {
    /// Its file does not permit it.
    #[error(transparent)]
    File(#[from] UpdateError),
    /// Its file could not be read or written.
    #[error(transparent)]
    Blob(#[from] BlobError),
    /// Its metadata are malformed.
    #[error("the metadata cannot be read: {0}")]
    Metadata(#[from] serde_json::Error),
    /// The log failed: it is no matter of this instance.
    #[error(transparent)]
    Work(WorkError),
}

impl From<ReadError> for InstanceError {
    fn from(error: ReadError) -> Self {
        Self::Work(error.into())
    }
}

impl InstanceError {
    /// What a client is told.
    pub fn reason(&self) -> String {
        match self {
            Self::File(error) => error.to_string(),
            Self::Blob(_) | Self::Metadata(_) | Self::Work(_) => "Failed to update instance".to_owned(),
        }
    }

    /// What the log may say, which names no patient.
    pub fn kind(&self) -> String {
        match self {
            Self::File(error) => error.to_string(),
            Self::Blob(error) => error.to_string(),
            Self::Metadata(_) => "malformed metadata".to_owned(),
            Self::Work(error) => error.to_string(),
        }
    }
}

/// Writes a new version of an instance.
pub async fn rewrite(
    tools: &Tools,
    service: &Service,
    view: &View,
    changes: &Changes,
    instance: &StoredInstance,
) -> Result<UpdatedInstance, InstanceError> {
    let old = BlobName { service: service.name.clone(), key: instance.key.clone(), digest: instance.digest };
    let source = Source::open(&tools.blobs, old, instance.length).await?;
    let mut scanner = Scanner::new(Limits::default());
    for piece in source.pieces() {
        scanner.push(&source.read(piece).await?).map_err(UpdateError::from)?;
    }
    let file = scanner.finish().map_err(UpdateError::from)?;
    let mut rewrite = Rewrite::new(&file, changes, VERSION)?;
    drop(file);

    let mut sink = Sink::new(&tools.blobs);
    let mut new = Vec::new();
    for piece in source.pieces() {
        rewrite.push(source.read(piece).await?, &mut new)?;
        sink.push(&mut new).await?;
    }
    let rewritten = rewrite.finish(&mut new)?;
    sink.push(&mut new).await?;
    let metadata = view.dataset(instance.version).await?.unwrap_or_else(|| "{}".to_owned());
    let dataset = merge(&metadata, &rewritten.changed)?.into();
    let (digest, length) = sink.finish(service, instance).await?;
    let attributes = indexed(&rewritten.changed);
    let transfer_syntax = instance.transfer_syntax.clone();
    let query_tags = TagValues::default(); // the log knows the tags
    let version = StoredVersion { digest, length, transfer_syntax, attributes, frames: rewritten.frames, query_tags };
    Ok(UpdatedInstance { version, dataset })
}

/// The new values that search knows an instance by.
fn indexed(changed: &Dataset) -> IndexedAttributes {
    let mut attributes = IndexedAttributes::default();
    for (tag, vr) in STUDY_ATTRIBUTES {
        if let Some(value) = changed.first_text(tag) {
            attributes.insert(tag, vr, &value);
        }
    }
    attributes
}

/// The old file: a small one is read once, a large one piece by piece and twice.
struct Source<'b> {
    blobs: &'b Blobs,
    name: BlobName,
    length: u64,
    whole: Option<Bytes>,
}

impl<'b> Source<'b> {
    async fn open(blobs: &'b Blobs, name: BlobName, length: u64) -> Result<Self, BlobError> {
        let whole = if length <= PIECE { Some(blobs.read_whole(&name, length).await?) } else { None };
        Ok(Self { blobs, name, length, whole })
    }

    /// Where pieces begin.
    fn pieces(&self) -> impl Iterator<Item = u64> + use<> {
        (0..self.length).step_by(PIECE as usize)
    }

    async fn read(&self, start: u64) -> Result<Bytes, BlobError> {
        match &self.whole {
            Some(whole) => Ok(whole.clone()),
            None => {
                let end = self.length.min(start.saturating_add(PIECE));
                self.blobs.gather(vec![Run::File(self.name.clone(), start..end)]).await
            }
        }
    }
}

/// The new file.
struct Sink {
    upload: Upload,
    digest: Sha256,
    length: u64,
}

impl Sink {
    fn new(blobs: &Blobs) -> Self {
        Self { upload: blobs.upload(), digest: Sha256::new(), length: 0 }
    }

    /// Takes what there is.
    async fn push(&mut self, new: &mut Vec<Bytes>) -> Result<(), BlobError> {
        for bytes in new.drain(..) {
            self.digest.update(&bytes);
            self.length += bytes.len() as u64;
            self.upload.push(bytes).await?;
        }
        Ok(())
    }

    async fn finish(self, service: &Service, instance: &StoredInstance) -> Result<(Digest, u64), BlobError> {
        let digest = Digest(self.digest.finalize().into());
        let name = BlobName { service: service.name.clone(), key: instance.key.clone(), digest };
        blob::finish(vec![(name, self.upload)]).await?;
        Ok((digest, self.length))
    }
}
