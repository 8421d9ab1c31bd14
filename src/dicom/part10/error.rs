//! Why a file cannot be read.

use dicom_core::{Tag, VR};

/// What is wrong with a file, and where. Offsets count from the start of the file; inside a deflated data set, from the
/// start of what it inflates to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ScanError {
    /// The file ends before the mark of the format.
    #[error("the file has {length} bytes, but preamble and 'DICM' take 132")]
    TooShort {
        /// Size of the file.
        length: u64,
    },
    /// The mark of the format is missing (PS3.10 7.1).
    #[error("there is no 'DICM' at offset 128")]
    NotPart10,
    /// What file meta information names as the transfer syntax is no UID.
    #[error("the transfer syntax that ends at offset {end} is no UID")]
    NoTransferSyntax {
        /// Where its value ends.
        end: u64,
    },
    /// The file ends inside an element, an item or a sequence.
    #[error("the file ends at offset {offset}, inside {tag}")]
    Truncated {
        /// Where it ends.
        offset: u64,
        /// The last element, item or delimiter that began.
        tag: Tag,
    },
    /// Two bytes that should name a value representation do not.
    #[error("{tag} at offset {offset} has no valid value representation: {:02X} {:02X}", code[0], code[1])]
    InvalidVr {
        /// Where the element begins.
        offset: u64,
        /// Its tag.
        tag: Tag,
        /// What stands in place of the value representation.
        code: [u8; 2],
    },
    /// A length of FFFFFFFF where PS3.5 7.1.1 allows none.
    #[error("{tag} at offset {offset} has undefined length, which {vr} may not have")]
    UndefinedLength {
        /// Where the element begins.
        offset: u64,
        /// Its tag.
        tag: Tag,
        /// Its value representation.
        vr: VR,
    },
    /// An element or item is longer than the item or sequence around it.
    #[error("{tag} at offset {offset} is longer than what contains it")]
    Overrun {
        /// Where the element begins.
        offset: u64,
        /// Its tag.
        tag: Tag,
    },
    /// An item that belongs to no sequence.
    #[error("there is an item outside a sequence at offset {offset}")]
    ItemOutsideSequence {
        /// Where the item begins.
        offset: u64,
    },
    /// Something else than an item in a sequence.
    #[error("{tag} at offset {offset} stands where an item of a sequence is due")]
    ExpectedItem {
        /// Where the element begins.
        offset: u64,
        /// Its tag.
        tag: Tag,
    },
    /// A delimiter without anything that it could end.
    #[error("the delimiter {tag} at offset {offset} ends nothing")]
    UnexpectedDelimiter {
        /// Where the delimiter begins.
        offset: u64,
        /// Its tag.
        tag: Tag,
    },
    /// Bytes that are neither an element nor padding at the end of the file.
    #[error("the bytes at offset {offset} are no element")]
    NoElement {
        /// Where they begin.
        offset: u64,
    },
    /// Sequences inside sequences, deeper than [`MAX_DEPTH`](super::MAX_DEPTH).
    #[error("sequences are nested too deeply at offset {offset}")]
    TooDeep {
        /// Where the first element of too deep a level begins.
        offset: u64,
    },
    /// More elements, items and fragments than [`Limits::elements`](super::Limits::elements).
    #[error("there are too many elements at offset {offset}")]
    TooManyElements {
        /// Where the first element too many begins.
        offset: u64,
    },
    /// Larger values than [`Limits::kept_bytes`](super::Limits::kept_bytes).
    #[error("the values are too large at offset {offset}")]
    ValuesTooLarge {
        /// Where the element that exceeds the limit begins.
        offset: u64,
    },
    /// The deflated data set is damaged or cut off.
    #[error("the deflated data set is damaged or cut off where it has inflated to {offset} bytes")]
    Inflate {
        /// Bytes that it inflated to before the damage.
        offset: u64,
    },
    /// The deflated data set inflates to more than [`Limits::inflated_bytes`](super::Limits::inflated_bytes).
    #[error("the data set inflates to more than {limit} bytes")]
    InflatesTooLarge {
        /// The limit.
        limit: u64,
    },
}
