//! Reading: an answer is a list of runs, and a piece of it is read at once, whatever number of files it comes from.

use std::{
    fs::File,
    io::{Read, Seek, SeekFrom},
    ops::Range,
    os::unix::fs::FileExt,
    path::PathBuf,
    sync::Arc,
};

use bytes::Bytes;
use object_store::ObjectStoreExt;

use super::{BlobError, BlobName, Blobs};

/// Bytes that are read at once at most: bounds the memory of a download.
const PIECE: u64 = 1024 * 1024;

/// Bytes that follow one another in an answer.
#[derive(Debug, Clone)]
pub enum Run {
    /// These.
    Bytes(Bytes),
    /// A part of a stored file.
    File(BlobName, Range<u64>),
    /// A part of what was made for this answer.
    Spooled(Arc<File>, Range<u64>),
}

impl Run {
    /// How many.
    pub fn length(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File(_, range) | Self::Spooled(_, range) => range.end.saturating_sub(range.start),
        }
    }
}

/// The runs in pieces that are worth reading at once: small ones together, large ones divided.
pub fn pieces(runs: Vec<Run>) -> Vec<Vec<Run>> {
    let mut pieces = vec![Vec::new()];
    let mut filled = 0;
    for run in runs.into_iter().flat_map(divide) {
        if filled > 0 && filled + run.length() > PIECE {
            pieces.push(Vec::new());
            filled = 0;
        }
        filled += run.length();
        if let Some(piece) = pieces.last_mut() {
            piece.push(run);
        }
    }
    pieces
}

/// A run in parts of bounded size. What is in memory already stays whole.
fn divide(run: Run) -> Vec<Run> {
    let parts = |range: Range<u64>| {
        let end = range.end;
        range.step_by(PIECE as usize).map(move |start| start..end.min(start + PIECE))
    };
    match run {
        run if run.length() <= PIECE => vec![run],
        Run::Bytes(bytes) => vec![Run::Bytes(bytes)],
        Run::File(name, range) => parts(range).map(|part| Run::File(name.clone(), part)).collect(),
        Run::Spooled(file, range) => parts(range).map(|part| Run::Spooled(file.clone(), part)).collect(),
    }
}

impl Blobs {
    /// The bytes of the runs, one behind the other.
    pub async fn gather(&self, mut runs: Vec<Run>) -> Result<Bytes, BlobError> {
        if let [Run::Bytes(_)] = runs.as_slice()
            && let Some(Run::Bytes(bytes)) = runs.pop()
        {
            return Ok(bytes);
        }
        match &self.folder {
            Some(folder) => {
                let folder = folder.to_path_buf();
                let read = tokio::task::spawn_blocking(move || gather_files(folder, &runs));
                read.await.map_err(object_store::Error::from)?.map_err(BlobError::File)
            }
            None => self.gather_objects(runs).await,
        }
    }

    /// A whole file, which must be small.
    pub async fn read_whole(&self, name: &BlobName, length: u64) -> Result<Bytes, BlobError> {
        self.gather(vec![Run::File(name.clone(), 0..length)]).await
    }

    async fn gather_objects(&self, runs: Vec<Run>) -> Result<Bytes, BlobError> {
        let mut gathered = Vec::new();
        for run in runs {
            match run {
                Run::Bytes(bytes) => gathered.extend_from_slice(&bytes),
                Run::File(name, range) => {
                    gathered.extend_from_slice(&self.store.get_range(&name.path(), range).await?);
                }
                Run::Spooled(file, range) => {
                    let read = tokio::task::spawn_blocking(move || {
                        let mut bytes = Vec::new();
                        read_spooled(&file, &range, &mut bytes).map(|()| bytes)
                    });
                    let bytes = read.await.map_err(object_store::Error::from)?.map_err(BlobError::File)?;
                    gathered.extend_from_slice(&bytes);
                }
            }
        }
        Ok(gathered.into())
    }
}

/// Reads files of a folder straight, in one go: a store would send every file to another thread and back.
fn gather_files(folder: PathBuf, runs: &[Run]) -> std::io::Result<Bytes> {
    let total: u64 = runs.iter().map(Run::length).sum();
    let mut gathered = Vec::with_capacity(usize::try_from(total).unwrap_or(0));
    for run in runs {
        match run {
            Run::Bytes(bytes) => gathered.extend_from_slice(bytes),
            Run::Spooled(file, range) => read_spooled(file, range, &mut gathered)?,
            Run::File(name, range) => {
                let mut file = File::open(folder.join(name.path().as_ref()))?;
                if range.start > 0 {
                    file.seek(SeekFrom::Start(range.start))?;
                }
                let read = file.take(run.length()).read_to_end(&mut gathered)?;
                if read as u64 != run.length() {
                    return Err(std::io::ErrorKind::UnexpectedEof.into());
                }
            }
        }
    }
    Ok(gathered.into())
}

fn read_spooled(file: &File, range: &Range<u64>, to: &mut Vec<u8>) -> std::io::Result<()> {
    let start = to.len();
    let length = usize::try_from(range.end.saturating_sub(range.start)).unwrap_or(0);
    to.resize(start + length, 0);
    file.read_exact_at(to.get_mut(start..).unwrap_or_default(), range.start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_runs_are_read_together_and_large_ones_in_parts() {
        let small = || Run::Bytes(Bytes::from_static(b"0123456789"));
        let name = BlobName {
            service: crate::ids::ServiceName::default_service(),
            key: crate::ids::InstanceKey {
                partition: crate::ids::PartitionName::default_partition(),
                study: crate::ids::StudyUid::trusted("1"),
                series: crate::ids::SeriesUid::trusted("1"),
                instance: crate::ids::InstanceUid::trusted("1"),
            },
            digest: crate::ids::Digest([0; 32]),
        };
        let large = Run::File(name, 5..5 + 2 * PIECE + 1);
        let lengths = |runs| -> Vec<Vec<u64>> {
            pieces(runs).iter().map(|piece| piece.iter().map(Run::length).collect()).collect()
        };
        assert_eq!(lengths(vec![small(), small()]), [[10, 10]]);
        assert_eq!(lengths(vec![small(), large, small()]), [vec![10], vec![PIECE], vec![PIECE], vec![1, 10]]);
        assert_eq!(lengths(Vec::new()), [Vec::<u64>::new()]);
    }
}
