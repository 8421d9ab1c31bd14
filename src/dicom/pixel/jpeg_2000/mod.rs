//! JPEG 2000 (ISO 15444-1) and its high-throughput form (15444-15).

mod encode;
#[allow(unsafe_code, reason = "the codec writes through C callbacks; it has no other way to memory")]
mod stream;

pub use self::encode::encode;
use super::{
    Arrangement, Frame, Photometric, PixelError, PixelFormat,
    library::{self, Compression, Shape},
};

/// SOC and SIZ, with which a codestream begins (ISO 15444-1 A.4 and A.5); a file format may be around it.
const START: [u8; 4] = [0xFF, 0x4F, 0xFF, 0x51];

fn damaged(reason: impl ToString) -> PixelError {
    PixelError::damaged("JPEG 2000", reason)
}

/// Decodes a frame. Components that a codestream transformed come out as red, green and blue.
pub(super) fn decode(format: &PixelFormat, stored: &[u8]) -> Result<Frame, PixelError> {
    let start = memchr::memmem::find(stored, &START).ok_or_else(|| damaged("there is no codestream"))?;
    let codestream = stored.get(start..).unwrap_or_default();
    let header = ImageHeader::read(codestream)?;
    if header.size != (format.rows, format.columns) || header.components.len() != format.samples {
        return Err(damaged("it is an image of another size"));
    }
    let format = decoded_format(format);
    match Shape::of(&format).filter(|_| header.is_full()) {
        Some(shape) => {
            let bytes = library::decode(Compression::Jpeg2000, &shape, codestream)?;
            Ok(Frame::from_interleaved(format, extended(&format, &header, bytes)))
        }
        None => decode_components(&format, &header, codestream),
    }
}

/// How the image is described once it is decoded.
fn decoded_format(format: &PixelFormat) -> PixelFormat {
    let (photometric, arrangement) = match format.photometric {
        Photometric::YbrRct | Photometric::YbrIct => (Photometric::Rgb, Arrangement::Interleaved),
        Photometric::YbrFull422 | Photometric::YbrPartial422 => (Photometric::YbrFull, Arrangement::Planar),
        other => (other, format.arrangement),
    };
    PixelFormat { photometric, arrangement, ..*format }
}

/// What SIZ (ISO 15444-1 A.5.1) says of an image.
struct ImageHeader {
    size: (usize, usize),
    components: Vec<Component>,
}

struct Component {
    is_signed: bool,
    across: usize,
    down: usize,
}

impl ImageHeader {
    fn read(codestream: &[u8]) -> Result<Self, PixelError> {
        let word = |at: usize| codestream.get(at..).and_then(<[u8]>::first_chunk).map(|word| u32::from_be_bytes(*word));
        // Xsiz and Ysiz, less XOsiz and YOsiz.
        let size = |end: usize, start: usize| Some(word(end)?.saturating_sub(word(start)?) as usize);
        let count = codestream.get(40..).and_then(<[u8]>::first_chunk).map(|word| u16::from_be_bytes(*word));
        let (Some(rows), Some(columns), Some(count)) = (size(12, 20), size(8, 16), count) else {
            return Err(damaged("the header is cut off"));
        };
        let described = codestream.get(42..).unwrap_or_default().as_chunks().0.iter().take(count.into());
        let components = described.map(|[precision, across, down]| Component {
            is_signed: precision & 0x80 != 0,
            across: usize::from(*across).max(1),
            down: usize::from(*down).max(1),
        });
        Ok(Self { size: (rows, columns), components: components.collect() })
    }

    /// Whether each component has a sample for every pixel.
    fn is_full(&self) -> bool {
        self.components.iter().all(|component| (component.across, component.down) == (1, 1))
    }
}

/// Samples that are sign-extended where the image is signed. What the image calls signed the codestream need not: its
/// bits are right all the same.
fn extended(format: &PixelFormat, header: &ImageHeader, mut bytes: Vec<u8>) -> Vec<u8> {
    let size = format.sample_bytes();
    for (index, component) in header.components.iter().enumerate() {
        if !format.is_signed || component.is_signed {
            continue;
        }
        for cell in bytes.chunks_exact_mut(size).skip(index).step_by(format.samples) {
            let stored = cell.iter().rev().fold(0_u32, |value, byte| value << 8 | u32::from(*byte));
            cell.iter_mut().zip(format.extend(stored).to_le_bytes()).for_each(|(to, from)| *to = from);
        }
    }
    bytes
}

