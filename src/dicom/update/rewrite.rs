//! A file written anew with some of its attributes changed, as a stream: memory follows the changes, not the file.

use bytes::Bytes;
use dicom_core::{Tag, VR};

use super::{
    Changes,
    deflated::Deflated,
    elements::{NewElements, encode_group_length},
    splice::{Edit, Splicer, moved},
};
use crate::dicom::{
    dataset::{Dataset, Element, Value},
    frames::FrameTable,
    part10::{MetaElement, Part10, ScanError, is_deflated, meta_elements, write_head},
};

/// Implementation Class UID (0002,0012) of a file that was written anew, and the numbers of both elements that tell who
/// wrote it (PS3.10 7.1).
const IMPLEMENTATION_CLASS: &[u8] = b"1.3.6.1.4.1.311.129\0";
const IMPLEMENTATION_CLASS_UID: u16 = 0x0012;
const IMPLEMENTATION_VERSION_NAME: u16 = 0x0013;
/// Most characters of Implementation Version Name (0002,0013).
const VERSION_NAME_LENGTH: usize = 16;

/// Preamble and mark.
const META_START: usize = 132;
/// Most bytes that may stand before the data set: they are kept in memory.
const MAX_HEAD_BYTES: usize = 16 << 20;

/// Why a file cannot be written anew. Says which attribute, never what it holds.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UpdateError {
    /// It cannot be read.
    #[error("The file cannot be read: {0}")]
    Scan(#[from] ScanError),
    /// The file's character sets lack characters of a new value, and other text of the file binds it to them.
    #[error("The value of {} cannot be written in the character set {declared} of the file", shown(.tag))]
    Repertoire {
        /// The attribute.
        tag: Tag,
        /// The value of Specific Character Set.
        declared: String,
    },
    /// A value is too long in the file's character set.
    #[error("The value of {} is too long", shown(.tag))]
    TooLong {
        /// The attribute.
        tag: Tag,
    },
    /// An element cannot be encoded.
    #[error("{} cannot be encoded: {reason}", shown(.tag))]
    Encode {
        /// The attribute.
        tag: Tag,
        /// Why.
        reason: String,
    },
    /// File meta information is larger than what is kept in memory.
    #[error("The file meta information is too large")]
    MetaTooLarge,
    /// The file is not the one that was scanned.
    #[error("The file is not as long as it was")]
    Truncated,
    /// The deflated data set is damaged.
    #[error("The deflated data set is damaged")]
    Inflate,
}

fn shown(tag: &Tag) -> String {
    format!("({:04x},{:04x})", tag.0, tag.1)
}

/// Writes a file anew: takes the old one in pieces of any size and gives the new one.
#[derive(Debug)]
pub struct Rewrite {
    rewritten: Rewritten,
    version: String,
    /// What stands before the data set, as far as it has come.
    head: Vec<u8>,
    /// Bytes of the head that are still to come.
    head_remaining: usize,
    body: Body,
}

/// What a file is like that was written anew.
#[derive(Debug)]
pub struct Rewritten {
    /// Its new elements.
    pub changed: Dataset,
    /// Where its frames lie.
    pub frames: Option<FrameTable>,
}

#[derive(Debug)]
enum Body {
    Plain(Splicer),
    Deflated(Box<Deflated>),
}

impl Rewrite {
    /// Prepares to change a file that was scanned as a whole. `version` names who writes it.
    pub fn new(file: &Part10, changes: &Changes, version: &str) -> Result<Self, UpdateError> {
        let too_large = |_| UpdateError::MetaTooLarge;
        let head_remaining = usize::try_from(file.layout.dataset).map_err(too_large)?;
        if head_remaining > MAX_HEAD_BYTES {
            return Err(UpdateError::MetaTooLarge);
        }
        let NewElements { dataset: changed, encoded } = NewElements::of(changes, file)?;
        let edits = edits(file, encoded)?;
        let frames = FrameTable::of(file).map(|table| table.moved(|offset| moved(&edits, offset)));
        let body = match is_deflated(&file.transfer_syntax) {
            true => Body::Deflated(Box::new(Deflated::new(edits))),
            false => Body::Plain(Splicer::new(file.layout.dataset, edits)),
        };
        let rewritten = Rewritten { changed, frames };
        Ok(Self { rewritten, version: version_name(version), head: Vec::new(), head_remaining, body })
    }

