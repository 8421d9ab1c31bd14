//! Storing one file as a `POST` would.

use bytes::Bytes;
use futures_util::{Stream, StreamExt};

use super::Tools;
use crate::{
    command::{
        CommandError,
        store::{Judge, Outcome, StoreRequest},
    },
    domain::store::IfExists,
    ids::{Digest, InstanceKey, PartitionName, Position, Resource},
    log::{LogError, Service},
    read::{self, View, instances::Extent},
};

/// What became of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is stored.
    Stored,
    /// It never will be.
    Refused(String),
}

/// Whether a file may have been stored before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// It is taken up for the first time.
    Fresh,
    /// It was taken up before, when this was the head of the log.
    Earlier(Position),
}

/// Why nobody knows what will become of a file.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError<E: std::error::Error> {
    /// It could not be read.
    #[error("a file cannot be read: {0}")]
    Source(E),
    /// It could not be stored now.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// Its bytes could not be written.
    #[error("the blob store failed")]
    Unwritten,
}

impl<E: std::error::Error> From<LogError> for IntakeError<E> {
    fn from(error: LogError) -> Self {
        Self::Command(error.into())
    }
}

/// The head of the log, to note with a claim.
pub async fn head(tools: &Tools) -> Result<Position, LogError> {
    let service = tools.service().await?;
    Ok(read::head(&tools.pool, service.id).await?.0)
}

/// Stores a file.
pub async fn store<E: std::error::Error>(
    tools: &Tools,
    mut chunks: impl Stream<Item = Result<Bytes, E>> + Unpin,
    claim: Claim,
) -> Result<Verdict, IntakeError<E>> {
    let service = tools.service().await?;
    let partition = PartitionName::default_partition();
    let mut request = StoreRequest::begin(&service, &tools.blobs, partition, None, Judge::V2, None).await;
    let mut intake = request.part();
    let mut length = 0;
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(IntakeError::Source)?;
        length += chunk.len() as u64;
        if length > tools.max_bytes {
            return Ok(Verdict::Refused(format!("The file exceeds the allowed limit of {} bytes.", tools.max_bytes)));
        }
        intake.push(chunk).await;
    }
    request.add(intake).await?;
    let (outcomes, _) = request.commit(&tools.services, IfExists::Refuse).await?;
    match outcomes.into_iter().next() {
        Some(Outcome::Stored(..)) => Ok(Verdict::Stored),
        Some(Outcome::AlreadyExists(_, _, key, digest)) => Ok(match claim {
            Claim::Earlier(head) if was_stored_since(tools, &service, head, key, digest).await? => Verdict::Stored,
            _ => Verdict::Refused("The instance exists already. (45070)".to_owned()),
        }),
        Some(Outcome::Invalid(_, validation)) => {
            let messages: Vec<&str> = validation.errors.iter().map(|finding| finding.message.as_str()).collect();
            Ok(Verdict::Refused(format!("{} (43264)", messages.join(" "))))
        }
        Some(Outcome::Unreadable) => {
            Ok(Verdict::Refused("The file is no DICOM file, or it is damaged. (43264)".to_owned()))
        }
        Some(Outcome::Failed(..)) | None => Err(IntakeError::Unwritten),
    }
}

/// Whether the live version is this very file and younger than its claim.
async fn was_stored_since(
    tools: &Tools,
    service: &Service,
    head: Position,
    key: InstanceKey,
    digest: Digest,
) -> Result<bool, LogError> {
    let view = View::now(&tools.pool, service.id);
    let extent = Extent::Resource(Resource::Instance(key));
    let found = view.instances_after(&extent, head, 1).await?;
    Ok(found.first().is_some_and(|instance| instance.digest == digest))
}
