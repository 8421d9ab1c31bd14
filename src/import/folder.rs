//! A folder whose files are imported.
//!
//! A file is taken up when two looks have found it alike, and names that begin with a dot are left alone: who writes
//! slowly writes under such a name, or elsewhere, and renames. A file that is taken up moves to
//! `.importing/{head of the log}-{number}/`; what lies there at the next look is one that was interrupted.

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    fs::File,
    io::{self, Write},
    os::unix::ffi::{OsStrExt, OsStringExt},
    path::{Path, PathBuf},
    time::SystemTime,
};

use futures_util::{StreamExt, stream};
use rustix::fs::{FlockOperation, flock};
use tokio_util::io::ReaderStream;

use super::{
    CONCURRENT_IMPORTS, Complaint, Fate, ImportError, Tally, Tools,
    intake::{self, Claim, IntakeError, Verdict},
};
use crate::ids::Position;

/// Where files are while they are stored.
const CLAIMED: &str = ".importing";

/// Bytes of a file's name that are kept where errors go: the name of the complaint must fit, too.
const LONGEST_NAME: usize = 200;

/// Bytes of a file that are read at once.
const CHUNK: usize = 256 * 1024;

/// How a file looked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Look {
    length: u64,
    modified: Option<SystemTime>,
}

/// A folder whose files are imported.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    errors: PathBuf,
    seen: BTreeMap<PathBuf, Look>,
    /// Held as long as this process imports: two would take each other's files for interrupted ones.
    lock: Option<File>,
}

impl Folder {
    /// Files from `path`; those that cannot be imported go to `errors`, or to the folder `error` beside it. Both are
    /// created.
    pub fn open(path: &Path, errors: Option<&Path>) -> Result<Self, ImportError> {
        std::fs::create_dir_all(path.join(CLAIMED))?;
        let path = path.canonicalize()?;
        let errors = errors.map_or_else(|| path.with_file_name("error"), Path::to_owned);
        std::fs::create_dir_all(&errors)?;
        let errors = errors.canonicalize()?;
        if errors.starts_with(&path) {
            return Err(ImportError::ErrorsInside);
        }
        Ok(Self { path, errors, seen: BTreeMap::new(), lock: None })
    }

    /// Imports what was interrupted, and what has not changed since the look before.
    pub(super) async fn look(&mut self, tools: &Tools) -> Result<Tally, ImportError> {
        let mut tally = Tally::default();
        if !self.has_lock()? {
            return Ok(tally);
        }
        let interrupted = blocking({
            let claimed = self.path.join(CLAIMED);
            move || interrupted(&claimed)
        });
        for (file, head) in interrupted.await? {
            tally.count(self.import(tools, &file, Claim::Earlier(head)).await);
        }
        let found = blocking({
            let path = self.path.clone();
            move || files(&path)
        });
        let found = found.await?;
        let ready = unchanged(&self.seen, &found);
        self.seen = found;
        if ready.is_empty() {
            return Ok(tally);
        }
        let head = intake::head(tools).await?;
        let this = &*self;
        let imports = ready.into_iter().enumerate().map(|(number, file)| async move {
            match this.claim(&file, head, number).await {
                Ok(claimed) => this.import(tools, &claimed, Claim::Fresh).await,
                Err(error) => {
                    tracing::warn!(error = %error.kind(), "a file cannot be taken up for import");
                    Fate::Left
                }
            }
        });
        let mut imports = stream::iter(imports).buffered(CONCURRENT_IMPORTS);
        while let Some(fate) = imports.next().await {
            tally.count(fate);
        }
        Ok(tally)
    }

