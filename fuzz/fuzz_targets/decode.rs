//! No frame makes a decoder panic, and what one gives has the size that its description says; so has what is drawn or
//! encoded from it.

#![no_main]

#[allow(dead_code, unused_imports)]
#[path = "../../src/dicom/mod.rs"]
mod dicom;

use dicom::pixel::{Arrangement, Codec, Photometric, PixelFormat, decode_frame, encode, to_rgb};
use libfuzzer_sys::fuzz_target;

const CODECS: [Codec; 6] =
    [Codec::NativeLittle, Codec::NativeBig, Codec::Rle, Codec::Jpeg, Codec::JpegLs, Codec::Jpeg2000];
const PHOTOMETRICS: [Photometric; 6] = [
    Photometric::Monochrome2,
    Photometric::Rgb,
    Photometric::YbrFull,
    Photometric::YbrFull422,
    Photometric::YbrRct,
    Photometric::PaletteColor,
];

/// The description that a few bytes choose, with the size that the frame's own header has, if it has one: otherwise
/// few frames would come further than to the comparison of sizes.
fn format(codec: Codec, choice: [u8; 5], stored: &[u8]) -> PixelFormat {
    let [size, kind, bits, high, flags] = choice;
    let bits_allocated = [8, 16, 32, 1][usize::from(bits >> 6)];
    let bits_stored = u16::from(bits & 31) % bits_allocated + 1;
    let high_bit = (bits_stored - 1 + u16::from(high) % (bits_allocated - bits_stored + 1)).min(bits_allocated - 1);
    let word = |at: usize| stored.get(at..at + 2).map(|word| usize::from(u16::from_be_bytes([word[0], word[1]])));
    let marker = |codes: std::ops::RangeInclusive<u8>| {
        stored.windows(2).position(|pair| pair[0] == 0xFF && codes.contains(&pair[1]))
    };
    let declared = match codec {
        Codec::Jpeg => marker(0xC0..=0xC3).map(|at| (word(at + 5), word(at + 7))),
        Codec::JpegLs => marker(0xF7..=0xF7).map(|at| (word(at + 5), word(at + 7))),
        Codec::Jpeg2000 => marker(0x51..=0x51).map(|at| (word(at + 12), word(at + 8))),
        _ => None,
    };
    let (rows, columns) = match declared {
        Some((Some(rows), Some(columns))) if rows * columns <= 1 << 14 && rows * columns > 0 => (rows, columns),
        _ => (usize::from(size & 15) + 1, usize::from(size >> 4) + 1),
    };
    PixelFormat {
        rows,
        columns,
        samples: if kind & 1 == 1 { 3 } else { 1 },
        bits_allocated,
        bits_stored,
        high_bit,
        is_signed: flags & 1 == 1,
        photometric: PHOTOMETRICS[usize::from(kind >> 1) % PHOTOMETRICS.len()],
        arrangement: if flags & 2 == 2 { Arrangement::Planar } else { Arrangement::Interleaved },
    }
}

fuzz_target!(|input: ([u8; 5], &[u8])| {
    let (choice, stored) = input;
    // One target for each decoder: FUZZ_CODEC names it by its index.
    let chosen = std::env::var("FUZZ_CODEC").ok().and_then(|index| index.parse().ok());
    let codec = CODECS[chosen.unwrap_or(usize::from(choice[4] >> 2)) % CODECS.len()];
    let format = format(codec, choice, stored);
    let Ok(frame) = decode_frame(codec, &format, stored) else { return };
    assert_eq!((frame.format.rows, frame.format.columns), (format.rows, format.columns));
    // Only in native frames do two pixels share a chrominance.
    let whole = frame.format.values() * frame.format.sample_bytes();
    assert_eq!(frame.bytes.len(), if codec.is_encapsulated() { whole } else { frame.format.byte_length() });
    if codec != Codec::Jpeg2000 && frame.format.samples == 1 && frame.bytes.len() < 4096 {
        drop(encode(&frame));
    }
    if let Ok(rgb) = to_rgb(frame) {
        assert_eq!(rgb.bytes.len(), rgb.format.values() * rgb.format.sample_bytes());
    }
});
