//! Writing files to a folder: several in one go, so that threads change and folders are synchronised once for all of them.

use std::{
    collections::BTreeSet,
    fs::{self, File, OpenOptions},
    io::{self, ErrorKind, IoSlice, Write},
    path::{Path, PathBuf},
};

use bytes::Bytes;

use super::{Sync, upload::random_name};

/// A file that is in memory.
#[derive(Debug)]
pub(super) struct Small {
    /// Its name in the store, and below the folder.
    pub path: object_store::path::Path,
    /// Its bytes.
    pub bytes: Vec<Bytes>,
}

/// Where files are written, and how safely.
#[derive(Debug)]
pub(super) struct Folder {
    /// Where all files are.
    pub root: PathBuf,
    /// Where files grow that shall replace others.
    pub staging: PathBuf,
    /// Whether they must survive a power cut.
    pub sync: Sync,
}

impl Folder {
    /// Writes files; when this returns, all are as safe as asked. What a crash leaves half written has a name that no
    /// event tells, and is written again by whoever stores it again.
    pub fn write(&self, files: &[Small]) -> io::Result<()> {
        let mut written = Vec::with_capacity(files.len());
        let mut changed = BTreeSet::new();
        for Small { path, bytes } in files {
            let target = self.root.join(path.as_ref());
            match self.create(&target, &mut changed) {
                Ok(file) => written.push(fill(file, bytes)?),
                // The same bytes, if they are whole. Somebody may read them: so they are replaced, not overwritten.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => self.replace(&target, bytes)?,
                Err(error) => return Err(error),
            }
        }
        if self.sync == Sync::Disk {
            written.iter().try_for_each(File::sync_all)?;
            changed.iter().try_for_each(|folder| File::open(folder)?.sync_all())?;
        }
        Ok(())
    }

    /// Creates a file, and the folders above it that are missing; notes the folders whose entries changed.
    fn create(&self, target: &Path, changed: &mut BTreeSet<PathBuf>) -> io::Result<File> {
        let parent = target.parent().unwrap_or(&self.root);
        changed.insert(parent.to_owned());
        let create = || OpenOptions::new().write(true).create_new(true).open(target);
        match create() {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                self.create_folder(parent, changed)?;
                create()
            }
            outcome => outcome,
        }
    }

    fn create_folder(&self, folder: &Path, changed: &mut BTreeSet<PathBuf>) -> io::Result<()> {
        let parent = folder.parent().unwrap_or(&self.root);
        let outcome = match fs::create_dir(folder) {
            Err(error) if error.kind() == ErrorKind::NotFound && folder != self.root => {
                self.create_folder(parent, changed)?;
                fs::create_dir(folder)
            }
            outcome => outcome,
        };
        // If somebody else has just created it, it may be as unsafe as our own.
        changed.insert(parent.to_owned());
        outcome.or_else(|error| if error.kind() == ErrorKind::AlreadyExists { Ok(()) } else { Err(error) })
    }

    fn replace(&self, target: &Path, bytes: &[Bytes]) -> io::Result<()> {
        let staged = self.staging.join(format!("{}#", random_name())); // by the `#` the next sweep knows it
        let file = fill(OpenOptions::new().write(true).create_new(true).open(&staged)?, bytes)?;
        if self.sync == Sync::Disk {
            file.sync_all()?;
        }
        fs::rename(staged, target)
    }
}

fn fill(mut file: File, bytes: &[Bytes]) -> io::Result<File> {
    let mut slices: Vec<IoSlice> = bytes.iter().map(|bytes| IoSlice::new(bytes)).collect();
    let mut rest = slices.as_mut_slice();
    while !rest.is_empty() {
        match file.write_vectored(rest)? {
            0 => return Err(ErrorKind::WriteZero.into()),
            written => IoSlice::advance_slices(&mut rest, written),
        }
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn folder(root: &Path) -> Folder {
        let staging = root.join(".staging");
        fs::create_dir(&staging).unwrap();
        Folder { root: root.to_owned(), staging, sync: Sync::Disk }
    }

    fn small(path: &str, pieces: &[&'static str]) -> Small {
        Small { path: path.into(), bytes: pieces.iter().map(|piece| Bytes::from_static(piece.as_bytes())).collect() }
    }

    #[test]
    fn files_of_one_go_are_written_whole_and_their_folders_created() {
        let root = tempfile::tempdir().unwrap();
        folder(root.path()).write(&[small("a/b/1", &["whole ", "file"]), small("a/c/2", &["", "x"])]).unwrap();
        assert_eq!(fs::read_to_string(root.path().join("a/b/1")).unwrap(), "whole file");
        assert_eq!(fs::read_to_string(root.path().join("a/c/2")).unwrap(), "x");
    }

    #[test]
    fn what_a_crash_has_left_half_written_is_replaced() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("a")).unwrap();
        fs::write(root.path().join("a/1"), "who").unwrap();
        let folder = folder(root.path());
        folder.write(&[small("a/1", &["whole"])]).unwrap();
        assert_eq!(fs::read_to_string(root.path().join("a/1")).unwrap(), "whole");
        assert_eq!(fs::read_dir(folder.staging).unwrap().count(), 0);
    }
}
