//! Overlays (PS3.3 C.9.2) that lie in unused bits of the pixels, as was done until 2004.

use dicom_core::Tag;

use super::{
    dataset::Dataset,
    pixel::{Frame, PixelFormat},
};

/// Elements of the repeating groups 6000 to 601E.
pub(super) const ROWS: u16 = 0x0010;
pub(super) const COLUMNS: u16 = 0x0011;
pub(super) const NUMBER_OF_FRAMES: u16 = 0x0015;
pub(super) const TYPE: u16 = 0x0040;
pub(super) const ORIGIN: u16 = 0x0050;
pub(super) const IMAGE_FRAME_ORIGIN: u16 = 0x0051;
pub(super) const BITS_ALLOCATED: u16 = 0x0100;
pub(super) const BIT_POSITION: u16 = 0x0102;
pub(super) const DATA: u16 = 0x3000;

/// The groups that overlays can have.
pub(super) fn groups() -> impl Iterator<Item = u16> {
    (0x6000_u16..=0x601E).step_by(2)
}

/// The bit of a pixel cell that an overlay without data of its own lies in; nothing if it belongs to the pixels.
pub(super) fn embedded_bit(dataset: &Dataset, format: &PixelFormat, group: u16) -> Option<u32> {
    let position = u32::try_from(dataset.integer(Tag(group, BIT_POSITION))?).ok()?;
    let is_unused = position < format.bits_allocated.into()
        && (position > format.high_bit.into() || position + u32::from(format.bits_stored) <= format.high_bit.into());
    is_unused.then_some(position)
}

/// One bit of each pixel.
pub(super) fn bits(frame: &Frame, position: u32) -> impl Iterator<Item = bool> {
    frame.stored(0).map(move |stored| stored >> position & 1 == 1)
}

/// Bits, eight to a byte, the first in the lowest (PS3.5 8.1.2).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Bits {
    pub(super) bytes: Vec<u8>,
    length: usize,
}

impl Extend<bool> for Bits {
    fn extend<I: IntoIterator<Item = bool>>(&mut self, bits: I) {
        for is_set in bits {
            if self.length.is_multiple_of(8) {
                self.bytes.push(0);
            }
            if let Some(byte) = self.bytes.last_mut() {
                *byte |= u8::from(is_set) << (self.length % 8);
            }
            self.length += 1;
        }
    }
}
