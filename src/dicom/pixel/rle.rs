//! RLE Lossless (PS3.5 G): a segment for each byte of each component, most significant byte first.

use super::{
    Frame, PixelError, PixelFormat,
    library::{self, Compression, Shape},
};

/// Bytes of the header: the number of segments and fifteen offsets (PS3.5 G.5).
const HEADER: usize = 64;

/// Decodes a frame. The library knows 8 and 16 bits a sample only, but every image is one of bytes, with as many samples
/// as there are segments.
pub(super) fn decode(format: &PixelFormat, stored: &[u8]) -> Result<Frame, PixelError> {
    let size = format.sample_bytes();
    let samples = format.samples * size;
    check(samples, format.pixels(), stored).map_err(|reason| PixelError::damaged("RLE", reason))?;
    let shape = Shape { size: (format.rows, format.columns), samples, sample_bytes: 1 };
    let mut bytes = library::decode(Compression::Rle, &shape, stored)?;
    if size > 1 {
        bytes.chunks_exact_mut(size).for_each(<[u8]>::reverse);
    }
    Ok(Frame::from_interleaved(*format, bytes))
}

/// Refuses what the library would panic at, or unpack without bound: segments that are missing, lie outside, or have
/// fewer bytes or many more than the image.
fn check(segments: usize, pixels: usize, stored: &[u8]) -> Result<(), &'static str> {
    let header = stored.get(..HEADER).ok_or("the header is cut off")?;
    let mut words = header.as_chunks().0.iter().map(|word| u32::from_le_bytes(*word) as usize);
    if words.next() != Some(segments) {
        return Err("another number of segments than bytes of a pixel");
    }
    let mut offsets: Vec<usize> = words.take(segments).collect();
    if offsets.len() != segments {
        return Err("too many segments");
    }
    offsets.push(stored.len());
    for range in offsets.windows(2) {
        let &[start, end] = range else { continue };
        let length = unpacked(stored.get(start..end).ok_or("a segment lies outside")?);
        if length < pixels {
            return Err("a segment is too short");
        }
        if length > pixels * 2 + HEADER {
            return Err("a segment is too long");
        }
    }
    Ok(())
}

/// How many bytes a segment unpacks to (PS3.5 G.3.2).
fn unpacked(mut segment: &[u8]) -> usize {
    let mut length = 0;
    while let [control, rest @ ..] = segment {
        let (made, used) = match *control {
            128 => (0, 0),
            literal @ 0..=127 => (rest.len().min(usize::from(literal) + 1), usize::from(literal) + 1),
            repeated => (if rest.is_empty() { 0 } else { 257 - usize::from(repeated) }, 1),
        };
        length += made;
        segment = rest.get(used..).unwrap_or_default();
    }
    length
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::dicom::pixel::{Arrangement, Photometric};

    const WORDS: PixelFormat = PixelFormat {
        rows: 2,
        columns: 3,
        samples: 1,
        bits_allocated: 32,
        bits_stored: 32,
        high_bit: 31,
        is_signed: false,
        photometric: Photometric::Monochrome2,
        arrangement: Arrangement::Interleaved,
    };

    /// A frame of these segments.
    fn frame(segments: &[&[u8]]) -> Vec<u8> {
        let mut header = vec![segments.len() as u32];
        let mut offset = HEADER;
        for segment in segments {
            header.push(offset as u32);
            offset += segment.len();
        }
        header.resize(HEADER / 4, 0);
        let header: Vec<u8> = header.into_iter().flat_map(u32::to_le_bytes).collect();
        [header, segments.concat()].concat()
    }

    #[test]
    fn lengths_are_those_that_are_unpacked() {
        for (segment, length) in [
            (&[2, 1, 2, 3, 0xFE, 9][..], 6),
            (&[128, 0xFB, 7], 6),
            (&[0x81, 7], 128),
            (&[5, 1, 2], 2),
            (&[0xFB], 0),
            (&[], 0),
            (&[0xFB, 7, 0], 6),
        ] {
            assert_eq!(unpacked(segment), length, "{segment:?}");
        }
    }

    #[test]
    fn samples_of_32_bits_are_put_together_from_four_segments() {
        let stored = frame(&[&[0xFB, 1], &[0xFB, 2], &[0xFB, 3], &[5, 1, 2, 3, 4, 5, 6]]);
        let decoded = decode(&WORDS, &stored).unwrap();
        assert_eq!(decoded.stored(0).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6].map(|low| 0x0102_0300 + low));
        // As samples of 32 bits the library does not take them.
        let shape = Shape { size: (2, 3), samples: 1, sample_bytes: 4 };
        assert!(Shape::of(&WORDS).is_none() && library::decode(Compression::Rle, &shape, &stored).is_err());
    }

    #[test]
    fn colours_are_arranged_as_the_image_says() {
        let colour = PixelFormat {
            samples: 3,
            rows: 1,
            columns: 2,
            bits_allocated: 16,
            bits_stored: 16,
            high_bit: 15,
            photometric: Photometric::Rgb,
            ..WORDS
        };
        let stored = frame(&[&[1, 1, 2], &[1, 3, 4], &[1, 5, 6], &[1, 7, 8], &[1, 9, 10], &[1, 11, 12]]);
        assert_eq!(decode(&colour, &stored).unwrap().bytes, [3, 1, 7, 5, 11, 9, 4, 2, 8, 6, 12, 10]);
        let planar = PixelFormat { arrangement: Arrangement::Planar, ..colour };
        assert_eq!(decode(&planar, &stored).unwrap().bytes, [3, 1, 4, 2, 7, 5, 8, 6, 11, 9, 12, 10]);
    }

    #[test]
    fn segments_that_do_not_fit_the_image_are_refused() {
        let grey = PixelFormat { bits_allocated: 8, bits_stored: 8, high_bit: 7, ..WORDS };
        let bomb: Vec<u8> = [0x81, 7].repeat(1000);
        for segments in [&[&[4, 1, 2, 3, 4, 5][..]][..], &[&bomb], &[], &[&[0xFB, 7], &[0xFB, 7]]] {
            assert!(decode(&grey, &frame(segments)).is_err());
        }
        assert!(decode(&grey, &[1, 0, 0, 0, 64, 0, 0, 0]).is_err(), "the header is cut off");
        let mut outside = frame(&[&[0xFB, 7]]);
        outside[4] = 200;
        assert!(decode(&grey, &outside).is_err());
        outside[0] = 255;
        assert!(decode(&grey, &outside).is_err());
        assert_eq!(decode(&grey, &frame(&[&[0xFB, 7, 0]])).unwrap().bytes, [7; 6], "a byte of padding");
    }

    #[test]
    fn a_large_empty_picture_is_decoded_however_small_it_became() {
        let wide = PixelFormat { bits_allocated: 8, bits_stored: 8, high_bit: 7, rows: 4096, columns: 4224, ..WORDS };
        let segment: Vec<u8> = [0x81, 0].repeat(wide.pixels() / 128);
        assert!(decode(&wide, &frame(&[&segment])).unwrap().bytes.iter().all(|byte| *byte == 0));
    }
}
