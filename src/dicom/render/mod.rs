//! Drawing a frame as a picture of 8 bits (PS3.18 8.7): grey through modality and VOI transforms, colour as it is, graphic
//! overlays on top.

mod grey;
mod overlay;
mod palette;
mod table;

use dicom_core::Tag;

use super::{
    dataset::{Dataset, Value},
    image::{EXPLICIT_BIG_ENDIAN, Image, ImageError},
    part10::OpenedFile,
    pixel::{self, Frame, Photometric, PixelError, PixelFormat},
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

/// Whether another frame than the first is drawn by the range of the first, so that all look alike.
pub fn needs_first(image: &Image, number: u32) -> bool {
    number != 1 && is_grey(image.format()) && !grey::is_described(image.file())
}

/// Draws a frame; frames count from 1. `stored` are the bytes of its [`Image::ranges`], `first` those of the first frame,
/// where it [needs](needs_first) it.
pub fn render(image: &Image, number: u32, stored: &[u8], first: Option<&[u8]>) -> Result<Picture, ImageError> {
    let opened = image.file();
    let frame = unpacked(image.decode(number, stored)?)?;
    let (rows, columns) = (frame.format.rows, frame.format.columns);
    let overlays = overlay::bits(opened, &frame, number);
    let mut rgb = match frame.format.photometric {
        _ if is_grey(&frame.format) => {
            let first = first.map(|stored| Ok::<_, ImageError>(unpacked(image.decode(1, stored)?)?)).transpose()?;
            grey::draw(opened, &frame, first.as_ref().unwrap_or(&frame))
        }
        Photometric::PaletteColor if frame.format.samples == 1 => palette::draw(opened, &frame)?,
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

fn is_grey(format: &PixelFormat) -> bool {
    matches!(format.photometric, Photometric::Monochrome1 | Photometric::Monochrome2) && format.samples == 1
}

/// The frame with samples of one bit as bytes.
fn unpacked(frame: Frame) -> Result<Frame, PixelError> {
    if frame.format.bits_allocated != 1 {
        return Ok(frame);
    }
    if frame.format.samples != 1 {
        return Err(PixelError::Unsupported("colours of one bit"));
    }
    let format = PixelFormat { bits_allocated: 8, ..frame.format };
    let bits = frame.bytes.iter().flat_map(|byte| (0..8).map(move |bit| byte >> bit & 1));
    Ok(Frame { format, bytes: bits.take(format.pixels()).collect() })
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
fn value_bytes(opened: &OpenedFile, dataset: &Dataset, tag: Tag) -> Option<Vec<u8>> {
    let element = dataset.element(tag)?;
    match &element.value {
        Value::Bytes(bytes) => Some(bytes.to_vec()),
        Value::Items(_) => None,
        Value::Bulk(extent) => {
            let mut bytes = opened.slice(*extent).to_vec();
            if opened.part10.transfer_syntax == EXPLICIT_BIG_ENDIAN {
                bytes.chunks_exact_mut(super::vr::word_size(element.vr)).for_each(<[u8]>::reverse);
            }
            Some(bytes)
        }
    }
}

/// The words of a value.
fn value_words(opened: &OpenedFile, dataset: &Dataset, tag: Tag) -> Option<Vec<u16>> {
    let bytes = value_bytes(opened, dataset, tag)?;
    Some(bytes.as_chunks().0.iter().map(|word| u16::from_le_bytes(*word)).collect())
}

/// The first value of an attribute as a number.
fn number(dataset: &Dataset, tag: Tag) -> Option<f64> {
    let text = dataset.first_text(tag)?;
    text.trim().parse().ok().filter(|number: &f64| number.is_finite())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use dicom_core::VR;
    use dicom_dictionary_std::tags;
    use proptest::prelude::*;

    use super::*;
    use crate::dicom::{part10::Limits, testing::*};

    /// Text that may be a number.
    fn decimal() -> impl Strategy<Value = String> {
        prop_oneof![
            "[-+]?[0-9]{1,4}(\\.[0-9]{1,3})?",
            any::<f64>().prop_map(|number| format!("{number:e}")),
            prop_oneof![Just("NaN"), Just("inf"), Just(""), Just("1E308"), Just("0")].prop_map(str::to_owned),
        ]
    }

    fn photometric() -> impl Strategy<Value = &'static str> {
        prop_oneof![
            Just("MONOCHROME1"),
            Just("MONOCHROME2"),
            Just("PALETTE COLOR"),
            Just("RGB"),
            Just("YBR_FULL"),
            Just("YBR_FULL_422"),
            Just("YBR_PARTIAL_422"),
            Just("HSV"),
        ]
    }

    proptest! {
        #[test]
        fn any_description_gives_a_picture_of_the_right_size_or_an_error(
            (rows, columns, frames) in (0_u16..9, 0_u16..9, 1_u16..4),
            (allocated, stored, high) in (prop::sample::select(vec![1_u16, 8, 16, 24, 32]), 0_u16..34, 0_u16..34),
            (samples, planar, sign) in (prop::sample::select(vec![1_u16, 3, 4]), 0_u16..2, 0_u16..2),
            photometric in photometric(),
            (center, width, slope, intercept) in (decimal(), decimal(), decimal(), decimal()),
            function in prop::sample::select(vec!["LINEAR", "LINEAR_EXACT", "SIGMOID", "OTHER"]),
            table in prop::collection::vec(any::<u16>(), 0..12),
            (overlay_bit, overlay_origin) in (0_u16..20, any::<i16>()),
            pixels in prop::collection::vec(any::<u8>(), 0..1300),
        ) {
            let words = |words: &[u16]| -> Vec<u8> { words.iter().flat_map(|word| word.to_le_bytes()).collect() };
            let lookup = sequence(tags::VOILUT_SEQUENCE, &[item(&[
                element(tags::LUT_DESCRIPTOR, VR::US, &words(&[table.len() as u16, 0, 16])),
                element(tags::LUT_DATA, VR::OW, &words(&table)),
            ].concat())]);
            let palette = |descriptor, data| [
                element(descriptor, VR::US, &words(&[table.len() as u16, 3, 16])),
                element(data, VR::OW, &words(&table)),
            ].concat();
            let mut elements = vec![
                short(tags::SAMPLES_PER_PIXEL, samples),
                text(tags::PHOTOMETRIC_INTERPRETATION, VR::CS, photometric),
                short(tags::PLANAR_CONFIGURATION, planar),
                text(tags::NUMBER_OF_FRAMES, VR::IS, &frames.to_string()),
                short(tags::ROWS, rows),
                short(tags::COLUMNS, columns),
                short(tags::BITS_ALLOCATED, allocated),
                short(tags::BITS_STORED, stored),
                short(tags::HIGH_BIT, high),
                short(tags::PIXEL_REPRESENTATION, sign),
                text(tags::WINDOW_CENTER, VR::DS, &center),
                text(tags::WINDOW_WIDTH, VR::DS, &width),
                text(tags::RESCALE_INTERCEPT, VR::DS, &intercept),
                text(tags::RESCALE_SLOPE, VR::DS, &slope),
                text(tags::VOILUT_FUNCTION, VR::CS, function),
                palette(
                    tags::RED_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR,
                    tags::RED_PALETTE_COLOR_LOOKUP_TABLE_DATA,
                ),
                palette(
                    tags::GREEN_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR,
                    tags::GREEN_PALETTE_COLOR_LOOKUP_TABLE_DATA,
                ),
                palette(
                    tags::BLUE_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR,
                    tags::BLUE_PALETTE_COLOR_LOOKUP_TABLE_DATA,
                ),
                short(Tag(0x6000, 0x0010), rows),
                short(Tag(0x6000, 0x0011), columns),
                text(Tag(0x6000, 0x0040), VR::CS, "G"),
                element(Tag(0x6000, 0x0050), VR::SS, &words(&[overlay_origin as u16; 2])),
                short(Tag(0x6000, 0x0102), overlay_bit),
                element(tags::PIXEL_DATA, VR::OW, &pixels),
            ];
            if table.len() % 2 == 1 {
                elements.push(lookup);
            }
            let file = file(EXPLICIT, &elements.concat());
            let opened = OpenedFile::read(&file.into(), Limits::default()).unwrap();
            let Ok(image) = Image::of(opened) else { return Ok(()) };
            for number in 1..=u32::from(frames) {
                let Ok(frame) = image.held(number) else { continue };
                let first = needs_first(&image, number).then(|| image.held(1).unwrap());
                if let Ok(picture) = render(&image, number, &frame, first.as_deref()) {
                    prop_assert_eq!((picture.columns, picture.rows), (columns.into(), rows.into()));
                    prop_assert_eq!(picture.rgb.len(), usize::from(rows) * usize::from(columns) * 3);
                }
            }
        }
    }
}
