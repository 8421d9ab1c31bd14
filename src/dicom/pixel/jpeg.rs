//! JPEG (ISO 10918-1): baseline, extended of 12 bits, and lossless of up to 16 bits.

use jpeg_decoder::{ColorTransform, Decoder};
use libjpeg_turbo_rs::{DecodeLimits, precision::decompress_12bit_with_limits};

use super::{
    Arrangement, Frame, MAX_FRAME_BYTES, Photometric, PixelError, PixelFormat,
    library::{self, Compression, Shape},
    markers::Markers,
};

/// Decodes a frame. Three components become red, green and blue, unless the image says that they are: what the
/// codestream says of its colours does not count.
pub(super) fn decode(format: &PixelFormat, stored: &[u8]) -> Result<Frame, PixelError> {
    let header = FrameHeader::read(stored)?;
    if header.size != (format.rows, format.columns) || header.identifiers.len() != format.samples {
        return Err(damaged("it is an image of another size"));
    }
    if !matches!(format.samples, 1 | 3) {
        return Err(PixelError::Unsupported("JPEG of two or four components"));
    }
    let sample_bytes = usize::from(header.precision.div_ceil(8));
    let shape = Shape { size: header.size, samples: format.samples, sample_bytes };
    let bytes = match (header.is_lossless, header.precision) {
        (false, 12) => decode_twelve_bits(&header, stored)?,
        _ if header.is_understood_as(format) => library::decode(Compression::Jpeg, &shape, stored)?,
        _ => decode_as(format, stored)?,
    };
    Ok(described(format, sample_bytes, bytes))
}

fn damaged(reason: impl ToString) -> PixelError {
    PixelError::damaged("JPEG", reason)
}

/// What SOF (B.2.2) says of an image.
struct FrameHeader {
    size: (usize, usize),
    precision: u8,
    is_lossless: bool,
    /// The identifiers of its components.
    identifiers: Vec<u8>,
}

impl FrameHeader {
    fn read(stored: &[u8]) -> Result<Self, PixelError> {
        let mut markers = Markers { rest: stored };
        if !matches!(markers.next(), Some((0xD8, _))) {
            return Err(damaged("it does not begin with SOI"));
        }
        loop {
            let (marker, segment) = markers.next().ok_or_else(|| damaged("there is no frame"))?;
            // DHT, JPG and DAC lie among the codes of SOF.
            if !matches!(marker, 0xC0..=0xCF) || matches!(marker, 0xC4 | 0xC8 | 0xCC) {
                continue;
            }
            let &[precision, high_rows, low_rows, high_columns, low_columns, count, ref components @ ..] = segment
            else {
                return Err(damaged("the frame header is too short"));
            };
            let [rows, columns] =
                [[high_rows, low_rows], [high_columns, low_columns]].map(|pair| usize::from(u16::from_be_bytes(pair)));
            let components = components.chunks_exact(3).take(count.into());
            let identifiers = components.filter_map(<[u8]>::first).copied().collect();
            if !(2..=16).contains(&precision) {
                return Err(damaged("the frame header has an impossible precision"));
            }
            let is_lossless = matches!(marker, 0xC3 | 0xC7 | 0xCB | 0xCF);
            return Ok(Self { size: (rows, columns), precision, is_lossless, identifiers });
        }
    }

    /// Whether the library takes the components for the colours that they are. It goes by their identifiers before all
    /// else, and these often are those of luminance and chrominance where the colours are red, green and blue.
    fn is_understood_as(&self, format: &PixelFormat) -> bool {
        match self.identifiers.as_slice() {
            [_] => true,
            [1, 2, 3] => format.photometric != Photometric::Rgb,
            [b'R', b'G', b'B'] => format.photometric == Photometric::Rgb,
            _ => false,
        }
    }
}

/// Decodes three components of 8 bits as what the image says that they are.
fn decode_as(format: &PixelFormat, stored: &[u8]) -> Result<Vec<u8>, PixelError> {
    let mut decoder = Decoder::new(stored);
    decoder.set_max_decoding_buffer_size(usize::try_from(MAX_FRAME_BYTES).unwrap_or(usize::MAX));
    decoder.read_info().map_err(damaged)?;
    decoder.set_color_transform(match format.photometric {
        Photometric::Rgb => ColorTransform::RGB,
        _ => ColorTransform::YCbCr,
    });
    let bytes = decoder.decode().map_err(damaged)?;
    if bytes.len() == format.values() { Ok(bytes) } else { Err(damaged("it is cut off")) }
}