/// Decodes what the library does not: more than 16 bits, and components that have one sample for several pixels.
fn decode_components(format: &PixelFormat, header: &ImageHeader, codestream: &[u8]) -> Result<Frame, PixelError> {
    let image = jpeg2k::Image::from_bytes(codestream).map_err(damaged)?;
    let components = image.components().iter().zip(&header.components);
    let planes: Vec<Vec<i32>> = components
        .map(|pair| plane(format, pair))
        .collect::<Option<_>>()
        .ok_or_else(|| damaged("a component is too small"))?;
    if planes.len() != format.samples {
        return Err(damaged("it has another number of components than the image"));
    }
    Ok(Frame::from_planes(*format, &planes))
}

/// The values of a component for every pixel.
fn plane(format: &PixelFormat, (decoded, described): (&jpeg2k::ImageComponent, &Component)) -> Option<Vec<i32>> {
    let value = |value: i32| match format.is_signed && !decoded.is_signed() {
        true => format.extend(value as u32),
        false => value,
    };
    let width = usize::try_from(decoded.width()).ok().filter(|width| *width > 0)?;
    let mut plane = Vec::with_capacity(format.pixels());
    for row in 0..format.rows {
        let line = decoded.data().chunks_exact(width).nth(row / described.down)?;
        for column in 0..format.columns {
            plane.push(value(*line.get(column / described.across)?));
        }
    }
    Some(plane)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]

        #[test]
        fn what_is_encoded_decodes_to_the_same(
            rows in 1_usize..40, columns in 1_usize..40, bits in 1_u16..=16, is_signed in any::<bool>(),
            is_colour in any::<bool>(), is_planar in any::<bool>(), seed in any::<u64>(),
        ) {
            let format = PixelFormat {
                rows,
                columns,
                samples: if is_colour { 3 } else { 1 },
                bits_allocated: if bits > 8 { 16 } else { 8 },
                bits_stored: bits,
                high_bit: bits - 1,
                is_signed: is_signed && !is_colour,
                photometric: if is_colour { Photometric::Rgb } else { Photometric::Monochrome2 },
                arrangement: if is_colour && is_planar { Arrangement::Planar } else { Arrangement::Interleaved },
            };
            let mut state = seed | 1;
            let mut next = || {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                format.extend((state >> 33) as u32)
            };
            let planes: Vec<Vec<i32>> =
                (0..format.samples).map(|_| (0..format.pixels()).map(|_| next()).collect()).collect();
            let frame = Frame::from_planes(format, &planes);
            if is_colour && bits == 1 {
                prop_assert!(matches!(encode(&frame), Err(PixelError::Unsupported(_))));
                return Ok(());
            }
            let codestream = encode(&frame).unwrap();
            prop_assert!(codestream.starts_with(&START));
            prop_assert_eq!(decode(&format, &codestream).unwrap(), frame);
            let cut = codestream.get(..codestream.len() / 2).unwrap();
            let _ = decode(&format, cut);
        }
    }

    fn format(bits: u16, is_signed: bool) -> PixelFormat {
        PixelFormat {
            rows: 4,
            columns: 4,
            samples: 1,
            bits_allocated: if bits > 8 { 16 } else { 8 },
            bits_stored: bits,
            high_bit: bits - 1,
            is_signed,
            photometric: Photometric::Monochrome2,
            arrangement: Arrangement::Interleaved,
        }
    }

    #[test]
    fn what_only_the_image_calls_signed_is_sign_extended() {
        let unsigned = format(12, false);
        let values: Vec<i32> = (0..16).map(|index| index * 273).collect();
        let codestream = encode(&Frame::from_planes(unsigned, &[values])).unwrap();
        let decoded = decode(&format(12, true), &codestream).unwrap();
        let expected: Vec<i32> = (0..16).map(|index| (index * 273) << 20 >> 20).collect();
        assert_eq!(decoded, Frame::from_planes(format(12, true), &[expected]));
    }

    #[test]
    fn more_than_16_bits_are_decoded_beside_the_library() {
        let narrow = format(16, true);
        let values: Vec<i32> = (0..16).map(|index| index * 1000 - 8000).collect();
        let codestream = encode(&Frame::from_planes(narrow, std::slice::from_ref(&values))).unwrap();
        let wide = PixelFormat { bits_allocated: 32, bits_stored: 32, high_bit: 31, ..narrow };
        assert!(Shape::of(&wide).is_none());
        assert_eq!(decode(&wide, &codestream).unwrap(), Frame::from_planes(wide, &[values]));
    }

    #[test]
    fn an_image_of_another_size_is_not_decoded() {
        let format = format(8, false);
        let codestream = encode(&Frame { format, bytes: vec![1; 16] }).unwrap();
        assert!(decode(&PixelFormat { rows: 5, ..format }, &codestream).is_err());
        assert!(decode(&PixelFormat { samples: 3, ..format }, &codestream).is_err());
        assert!(decode(&format, b"").is_err());
    }
}
