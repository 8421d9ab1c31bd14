//! Writing a file in explicit VR little endian (PS3.10 7, PS3.5 7.1.2).
//!
//! Values are as they were, words from big endian swapped. Sequences and items have undefined length, group lengths are
//! left out (PS3.5 7.2 retires them), and what had no value representation has that of the dictionary.

use dicom_core::{Tag, VR};
use dicom_dictionary_std::tags;

use super::{Around, Changes, is_pixel_element};
use crate::dicom::{
    dataset::{Dataset, Element, Extent, Value},
    image::EXPLICIT_BIG_ENDIAN,
    part10::{MetaElement, OpenedFile, write_head},
    vr,
};

const ITEM: Tag = Tag(0xFFFE, 0xE000);
const ITEM_DELIMITER: Tag = Tag(0xFFFE, 0xE00D);
const SEQUENCE_DELIMITER: Tag = Tag(0xFFFE, 0xE0DD);
const UNDEFINED: u32 = 0xFFFF_FFFF;
const GROUP_LENGTH: u16 = 0x0000;
/// The element of file meta information that is written anew.
const TRANSFER_SYNTAX_UID: u16 = 0x0010;

/// How new Pixel Data lies.
#[derive(Debug)]
pub(super) enum PixelLayout {
    /// Frames one behind the other, so many bytes together, under this value representation.
    Native { vr: VR, length: u64 },
    /// An item for each frame, of so many bytes with its header.
    Encapsulated(Vec<u64>),
}

/// A frame as an item of encapsulated Pixel Data (PS3.5 A.4).
pub(super) fn item(frame: Vec<u8>) -> Vec<u8> {
    let length = frame.len().next_multiple_of(2);
    let mut item = Vec::with_capacity(length + 8);
    item.extend_from_slice(&ITEM.0.to_le_bytes());
    item.extend_from_slice(&ITEM.1.to_le_bytes());
    item.extend_from_slice(&as_u32(length as u64).to_le_bytes());
    item.extend(frame);
    item.resize(length + 8, 0);
    item
}

/// Writes a file anew.
#[derive(Debug)]
pub(super) struct Writer<'a> {
    opened: &'a OpenedFile,
    is_big_endian: bool,
    out: Vec<u8>,
    /// Where the frames belong.
    frames_at: Option<usize>,
}

impl<'a> Writer<'a> {
    /// Begins with preamble, mark and file meta information, which now names this transfer syntax.
    pub(super) fn new(opened: &'a OpenedFile, transfer_syntax: &str) -> Self {
        let is_big_endian = opened.part10.transfer_syntax == EXPLICIT_BIG_ENDIAN;
        let mut uid = transfer_syntax.as_bytes().to_vec();
        if uid.len() % 2 == 1 {
            uid.push(0);
        }
        let syntax = MetaElement { number: TRANSFER_SYNTAX_UID, vr: VR::UI, value: &uid };
        Self { opened, is_big_endian, out: write_head(opened.meta(), &[syntax]), frames_at: None }
    }

    /// The file around its frames, with changes to its data set and new Pixel Data.
    pub(super) fn write(mut self, changes: &Changes, pixels: Option<&PixelLayout>) -> Around {
        let dataset = &self.opened.part10.dataset;
        let mut new = changes.iter().peekable();
        let kept = |element: &&Element| !is_pixel_element(element.tag) && !changes.concern(element.tag);
        let mut pixels = pixels;
        for element in dataset.elements().iter().filter(kept) {
            while let Some((tag, vr, value)) = new.next_if(|(tag, ..)| *tag < element.tag) {
                self.element(*tag, *vr, value);
            }
            if element.tag > tags::PIXEL_DATA
                && let Some(pixels) = pixels.take()
            {
                self.pixel_data(pixels);
            }
            self.value(element);
        }
        for (tag, vr, value) in new {
            self.element(*tag, *vr, value);
        }
        if let Some(pixels) = pixels {
            self.pixel_data(pixels);
        }
        let after = self.frames_at.map(|at| self.out.split_off(at)).unwrap_or_default();
        Around { before: self.out, after }
    }

