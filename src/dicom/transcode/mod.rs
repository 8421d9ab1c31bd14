//! Files and frames in another transfer syntax: explicit VR little endian or JPEG 2000 without loss.
//!
//! Everything is decoded before anything is answered. The data set is written anew from its elements, so that only what
//! the new transfer syntax asks for changes.

mod changes;
mod writer;

use std::{collections::HashMap, ops::Range};

use dicom_core::VR;
use dicom_dictionary_std::tags;

use self::{
    changes::Changes,
    writer::{PixelElement, Writer},
};
use super::{
    dataset::Extent,
    frames::{FrameTable, declared_count},
    part10::{Limits, OpenedFile, PixelData, ScanError},
    pixel::{self, Codec, Frame, Photometric, PixelError, PixelFormat},
};

/// Explicit VR Big Endian (PS3.5 A.3).
pub(super) const EXPLICIT_BIG_ENDIAN: &str = "1.2.840.10008.1.2.2";
/// Most bytes that the frames of a file may decode to.
const MAX_DECODED_BYTES: u64 = 1 << 30;

/// What is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// Explicit VR Little Endian (PS3.5 A.2).
    ExplicitLittle,
    /// JPEG 2000 Image Compression (Lossless Only) (PS3.5 A.4.4).
    Jpeg2000,
}

/// Why nothing could be made.
#[derive(Debug, thiserror::Error)]
pub enum TranscodeError {
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
    /// It decodes to more than a gigabyte.
    #[error("the decoded frames are too large")]
    TooLarge,
}

impl Target {
    /// The UID of the transfer syntax.
    pub fn uid(self) -> &'static str {
        match self {
            Self::ExplicitLittle => "1.2.840.10008.1.2.1",
            Self::Jpeg2000 => "1.2.840.10008.1.2.4.90",
        }
    }

    /// The target with this UID.
    pub fn of(uid: &str) -> Option<Self> {
        [Self::ExplicitLittle, Self::Jpeg2000].into_iter().find(|target| target.uid() == uid)
    }
}

/// A whole file in the target's transfer syntax.
pub fn transcode(file: &[u8], limits: Limits, target: Target) -> Result<Vec<u8>, TranscodeError> {
    let opened = OpenedFile::read(file, limits)?;
    let codec = codec(&opened)?;
    let writer = Writer::new(&opened, target.uid());
    let Some(pixel_data) = &opened.part10.pixel_data else {
        return Ok(writer.write(&Changes::default(), None));
    };
    match (pixel_data, target) {
        (PixelData::Native(extent), Target::ExplicitLittle) => {
            let format = PixelFormat::of(&opened.part10.dataset)?;
            let count = declared_count(&opened.part10.dataset);
            let whole = opened.slice(*extent);
            if format.byte_length() as u64 * u64::from(count) > whole.len() as u64 {
                return Err(TranscodeError::PixelData);
            }
            let mut bytes = whole.to_vec();
            if codec == Codec::NativeBig {
                pixel::swap(&mut bytes, format.bits_allocated);
            }
            let element = PixelElement::Native(native_vr(&format), vec![bytes]);
            Ok(writer.write(&Changes::of(&format, &format, count), Some(&element)))
        }
        _ => {
            let table = FrameTable::of(&opened.part10).ok_or(TranscodeError::PixelData)?;
            let count = declared_count(&opened.part10.dataset);
            if table.count() != count {
                return Err(TranscodeError::PixelData);
            }
            let before = PixelFormat::of(&opened.part10.dataset)?;
            let mut made = Vec::new();
            let mut after = None;
            let mut total = 0_u64;
            for number in 1..=count {
                let frame = decode(&opened, codec, &before, &table, number)?;
                total += frame.bytes.len() as u64;
                let (format, bytes) = finish(frame, target)?;
                if total > MAX_DECODED_BYTES || *after.get_or_insert(format) != format {
                    return Err(TranscodeError::TooLarge);
                }
                made.push(bytes);
            }
            let after = after.unwrap_or(before);
            let element = match target {
                Target::ExplicitLittle => PixelElement::Native(native_vr(&after), made),
                Target::Jpeg2000 => PixelElement::Encapsulated(made),
            };
            Ok(writer.write(&Changes::of(&before, &after, count), Some(&element)))
        }
    }
}

/// Frames in the target's transfer syntax, in the order of their numbers, which count from 1: bare native frames, or bare
/// codestreams.
pub fn transcode_frames(
    file: &[u8],
    limits: Limits,
    target: Target,
    numbers: &[u32],
) -> Result<Vec<bytes::Bytes>, TranscodeError> {
    let opened = OpenedFile::read(file, limits)?;
    let codec = codec(&opened)?;
    let format = PixelFormat::of(&opened.part10.dataset)?;
    let table = FrameTable::of(&opened.part10).ok_or(TranscodeError::PixelData)?;
    let mut made: HashMap<u32, bytes::Bytes> = HashMap::new();
    let mut total = 0_u64;
    for number in numbers {
        if made.contains_key(number) {
            continue;
        }
        let frame = decode(&opened, codec, &format, &table, *number)?;
        total += frame.bytes.len() as u64;
        if total > MAX_DECODED_BYTES {
            return Err(TranscodeError::TooLarge);
        }
        made.insert(*number, finish(frame, target)?.1.into());
    }
    Ok(numbers.iter().map(|number| made.get(number).cloned().unwrap_or_default()).collect())
}

