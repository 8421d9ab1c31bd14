//! Files and frames in another transfer syntax: explicit VR little endian or JPEG 2000 without loss.
//!
//! The data set is written anew from its elements, so that only what the new transfer syntax asks for changes. It comes
//! in two pieces, between which its frames are put: they are made one by one, and need not be in memory together.

mod changes;
mod overlays;
mod writer;

use std::ops::Range;

use dicom_core::VR;
use dicom_dictionary_std::tags;

use self::{
    changes::Changes,
    overlays::MovedOverlays,
    writer::{PixelLayout, Writer},
};
use super::{
    image::{Image, ImageError},
    part10::{OpenedFile, PixelData},
    pixel::{self, Codec, Frame, Photometric, PixelError, PixelFormat},
};

/// Most bytes that the frames of a file may decode to.
pub const MAX_DECODED_BYTES: u64 = 1 << 30;

/// What is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// Explicit VR Little Endian (PS3.5 A.2).
    ExplicitLittle,
    /// JPEG 2000 Image Compression (Lossless Only) (PS3.5 A.4.4).
    Jpeg2000,
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

/// What stands before and behind the pixels of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Around {
    /// Everything up to the first frame, or to the item that holds it.
    pub before: Vec<u8>,
    /// Everything behind the last frame.
    pub after: Vec<u8>,
}

/// A file without pixels in the target's transfer syntax.
pub fn without_pixels(opened: &OpenedFile, target: Target) -> Vec<u8> {
    let Around { mut before, after } = Writer::new(opened, target.uid()).write(&Changes::default(), None);
    before.extend(after);
    before
}

/// The pixel data of a native image that is to become explicit VR little endian, where its bytes stay as they are, and
/// what stands around it. Nothing if its frames must be made.
pub fn kept_pixels(image: &Image, target: Target) -> Result<Option<(Range<u64>, Around)>, ImageError> {
    let opened = image.file();
    let Some(PixelData::Native(extent)) = opened.part10.pixel_data else { return Ok(None) };
    if (target, image.codec()) != (Target::ExplicitLittle, Codec::NativeLittle) {
        return Ok(None);
    }
    let (format, count) = (image.format(), image.count()?);
    if format.byte_length() as u64 * u64::from(count) > extent.length {
        return Err(ImageError::PixelData);
    }
    let layout = PixelLayout::Native { vr: native_vr(format), length: extent.length };
    let changes = Changes::of(format, format, count);
    let around = Writer::new(opened, target.uid()).write(&changes, Some(&layout));
    Ok(Some((extent.offset..extent.offset + extent.length, around)))
}

/// A bare frame in the target's transfer syntax: native, or a codestream. `stored` are the bytes of the frame's
/// [`Image::ranges`].
pub fn transcode_frame(image: &Image, target: Target, number: u32, stored: &[u8]) -> Result<Vec<u8>, ImageError> {
    Ok(encode(image.decode(number, stored)?, target)?.1)
}

/// A file that is being transcoded, frame by frame.
#[derive(Debug)]
pub struct Transcoding {
    target: Target,
    /// How the frames are described that were made.
    format: Option<PixelFormat>,
    /// Bytes of each of them, as they stand in the file.
    lengths: Vec<u64>,
    overlays: MovedOverlays,
    decoded: u64,
}

impl Transcoding {
    /// Begins.
    pub fn to(target: Target, image: &Image) -> Self {
        let overlays = MovedOverlays::of(&image.file().part10.dataset, image.format());
        Self { target, format: None, lengths: Vec::new(), overlays, decoded: 0 }
    }

    /// Makes the next frame: its bytes as they stand in the file, with the item that they lie in. `stored` are the bytes
    /// of its [`Image::ranges`].
    pub fn next(&mut self, image: &Image, stored: &[u8]) -> Result<Vec<u8>, ImageError> {
        let number = u32::try_from(self.lengths.len()).unwrap_or(u32::MAX).saturating_add(1);
        let frame = image.decode(number, stored)?;
        self.decoded += frame.bytes.len() as u64;
        self.overlays.add(&frame);
        let (format, bytes) = encode(frame, self.target)?;
        if self.decoded > MAX_DECODED_BYTES || *self.format.get_or_insert(format) != format {
            return Err(ImageError::TooLarge);
        }
        let bytes = match self.target {
            Target::ExplicitLittle => bytes,
            Target::Jpeg2000 => writer::item(bytes),
        };
        self.lengths.push(bytes.len() as u64);
        Ok(bytes)
    }

    /// What stands around the frames, now that all are made.
    pub fn finish(self, image: &Image) -> Around {
        let format = self.format.unwrap_or(*image.format());
        let count = u32::try_from(self.lengths.len()).unwrap_or(u32::MAX);
        let mut changes = Changes::of(image.format(), &format, count);
        self.overlays.tell(&mut changes, count);
        let layout = match self.target {
            Target::ExplicitLittle => PixelLayout::Native { vr: native_vr(&format), length: self.lengths.iter().sum() },
            Target::Jpeg2000 => PixelLayout::Encapsulated(self.lengths),
        };
        Writer::new(image.file(), self.target.uid()).write(&changes, Some(&layout))
    }
}

/// The bytes of a frame in the target's transfer syntax, and what describes them.
fn encode(frame: Frame, target: Target) -> Result<(PixelFormat, Vec<u8>), PixelError> {
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