    fn value(&mut self, element: &Element) {
        let Element { tag, vr, value } = element;
        match value {
            _ if tag.1 == GROUP_LENGTH => {}
            Value::Bytes(bytes) => self.element(*tag, *vr, bytes),
            Value::Items(items) => {
                self.header(*tag, VR::SQ, UNDEFINED);
                for item in items {
                    self.item(item);
                }
                self.mark(SEQUENCE_DELIMITER, 0);
            }
            Value::Bulk(extent) if self.is_fragmented(*extent) => {
                self.header(*tag, *vr, UNDEFINED);
                self.out.extend_from_slice(self.opened.slice(*extent));
            }
            Value::Bulk(extent) => {
                let bytes = self.opened.slice(*extent);
                self.header(*tag, *vr, as_u32(bytes.len() as u64));
                let start = self.out.len();
                self.out.extend_from_slice(bytes);
                if self.is_big_endian {
                    let words = self.out.get_mut(start..).unwrap_or_default();
                    words.chunks_exact_mut(vr::word_size(*vr)).for_each(<[u8]>::reverse);
                }
            }
        }
    }

    fn item(&mut self, dataset: &Dataset) {
        self.mark(ITEM, UNDEFINED);
        for element in dataset.elements() {
            self.value(element);
        }
        self.mark(ITEM_DELIMITER, 0);
    }

    /// Whether a value consists of fragments, as that of an icon may: its length stands before it and is undefined.
    fn is_fragmented(&self, extent: Extent) -> bool {
        self.opened.range(extent.offset.saturating_sub(4), extent.offset) == UNDEFINED.to_le_bytes()
    }

    fn element(&mut self, tag: Tag, vr: VR, value: &[u8]) {
        self.header(tag, vr, as_u32(value.len() as u64));
        self.out.extend_from_slice(value);
    }

    /// A header; what is too long for a length of 16 bits becomes UN (PS3.5 6.2.2).
    fn header(&mut self, tag: Tag, vr: VR, length: u32) {
        let short = u16::try_from(length).ok().filter(|_| !vr::has_long_length(vr));
        let vr = if short.is_none() && !vr::has_long_length(vr) { VR::UN } else { vr };
        self.tag(tag);
        self.out.extend_from_slice(&vr.to_bytes());
        match short {
            Some(length) => self.out.extend_from_slice(&length.to_le_bytes()),
            None => {
                self.out.extend_from_slice(&[0, 0]);
                self.out.extend_from_slice(&length.to_le_bytes());
            }
        }
    }

    /// An item or a delimiter.
    fn mark(&mut self, tag: Tag, length: u32) {
        self.tag(tag);
        self.out.extend_from_slice(&length.to_le_bytes());
    }

    fn tag(&mut self, tag: Tag) {
        self.out.extend_from_slice(&tag.0.to_le_bytes());
        self.out.extend_from_slice(&tag.1.to_le_bytes());
    }

    fn pixel_data(&mut self, pixels: &PixelLayout) {
        match pixels {
            PixelLayout::Native { vr, length } => {
                self.header(tags::PIXEL_DATA, *vr, as_u32(length.next_multiple_of(2)));
                self.frames_at = Some(self.out.len());
                self.out.extend((length % 2 == 1).then_some(0));
            }
            PixelLayout::Encapsulated(items) => {
                self.header(tags::PIXEL_DATA, VR::OB, UNDEFINED);
                self.mark(ITEM, as_u32(4 * items.len() as u64));
                let mut offset = 0_u64;
                for item in items {
                    self.out.extend_from_slice(&as_u32(offset).to_le_bytes());
                    offset += item;
                }
                self.frames_at = Some(self.out.len());
                self.mark(SEQUENCE_DELIMITER, 0);
            }
        }
    }
}

fn as_u32(length: u64) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
