//! Lookup tables (PS3.3 C.11.1 and C.11.2): a descriptor of three values and entries of 8 or 16 bits.

use dicom_core::{Tag, VR};

use super::{value_bytes, value_words};
use crate::dicom::{dataset::Dataset, part10::OpenedFile};

/// A lookup table.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Table {
    /// The value that the first entry is for.
    pub(super) first: i64,
    /// Bits of an entry, as the descriptor says.
    pub(super) bits: u16,
    /// At least one.
    entries: Vec<u16>,
}

impl Table {
    /// The table that these attributes make; nothing if it has no entries.
    pub(super) fn read(opened: &OpenedFile, dataset: &Dataset, descriptor: Tag, data: Tag) -> Option<Self> {
        let words = value_words(opened, dataset, descriptor)?;
        let &[count, first, bits, ..] = words.as_slice() else { return None };
        let is_signed = dataset.element(descriptor).is_some_and(|element| element.vr == VR::SS);
        let first = if is_signed { i64::from(first as i16) } else { i64::from(first) };
        let count = if count == 0 { 1 << 16 } else { usize::from(count) };
        let bytes = value_bytes(opened, dataset, data)?;
        // Entries of 8 bits are packed, or have a word each.
        let entries: Vec<u16> = match bytes.len() < 2 * count {
            true => bytes.iter().copied().map(u16::from).take(count).collect(),
            false => bytes.as_chunks().0.iter().map(|word| u16::from_le_bytes(*word)).take(count).collect(),
        };
        (!entries.is_empty()).then_some(Self { first, bits, entries })
    }

    /// The entry for a value; the first or last one for what lies outside.
    pub(super) fn entry(&self, value: i64) -> u16 {
        let index = usize::try_from(value.saturating_sub(self.first)).unwrap_or(0);
        self.entries.get(index).or(self.entries.last()).copied().unwrap_or(0)
    }

    /// The first and the last entry.
    pub(super) fn ends(&self) -> (u16, u16) {
        (self.entries.first().copied().unwrap_or(0), self.entries.last().copied().unwrap_or(0))
    }
}
