//! The stages of a file: preamble, file meta information, data set.

use std::mem;

use super::{
    Layout, Limits, Part10, ScanError,
    dataset_reader::{DatasetReader, Read},
    header::Encoding,
    inflate::Inflater,
    meta_reader::{Meta, MetaReader},
    syntax,
};

/// Bytes before the mark (PS3.10 7.1).
const PREAMBLE_SIZE: u64 = 128;
/// The mark behind it, and its size.
const MARK: [u8; 4] = *b"DICM";
const MARK_SIZE: u64 = 4;

/// Where file meta information begins.
pub(super) const META_START: u64 = PREAMBLE_SIZE + MARK_SIZE;

/// Reads a Part 10 file (PS3.10 7) from pieces of any size. The result does not depend on where the pieces are cut.
#[derive(Debug)]
pub struct Scanner {
    limits: Limits,
    stage: Stage,
    /// A file that was refused once stays refused.
    refusal: Option<ScanError>,
}

#[derive(Debug)]
enum Stage {
    Preamble { length: u64, mark: [u8; 4] },
    Meta(MetaReader),
    Dataset(Box<Body>),
}

impl Stage {
    const START: Self = Self::Preamble { length: 0, mark: [0; 4] };
}

/// The data set, inflated if need be.
#[derive(Debug)]
struct Body {
    transfer_syntax: String,
    encoding: Encoding,
    inflater: Option<Inflater>,
    reader: DatasetReader,
    /// Where it begins in the file.
    start: u64,
}

impl Scanner {
    /// A scanner that has seen nothing yet.
    pub fn new(limits: Limits) -> Self {
        Self { limits, stage: Stage::START, refusal: None }
    }

    /// Reads the next piece of the file.
    pub fn push(&mut self, chunk: &[u8]) -> Result<(), ScanError> {
        if let Some(refusal) = self.refusal {
            return Err(refusal);
        }
        let result = self.read(chunk);
        self.refusal = result.err();
        result
    }

    /// What the file holds, now that all of it has been pushed.
    pub fn finish(mut self) -> Result<Part10, ScanError> {
        if let Some(refusal) = self.refusal {
            return Err(refusal);
        }
        match &self.stage {
            Stage::Preamble { length, .. } => return Err(ScanError::TooShort { length: *length }),
            Stage::Meta(_) => self.begin_dataset()?,
            Stage::Dataset(_) => {}
        }
        match self.stage {
            Stage::Dataset(body) => body.finish(),
            Stage::Preamble { .. } | Stage::Meta(_) => Err(ScanError::NotPart10),
        }
    }

    /// What the file holds before its first frame, up to which it has been pushed.
    pub(super) fn finish_head(self) -> Result<Part10, ScanError> {
        match (self.refusal, self.stage) {
            (Some(refusal), _) => Err(refusal),
            (None, Stage::Dataset(body)) => body.finish_head(),
            (None, Stage::Preamble { .. } | Stage::Meta(_)) => Err(ScanError::NotPart10),
        }
    }

    fn read(&mut self, chunk: &[u8]) -> Result<(), ScanError> {
        let mut rest = chunk;
        if let Stage::Preamble { length, mark } = &mut self.stage {
            rest = read_preamble(rest, length, mark);
            if *length < META_START {
                return Ok(());
            }
            if *mark != MARK {
                return Err(ScanError::NotPart10);
            }
            self.stage = Stage::Meta(MetaReader::new(*length));
        }
        if let Stage::Meta(reader) = &mut self.stage {
            let taken = reader.push(rest)?;
            rest = rest.get(taken..).unwrap_or_default();
            if !reader.is_done() {
                return Ok(());
            }
            self.begin_dataset()?;
        }
        match &mut self.stage {
            Stage::Dataset(body) => body.push(rest),
            Stage::Preamble { .. } | Stage::Meta(_) => Ok(()),
        }
    }

    /// Goes from file meta information to the data set.
    fn begin_dataset(&mut self) -> Result<(), ScanError> {
        if let Stage::Meta(reader) = mem::replace(&mut self.stage, Stage::START) {
            self.stage = Stage::Dataset(Box::new(Body::new(reader.finish()?, self.limits)?));
        }
        Ok(())
    }
}

/// Reads preamble and mark, of which so many bytes are known, and returns what follows them.
fn read_preamble<'a>(chunk: &'a [u8], length: &mut u64, mark: &mut [u8; 4]) -> &'a [u8] {
    let index = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX);
    let skipped = index(PREAMBLE_SIZE.saturating_sub(*length)).min(chunk.len());
    let rest = chunk.get(skipped..).unwrap_or_default();
    let due = mark.iter_mut().skip(index(length.saturating_sub(PREAMBLE_SIZE)));
    let read = due.zip(rest).map(|(to, from)| *to = *from).count();
    *length = length.saturating_add((skipped + read) as u64);
    rest.get(read..).unwrap_or_default()
}

impl Body {
    fn new(meta: Meta, limits: Limits) -> Result<Self, ScanError> {
        let Meta { transfer_syntax, position, carry } = meta;
        let encoding = syntax::encoding(&transfer_syntax);
        let inflater = syntax::is_deflated(&transfer_syntax).then(|| Inflater::new(limits.inflated_bytes));
        // Offsets into a deflated data set count from the start of what it inflates to.
        let first = if inflater.is_some() { 0 } else { position };
        let reader = DatasetReader::new(encoding, first, limits);
        let mut body = Self { transfer_syntax, encoding, inflater, reader, start: position };
        body.push(carry.bytes())?;
        Ok(body)
    }

    fn push(&mut self, input: &[u8]) -> Result<(), ScanError> {
        match &mut self.inflater {
            Some(inflater) => inflater.push(input, &mut self.reader),
            None => self.reader.push(input),
        }
    }

    fn finish(self) -> Result<Part10, ScanError> {
        if let Some(inflater) = self.inflater {
            inflater.finish()?;
        }
        let Read { dataset, pixel_data, elements, end } = self.reader.finish()?;
        let implicit_vr = self.encoding == Encoding::ImplicitLittle;
        let layout = Layout { dataset: self.start, elements, end };
        Ok(Part10 { transfer_syntax: self.transfer_syntax, implicit_vr, dataset, pixel_data, layout })
    }

    fn finish_head(self) -> Result<Part10, ScanError> {
        let (dataset, pixel_data) = self.reader.finish_head()?;
        let implicit_vr = self.encoding == Encoding::ImplicitLittle;
        let layout = Layout { dataset: self.start, ..Layout::default() };
        Ok(Part10 { transfer_syntax: self.transfer_syntax, implicit_vr, dataset, pixel_data, layout })
    }
}
