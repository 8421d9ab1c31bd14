//! An image: what describes its frames, where their bytes lie, and how they are decoded one by one.

use std::ops::Range;

use bytes::Bytes;
use dicom_dictionary_std::tags;

use super::{
    dataset::Extent,
    frames::{FrameTable, declared_count},
    part10::{OpenedFile, PixelData, ScanError},
    pixel::{self, Codec, Frame, PixelError, PixelFormat},
};

/// Explicit VR Big Endian (PS3.5 A.3).
pub(super) const EXPLICIT_BIG_ENDIAN: &str = "1.2.840.10008.1.2.2";

/// Why nothing can be made of an image.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// The file cannot be read.
    #[error(transparent)]
    Scan(#[from] ScanError),
    /// Its pixels cannot be decoded or encoded.
    #[error(transparent)]
    Pixels(#[from] PixelError),
    /// Its transfer syntax has no codec.
    #[error("there is no codec for transfer syntax {0}")]
    Syntax(String),
    /// Its pixel data is not where or what its transfer syntax says.
    #[error("the pixel data is cut off or not as described")]
    PixelData,
    /// It decodes to more than a gigabyte, or to frames of several kinds.
    #[error("the decoded frames are too large or of several kinds")]
    TooLarge,
}

/// An image whose frames are decoded one by one.
#[derive(Debug)]
pub struct Image {
    opened: OpenedFile,
    codec: Codec,
    format: PixelFormat,
    table: FrameTable,
}

impl Image {
    /// The image of a file that was opened as a whole or around its pixel data.
    pub fn of(opened: OpenedFile) -> Result<Self, ImageError> {
        let table = FrameTable::of(&opened.part10).ok_or(ImageError::PixelData)?;
        Self::with_table(opened, table)
    }

    /// The image of a file that was opened by its head, and whose frames lie as the table says.
    pub fn with_table(opened: OpenedFile, table: FrameTable) -> Result<Self, ImageError> {
        let (codec, format) = (codec(&opened)?, PixelFormat::of(&opened.part10.dataset)?);
        Ok(Self { opened, codec, format, table })
    }

    /// The file.
    pub fn file(&self) -> &OpenedFile {
        &self.opened
    }

    /// What describes the frames as they are stored.
    pub fn format(&self) -> &PixelFormat {
        &self.format
    }

    /// Whether the frames are not compressed, and words in little endian.
    pub(super) fn codec(&self) -> Codec {
        self.codec
    }

    /// Number of frames; an error if there are fewer than are declared.
    pub fn count(&self) -> Result<u32, ImageError> {
        let declared = declared_count(&self.opened.part10.dataset);
        if self.table.count() == declared { Ok(declared) } else { Err(ImageError::PixelData) }
    }

    /// The runs of bytes to read for a frame; frames count from 1.
    pub fn ranges(&self, number: u32) -> Result<Vec<Range<u64>>, ImageError> {
        let ranges = self.table.ranges(number).ok_or(ImageError::PixelData)?;
        match (self.swapped_extent(), ranges.as_slice()) {
            (Some(extent), [frame]) => Ok(vec![self.whole_words(extent, frame)]),
            _ => Ok(ranges),
        }
    }

    /// The bytes of a frame, if the file was opened with them.
    pub fn held(&self, number: u32) -> Result<Bytes, ImageError> {
        let ranges = self.ranges(number)?;
        match ranges.as_slice() {
            [one] => Ok(self.opened.bytes(one.clone())),
            several => {
                let pieces: Vec<&[u8]> =
                    several.iter().map(|range| self.opened.range(range.start, range.end)).collect();
                Ok(pieces.concat().into())
            }
        }
    }

    /// Decodes a frame of which the bytes of [`Self::ranges`] were read.
    pub fn decode(&self, number: u32, stored: &[u8]) -> Result<Frame, ImageError> {
        let Some(extent) = self.swapped_extent() else {
            return Ok(pixel::decode_frame(self.codec, &self.format, stored)?);
        };
        let ranges = self.table.ranges(number).ok_or(ImageError::PixelData)?;
        let [frame] = ranges.as_slice() else { return Err(ImageError::PixelData) };
        let skipped = frame.start.saturating_sub(self.whole_words(extent, frame).start);
        let mut bytes = stored.to_vec();
        pixel::swap(&mut bytes, self.format.bits_allocated);
        let bytes = bytes.get(usize::try_from(skipped).unwrap_or(usize::MAX)..).unwrap_or_default();
        Ok(pixel::decode_frame(Codec::NativeLittle, &self.format, bytes)?)
    }

    /// The pixel data whose words must be turned.
    fn swapped_extent(&self) -> Option<Extent> {
        match (self.codec, &self.opened.part10.pixel_data) {
            (Codec::NativeBig, Some(PixelData::Native(extent))) => Some(*extent),
            _ => None,
        }
    }

    /// A frame of an odd number of bytes shares a word with its neighbour, so whole words are turned before the frame is
    /// cut out.
    fn whole_words(&self, extent: Extent, frame: &Range<u64>) -> Range<u64> {
        let word = u64::from(self.format.bits_allocated.div_ceil(8)).max(2);
        let from = frame.start.saturating_sub(extent.offset) / word * word;
        let until = frame.end.saturating_sub(extent.offset).next_multiple_of(word).min(extent.length);
        extent.offset + from..extent.offset + until
    }
}

/// The codec of a file, whose pixel data must be as it says.
fn codec(opened: &OpenedFile) -> Result<Codec, ImageError> {
    let syntax = &opened.part10.transfer_syntax;
    let codec = Codec::of(syntax).ok_or_else(|| ImageError::Syntax(syntax.clone()))?;
    // A value of VR OB has no words that could be swapped.
    let vr = opened.part10.dataset.element(tags::PIXEL_DATA).map(|element| element.vr);
    let codec = if codec == Codec::NativeBig && vr != Some(dicom_core::VR::OW) { Codec::NativeLittle } else { codec };
    let is_as_said = match &opened.part10.pixel_data {
        None => true,
        Some(PixelData::Native(_)) => !codec.is_encapsulated(),
        Some(PixelData::Encapsulated { .. }) => codec.is_encapsulated(),
    };
    if is_as_said { Ok(codec) } else { Err(ImageError::PixelData) }
}
