//! The DICOM file format (PS3.10 7), read as a stream: a [`Scanner`] is fed with the bytes of a file in pieces of any
//! size and keeps what metadata needs, while pixel data and its like are only located.
//!
//! Memory follows the bytes that came and the [`Limits`], never a length that the file declares; nesting is a stack, so
//! no file can exhaust the thread's.

mod dataset_reader;
mod error;
mod header;
mod inflate;
mod meta_reader;
mod meta_writer;
mod nesting;
mod opened;
mod scanner;
mod syntax;

pub use self::{
    error::ScanError,
    meta_writer::{meta_elements, write_head},
    opened::{MetaElement, OpenedFile},
    scanner::Scanner,
    syntax::is_deflated,
};
use dicom_core::Tag;

use super::dataset::{Dataset, Extent};

/// Deepest nesting of sequences that is read.
pub const MAX_DEPTH: usize = 64;

/// Bounds of what one file may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of all values that are kept in memory.
    pub kept_bytes: u64,
    /// Elements, items and fragments.
    pub elements: u64,
    /// Bytes that a deflated data set may inflate to.
    pub inflated_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { kept_bytes: 64 << 20, elements: 1_000_000, inflated_bytes: 4 << 30 }
    }
}

/// What a file holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Part10 {
    /// Transfer Syntax UID (0002,0010), or the one that the data set looks like if the file names none.
    pub transfer_syntax: String,
    /// Whether elements carry no value representation (PS3.5 A.1).
    pub implicit_vr: bool,
    /// The data set, without file meta information.
    pub dataset: Dataset,
    /// Where the value of Pixel Data (7FE0,0010) lies, if there is one at top level.
    pub pixel_data: Option<PixelData>,
    /// Where its elements lie.
    pub layout: Layout,
}

/// Where the elements of a file lie, those at top level; their values are in the [`Dataset`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Layout {
    /// Where file meta information ends: offset of the data set in the file, deflated or not.
    pub dataset: u64,
    /// Tag and offset of each element, in the order of the file, which may repeat a tag. Offsets count from the start of
    /// the file; in a deflated data set, from the start of what it inflates to.
    pub elements: Vec<(Tag, u64)>,
    /// Where the last element ends; zeros may follow.
    pub end: u64,
}

/// Where the value of Pixel Data lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PixelData {
    /// One run of bytes (PS3.5 A.1 to A.3).
    Native(Extent),
    /// A sequence of fragments (PS3.5 A.4).
    Encapsulated {
        /// The Basic Offset Table: offsets of frames relative to the item of the first fragment. Empty if there is none.
        offset_table: Vec<u32>,
        /// The fragments, in the order of the file.
        fragments: Vec<Fragment>,
    },
}

/// One fragment of encapsulated pixel data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fragment {
    /// Offset of its first byte, behind the header of its item.
    pub offset: u64,
    /// Number of bytes, padding included.
    pub length: u32,
    /// Its first four bytes; zeros where it has fewer.
    pub head: [u8; 4],
}

impl Fragment {
    /// The bytes of the fragment.
    pub fn extent(&self) -> Extent {
        Extent { offset: self.offset, length: self.length.into() }
    }
}

#[cfg(test)]
mod tests;
