//! Headers of elements, items and delimiters (PS3.5 7.1 and 7.5).

use dicom_core::{Tag, VR};

use super::ScanError;
use crate::dicom::vr;

pub(super) const ITEM: Tag = Tag(0xFFFE, 0xE000);
pub(super) const ITEM_DELIMITER: Tag = Tag(0xFFFE, 0xE00D);
pub(super) const SEQUENCE_DELIMITER: Tag = Tag(0xFFFE, 0xE0DD);

/// What zeros in place of a header read as.
pub(super) const NO_TAG: Tag = Tag(0, 0);

/// The length that leaves the end to a delimiter (PS3.5 7.1.1).
pub(super) const UNDEFINED: u32 = 0xFFFF_FFFF;

/// How headers and values are encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    ImplicitLittle,
    ExplicitLittle,
    ExplicitBig,
    /// What a value of VR UN holds: implicit VR (PS3.5 6.2.2), although some writers leave it explicit. They are told
    /// apart by each header: read as a length, a value representation would be more than 16,000 bytes.
    UnknownLittle,
}

impl Encoding {
    fn short(self, bytes: [u8; 2]) -> u16 {
        match self {
            Self::ExplicitBig => u16::from_be_bytes(bytes),
            Self::ImplicitLittle | Self::ExplicitLittle | Self::UnknownLittle => u16::from_le_bytes(bytes),
        }
    }

    fn long(self, bytes: [u8; 4]) -> u32 {
        match self {
            Self::ExplicitBig => u32::from_be_bytes(bytes),
            Self::ImplicitLittle | Self::ExplicitLittle | Self::UnknownLittle => u32::from_le_bytes(bytes),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) tag: Tag,
    /// Nothing in implicit VR, and for items and delimiters.
    pub(super) vr: Option<VR>,
    /// Length of the value, or [`UNDEFINED`].
    pub(super) length: u32,
    /// Length of the header itself.
    pub(super) size: u8,
}

impl Header {
    /// The longest header.
    pub(super) const MAX_SIZE: usize = 12;

    /// Reads the header that the bytes begin with; nothing if it is longer than they are. `offset` is where they stand.
    pub(super) fn read(bytes: &[u8], encoding: Encoding, offset: u64) -> Result<Option<Self>, ScanError> {
        let Some([a, b, c, d, e, f, g, h]) = bytes.first_chunk().copied() else {
            return Ok(None);
        };
        let tag = Tag(encoding.short([a, b]), encoding.short([c, d]));
        let has_vr = encoding != Encoding::ImplicitLittle && tag.0 != ITEM.0 && tag != NO_TAG;
        match if has_vr { vr::parse([e, f]) } else { None } {
            None if has_vr && encoding != Encoding::UnknownLittle => {
                Err(ScanError::InvalidVr { offset, tag, code: [e, f] })
            }
            None => Ok(Some(Self { tag, vr: None, length: encoding.long([e, f, g, h]), size: 8 })),
            Some(vr) if vr::has_long_length(vr) => {
                let length = bytes.get(8..12).and_then(|rest| rest.first_chunk().copied());
                Ok(length.map(|length| Self { tag, vr: Some(vr), length: encoding.long(length), size: 12 }))
            }
            Some(vr) => Ok(Some(Self { tag, vr: Some(vr), length: encoding.short([g, h]).into(), size: 8 })),
        }
    }
}

/// The beginning of a header whose rest is still to come.
#[derive(Debug, Default)]
pub(super) struct Carry {
    bytes: [u8; Header::MAX_SIZE],
    length: usize,
}

impl Carry {
    /// Reads a header that may have begun in earlier input: how many bytes of this input it took, and the header once it
    /// is whole. `offset` is where the header begins.
    pub(super) fn read_header(
        &mut self,
        input: &[u8],
        encoding: Encoding,
        offset: u64,
    ) -> Result<(usize, Option<Header>), ScanError> {
        if self.is_empty() && input.len() >= Header::MAX_SIZE {
            let header = Header::read(input, encoding, offset)?;
            return Ok((header.map_or(0, |header| header.size.into()), header));
        }
        let mut taken = self.fill(input, 8);
        let mut header = Header::read(self.bytes(), encoding, offset)?;
        if header.is_none() && self.length >= 8 {
            taken += self.fill(input.get(taken..).unwrap_or_default(), Header::MAX_SIZE);
            header = Header::read(self.bytes(), encoding, offset)?;
        }
        if header.is_some() {
            self.length = 0;
        }
        Ok((taken, header))
    }

    /// Takes bytes of the input until `target` are there, and tells how many it took.
    pub(super) fn fill(&mut self, input: &[u8], target: usize) -> usize {
        let space = self.bytes.get_mut(self.length..target).unwrap_or_default();
        let count = space.len().min(input.len());
        space.iter_mut().zip(input).for_each(|(to, from)| *to = *from);
        self.length += count;
        count
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.length == 0
    }
}
