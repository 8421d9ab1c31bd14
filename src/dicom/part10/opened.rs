//! A whole file in memory, for work that needs its values and not only where they lie.

use std::{borrow::Cow, io::Read};

use dicom_core::VR;
use flate2::read::DeflateDecoder;

use super::{Limits, Part10, ScanError, Scanner, meta_elements, scanner::META_START, syntax};
use crate::dicom::dataset::Extent;

/// A file that was read as a whole, with the bytes that its extents point into.
#[derive(Debug)]
pub struct OpenedFile<'a> {
    /// What it holds.
    pub part10: Part10,
    /// The file; the inflated data set if the transfer syntax is a deflated one.
    bytes: Cow<'a, [u8]>,
    /// File meta information as it stands.
    meta: &'a [u8],
}

/// An element of the file meta information (PS3.10 7.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MetaElement<'a> {
    /// The element number; the group is 0002.
    pub number: u16,
    /// The value representation.
    pub vr: VR,
    /// The value, padding included.
    pub value: &'a [u8],
}

impl<'a> OpenedFile<'a> {
    /// Reads a file. A deflated data set is inflated, within the limits.
    pub fn read(file: &'a [u8], limits: Limits) -> Result<Self, ScanError> {
        let mut scanner = Scanner::new(limits);
        scanner.push(file)?;
        let part10 = scanner.finish()?;
        let area = usize::try_from(META_START).unwrap_or(usize::MAX);
        let start = usize::try_from(part10.layout.dataset).unwrap_or(usize::MAX);
        let dataset = file.get(start..).unwrap_or_default();
        let bytes = match syntax::is_deflated(&part10.transfer_syntax) {
            true => Cow::Owned(inflate(dataset, limits.inflated_bytes)?),
            false => Cow::Borrowed(file),
        };
        Ok(Self { part10, bytes, meta: file.get(area..start).unwrap_or_default() })
    }

    /// The bytes of an extent; fewer if it reaches beyond the file.
    pub fn slice(&self, extent: Extent) -> &[u8] {
        self.range(extent.offset, extent.offset.saturating_add(extent.length))
    }

    /// The bytes between two offsets; fewer if they reach beyond the file.
    pub fn range(&self, start: u64, end: u64) -> &[u8] {
        let index = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX).min(self.bytes.len());
        self.bytes.get(index(start)..index(end)).unwrap_or_default()
    }

    /// The file meta information, element by element.
    pub fn meta(&self) -> impl Iterator<Item = MetaElement<'a>> + use<'a> {
        meta_elements(self.meta)
    }
}

/// What a deflated data set (PS3.5 A.5) inflates to.
fn inflate(dataset: &[u8], limit: u64) -> Result<Vec<u8>, ScanError> {
    let mut inflated = Vec::new();
    let result = DeflateDecoder::new(dataset).take(limit.saturating_add(1)).read_to_end(&mut inflated);
    let length = inflated.len() as u64;
    match result {
        Err(_) => Err(ScanError::Inflate { offset: length }),
        Ok(_) if length > limit => Err(ScanError::InflatesTooLarge { limit }),
        Ok(_) => Ok(inflated),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic, clippy::unwrap_used)]

    use dicom_core::Tag;
    use dicom_dictionary_std::tags;

    use super::*;
    use crate::dicom::{part10::PixelData, testing::*};

    #[test]
    fn values_are_found_in_the_file_or_in_what_it_inflates_to() {
        let dataset = [text(tags::PATIENT_ID, VR::LO, "P1"), element(tags::PIXEL_DATA, VR::OB, &[1, 2, 3, 4])].concat();
        for file in [file(EXPLICIT, &dataset), file(DEFLATED, &deflate(&dataset))] {
            let opened = OpenedFile::read(&file, Limits::default()).unwrap();
            let Some(PixelData::Native(extent)) = opened.part10.pixel_data else { panic!("no pixel data") };
            assert_eq!(opened.slice(extent), [1, 2, 3, 4]);
            assert_eq!(opened.range(u64::MAX - 1, u64::MAX), b"");
            let numbers: Vec<u16> = opened.meta().map(|element| element.number).collect();
            assert_eq!(numbers, [0x0000, 0x0001, 0x0010, 0x0016]);
            assert_eq!(opened.meta().last().unwrap().value, b"TEST");
        }
    }

    #[test]
    fn a_bomb_is_refused() {
        let bomb = file(DEFLATED, &deflate(&element(Tag(0x0009, 0x1001), VR::OB, &vec![0; 1 << 20])));
        let limits = Limits { inflated_bytes: 1 << 16, ..Limits::default() };
        assert_eq!(OpenedFile::read(&bomb, limits).err(), Some(ScanError::InflatesTooLarge { limit: 1 << 16 }));
    }
}
