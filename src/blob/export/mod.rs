//! Copying stored files to a place outside: a container of a storage account, or a folder.
//!
//! Every export has a folder of its own there, named by its operation: `{operation}/errors.log` and
//! `{operation}/results/{study}/{series}/{instance}.dcm`.

mod folder;

use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;

use super::{
    BlobError, BlobName, Blobs, Run,
    azure::{AzureError, Container},
};
use crate::ids::OperationId;

pub use folder::{Folder, FolderError};

/// Bytes of a file that are copied at once: with the number of copies at a time, this bounds the memory of an export.
/// An append blob takes no more either.
const PIECE: u64 = 4 * 1024 * 1024;

/// How long a client waits at most to hear whether a storage account can be written to.
const PREPARE_TIMEOUT: Duration = Duration::from_secs(15);

/// Old files that are removed at a time.
const CONCURRENT_REMOVALS: usize = 8;

/// Where exports go.
#[derive(Debug, Clone)]
pub enum Destination {
    /// A container of a storage account.
    Container(Container),
    /// A folder below the one for exports.
    Folder(Folder),
}

/// Why something could not be written to a destination.
#[derive(Debug, thiserror::Error)]
pub enum DestinationError {
    /// The storage account did not take it.
    #[error(transparent)]
    Azure(#[from] AzureError),
    /// The folder did not take it.
    #[error(transparent)]
    Folder(#[from] FolderError),
}

/// Why a file could not be copied.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// The stored file could not be read.
    #[error(transparent)]
    Source(#[from] BlobError),
    /// The copy could not be written.
    #[error(transparent)]
    Destination(#[from] DestinationError),
}

impl From<AzureError> for CopyError {
    fn from(error: AzureError) -> Self {
        Self::Destination(error.into())
    }
}

impl From<FolderError> for CopyError {
    fn from(error: FolderError) -> Self {
        Self::Destination(error.into())
    }
}

impl Destination {
    /// Creates the empty error log of an export: what can take it can take everything else. What an undone export of
    /// this name left there goes.
    pub async fn prepare(&self, operation: OperationId) -> Result<(), DestinationError> {
        match self {
            Self::Folder(folder) => Ok(folder.prepare(operation).await?),
            Self::Container(container) => {
                let log = error_log(operation);
                let created = tokio::time::timeout(PREPARE_TIMEOUT, container.put_append_blob(&log)).await;
                created.map_err(|_| AzureError::Unreachable("no answer in time".to_owned()))??;
                if let Err(error) = remove_leftovers(container, operation).await {
                    tracing::debug!(%error, "files of an undone export are not looked for");
                }
                Ok(())
            }
        }
    }

    /// Copies a stored file; a copy that is there is overwritten.
    pub async fn copy(
        &self,
        operation: OperationId,
        blobs: &Blobs,
        file: &BlobName,
        length: u64,
    ) -> Result<(), CopyError> {
        let key = &file.key;
        let path = format!("{operation}/results/{}/{}/{}.dcm", key.study, key.series, key.instance);
        match self {
            Self::Folder(folder) => folder.copy(operation, &path, blobs, file, length).await,
            Self::Container(container) => copy_to_container(container, &path, blobs, file, length).await,
        }
    }

    /// Puts things in order after an export.
    pub async fn finish(&self, operation: OperationId) -> Result<(), DestinationError> {
        match self {
            Self::Folder(folder) => Ok(folder.finish(operation).await?),
            Self::Container(_) => Ok(()),
        }
    }

    /// Adds lines to the error log of an export.
    pub async fn report(&self, operation: OperationId, lines: &str) -> Result<(), DestinationError> {
        let log = error_log(operation);
        match self {
            Self::Folder(folder) => folder.append(&log, lines).await?,
            Self::Container(container) => {
                for piece in whole_lines(lines) {
                    container.append(&log, Bytes::copy_from_slice(piece.as_bytes())).await?;
                }
            }
        }
        Ok(())
    }
}

/// Where the error log of an export lies below its destination.
pub fn error_log(operation: OperationId) -> String {
    format!("{operation}/errors.log")
}

async fn copy_to_container(
    container: &Container,
    path: &str,
    blobs: &Blobs,
    file: &BlobName,
    length: u64,
) -> Result<(), CopyError> {
    if length <= PIECE {
        return Ok(container.put_blob(path, read(blobs, file, 0, length).await?).await?);
    }
    let mut count = 0;
    for start in (0..length).step_by(PIECE as usize) {
        let piece = read(blobs, file, start, length.min(start + PIECE)).await?;
        container.put_block(path, count, piece).await?;
        count += 1;
    }
    Ok(container.put_block_list(path, count).await?)
}

async fn read(blobs: &Blobs, file: &BlobName, start: u64, end: u64) -> Result<Bytes, BlobError> {
    blobs.gather(vec![Run::File(file.clone(), start..end)]).await
}

/// The same position has the same operation after a reset: its files must not mix with those of the undone one.
async fn remove_leftovers(container: &Container, operation: OperationId) -> Result<(), AzureError> {
    let prefix = format!("{operation}/results/");
    loop {
        let page = container.list(&prefix, None).await?;
        if page.blobs.is_empty() {
            return Ok(());
        }
        let removals = page.blobs.into_iter().map(|blob| async move { container.delete(&blob.name, None).await });
        let mut removals = futures_util::stream::iter(removals).buffer_unordered(CONCURRENT_REMOVALS);
        while let Some(removal) = removals.next().await {
            removal?;
        }
    }
}

/// The lines in pieces that one request can take.
fn whole_lines(lines: &str) -> impl Iterator<Item = &str> {
    let mut rest = lines;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let most = rest.len().min(PIECE as usize);
        let end = rest.as_bytes()[..most].iter().rposition(|byte| *byte == b'\n').map_or(most, |end| end + 1);
        let (piece, behind) = rest.split_at_checked(end).unwrap_or((rest, ""));
        rest = behind;
        Some(piece)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_log_grows_by_whole_lines() {
        let line = format!("{}\n", "x".repeat(1_000_000));
        let lines = line.repeat(9);
        let pieces: Vec<usize> = whole_lines(&lines).map(str::len).collect();
        assert_eq!(pieces, [4 * line.len(), 4 * line.len(), line.len()]);
        assert_eq!(whole_lines("").count(), 0);
        assert_eq!(whole_lines("a\nb\n").collect::<Vec<_>>(), ["a\nb\n"]);
    }
}
