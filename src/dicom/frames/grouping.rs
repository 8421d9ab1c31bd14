//! Which fragments make up which frame (PS3.5 A.4, PS3.3 C.7.6.3.1.8).

use std::ops::Range;

use dicom_core::VR;
use dicom_dictionary_std::tags;
use serde::{Deserialize, Serialize};

use crate::dicom::{
    dataset::{Dataset, Element, Value},
    part10::Fragment,
};

/// The starts of JPEG (ISO 10918-1 B.1.1.3, SOI and another marker) and JPEG 2000 (ISO 15444-1 A.4, SOC and SIZ).
const CODESTREAM_STARTS: [&[u8]; 2] = [&[0xFF, 0xD8, 0xFF], &[0xFF, 0x4F, 0xFF, 0x51]];

/// How fragments make up frames.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Grouping {
    /// Number of fragments of each frame.
    Frames(Vec<u32>),
    /// So many frames of one fragment each.
    Single(u32),
    /// So many frames, and nothing tells them apart.
    Unknown(u32),
}

impl Grouping {
    /// The first of the rules that applies: one frame is all fragments; as many fragments as frames are one each (an
    /// empty one at the end does not count); the Extended Offset Table; the Basic Offset Table; fragments that begin a
    /// codestream begin a frame.
    pub(super) fn of(dataset: &Dataset, offset_table: &[u32], fragments: &[Fragment], declared: u32) -> Self {
        let total = u32::try_from(fragments.len()).unwrap_or(u32::MAX);
        let full = match fragments {
            [.., Fragment { length: 0, .. }] => total.saturating_sub(1),
            _ => total,
        };
        if total > 0 && declared == 1 {
            return Self::Frames(vec![total]);
        }
        if total == 0 || declared == total || declared == full {
            return Self::Single(declared);
        }
        let extended = extended_offsets(dataset);
        by_offsets(&extended, fragments, declared)
            .or_else(|| {
                by_offsets(&offset_table.iter().copied().map(u64::from).collect::<Vec<_>>(), fragments, declared)
            })
            .or_else(|| by_codestreams(fragments, declared))
            .map_or(Self::Unknown(declared), Self::Frames)
    }

    /// Number of frames for which there are fragments.
    pub(super) fn count(&self, fragments: usize) -> u32 {
        self.declared().min(u32::try_from(fragments).unwrap_or(u32::MAX))
    }

    /// Number of frames.
    pub(super) fn declared(&self) -> u32 {
        match self {
            Self::Frames(sizes) => u32::try_from(sizes.len()).unwrap_or(u32::MAX),
            Self::Single(count) | Self::Unknown(count) => *count,
        }
    }

    /// The indices of the fragments of a frame; frames count from 0 here.
    pub(super) fn fragments_of(&self, frame: u32, fragments: usize) -> Option<Range<usize>> {
        let frame = usize::try_from(frame).ok()?;
        let (start, size) = match self {
            Self::Single(_) => (frame, 1),
            Self::Unknown(_) => return None,
            Self::Frames(sizes) => {
                let before = sizes.get(..frame)?.iter().fold(0_usize, |sum, size| sum.saturating_add(as_index(*size)));
                (before, as_index(*sizes.get(frame)?))
            }
        };
        let end = start.checked_add(size).filter(|end| *end <= fragments)?;
        Some(start..end)
    }
}

fn as_index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// The Extended Offset Table (7FE0,0001); empty if there is none.
fn extended_offsets(dataset: &Dataset) -> Vec<u64> {
    match dataset.element(tags::EXTENDED_OFFSET_TABLE) {
        Some(Element { vr: VR::OV, value: Value::Bytes(bytes), .. }) => {
            let (entries, _incomplete) = bytes.as_chunks();
            entries.iter().map(|entry| u64::from_le_bytes(*entry)).collect()
        }
        _ => Vec::new(),
    }
}

/// Frame sizes by a table of the offsets of frames, which count from the item header of the first fragment. Nothing
/// unless there is one for each frame and all of them are starts of fragments.
fn by_offsets(offsets: &[u64], fragments: &[Fragment], declared: u32) -> Option<Vec<u32>> {
    if offsets.len() != as_index(declared) || offsets.first() != Some(&0) {
        return None;
    }
    let origin = fragments.first()?.offset;
    let index_of = |offset: &u64| {
        let start = origin.checked_add(*offset)?;
        fragments.binary_search_by_key(&start, |fragment| fragment.offset).ok()
    };
    let starts: Vec<usize> = offsets.iter().map(index_of).collect::<Option<_>>()?;
    sizes(&starts, fragments.len())
}

/// Frame sizes by the fragments that begin a codestream. Nothing unless there are as many as frames, the first included.
fn by_codestreams(fragments: &[Fragment], declared: u32) -> Option<Vec<u32>> {
    let begins = |fragment: &Fragment| CODESTREAM_STARTS.iter().any(|start| fragment.head.starts_with(start));
    let starts: Vec<usize> =
        fragments.iter().enumerate().filter(|(_, fragment)| begins(fragment)).map(|(index, _)| index).collect();
    if starts.len() != as_index(declared) || starts.first() != Some(&0) {
        return None;
    }
    sizes(&starts, fragments.len())
}

/// The distances between the starts of frames; nothing if the starts do not ascend.
fn sizes(starts: &[usize], total: usize) -> Option<Vec<u32>> {
    let ends = starts.iter().copied().skip(1).chain([total]);
    let size = |(start, end): (&usize, usize)| end.checked_sub(*start).filter(|size| *size > 0);
    starts.iter().zip(ends).map(|pair| size(pair).and_then(|size| u32::try_from(size).ok())).collect()
}
