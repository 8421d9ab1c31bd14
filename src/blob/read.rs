//! Reading: an answer is a list of runs, and a piece of it is read at once, whatever number of files it comes from.

use std::{
    fs::{self, File},
    io,
    ops::Range,
    os::unix::fs::FileExt,
    path::Path,
    sync::Arc,
};

use bytes::Bytes;
use object_store::ObjectStoreExt;

use super::{BlobError, BlobName, Blobs};

/// Bytes that are read at once at most: bounds the memory of a download.
const PIECE: u64 = 1024 * 1024;

/// Runs that are looked for in the system's cache before another thread is asked to read them.
const QUICK_RUNS: usize = 8;

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
                if runs.len() <= QUICK_RUNS
                    && let Ok(bytes) = gather_files(&folder.root, &runs, read_cached)
                {
                    return Ok(bytes);
                }
                let folder = folder.clone();
                let read = tokio::task::spawn_blocking(move || gather_files(&folder.root, &runs, read_file));
                read.await.map_err(object_store::Error::from)?.map_err(BlobError::File)
            }
            None => self.gather_objects(runs).await,
        }
    }

    /// Fails unless the files of these runs are there, each as long as its run needs. Of a store that is no folder nothing
    /// is asked: a request for each file of a large study would cost more than the study.
    pub async fn check(&self, runs: impl Iterator<Item = &Run>) -> Result<(), BlobError> {
        let Some(folder) = self.folder.clone() else { return Ok(()) };
        let file = |run: &Run| match run {
            Run::File(name, range) => Some((folder.root.join(name.path().as_ref()), range.end)),
            Run::Bytes(_) | Run::Spooled(..) => None,
        };
        let files: Vec<_> = runs.filter_map(file).collect();
        let check = move || files.iter().try_for_each(|(path, end)| check_file(path, *end));
        tokio::task::spawn_blocking(check).await.map_err(object_store::Error::from)?.map_err(BlobError::File)
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
                        let length = range.end.saturating_sub(range.start);
                        let mut bytes = vec![0; usize::try_from(length).unwrap_or(0)];
                        file.read_exact_at(&mut bytes, range.start).map(|()| bytes)
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
fn gather_files(
    root: &Path,
    runs: &[Run],
    read: impl Fn(&Path, u64, &mut [u8]) -> io::Result<()>,
) -> io::Result<Bytes> {
    let total: u64 = runs.iter().map(Run::length).sum();
    let mut gathered = vec![0; usize::try_from(total).unwrap_or(0)];
    let mut rest = gathered.as_mut_slice();
    for run in runs {
        let (here, behind) = rest.split_at_mut(usize::try_from(run.length()).unwrap_or(0));
        match run {
            Run::Bytes(bytes) => here.copy_from_slice(bytes),
            Run::File(name, range) => read(&root.join(name.path().as_ref()), range.start, here)?,
            Run::Spooled(file, range) => file.read_exact_at(here, range.start)?,
        }
        rest = behind;
    }
    Ok(gathered.into())
}

/// Fails unless a file is at least so long.
fn check_file(path: &Path, length: u64) -> io::Result<()> {
    if fs::metadata(path)?.len() >= length { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

/// Reads a part of a file, however long that takes.
fn read_file(path: &Path, from: u64, to: &mut [u8]) -> io::Result<()> {
    File::open(path)?.read_exact_at(to, from)
}

/// Reads a part of a file if the system has it in memory. Sending that to another thread and back costs more than the read.
#[cfg(target_os = "linux")]
fn read_cached(path: &Path, from: u64, to: &mut [u8]) -> io::Result<()> {
    use rustix::{
        fs::{CWD, Mode, OFlags, ResolveFlags, openat2},
        io::{ReadWriteFlags, preadv2},
    };
    let file = openat2(CWD, path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty(), ResolveFlags::CACHED)?;
    let length = to.len();
    match preadv2(&file, &mut [io::IoSliceMut::new(to)], from, ReadWriteFlags::NOWAIT)? {
        read if read == length => Ok(()),
        _ => Err(io::ErrorKind::WouldBlock.into()),
    }
}

/// Nobody can tell what the system has in memory.
#[cfg(not(target_os = "linux"))]
fn read_cached(_: &Path, _: u64, _: &mut [u8]) -> io::Result<()> {
    Err(io::ErrorKind::WouldBlock.into())
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
