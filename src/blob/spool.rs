//! Bytes that are made for one answer before it is known whether there will be one: a few in memory, more in a file that
//! has no name and goes with its last reader.

use std::{fs::File, io::Write, sync::Arc};

use bytes::Bytes;

use super::{BlobError, Blobs, Run};

/// Bytes that stay in memory.
const IN_MEMORY: usize = 8 << 20;

/// Bytes that are made piece by piece.
#[derive(Debug, Default)]
pub struct Spool {
    memory: Vec<u8>,
    file: Option<File>,
    length: u64,
}

impl Spool {
    /// Adds bytes. May wait for the disk.
    pub fn push(&mut self, blobs: &Blobs, bytes: &[u8]) -> Result<(), BlobError> {
        self.length += bytes.len() as u64;
        if self.file.is_none() && self.memory.len() + bytes.len() > IN_MEMORY {
            let mut file = match &blobs.folder {
                Some(folder) => tempfile::tempfile_in(&folder.staging),
                None => tempfile::tempfile(),
            }
            .map_err(BlobError::File)?;
            file.write_all(&std::mem::take(&mut self.memory)).map_err(BlobError::File)?;
            self.file = Some(file);
        }
        match &mut self.file {
            Some(file) => file.write_all(bytes).map_err(BlobError::File)?,
            None => self.memory.extend_from_slice(bytes),
        }
        Ok(())
    }

    /// The bytes, to be sent.
    pub fn into_run(self) -> Run {
        match self.file {
            Some(file) => Run::Spooled(Arc::new(file), 0..self.length),
            None => Run::Bytes(Bytes::from(self.memory)),
        }
    }
}
