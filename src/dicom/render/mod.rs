//! Drawing a frame as a picture of 8 bits (PS3.18 8.7): grey through modality and VOI transforms, colour as it is, graphic
//! overlays on top.

mod grey;
mod overlay;
mod palette;
mod table;

use dicom_core::Tag;

use super::{
    dataset::{Dataset, Value},
    frames::FrameTable,
    part10::{Limits, OpenedFile},
    pixel::{self, Codec, Frame, Photometric, PixelError, PixelFormat},
    transcode::{self, TranscodeError},
};

/// A picture: red, green and blue of each pixel, row by row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Pixels across.
    pub columns: u32,
    /// Pixels down.
    pub rows: u32,
    /// Three bytes a pixel.
    pub rgb: Vec<u8>,
}

/// Draws a frame of a file; frames count from 1.
pub fn render(file: &[u8], limits: Limits, number: u32) -> Result<Picture, TranscodeError> {
    let opened = OpenedFile::read(file, limits)?;
    let source = Source {
        codec: transcode::codec(&opened)?,
        format: PixelFormat::of(&opened.part10.dataset)?,
        table: FrameTable::of(&opened.part10).ok_or(TranscodeError::PixelData)?,
        opened,
    };
    let frame = source.frame(number)?;
    let (rows, columns) = (frame.format.rows, frame.format.columns);
    let overlays = overlay::bits(&source.opened, &frame, number);
    let mut rgb = match frame.format.photometric {
        Photometric::Monochrome1 | Photometric::Monochrome2 if frame.format.samples == 1 => {
            grey::draw(&source, &frame)?
        }
        Photometric::PaletteColor if frame.format.samples == 1 => palette::draw(&source.opened, &frame)?,
        _ => colour(frame)?,
    };
    for (pixel, is_set) in rgb.as_chunks_mut().0.iter_mut().zip(overlays) {
        let [red, _, blue]: &mut [u8; 3] = pixel;
        if is_set {
            (*red, *blue) = (255, 255);
        }
    }
    let size = |size: usize| u32::try_from(size).unwrap_or(u32::MAX);
    Ok(Picture { columns: size(columns), rows: size(rows), rgb })
}

/// A file and how its frames are found and decoded.
struct Source<'a> {
    opened: OpenedFile<'a>,
    codec: Codec,
    format: PixelFormat,
    table: FrameTable,
}

impl Source<'_> {
    /// A frame, decoded; samples of one bit become bytes.
    fn frame(&self, number: u32) -> Result<Frame, TranscodeError> {
        let frame = transcode::decode(&self.opened, self.codec, &self.format, &self.table, number)?;
        if frame.format.bits_allocated != 1 {
            return Ok(frame);
        }
        if frame.format.samples != 1 {
            return Err(PixelError::Unsupported("colours of one bit").into());
        }
        let format = PixelFormat { bits_allocated: 8, ..frame.format };
        let bits = frame.bytes.iter().flat_map(|byte| (0..8).map(move |bit| byte >> bit & 1));
        Ok(Frame { format, bytes: bits.take(format.pixels()).collect() })
    }
}

/// Red, green and blue as they are; of more than 8 bits, the highest.
fn colour(frame: Frame) -> Result<Vec<u8>, PixelError> {
    let rgb = pixel::to_rgb(frame)?;
    if rgb.format.bits_allocated == 8 {
        return Ok(rgb.bytes);
    }
    let shift = u32::from(rgb.format.bits_stored.saturating_sub(8));
    let size = rgb.format.sample_bytes();
    let value = |cell: &[u8]| cell.iter().rev().fold(0_u32, |value, byte| value << 8 | u32::from(*byte));
    Ok(rgb.bytes.chunks_exact(size).map(|cell| (value(cell) >> shift) as u8).collect())
}

/// The bytes of a value, wherever they are, words in little endian.
fn value_bytes(opened: &OpenedFile<'_>, dataset: &Dataset, tag: Tag) -> Option<Vec<u8>> {
    let element = dataset.element(tag)?;
    match &element.value {
        Value::Bytes(bytes) => Some(bytes.to_vec()),
        Value::Items(_) => None,
        Value::Bulk(extent) => {
            let mut bytes = opened.slice(*extent).to_vec();
            if opened.part10.transfer_syntax == transcode::EXPLICIT_BIG_ENDIAN {
                bytes.chunks_exact_mut(super::vr::word_size(element.vr)).for_each(<[u8]>::reverse);
            }
            Some(bytes)
        }
    }
}

/// The words of a value.
fn value_words(opened: &OpenedFile<'_>, dataset: &Dataset, tag: Tag) -> Option<Vec<u16>> {
    let bytes = value_bytes(opened, dataset, tag)?;
    Some(bytes.as_chunks().0.iter().map(|word| u16::from_le_bytes(*word)).collect())
}

/// The first value of an attribute as a number.
fn number(dataset: &Dataset, tag: Tag) -> Option<f64> {
    let text = dataset.first_text(tag)?;
    text.trim().parse().ok().filter(|number: &f64| number.is_finite())
}
