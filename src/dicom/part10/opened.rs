//! A whole file in memory, for work that needs its values and not only where they lie.

use std::{io::Read, ops::Range};

use bytes::Bytes;
use dicom_core::VR;
use flate2::read::DeflateDecoder;

use super::{Limits, Part10, ScanError, Scanner, meta_elements, meta_reader::MetaReader, scanner::META_START, syntax};
use crate::dicom::dataset::Extent;

/// A file that was read as a whole or around its pixel data, with the bytes that its extents point into.
#[derive(Debug)]
pub struct OpenedFile {
    /// What it holds.
    pub part10: Part10,
    /// Runs of the file, or of the inflated data set if the transfer syntax is a deflated one, by where they begin.
    runs: Vec<(u64, Bytes)>,
    /// File meta information as it stands.
    meta: Bytes,
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

impl OpenedFile {
    /// Reads a file. A deflated data set is inflated, within the limits.
    pub fn read(file: &Bytes, limits: Limits) -> Result<Self, ScanError> {
        let mut scanner = Scanner::new(limits);
        scanner.push(file)?;
        let part10 = scanner.finish()?;
        if !syntax::is_deflated(&part10.transfer_syntax) {
            return Self::around(part10, file.clone(), None);
        }
        let (meta, start) = meta(file)?;
        let inflated = inflate(file.get(start..).unwrap_or_default(), limits.inflated_bytes)?;
        Ok(Self { part10, runs: vec![(0, inflated.into())], meta })
    }

    /// Reads the bytes of a file that stand before its first frame. No more is known of it then.
    pub fn read_head(head: Bytes, limits: Limits) -> Result<Self, ScanError> {
        let mut scanner = Scanner::new(limits);
        scanner.push(&head)?;
        Self::around(scanner.finish_head()?, head, None)
    }

    /// A file of which everything is known, but only these bytes are there: those before its pixel data, and those
    /// behind, with their offset.
    pub fn around(part10: Part10, head: Bytes, tail: Option<(u64, Bytes)>) -> Result<Self, ScanError> {
        let (meta, _) = meta(&head)?;
        Ok(Self { part10, runs: [(0, head)].into_iter().chain(tail).collect(), meta })
    }

    /// The bytes of an extent; fewer if it reaches beyond those that are there.
    pub fn slice(&self, extent: Extent) -> &[u8] {
        self.range(extent.offset, extent.offset.saturating_add(extent.length))
    }

    /// The bytes between two offsets; fewer if they reach beyond those that are there.
    pub fn range(&self, start: u64, end: u64) -> &[u8] {
        let Some((run, range)) = self.find(start, end) else { return &[] };
        run.get(range).unwrap_or_default()
    }

    /// The same, to keep.
    pub fn bytes(&self, range: Range<u64>) -> Bytes {
        self.find(range.start, range.end).map(|(run, range)| run.slice(range)).unwrap_or_default()
    }

    fn find(&self, start: u64, end: u64) -> Option<(&Bytes, Range<usize>)> {
        let (offset, run) = self.runs.iter().rev().find(|(offset, _)| *offset <= start)?;
        let index = |at: u64| usize::try_from(at.saturating_sub(*offset)).unwrap_or(usize::MAX).min(run.len());
        (start <= end).then(|| (run, index(start)..index(end)))
    }

    /// The file meta information, element by element.
    pub fn meta(&self) -> impl Iterator<Item = MetaElement<'_>> {
        meta_elements(&self.meta)
    }
}

/// The file meta information, and where it ends.
fn meta(file: &Bytes) -> Result<(Bytes, usize), ScanError> {
    let mut reader = MetaReader::new(META_START);
    let area = usize::try_from(META_START).unwrap_or(usize::MAX).min(file.len());
    reader.push(file.get(area..).unwrap_or_default())?;
    let end = usize::try_from(reader.finish()?.position).unwrap_or(usize::MAX).clamp(area, file.len());
    Ok((file.slice(area..end), end))
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
            let opened = OpenedFile::read(&file.into(), Limits::default()).unwrap();
            let Some(PixelData::Native(extent)) = opened.part10.pixel_data else { panic!("no pixel data") };
            assert_eq!(opened.slice(extent), [1, 2, 3, 4]);
            assert_eq!(opened.range(u64::MAX - 1, u64::MAX), b"");
            let numbers: Vec<u16> = opened.meta().map(|element| element.number).collect();
            assert_eq!(numbers, [0x0000, 0x0001, 0x0010, 0x0016]);
            assert_eq!(opened.meta().last().unwrap().value, b"TEST");
        }
    }

    #[test]
    fn a_file_can_be_opened_by_what_stands_before_its_first_frame() {
        let rows = short(tags::ROWS, 3);
        let native = [rows.clone(), claimed(tags::PIXEL_DATA, VR::OW, 18, b"")].concat();
        let item = implicit_claimed(Tag(0xFFFE, 0xE000), 700, b"");
        let empty_table = implicit(Tag(0xFFFE, 0xE000), b"");
        let encapsulated = [rows, claimed(tags::PIXEL_DATA, VR::OB, UNDEFINED, &[empty_table, item].concat())].concat();
        for (syntax, dataset) in [(EXPLICIT, native), (JPEG, encapsulated)] {
            let head = file(syntax, &dataset);
            let start = head.len() as u64;
            let opened = OpenedFile::read_head(head.into(), Limits::default()).unwrap();
            assert_eq!(opened.part10.dataset.integer(tags::ROWS), Some(3));
            match opened.part10.pixel_data {
                Some(PixelData::Native(extent)) => assert_eq!((extent.offset, extent.length), (start, 18)),
                Some(PixelData::Encapsulated { fragments, .. }) => assert_eq!(fragments[0].offset, start),
                None => panic!("no pixel data"),
            }
        }
        let cut = file(EXPLICIT, &claimed(tags::PATIENT_ID, VR::LO, 8, b"P1"));
        assert!(OpenedFile::read_head(cut.into(), Limits::default()).is_err());
    }

    #[test]
    fn bytes_that_are_not_there_are_none() {
        let dataset = text(tags::PATIENT_ID, VR::LO, "P1");
        let file = Bytes::from(file(EXPLICIT, &dataset));
        let opened = OpenedFile::read(&file, Limits::default()).unwrap();
        let around = OpenedFile::around(opened.part10, file, Some((1000, Bytes::from_static(b"tail")))).unwrap();
        assert_eq!(around.range(0, 2), [0; 2]);
        assert_eq!(around.range(900, 1002), b"");
        assert_eq!(around.range(1001, 2000), b"ail");
        assert_eq!(around.bytes(1001..1003), Bytes::from_static(b"ai"));
    }

    #[test]
    fn a_bomb_is_refused() {
        let bomb = file(DEFLATED, &deflate(&element(Tag(0x0009, 0x1001), VR::OB, &vec![0; 1 << 20])));
        let limits = Limits { inflated_bytes: 1 << 16, ..Limits::default() };
        assert_eq!(OpenedFile::read(&bomb.into(), limits).err(), Some(ScanError::InflatesTooLarge { limit: 1 << 16 }));
    }
}
