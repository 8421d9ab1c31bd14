//! JPEG (ISO 10918-1): baseline, and lossless of up to 16 bits.

use jpeg_decoder::{ColorTransform, Decoder, PixelFormat as Decoded};

use super::{Arrangement, Frame, MAX_FRAME_BYTES, Photometric, PixelError, PixelFormat};

/// Decodes a frame. Three components become red, green and blue, unless the image says that they are: what a marker
/// in the codestream says of its colours does not count.
pub(super) fn decode(format: &PixelFormat, stored: &[u8]) -> Result<Frame, PixelError> {
    let damaged = |reason: String| PixelError::damaged("JPEG", reason);
    let mut decoder = Decoder::new(stored);
    decoder.set_max_decoding_buffer_size(usize::try_from(MAX_FRAME_BYTES).unwrap_or(usize::MAX));
    decoder.read_info().map_err(|error| damaged(error.to_string()))?;
    let info = decoder.info().ok_or_else(|| damaged("there is no frame".to_owned()))?;
    let (samples, bytes_each) = match info.pixel_format {
        Decoded::L8 => (1, 1),
        Decoded::L16 => (1, 2),
        Decoded::RGB24 => (3, 1),
        Decoded::CMYK32 => return Err(PixelError::Unsupported("JPEG of four components")),
    };
    let size = (usize::from(info.height), usize::from(info.width));
    if size != (format.rows, format.columns) || samples != format.samples {
        return Err(damaged(format!("it is an image of {} × {} × {samples}", size.0, size.1)));
    }
    if samples == 3 {
        decoder.set_color_transform(match format.photometric {
            Photometric::Rgb => ColorTransform::RGB,
            _ => ColorTransform::YCbCr,
        });
    }
    let bytes = decoder.decode().map_err(|error| damaged(error.to_string()))?;
    if bytes.len() != format.values() * bytes_each {
        return Err(damaged("it is cut off".to_owned()));
    }
    let photometric = if samples == 3 { Photometric::Rgb } else { format.photometric };
    let narrow = format.bits_stored <= 8;
    let (bits_allocated, high_bit) = match narrow {
        true => (8, format.high_bit.min(7)),
        false => (format.bits_allocated, format.high_bit),
    };
    let format =
        PixelFormat { photometric, arrangement: Arrangement::Interleaved, bits_allocated, high_bit, ..*format };
    match (bytes_each, format.sample_bytes()) {
        (1, 1) => Ok(Frame { format, bytes }),
        (1, _) => Ok(widened(format, bytes.into_iter().map(u32::from))),
        // The decoder gives 16 bits in the byte order of the machine.
        (_, _) => Ok(widened(format, bytes.as_chunks().0.iter().map(|word| u16::from_ne_bytes(*word).into()))),
    }
}

/// A frame of one component of these values, sign-extended to the bits that are allocated.
fn widened(format: PixelFormat, values: impl Iterator<Item = u32>) -> Frame {
    let size = format.sample_bytes();
    let extended = values.map(|value| if format.is_signed { format.extend(value) } else { value as i32 });
    let bytes = extended.flat_map(|value| value.to_le_bytes().into_iter().take(size)).collect();
    Frame { format, bytes }
}
