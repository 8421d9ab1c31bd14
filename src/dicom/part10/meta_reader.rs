//! File meta information (PS3.10 7.1): group 0002, always explicit VR little endian.

use dicom_core::{Tag, VR};
use dicom_dictionary_std::tags;

use super::{
    ScanError,
    header::{Carry, Encoding, Header, UNDEFINED},
    syntax,
};
use crate::dicom::uid::is_valid_uid;

/// As much of a value as is looked at: a UID has at most 64 bytes, and one more tells that there are too many.
const KEPT_BYTES: usize = 65;
/// Bytes that tell whether an element belongs to group 0002.
const GROUP_SIZE: usize = 2;
/// Bytes that tell whether a data set is explicit or implicit VR.
const GUESS_SIZE: usize = 6;

/// Reads file meta information and stops where the data set begins. Only Transfer Syntax UID, which must be a UID if it is
/// there, and the group length are looked at; whatever else is absent, unknown or too long does no harm.
#[derive(Debug)]
pub(super) struct MetaReader {
    /// Where the element begins whose header or value is being read.
    position: u64,
    state: State,
    carry: Carry,
    tag: Tag,
    transfer_syntax: String,
    /// Where the group length says that the data set begins.
    declared_end: Option<u64>,
}

#[derive(Debug)]
enum State {
    Header,
    Value { remaining: u32, kept: Vec<u8> },
    Done,
}

/// What file meta information tells.
#[derive(Debug)]
pub(super) struct Meta {
    pub(super) transfer_syntax: String,
    /// Where the data set begins.
    pub(super) position: u64,
    /// The first bytes of the data set, as far as they have been taken from the input.
    pub(super) carry: Carry,
}

impl MetaReader {
    /// A reader that stands behind the `position` bytes of preamble and mark.
    pub(super) fn new(position: u64) -> Self {
        Self {
            position,
            state: State::Header,
            carry: Carry::default(),
            tag: tags::FILE_META_INFORMATION_GROUP_LENGTH,
            transfer_syntax: String::new(),
            declared_end: None,
        }
    }

    /// Reads on until the data set begins, and tells how many bytes of the input it took.
    pub(super) fn push(&mut self, input: &[u8]) -> Result<usize, ScanError> {
        let mut used = 0;
        while let Some(rest @ [_, ..]) = input.get(used..) {
            used += match self.state {
                State::Header => self.read_header(rest)?,
                State::Value { .. } => self.read_value(rest)?,
                State::Done => break,
            };
        }
        Ok(used)
    }

    /// Whether the data set begins.
    pub(super) fn is_done(&self) -> bool {
        matches!(self.state, State::Done)
    }

    /// The data set begins, or the file ends.
    pub(super) fn finish(self) -> Result<Meta, ScanError> {
        let Self { position, state, carry, tag, mut transfer_syntax, .. } = self;
        let inside_value = matches!(state, State::Value { .. });
        let inside_header = !carry.is_empty() && !begins_dataset(carry.bytes());
        if inside_value || inside_header {
            let offset = position.saturating_add(carry.bytes().len() as u64);
            return Err(ScanError::Truncated { offset, tag });
        }
        if transfer_syntax.is_empty() {
            transfer_syntax.push_str(syntax::guess(carry.bytes()));
        }
        Ok(Meta { transfer_syntax, position, carry })
    }

    fn read_header(&mut self, input: &[u8]) -> Result<usize, ScanError> {
        // The first byte of a deflated data set may look like another element of this group.
        let at_declared_end = self.declared_end == Some(self.position) && self.carry.is_empty();
        if at_declared_end && syntax::is_deflated(&self.transfer_syntax) {
            self.state = State::Done;
            return Ok(0);
        }
        let mut taken = self.carry.fill(input, GROUP_SIZE);
        if self.carry.bytes().len() < GROUP_SIZE {
            return Ok(taken);
        }
        let rest = input.get(taken..).unwrap_or_default();
        if begins_dataset(self.carry.bytes()) {
            if self.transfer_syntax.is_empty() {
                taken += self.carry.fill(rest, GUESS_SIZE);
            }
            if !self.transfer_syntax.is_empty() || self.carry.bytes().len() >= GUESS_SIZE {
                self.state = State::Done;
            }
            return Ok(taken);
        }
        let (count, header) = self.carry.read_header(rest, Encoding::ExplicitLittle, self.position)?;
        if let Some(header) = header {
            self.begin_value(header)?;
        }
        Ok(taken + count)
    }

    fn begin_value(&mut self, header: Header) -> Result<(), ScanError> {
        let Header { tag, length, size, vr } = header;
        if length == UNDEFINED {
            return Err(ScanError::UndefinedLength { offset: self.position, tag, vr: vr.unwrap_or(VR::UN) });
        }
        self.tag = tag;
        self.position += u64::from(size);
        if length > 0 {
            self.state = State::Value { remaining: length, kept: Vec::new() };
        }
        Ok(())
    }

    fn read_value(&mut self, input: &[u8]) -> Result<usize, ScanError> {
        let State::Value { remaining, kept } = &mut self.state else {
            return Ok(0);
        };
        let length = usize::try_from(*remaining).unwrap_or(usize::MAX);
        let taken = input.get(..length).unwrap_or(input);
        kept.extend(taken.iter().take(KEPT_BYTES - kept.len().min(KEPT_BYTES)));
        let count = u32::try_from(taken.len()).unwrap_or(*remaining);
        self.position += u64::from(count);
        *remaining -= count;
        if *remaining == 0 {
            let kept = std::mem::take(kept);
            self.state = State::Header;
            self.end_value(&kept)?;
        }
        Ok(taken.len())
    }

    fn end_value(&mut self, value: &[u8]) -> Result<(), ScanError> {
        if self.tag == tags::FILE_META_INFORMATION_GROUP_LENGTH {
            let length = value.first_chunk().map(|bytes| u32::from_le_bytes(*bytes));
            self.declared_end = length.map(|length| self.position.saturating_add(length.into()));
        } else if self.tag == tags::TRANSFER_SYNTAX_UID {
            let text = String::from_utf8_lossy(value);
            let uid = text.trim_matches([' ', '\0']);
            if !uid.is_empty() && !is_valid_uid(uid) {
                return Err(ScanError::NoTransferSyntax { end: self.position });
            }
            self.transfer_syntax = uid.to_owned();
        }
        Ok(())
    }
}

/// Whether an element is behind file meta information.
fn begins_dataset(header: &[u8]) -> bool {
    header.first_chunk().is_some_and(|group| u16::from_le_bytes(*group) != tags::TRANSFER_SYNTAX_UID.0)
}