    fn has_lock(&mut self) -> io::Result<bool> {
        if self.lock.is_none() {
            let file = File::options().create(true).append(true).open(self.path.join(CLAIMED).join("lock"))?;
            match flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => self.lock = Some(file),
                Err(rustix::io::Errno::WOULDBLOCK) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(self.lock.is_some())
    }

    /// Moves a file to where it is alone.
    async fn claim(&self, file: &Path, head: Position, number: usize) -> io::Result<PathBuf> {
        let (claims, file) = (self.path.join(CLAIMED), file.to_owned());
        blocking(move || {
            let mut number = number;
            let folder = loop {
                let folder = claims.join(format!("{}-{number}", head.0));
                match std::fs::create_dir(&folder) {
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
                    created => break created.map(|()| folder)?,
                }
            };
            let claimed = folder.join(file.file_name().unwrap_or_default());
            std::fs::rename(&file, &claimed).inspect_err(|_| drop(std::fs::remove_dir(&folder)))?;
            Ok(claimed)
        })
        .await
    }

    async fn import(&self, tools: &Tools, file: &Path, claim: Claim) -> Fate {
        let (done, fate) = match read(tools, file, claim).await {
            Ok(Verdict::Stored) => (self.remove(file.to_owned()).await, Fate::Stored),
            Ok(Verdict::Refused(error)) => (self.refuse(tools, file, error).await, Fate::Refused),
            Err(error) => {
                tracing::warn!(%error, "a file could not be imported now");
                return Fate::Postponed;
            }
        };
        match done {
            Ok(()) => fate,
            Err(error) => {
                tracing::warn!(%error, "an imported file could not be put away");
                Fate::Postponed
            }
        }
    }

    async fn remove(&self, file: PathBuf) -> Result<(), ImportError> {
        blocking(move || {
            std::fs::remove_file(&file)?;
            file.parent().map_or(Ok(()), std::fs::remove_dir)
        })
        .await
        .map_err(ImportError::from)
    }

    /// Moves a file to where errors go, with a complaint beside it that is written first.
    async fn refuse(&self, tools: &Tools, file: &Path, error: String) -> Result<(), ImportError> {
        let name = file.file_name().unwrap_or_default().to_owned();
        let complaint = Complaint::new(tools, name.to_string_lossy().into_owned(), error).await?.json()?;
        let (errors, file) = (self.errors.clone(), file.to_owned());
        blocking(move || {
            std::fs::create_dir_all(&errors)?;
            let target = reserve(&errors, &name, &complaint)?;
            move_file(&file, &target)?;
            file.parent().map_or(Ok(()), std::fs::remove_dir)
        })
        .await
        .map_err(ImportError::from)
    }
}

async fn read(tools: &Tools, file: &Path, claim: Claim) -> Result<Verdict, IntakeError<io::Error>> {
    let cannot = |error: &io::Error| Ok(Verdict::Refused(format!("The file cannot be read: {}.", error.kind())));
    match tokio::fs::symlink_metadata(file).await {
        Ok(metadata) if metadata.is_file() => {}
        Ok(_) => return Ok(Verdict::Refused("It is no regular file.".to_owned())),
        Err(error) => return cannot(&error),
    }
    let opened = match tokio::fs::File::open(file).await {
        Ok(opened) => opened,
        Err(error) => return cannot(&error),
    };
    match intake::store(tools, ReaderStream::with_capacity(opened, CHUNK), claim).await {
        Err(IntakeError::Source(error)) => cannot(&error),
        outcome => outcome,
    }
}

/// What was taken up and is neither stored nor refused, with the head of the log when it was.
fn interrupted(claimed: &Path) -> io::Result<Vec<(PathBuf, Position)>> {
    let mut found = Vec::new();
    for folder in std::fs::read_dir(claimed)? {
        let folder = folder?;
        let name = folder.file_name();
        let head = name.to_str().and_then(|name| name.split('-').next()).and_then(|head| head.parse().ok());
        let (Some(head), true) = (head, folder.file_type()?.is_dir()) else { continue };
        let before = found.len();
        for file in std::fs::read_dir(folder.path())? {
            found.push((file?.path(), Position(head)));
        }
        if found.len() == before {
            std::fs::remove_dir(folder.path())?;
        }
    }
    found.sort();
    Ok(found)
}

/// What two looks found alike.
fn unchanged(before: &BTreeMap<PathBuf, Look>, now: &BTreeMap<PathBuf, Look>) -> Vec<PathBuf> {
    now.iter().filter(|(file, look)| before.get(*file) == Some(look)).map(|(file, _)| file.clone()).collect()
}

/// Everything below a folder that is no folder, by its path. Names that begin with a dot are left out.
fn files(path: &Path) -> io::Result<BTreeMap<PathBuf, Look>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![path.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if folder == path => return Err(error),
            Err(_) => continue, // it went, or nobody may look into it
        };
        for entry in entries.flatten() {
            if entry.file_name().as_bytes().starts_with(b".") {
                continue;
            }
            let Ok(metadata) = entry.path().symlink_metadata() else { continue };
            match metadata.is_dir() {
                true => folders.push(entry.path()),
                false => {
                    let look = Look { length: metadata.len(), modified: metadata.modified().ok() };
                    found.insert(entry.path(), look);
                }
            }
        }
    }
    Ok(found)
}