/// Decodes one component of 12 bits, which the library has no decoder for (process 4).
fn decode_twelve_bits(header: &FrameHeader, stored: &[u8]) -> Result<Vec<u8>, PixelError> {
    if header.identifiers.len() != 1 {
        return Err(PixelError::Unsupported("JPEG of colours of 12 bits"));
    }
    let (max_height, max_width) = header.size;
    let limits = DecodeLimits { max_width, max_height, max_scans: 1, ..DecodeLimits::default() };
    let image = decompress_12bit_with_limits(stored, &limits).map_err(damaged)?;
    if image.data.len() != max_width * max_height {
        return Err(damaged("it is an image of another size"));
    }
    Ok(image.data.into_iter().flat_map(i16::to_le_bytes).collect())
}

/// The frame of samples of so many bytes.
fn described(format: &PixelFormat, sample_bytes: usize, bytes: Vec<u8>) -> Frame {
    let photometric = if format.samples == 3 { Photometric::Rgb } else { format.photometric };
    let (bits_allocated, high_bit) = match format.bits_stored <= 8 {
        true => (8, format.high_bit.min(7)),
        false => (format.bits_allocated, format.high_bit),
    };
    let format =
        PixelFormat { photometric, arrangement: Arrangement::Interleaved, bits_allocated, high_bit, ..*format };
    match (sample_bytes, format.sample_bytes()) {
        (1, 1) => Frame { format, bytes },
        (1, _) => widened(format, bytes.into_iter().map(u32::from)),
        (_, _) => widened(format, bytes.as_chunks().0.iter().map(|word| u16::from_le_bytes(*word).into())),
    }
}

/// A frame of these samples, sign-extended to the bits that are allocated.
fn widened(format: PixelFormat, values: impl Iterator<Item = u32>) -> Frame {
    let size = format.sample_bytes();
    let extended = values.map(|value| if format.is_signed { format.extend(value) } else { value as i32 });
    let bytes = extended.flat_map(|value| value.to_le_bytes().into_iter().take(size)).collect();
    Frame { format, bytes }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use image::{ExtendedColorType, ImageEncoder, codecs::jpeg::JpegEncoder};
    use libjpeg_turbo_rs::{Subsampling, precision::compress_12bit};

    use super::*;

    const COLOUR: PixelFormat = PixelFormat {
        rows: 8,
        columns: 8,
        samples: 3,
        bits_allocated: 8,
        bits_stored: 8,
        high_bit: 7,
        is_signed: false,
        photometric: Photometric::YbrFull422,
        arrangement: Arrangement::Interleaved,
    };

    /// A red picture, as luminance and chrominance that are named 1, 2 and 3.
    fn red() -> Vec<u8> {
        let mut codestream = Vec::new();
        let encoder = JpegEncoder::new_with_quality(&mut codestream, 100);
        encoder.write_image(&[255, 0, 0].repeat(64), 8, 8, ExtendedColorType::Rgb8).unwrap();
        codestream
    }

    fn is_near(frame: &Frame, colour: [u8; 3]) -> bool {
        frame
            .bytes
            .as_chunks()
            .0
            .iter()
            .all(|pixel: &[u8; 3]| pixel.iter().zip(colour).all(|(found, expected)| found.abs_diff(expected) <= 2))
    }

    #[test]
    fn colours_are_what_the_image_says_and_not_what_the_library_makes_of_their_names() {
        let stored = red();
        let converted = decode(&COLOUR, &stored).unwrap();
        assert!(is_near(&converted, [255, 0, 0]) && converted.format.photometric == Photometric::Rgb);
        let as_they_are = decode(&PixelFormat { photometric: Photometric::Rgb, ..COLOUR }, &stored).unwrap();
        assert!(is_near(&as_they_are, [76, 85, 255]));
        let shape = Shape::of(&COLOUR).unwrap();
        assert_eq!(library::decode(Compression::Jpeg, &shape, &stored).unwrap(), converted.bytes);
    }

    #[test]
    fn twelve_bits_are_decoded_beside_the_library() {
        let values: Vec<i16> = (0..64).map(|index| index * 60).collect();
        let stored = compress_12bit(&values, 8, 8, 1, 100, Subsampling::S444).unwrap();
        let grey = PixelFormat {
            samples: 1,
            bits_allocated: 16,
            bits_stored: 12,
            high_bit: 11,
            photometric: Photometric::Monochrome2,
            ..COLOUR
        };
        let decoded = decode(&grey, &stored).unwrap();
        assert!(decoded.stored(0).zip(&values).all(|(found, stored)| found.abs_diff(*stored as u32) <= 4));
        assert!(library::decode(Compression::Jpeg, &Shape::of(&grey).unwrap(), &stored).is_err());
        assert!(decode(&grey, stored.get(..stored.len() / 2).unwrap()).is_err());
    }

    #[test]
    fn an_image_of_another_size_is_not_decoded() {
        let stored = red();
        for format in [PixelFormat { rows: 7, ..COLOUR }, PixelFormat { samples: 1, ..COLOUR }] {
            assert!(decode(&format, &stored).is_err());
        }
        assert!(decode(&COLOUR, stored.get(..40).unwrap()).is_err());
        assert!(decode(&COLOUR, b"").is_err());
    }
}
