//! Graphic overlays (PS3.3 C.9.2): planes of bits, in data of their own or in unused bits of the pixels.

use dicom_core::Tag;

use super::{value_bytes, value_words};
use crate::dicom::{
    dataset::Dataset,
    overlay::{self, Bits, COLUMNS, DATA, IMAGE_FRAME_ORIGIN, NUMBER_OF_FRAMES, ORIGIN, ROWS, TYPE},
    part10::OpenedFile,
    pixel::Frame,
};

/// Whether an overlay has a bit set, for each pixel of a frame. Nothing if there are no overlays.
pub(super) fn bits(opened: &OpenedFile, frame: &Frame, number: u32) -> Vec<bool> {
    let mut drawn = Vec::new();
    for group in overlay::groups() {
        let Some(plane) = Plane::read(opened, frame, group, number) else { continue };
        drawn.resize(frame.format.pixels(), false);
        for (row, line) in drawn.chunks_exact_mut(frame.format.columns).enumerate() {
            for (column, pixel) in line.iter_mut().enumerate() {
                *pixel |= plane.is_set(row, column);
            }
        }
    }
    drawn
}

/// An overlay of one frame.
struct Plane {
    rows: i64,
    columns: i64,
    /// Row and column of the image where it begins, which count from 1.
    origin: (i64, i64),
    /// The bit where it begins.
    start: i64,
    bits: Vec<u8>,
}

impl Plane {
    fn read(opened: &OpenedFile, frame: &Frame, group: u16, number: u32) -> Option<Self> {
        let dataset: &Dataset = &opened.part10.dataset;
        let tag = |element| Tag(group, element);
        let integer = |element| dataset.integer(tag(element));
        if dataset.first_text(tag(TYPE))?.trim() != "G" {
            return None;
        }
        let first = integer(IMAGE_FRAME_ORIGIN).unwrap_or(1);
        let count = integer(NUMBER_OF_FRAMES).unwrap_or(1);
        let index = i64::from(number).checked_sub(first).filter(|index| (0..count).contains(index))?;
        let words = value_words(opened, dataset, tag(ORIGIN)).unwrap_or_default();
        let origin = match words.as_slice() {
            [row, column, ..] => (i64::from(*row as i16), i64::from(*column as i16)),
            _ => (1, 1),
        };
        let (rows, columns) = (integer(ROWS)?, integer(COLUMNS)?);
        let data = value_bytes(opened, dataset, tag(DATA)).filter(|data| !data.is_empty());
        let (rows, columns, start, bits) = match data {
            Some(bits) => (rows, columns, index.checked_mul(rows.checked_mul(columns)?)?, bits),
            None => {
                let position = overlay::embedded_bit(dataset, &frame.format, group)?;
                let mut bits = Bits::default();
                bits.extend(overlay::bits(frame, position));
                let (rows, columns) =
                    (i64::try_from(frame.format.rows).ok()?, i64::try_from(frame.format.columns).ok()?);
                (rows, columns, 0, bits.bytes)
            }
        };
        Some(Self { rows, columns, origin, start, bits })
    }

    fn is_set(&self, row: usize, column: usize) -> bool {
        let inside = |position: usize, origin: i64, size: i64| {
            let position = i64::try_from(position).ok()?.checked_sub(origin)?.checked_add(1)?;
            (0..size).contains(&position).then_some(position)
        };
        let bit = || {
            let row = inside(row, self.origin.0, self.rows)?;
            let column = inside(column, self.origin.1, self.columns)?;
            let bit = self.start.checked_add(row.checked_mul(self.columns)?)?.checked_add(column)?;
            let byte = self.bits.get(usize::try_from(bit / 8).ok()?)?;
            Some(byte >> (bit % 8) & 1 == 1)
        };
        bit().unwrap_or(false)
    }
}