/// Writes a complaint under a name that is free, and answers the name of the file that it is about.
fn reserve(errors: &Path, name: &OsStr, complaint: &str) -> io::Result<PathBuf> {
    let name = OsString::from_vec(name.as_bytes().iter().copied().take(LONGEST_NAME).collect());
    let mut number = 0_u64;
    loop {
        let mut file = name.clone();
        if number > 0 {
            file.push(format!(".{number}"));
        }
        let mut beside = file.clone();
        beside.push(".json");
        number += 1;
        let target = errors.join(file);
        if target.symlink_metadata().is_ok() {
            continue;
        }
        match File::create_new(errors.join(beside)) {
            Ok(mut written) => {
                written.write_all(format!("{complaint}\n").as_bytes())?;
                return Ok(target);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
}

/// Renames a file, or copies it to another file system.
fn move_file(file: &Path, target: &Path) -> io::Result<()> {
    match std::fs::rename(file, target) {
        Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {}
        outcome => return outcome,
    }
    if file.symlink_metadata()?.is_file() {
        std::fs::copy(file, target)?;
    }
    std::fs::remove_file(file)
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_ready_when_two_looks_find_it_alike() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let file = |name: &str| folder.path().join(name);
        std::fs::create_dir(file("below"))?;
        for name in ["whole", "grows", "below/touched", "goes", ".hidden"] {
            std::fs::write(file(name), "x")?;
        }
        let before = files(folder.path())?;
        std::fs::write(file("grows"), "xy")?;
        File::open(file("below/touched"))?.set_modified(SystemTime::UNIX_EPOCH)?;
        std::fs::remove_file(file("goes"))?;
        std::fs::write(file("new"), "x")?;
        let now = files(folder.path())?;
        assert_eq!(unchanged(&before, &now), [file("whole")]);
        Ok(())
    }

    #[test]
    fn a_complaint_takes_a_name_that_is_free_and_fits() -> io::Result<()> {
        let errors = tempfile::tempdir()?;
        let reserved = |name: &OsStr| reserve(errors.path(), name, "{}");
        let name = OsStr::new("a.dcm");
        assert_eq!(reserved(name)?, errors.path().join("a.dcm"));
        assert_eq!(reserved(name)?, errors.path().join("a.dcm.1"));
        std::fs::write(errors.path().join("b"), "")?;
        assert_eq!(reserved(OsStr::new("b"))?, errors.path().join("b.1"));
        let long = OsString::from("x".repeat(255));
        assert_eq!(reserved(&long)?, errors.path().join("x".repeat(200)));
        assert_eq!(reserved(&long)?, errors.path().join(format!("{}.1", "x".repeat(200))));
        Ok(())
    }
}
