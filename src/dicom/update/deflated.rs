//! A deflated data set (PS3.5 A.5) on its way through edits: inflated, changed, deflated again.

use bytes::Bytes;
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

use super::{
    UpdateError,
    splice::{Edit, Splicer},
};

/// Bytes that are inflated or deflated at a time.
const BUFFER_SIZE: usize = 32 << 10;

#[derive(Debug)]
pub(super) struct Deflated {
    inflate: Decompress,
    splicer: Splicer,
    deflate: Compress,
    /// Whether the old stream said that it ends.
    ended: bool,
}

impl Deflated {
    /// Edits are of the inflated data set.
    pub(super) fn new(edits: Vec<Edit>) -> Self {
        Self {
            inflate: Decompress::new(false),
            splicer: Splicer::new(0, edits),
            deflate: Compress::new(Compression::default(), false),
            ended: false,
        }
    }

    /// Takes the next bytes of the old stream and appends those of the new one.
    pub(super) fn push(&mut self, mut input: &[u8], out: &mut Vec<Bytes>) -> Result<(), UpdateError> {
        // What follows the stream is padding or a trailer of gzip.
        while !self.ended {
            let mut inflated = Vec::with_capacity(BUFFER_SIZE);
            let before = self.inflate.total_in();
            let status = self.inflate.decompress_vec(input, &mut inflated, FlushDecompress::None);
            let status = status.map_err(|_| UpdateError::Inflate)?;
            let taken = as_index(self.inflate.total_in() - before);
            input = input.get(taken..).unwrap_or_default();
            self.ended = status == Status::StreamEnd;
            // A full buffer may have left bytes behind that need no further input.
            let is_exhausted = input.is_empty() && inflated.len() < inflated.capacity();
            let is_stuck = taken == 0 && inflated.is_empty();
            let mut edited = Vec::new();
            self.splicer.push(inflated.into(), &mut edited);
            for bytes in edited {
                self.deflate(&bytes, FlushCompress::None, out)?;
            }
            if is_exhausted {
                break;
            }
            if is_stuck && !self.ended {
                return Err(UpdateError::Inflate);
            }
        }
        Ok(())
    }

    /// Ends the new stream, at even length; tells whether the old one reached its end.
    pub(super) fn finish(mut self, out: &mut Vec<Bytes>) -> Result<bool, UpdateError> {
        self.deflate(&[], FlushCompress::Finish, out)?;
        if self.deflate.total_out() % 2 == 1 {
            out.push(Bytes::from_static(&[0]));
        }
        Ok(self.ended && self.splicer.is_done())
    }

    fn deflate(&mut self, mut input: &[u8], flush: FlushCompress, out: &mut Vec<Bytes>) -> Result<(), UpdateError> {
        loop {
            let mut deflated = Vec::with_capacity(BUFFER_SIZE);
            let before = self.deflate.total_in();
            let status = self.deflate.compress_vec(input, &mut deflated, flush).map_err(|_| UpdateError::Inflate)?;
            let taken = as_index(self.deflate.total_in() - before);
            input = input.get(taken..).unwrap_or_default();
            let is_full = deflated.len() == deflated.capacity();
            if !deflated.is_empty() {
                out.push(deflated.into());
            }
            let is_done = match flush {
                FlushCompress::Finish => status == Status::StreamEnd,
                _ => input.is_empty() && !is_full,
            };
            if is_done {
                return Ok(());
            }
        }
    }
}

fn as_index(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}