    /// Takes the next bytes of the old file and appends those of the new one.
    pub fn push(&mut self, mut chunk: Bytes, out: &mut Vec<Bytes>) -> Result<(), UpdateError> {
        if self.head_remaining > 0 {
            let taken = chunk.split_to(chunk.len().min(self.head_remaining));
            self.head_remaining -= taken.len();
            self.head.extend_from_slice(&taken);
            if self.head_remaining > 0 {
                return Ok(());
            }
            let head = self.new_head();
            if let Body::Plain(_) = self.body {
                let (old, new) = (self.head.len() as u64, head.len() as u64);
                let frames = self.rewritten.frames.take();
                self.rewritten.frames = frames.map(|table| table.moved(|offset| (offset + new).saturating_sub(old)));
            }
            out.push(head.into());
        }
        match &mut self.body {
            Body::Plain(splicer) => {
                splicer.push(chunk, out);
                Ok(())
            }
            Body::Deflated(deflated) => deflated.push(&chunk, out),
        }
    }

    /// The old file ends here; appends the last bytes of the new one.
    pub fn finish(self, out: &mut Vec<Bytes>) -> Result<Rewritten, UpdateError> {
        let is_done = match self.body {
            Body::Plain(mut splicer) => {
                splicer.push(Bytes::new(), out);
                splicer.is_done()
            }
            Body::Deflated(deflated) => deflated.finish(out)?,
        };
        if is_done && self.head_remaining == 0 { Ok(self.rewritten) } else { Err(UpdateError::Truncated) }
    }

    /// Preamble, mark and file meta information, which name who writes.
    fn new_head(&self) -> Vec<u8> {
        let class = MetaElement { number: IMPLEMENTATION_CLASS_UID, vr: VR::UI, value: IMPLEMENTATION_CLASS };
        let version = self.version.as_bytes();
        let version = MetaElement { number: IMPLEMENTATION_VERSION_NAME, vr: VR::SH, value: version };
        write_head(meta_elements(self.head.get(META_START..).unwrap_or_default()), &[class, version])
    }
}

/// A version as Implementation Version Name has it.
fn version_name(version: &str) -> String {
    let mut name: String = version.chars().filter(char::is_ascii_graphic).take(VERSION_NAME_LENGTH).collect();
    if name.len() % 2 == 1 {
        name.push(' ');
    }
    name
}

/// The edits that put new elements, which ascend, in the place of those with their tags, and in the order of tags.
fn edits(file: &Part10, mut encoded: Vec<(Tag, Vec<u8>)>) -> Result<Vec<Edit>, UpdateError> {
    encoded.extend(group_lengths(file, &encoded)?);
    encoded.sort_by_key(|(tag, _)| *tag);
    let is_new = |tag: &Tag| encoded.binary_search_by_key(tag, |(tag, _)| *tag).is_ok();
    let mut due = encoded.iter().peekable();
    let mut edits = Vec::new();
    for (tag, at, length) in elements(file) {
        let skip = if is_new(&tag) { length } else { 0 };
        let mut insert = Vec::new();
        while let Some((_, bytes)) = due.next_if(|(new, _)| *new <= tag) {
            insert.extend_from_slice(bytes);
        }
        if skip > 0 || !insert.is_empty() {
            edits.push(Edit { at, skip, insert: insert.into() });
        }
    }
    let last: Vec<u8> = due.flat_map(|(_, bytes)| bytes).copied().collect();
    if !last.is_empty() {
        edits.push(Edit { at: file.layout.end, skip: 0, insert: last.into() });
    }
    Ok(edits)
}

/// The lengths of groups that tell theirs (PS3.5 7.2) and change it.
fn group_lengths(file: &Part10, encoded: &[(Tag, Vec<u8>)]) -> Result<Vec<(Tag, Vec<u8>)>, UpdateError> {
    let mut new = Vec::new();
    for Element { tag, value, .. } in file.dataset.elements().iter().filter(|element| element.tag.1 == 0) {
        let Value::Bytes(bytes) = value else { continue };
        let Some(old) = bytes.first_chunk().map(|bytes| u32::from_le_bytes(*bytes)) else { continue };
        let of_group = |other: Tag| other.0 == tag.0;
        let come: usize = encoded.iter().filter(|(tag, _)| of_group(*tag)).map(|(_, bytes)| bytes.len()).sum();
        let is_replaced = |tag: Tag| of_group(tag) && encoded.iter().any(|(new, _)| *new == tag);
        let gone: u64 = elements(file).filter(|(tag, ..)| is_replaced(*tag)).map(|(.., length)| length).sum();
        let length = u64::from(old).saturating_add(come as u64).saturating_sub(gone);
        if length != u64::from(old) {
            let length = u32::try_from(length).map_err(|_| UpdateError::TooLong { tag: *tag })?;
            new.push((*tag, encode_group_length(tag.0, length, file)?));
        }
    }
    Ok(new)
}

/// The elements at top level in the order of the file: tag, offset and length.
fn elements(file: &Part10) -> impl Iterator<Item = (Tag, u64, u64)> {
    let elements = &file.layout.elements;
    let ends = elements.iter().skip(1).map(|(_, offset)| *offset).chain([file.layout.end]);
    elements.iter().zip(ends).map(|((tag, offset), end)| (*tag, *offset, end.saturating_sub(*offset)))
}
