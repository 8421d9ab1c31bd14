//! RLE Lossless (PS3.5 G): a segment for each byte of each component, most significant byte first.

use super::{Arrangement, Frame, PixelError, PixelFormat};

/// Bytes of the header: the number of segments and fifteen offsets (PS3.5 G.5).
const HEADER: usize = 64;

pub(super) fn decode(format: &PixelFormat, stored: &[u8]) -> Result<Frame, PixelError> {
    let size = format.sample_bytes();
    let damaged = |reason: &str| PixelError::damaged("RLE", reason);
    let header = stored.get(..HEADER).ok_or_else(|| damaged("the header is cut off"))?;
    let mut words = header.as_chunks().0.iter().map(|word| as_index(u32::from_le_bytes(*word)));
    let count = words.next().unwrap_or(0);
    if count != format.samples * size {
        return Err(damaged("another number of segments than bytes of a pixel"));
    }
    let offsets: Vec<usize> = words.take(count).collect();
    if offsets.len() != count {
        return Err(damaged("too many segments"));
    }
    let (step, stride) = match format.arrangement {
        Arrangement::Interleaved => (format.samples * size, size),
        Arrangement::Planar => (size, format.pixels() * size),
    };
    let mut bytes = vec![0; format.values() * size];
    for (index, offset) in offsets.iter().enumerate() {
        let end = offsets.get(index + 1).copied().unwrap_or(stored.len());
        let segment = stored.get(*offset..end).ok_or_else(|| damaged("a segment lies outside"))?;
        let (component, byte) = (index / size, size - 1 - index % size);
        let target = bytes.iter_mut().skip(component * stride + byte).step_by(step).take(format.pixels());
        if !unpack(segment, target) {
            return Err(damaged("a segment is too short"));
        }
    }
    Ok(Frame { format: *format, bytes })
}

/// Unpacks a segment (PS3.5 G.3.2) until the target is full; whether it became so.
fn unpack<'a>(segment: &[u8], mut target: impl ExactSizeIterator<Item = &'a mut u8>) -> bool {
    let mut input = segment.iter();
    while target.len() > 0 {
        let Some(control) = input.next() else { return false };
        match *control {
            128 => {}
            literal @ 0..=127 => {
                for _ in 0..=literal {
                    match (target.next(), input.next()) {
                        (Some(to), Some(from)) => *to = *from,
                        (Some(_), None) => return false,
                        (None, _) => return true,
                    }
                }
            }
            repeated => {
                let Some(value) = input.next() else { return false };
                target.by_ref().take(257 - usize::from(repeated)).for_each(|to| *to = *value);
            }
        }
    }
    true
}

fn as_index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_and_runs_are_unpacked_and_a_short_segment_is_noticed() {
        for (segment, expected) in [
            (&[2, 1, 2, 3, 0xFE, 9][..], Some([1, 2, 3, 9, 9, 9])),
            (&[128, 0xFB, 7], Some([7; 6])),
            (&[0x81, 7, 1], Some([7; 6])),
            (&[2, 1, 2, 3, 0xFF, 9], None),
            (&[5, 1, 2], None),
            (&[0xFB], None),
            (&[], None),
        ] {
            let mut target = [0; 6];
            let full = unpack(segment, target.iter_mut());
            assert_eq!(full.then_some(target), expected, "{segment:?}");
        }
    }
}
