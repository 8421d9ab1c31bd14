//! Where each frame of an image lies in the stored file, so that a frame is read without parsing the file again.

mod grouping;
mod native;

use std::{num::NonZeroU32, ops::Range};

use dicom_dictionary_std::tags;
use serde::{Deserialize, Serialize};

use self::grouping::Grouping;
use super::{
    dataset::Dataset,
    part10::{Part10, PixelData},
};

/// The item header before each fragment (PS3.5 A.4).
const ITEM_HEADER: u64 = 8;

/// Where each frame of an image lies in the stored file; in the inflated data set if the transfer syntax is a deflated
/// one. It is small as JSON: `{"native":{"offset":1000,"length":9,"count":3}}` or
/// `{"encapsulated":{"offset":1000,"fragments":[40,42],"frames":[2]}}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FrameTable(Layout);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Layout {
    /// Frames of equal length, one behind the other.
    Native {
        /// Where the first frame begins.
        offset: u64,
        /// Bytes of a frame.
        length: u64,
        /// Whole frames that are there.
        count: u32,
        /// Frames that are declared, and not or not wholly there.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        missing: Option<NonZeroU32>,
    },
    /// Fragments, one behind the other, with an item header before each.
    Encapsulated {
        /// Where the first fragment begins, behind its item header.
        offset: u64,
        /// Bytes of each fragment.
        fragments: Vec<u32>,
        #[serde(flatten)]
        grouping: Grouping,
    },
}

impl FrameTable {
    /// The table of an image; nothing if the instance has no Pixel Data, or lacks Rows, Columns or Bits Allocated.
    ///
    /// Number of Frames is believed only as far as there are bytes or fragments for it; what it says is noted.
    pub fn of(file: &Part10) -> Option<Self> {
        let pixel_data = file.pixel_data.as_ref()?;
        let length = native::frame_length(&file.dataset)?;
        let declared = declared_count(&file.dataset);
        Some(Self(match pixel_data {
            PixelData::Native(extent) => {
                let count = extent.length.checked_div(length).unwrap_or(0).min(declared.into());
                let count = u32::try_from(count).unwrap_or(declared);
                Layout::Native { offset: extent.offset, length, count, missing: NonZeroU32::new(declared - count) }
            }
            PixelData::Encapsulated { offset_table, fragments } => Layout::Encapsulated {
                offset: fragments.first().map_or(0, |fragment| fragment.offset),
                fragments: fragments.iter().map(|fragment| fragment.length).collect(),
                grouping: Grouping::of(&file.dataset, offset_table, fragments, declared),
            },
        }))
    }

    /// The table of a file whose pixel data begin elsewhere: what begins at an offset begins at `moved` of it there.
    pub fn moved(mut self, moved: impl Fn(u64) -> u64) -> Self {
        let (Layout::Native { offset, .. } | Layout::Encapsulated { offset, .. }) = &mut self.0;
        *offset = moved(*offset);
        self
    }

    /// Number of frames that are there.
    pub fn count(&self) -> u32 {
        match &self.0 {
            Layout::Native { count, .. } => *count,
            Layout::Encapsulated { fragments, grouping, .. } => grouping.count(fragments.len()),
        }
    }

    /// Number of frames that the image says it has.
    pub fn declared(&self) -> u32 {
        match &self.0 {
            Layout::Native { count, missing, .. } => count.saturating_add(missing.map_or(0, NonZeroU32::get)),
            Layout::Encapsulated { grouping, .. } => grouping.declared(),
        }
    }

    /// Where the first frame begins.
    pub fn start(&self) -> u64 {
        match &self.0 {
            Layout::Native { offset, .. } | Layout::Encapsulated { offset, .. } => *offset,
        }
    }

    /// The runs of bytes that make up a frame, in order; frames count from 1. Nothing if there is no such frame, or if
    /// nothing tells which fragments belong to it.
    pub fn ranges(&self, frame: u32) -> Option<Vec<Range<u64>>> {
        let index = frame.checked_sub(1).filter(|index| *index < self.count())?;
        match &self.0 {
            Layout::Native { offset, length, .. } => {
                let start = offset.checked_add(length.checked_mul(index.into())?)?;
                let range = start..start.checked_add(*length)?;
                Some(vec![range])
            }
            Layout::Encapsulated { offset, fragments, grouping } => {
                let Range { start, end } = grouping.fragments_of(index, fragments.len())?;
                let mut offset = *offset;
                let extents = fragments.iter().map(|length| {
                    let begin = offset;
                    let end = begin.saturating_add((*length).into());
                    offset = end.saturating_add(ITEM_HEADER);
                    begin..end
                });
                Some(extents.take(end).skip(start).collect())
            }
        }
    }
}

/// Number of Frames (0028,0008): 1 if it is absent, empty or no positive number.
pub(super) fn declared_count(dataset: &Dataset) -> u32 {
    let declared = dataset.integer(tags::NUMBER_OF_FRAMES).and_then(|count| u32::try_from(count).ok());
    declared.filter(|count| *count > 0).unwrap_or(1)
}

#[cfg(test)]
mod tests;
