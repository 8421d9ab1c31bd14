//! Colours to red, green and blue (PS3.3 C.7.6.3.1.2).

use super::{Arrangement, Frame, Photometric, PixelError, PixelFormat};

/// The frame with samples of red, green and blue, interleaved. Only what is stored in one byte a sample is converted.
pub fn to_rgb(frame: Frame) -> Result<Frame, PixelError> {
    let format = frame.format;
    let convert: fn([u8; 3]) -> [u8; 3] = match (format.samples, format.photometric) {
        (3, Photometric::Rgb) => |pixel| pixel,
        (3, Photometric::YbrFull | Photometric::YbrFull422) => from_ybr_full,
        (3, Photometric::YbrPartial422) => from_ybr_partial,
        _ => return Err(PixelError::Unsupported("the photometric interpretation")),
    };
    if format.bits_allocated == 1 {
        return Err(PixelError::Unsupported("colour of one bit a sample"));
    }
    if (format.photometric, format.arrangement) == (Photometric::Rgb, Arrangement::Interleaved) {
        return Ok(frame);
    }
    let rgb = PixelFormat { photometric: Photometric::Rgb, arrangement: Arrangement::Interleaved, ..format };
    if format.bits_allocated != 8 {
        return match format.photometric {
            Photometric::Rgb => {
                let planes = (0..3).map(|index| frame.stored(index).map(|value| value as i32).collect());
                Ok(Frame::from_planes(rgb, &planes.collect::<Vec<_>>()))
            }
            _ => Err(PixelError::Unsupported("YBR of more than 8 bits")),
        };
    }
    let mut bytes = Vec::with_capacity(rgb.values());
    match format.photometric {
        Photometric::YbrFull422 | Photometric::YbrPartial422 => {
            if format.arrangement == Arrangement::Planar {
                return Err(PixelError::Unsupported("subsampled colour by plane"));
            }
            let row_bytes = format.columns.next_multiple_of(2) * 2;
            for row in frame.bytes.chunks_exact(row_bytes) {
                let pairs = row.as_chunks().0.iter().flat_map(|[y1, y2, cb, cr]| [[*y1, *cb, *cr], [*y2, *cb, *cr]]);
                bytes.extend(pairs.take(format.columns).flat_map(convert));
            }
        }
        _ => match format.arrangement {
            Arrangement::Interleaved => bytes.extend(frame.bytes.as_chunks().0.iter().copied().flat_map(convert)),
            Arrangement::Planar => {
                let (first, rest) = frame.bytes.split_at(format.pixels().min(frame.bytes.len()));
                let (second, third) = rest.split_at(format.pixels().min(rest.len()));
                let pixels =
                    first.iter().zip(second).zip(third).map(|((first, second), third)| [*first, *second, *third]);
                bytes.extend(pixels.flat_map(convert));
            }
        },
    }
    if bytes.len() != rgb.values() {
        return Err(PixelError::damaged("native", "it is too short"));
    }
    Ok(Frame { format: rgb, bytes })
}

fn from_ybr_full([y, cb, cr]: [u8; 3]) -> [u8; 3] {
    let (y, cb, cr) = (f32::from(y), f32::from(cb) - 128.0, f32::from(cr) - 128.0);
    [y + 1.402 * cr, y - 0.3441 * cb - 0.7141 * cr, y + 1.772 * cb].map(level)
}

fn from_ybr_partial([y, cb, cr]: [u8; 3]) -> [u8; 3] {
    let (y, cb, cr) = (1.1644 * (f32::from(y) - 16.0), f32::from(cb) - 128.0, f32::from(cr) - 128.0);
    [y + 1.5960 * cr, y - 0.3917 * cb - 0.8130 * cr, y + 2.0173 * cb].map(level)
}

/// Rounded and clipped: conversion from floating point saturates.
fn level(value: f32) -> u8 {
    value.round() as u8
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const FORMAT: PixelFormat = PixelFormat {
        rows: 1,
        columns: 2,
        samples: 3,
        bits_allocated: 8,
        bits_stored: 8,
        high_bit: 7,
        is_signed: false,
        photometric: Photometric::YbrFull,
        arrangement: Arrangement::Interleaved,
    };

    #[test]
    fn colours_of_one_bit_are_refused() {
        for photometric in [Photometric::Rgb, Photometric::YbrFull] {
            let format = PixelFormat { bits_allocated: 1, bits_stored: 1, high_bit: 0, photometric, ..FORMAT };
            assert!(to_rgb(Frame { format, bytes: vec![0] }).is_err());
        }
    }

    fn rgb(format: PixelFormat, bytes: &[u8]) -> Vec<u8> {
        to_rgb(Frame { format, bytes: bytes.to_vec() }).unwrap().bytes
    }

    #[test]
    fn colours_come_out_the_same_however_they_are_arranged() {
        // Red, and the green in which an error of sign would show.
        let expected = [254, 0, 0, 0, 255, 1];
        assert_eq!(rgb(FORMAT, &[76, 85, 255, 150, 44, 21]), expected);
        let planar = PixelFormat { arrangement: Arrangement::Planar, ..FORMAT };
        assert_eq!(rgb(planar, &[76, 150, 85, 44, 255, 21]), expected);
        let subsampled = PixelFormat { photometric: Photometric::YbrFull422, columns: 1, ..FORMAT };
        assert_eq!(rgb(subsampled, &[76, 0, 85, 255]), [254, 0, 0], "the last luminance of an odd row is dropped");
        let red = PixelFormat { photometric: Photometric::Rgb, arrangement: Arrangement::Planar, ..FORMAT };
        assert_eq!(rgb(red, &[1, 4, 2, 5, 3, 6]), [1, 2, 3, 4, 5, 6]);
    }
}
