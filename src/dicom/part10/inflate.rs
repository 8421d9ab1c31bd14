//! Deflated data sets (PS3.5 A.5): raw deflate, inflated as it comes.

use flate2::{Decompress, FlushDecompress, Status};

use super::{ScanError, dataset_reader::DatasetReader};

/// Bytes that are inflated at a time.
const BUFFER_SIZE: usize = 32 << 10;

#[derive(Debug)]
pub(super) struct Inflater {
    decompress: Decompress,
    buffer: Box<[u8]>,
    limit: u64,
    /// Whether the deflated stream said that it ends.
    ended: bool,
}

impl Inflater {
    pub(super) fn new(limit: u64) -> Self {
        Self { decompress: Decompress::new(false), buffer: vec![0; BUFFER_SIZE].into(), limit, ended: false }
    }

    /// Inflates all of the input and hands the result on.
    pub(super) fn push(&mut self, mut input: &[u8], reader: &mut DatasetReader) -> Result<(), ScanError> {
        loop {
            // A deflated data set of odd length is padded (PS3.5 A.5), and some writers append the trailer of gzip.
            if self.ended {
                return Ok(());
            }
            let (read, written) = (self.decompress.total_in(), self.decompress.total_out());
            let status = self.decompress.decompress(input, &mut self.buffer, FlushDecompress::None);
            if self.decompress.total_out() > self.limit {
                return Err(ScanError::InflatesTooLarge { limit: self.limit });
            }
            let taken = as_index(self.decompress.total_in().saturating_sub(read));
            let inflated = as_index(self.decompress.total_out().saturating_sub(written));
            reader.push(self.buffer.get(..inflated).unwrap_or_default())?;
            input = input.get(taken..).unwrap_or_default();
            // What came before the damage may already be wrong, and is reported first.
            let status = status.map_err(|_| self.damaged())?;
            self.ended = status == Status::StreamEnd;
            // A full buffer may have left bytes behind that need no further input.
            let exhausted = input.is_empty() && inflated < BUFFER_SIZE;
            if exhausted && !self.ended {
                return Ok(());
            }
            if taken == 0 && inflated == 0 && !self.ended {
                return Err(self.damaged());
            }
        }
    }

    /// The file ends here.
    pub(super) fn finish(&self) -> Result<(), ScanError> {
        if self.ended { Ok(()) } else { Err(self.damaged()) }
    }

    fn damaged(&self) -> ScanError {
        ScanError::Inflate { offset: self.decompress.total_out() }
    }
}

fn as_index(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}
