//! Bytes of small Part 10 files for tests.

#![allow(clippy::unwrap_used)]

use dicom_core::{Tag, VR};
use dicom_dictionary_std::tags;

use super::{
    part10::{Limits, Part10, ScanError, Scanner},
    vr,
};

pub(crate) const IMPLICIT: &str = "1.2.840.10008.1.2";
pub(crate) const EXPLICIT: &str = "1.2.840.10008.1.2.1";
pub(crate) const BIG_ENDIAN: &str = "1.2.840.10008.1.2.2";
pub(crate) const DEFLATED: &str = "1.2.840.10008.1.2.1.99";
pub(crate) const JPEG: &str = "1.2.840.10008.1.2.4.50";

pub(crate) const UNDEFINED: u32 = 0xFFFF_FFFF;

/// A header and a value, explicit VR little endian, with whatever length is claimed.
pub(crate) fn claimed(tag: Tag, vr: VR, length: u32, value: &[u8]) -> Vec<u8> {
    let mut bytes = [tag.0.to_le_bytes(), tag.1.to_le_bytes(), vr.to_bytes()].concat();
    if vr::has_long_length(vr) {
        bytes.extend([0, 0]);
        bytes.extend(length.to_le_bytes());
    } else {
        bytes.extend(u16::try_from(length).unwrap().to_le_bytes());
    }
    bytes.extend(value);
    bytes
}

/// An element in explicit VR little endian.
pub(crate) fn element(tag: Tag, vr: VR, value: &[u8]) -> Vec<u8> {
    claimed(tag, vr, u32::try_from(value.len()).unwrap(), value)
}

/// A text element in explicit VR little endian, padded to even length.
pub(crate) fn text(tag: Tag, vr: VR, value: &str) -> Vec<u8> {
    let padding = if vr == VR::UI { "\0" } else { " " };
    element(tag, vr, format!("{value}{}", if value.len() % 2 == 1 { padding } else { "" }).as_bytes())
}

/// A US element in explicit VR little endian.
pub(crate) fn short(tag: Tag, value: u16) -> Vec<u8> {
    element(tag, VR::US, &value.to_le_bytes())
}

/// A header without VR and a value: an implicit VR element, an item or a delimiter, with whatever length is claimed.
pub(crate) fn implicit_claimed(tag: Tag, length: u32, value: &[u8]) -> Vec<u8> {
    [&tag.0.to_le_bytes()[..], &tag.1.to_le_bytes(), &length.to_le_bytes(), value].concat()
}

/// An element in implicit VR little endian.
pub(crate) fn implicit(tag: Tag, value: &[u8]) -> Vec<u8> {
    implicit_claimed(tag, u32::try_from(value.len()).unwrap(), value)
}

/// An item of defined length.
pub(crate) fn item(content: &[u8]) -> Vec<u8> {
    implicit(Tag(0xFFFE, 0xE000), content)
}

/// An item of undefined length.
pub(crate) fn open_item(content: &[u8]) -> Vec<u8> {
    let delimiter = implicit(Tag(0xFFFE, 0xE00D), b"");
    implicit_claimed(Tag(0xFFFE, 0xE000), UNDEFINED, &[content, &delimiter].concat())
}

pub(crate) fn sequence_delimiter() -> Vec<u8> {
    implicit(Tag(0xFFFE, 0xE0DD), b"")
}

/// A sequence of defined length, explicit VR.
pub(crate) fn sequence(tag: Tag, items: &[Vec<u8>]) -> Vec<u8> {
    element(tag, VR::SQ, &items.concat())
}

/// A value of undefined length, explicit VR: a sequence, or encapsulated pixel data.
pub(crate) fn open(tag: Tag, vr: VR, items: &[Vec<u8>]) -> Vec<u8> {
    claimed(tag, vr, UNDEFINED, &[items.concat(), sequence_delimiter()].concat())
}

/// Preamble, mark, file meta information and these bytes.
pub(crate) fn file(transfer_syntax: &str, dataset: &[u8]) -> Vec<u8> {
    let meta = [
        element(Tag(0x0002, 0x0001), VR::OB, &[0, 1]),
        text(tags::TRANSFER_SYNTAX_UID, VR::UI, transfer_syntax),
        text(tags::SOURCE_APPLICATION_ENTITY_TITLE, VR::AE, "TEST"),
    ]
    .concat();
    let length = u32::try_from(meta.len()).unwrap().to_le_bytes();
    let group_length = element(tags::FILE_META_INFORMATION_GROUP_LENGTH, VR::UL, &length);
    [&[0; 128][..], b"DICM", &group_length, &meta, dataset].concat()
}

/// Offset of the data set in what [`file`] makes.
pub(crate) fn dataset_offset(transfer_syntax: &str) -> u64 {
    file(transfer_syntax, b"").len() as u64
}

/// A raw deflate stream.
pub(crate) fn deflate(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Reads a file in chunks of this size.
pub(crate) fn scan_by(file: &[u8], size: usize, limits: Limits) -> Result<Part10, ScanError> {
    let mut scanner = Scanner::new(limits);
    for chunk in file.chunks(size.max(1)) {
        scanner.push(chunk)?;
    }
    scanner.finish()
}

/// Reads a file in one piece.
pub(crate) fn scan(file: &[u8]) -> Result<Part10, ScanError> {
    scan_by(file, file.len(), Limits::default())
}

/// What an explicit VR little endian file with these elements holds.
pub(crate) fn part10(elements: &[Vec<u8>]) -> Part10 {
    scan(&file(EXPLICIT, &elements.concat())).unwrap()
}
