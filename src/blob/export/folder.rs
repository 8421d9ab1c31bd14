//! A folder as a destination, below the one folder that exports may go to.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
};

use super::{BlobName, Blobs, CopyError, PIECE, error_log, read};
use crate::{blob::upload::random_name, ids::OperationId};

/// Why a folder could not be written to.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// It lies outside of the folder for exports: one of its parts is a link.
    #[error("the folder lies outside of the folder for exports")]
    Outside,
    /// The system refuses.
    #[error("the folder cannot be written to: {}", .0.kind())]
    Io(#[from] io::Error),
}

/// A folder as a destination.
#[derive(Debug, Clone)]
pub struct Folder {
    /// The folder for exports, without links.
    root: PathBuf,
    /// The path from there, segment by segment.
    path: Vec<String>,
}

impl Folder {
    /// The folder at this path below `root`, which has no links in it. The segments must not be `.` or `..`, nor hold a
    /// slash.
    pub fn new(root: &Path, path: &[String]) -> Self {
        Self { root: root.to_owned(), path: path.to_vec() }
    }

    /// Makes the folder of an operation, empty but for its error log.
    pub(super) async fn prepare(&self, operation: OperationId) -> Result<(), FolderError> {
        let this = self.clone();
        blocking(move || {
            let folder = this.enter()?.join(operation.to_string());
            match std::fs::symlink_metadata(&folder) {
                Ok(found) if found.is_dir() => std::fs::remove_dir_all(&folder)?,
                Ok(_) => std::fs::remove_file(&folder)?,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error.into()),
            }
            std::fs::create_dir(&folder)?;
            std::fs::File::create_new(this.location(&error_log(operation)))?;
            Ok(())
        })
        .await
    }

    /// Copies a stored file. It bears its name only when it is whole.
    pub(super) async fn copy(
        &self,
        operation: OperationId,
        path: &str,
        blobs: &Blobs,
        file: &BlobName,
        length: u64,
    ) -> Result<(), CopyError> {
        let path = self.location(path);
        let unfinished = self.location(&unfinished(operation)).join(random_name());
        let mut start = 0;
        loop {
            let end = length.min(start + PIECE);
            let piece = read(blobs, file, start, end).await?;
            let (unfinished, path) = (unfinished.clone(), path.clone());
            let is_last = end == length;
            blocking(move || {
                let mut options = std::fs::File::options();
                if start == 0 {
                    create_folder_of(&unfinished)?;
                    options.create_new(true);
                }
                options.append(true).open(&unfinished)?.write_all(&piece)?;
                if is_last {
                    create_folder_of(&path)?;
                    std::fs::rename(&unfinished, &path)?;
                }
                Ok(())
            })
            .await?;
            if is_last {
                return Ok(());
            }
            start = end;
        }
    }

    /// Removes what a killed worker left half-written.
    pub(super) async fn finish(&self, operation: OperationId) -> Result<(), FolderError> {
        let unfinished = self.location(&unfinished(operation));
        blocking(move || match std::fs::remove_dir_all(unfinished) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        })
        .await
    }

    /// Adds text to a file.
    pub(super) async fn append(&self, path: &str, text: &str) -> Result<(), FolderError> {
        let (path, text) = (self.location(path), text.to_owned());
        blocking(move || {
            Ok(std::fs::File::options().create(true).append(true).open(path)?.write_all(text.as_bytes())?)
        })
        .await
    }

    fn location(&self, path: &str) -> PathBuf {
        self.root.join(PathBuf::from_iter(&self.path)).join(path)
    }

    /// The folder, which is created; nothing outside of the root is touched on the way.
    fn enter(&self) -> Result<PathBuf, FolderError> {
        let mut folder = self.root.clone();
        for segment in &self.path {
            let next = folder.join(segment);
            match std::fs::create_dir(&next) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error.into()),
                _ => {}
            }
            folder = next.canonicalize()?;
            if !folder.starts_with(&self.root) {
                return Err(FolderError::Outside);
            }
        }
        Ok(folder)
    }
}

/// Where files grow below a destination.
fn unfinished(operation: OperationId) -> String {
    format!("{operation}/.unfinished")
}

fn create_folder_of(file: &Path) -> io::Result<()> {
    file.parent().map_or(Ok(()), std::fs::create_dir_all)
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, FolderError> + Send + 'static,
) -> Result<T, FolderError> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}