/// A decoded frame of a file; frames count from 1.
pub(super) fn decode(
    opened: &OpenedFile<'_>,
    codec: Codec,
    format: &PixelFormat,
    table: &FrameTable,
    number: u32,
) -> Result<Frame, TranscodeError> {
    let ranges = table.ranges(number).ok_or(TranscodeError::PixelData)?;
    if let (Codec::NativeBig, Some(PixelData::Native(extent)), [range]) =
        (codec, &opened.part10.pixel_data, ranges.as_slice())
    {
        let bytes = little_endian(opened, format, *extent, range);
        return Ok(pixel::decode_frame(Codec::NativeLittle, format, &bytes)?);
    }
    let pieces: Vec<&[u8]> = ranges.iter().map(|range| opened.range(range.start, range.end)).collect();
    Ok(match pieces.as_slice() {
        [one] => pixel::decode_frame(codec, format, one)?,
        several => pixel::decode_frame(codec, format, &several.concat())?,
    })
}

/// The bytes of a frame, in little endian. A frame of an odd number of bytes shares a word with its neighbour, so whole
/// words are turned before the frame is cut out.
fn little_endian(opened: &OpenedFile<'_>, format: &PixelFormat, extent: Extent, frame: &Range<u64>) -> Vec<u8> {
    let word = u64::from(format.bits_allocated.div_ceil(8)).max(2);
    let from = frame.start.saturating_sub(extent.offset);
    let until = frame.end.saturating_sub(extent.offset);
    let (first, last) = (from / word * word, until.next_multiple_of(word).min(extent.length));
    let mut bytes = opened.range(extent.offset + first, extent.offset + last).to_vec();
    pixel::swap(&mut bytes, format.bits_allocated);
    let start = usize::try_from(from - first).unwrap_or(usize::MAX);
    let length = usize::try_from(until - from).unwrap_or(usize::MAX);
    bytes.into_iter().skip(start).take(length).collect()
}

/// The codec of a file, whose pixel data must be as it says.
pub(super) fn codec(opened: &OpenedFile<'_>) -> Result<Codec, TranscodeError> {
    let syntax = &opened.part10.transfer_syntax;
    let codec = Codec::of(syntax).ok_or_else(|| TranscodeError::Syntax(syntax.clone()))?;
    // A value of VR OB has no words that could be swapped.
    let vr = opened.part10.dataset.element(tags::PIXEL_DATA).map(|element| element.vr);
    let codec = if codec == Codec::NativeBig && vr != Some(VR::OW) { Codec::NativeLittle } else { codec };
    let is_as_said = match &opened.part10.pixel_data {
        None => true,
        Some(PixelData::Native(_)) => !codec.is_encapsulated(),
        Some(PixelData::Encapsulated { .. }) => codec.is_encapsulated(),
    };
    if is_as_said { Ok(codec) } else { Err(TranscodeError::PixelData) }
}

/// The bytes of a frame in the target's transfer syntax, and what describes them.
fn finish(frame: Frame, target: Target) -> Result<(PixelFormat, Vec<u8>), PixelError> {
    match target {
        Target::ExplicitLittle => Ok((frame.format, frame.bytes)),
        Target::Jpeg2000 => {
            let is_subsampled_video =
                matches!(frame.format.photometric, Photometric::YbrPartial422 | Photometric::YbrPartial420);
            if is_subsampled_video {
                return Err(PixelError::Unsupported("JPEG 2000 of partial YBR"));
            }
            let frame = if frame.format.samples == 1 { frame } else { pixel::to_rgb(frame)? };
            let codestream = pixel::encode(&frame)?;
            let photometric = match frame.format.photometric {
                Photometric::Rgb => Photometric::YbrRct,
                other => other,
            };
            Ok((PixelFormat { photometric, ..frame.format }, codestream))
        }
    }
}

/// OB or OW (PS3.5 A.2).
fn native_vr(format: &PixelFormat) -> VR {
    if format.bits_allocated > 8 { VR::OW } else { VR::OB }
}

/// The attributes that hold or locate pixels: they are written anew.
fn is_pixel_element(tag: dicom_core::Tag) -> bool {
    matches!(tag, tags::PIXEL_DATA | tags::EXTENDED_OFFSET_TABLE | tags::EXTENDED_OFFSET_TABLE_LENGTHS)
}
