//! JPEG 2000 (ISO 15444-1) and its high-throughput form (15444-15).

#[allow(unsafe_code, reason = "the codec reads and writes through C callbacks; it has no other way to memory")]
mod stream;

use openjp2::{
    Codec,
    openjpeg::{OPJ_CLRSPC_GRAY, OPJ_CLRSPC_SRGB, OPJ_CODEC_J2K},
    opj_cparameters_t, opj_dparameters_t, opj_image, opj_image_comptparm,
};

use super::{Arrangement, Frame, Photometric, PixelError, PixelFormat};

/// SOC and SIZ, with which a codestream begins (ISO 15444-1 A.4 and A.5); a file format may be around it.
const START: [u8; 4] = [0xFF, 0x4F, 0xFF, 0x51];
/// Most levels of decomposition, of OpenJPEG's own choice, less one.
const RESOLUTIONS: i32 = 6;

fn damaged(reason: &str) -> PixelError {
    PixelError::damaged("JPEG 2000", reason)
}

/// Decodes a frame. Components that a codestream transformed come out as red, green and blue.
pub(super) fn decode(format: &PixelFormat, stored: &[u8]) -> Result<Frame, PixelError> {
    let start = memchr::memmem::find(stored, &START).ok_or_else(|| damaged("there is no codestream"))?;
    let codestream = stored.get(start..).unwrap_or_default();
    check_size(format, codestream)?;
    let format = decoded_format(format);
    let planes = stream::read(codestream, |stream| {
        let mut codec = Codec::new_decoder(OPJ_CODEC_J2K).ok_or_else(|| damaged("no decoder"))?;
        codec.setup_decoder(&mut opj_dparameters_t::default());
        let mut image = codec.read_header(stream).ok_or_else(|| damaged("the header is malformed"))?;
        if codec.decode(stream, &mut image) != 1 || codec.end_decompress(stream) != 1 {
            return Err(damaged("the codestream is malformed or cut off"));
        }
        let components = image.comps().unwrap_or_default();
        components.iter().map(|component| plane(component, &format)).collect::<Result<Vec<_>, _>>()
    })?;
    if planes.len() != format.samples {
        return Err(damaged("it has another number of components than the image"));
    }
    Ok(Frame::from_planes(format, &planes))
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

/// Refuses an image of another size than is described before anything is decoded.
fn check_size(format: &PixelFormat, codestream: &[u8]) -> Result<(), PixelError> {
    let word = |at: usize| codestream.get(at..).and_then(<[u8]>::first_chunk).map(|word| u32::from_be_bytes(*word));
    let size = |end: usize, start: usize| Some(word(end)?.saturating_sub(word(start)?) as usize);
    // Xsiz, Ysiz, XOsiz and YOsiz (ISO 15444-1 A.5.1).
    if size(8, 16) != Some(format.columns) || size(12, 20) != Some(format.rows) {
        return Err(damaged("it is an image of another size"));
    }
    let components = codestream.get(40..).and_then(<[u8]>::first_chunk).map(|word| u16::from_be_bytes(*word));
    if components.map(usize::from) != Some(format.samples) {
        return Err(damaged("it has another number of components than the image"));
    }
    Ok(())
}

/// The values of a component for every pixel, sign-extended if the image is signed.
fn plane(component: &openjp2::openjpeg::opj_image_comp, format: &PixelFormat) -> Result<Vec<i32>, PixelError> {
    let data = component.data().ok_or_else(|| damaged("a component is missing"))?;
    let value = |value: i32| match format.is_signed && component.sgnd == 0 {
        // What the image calls signed the codestream need not: its bits are right all the same.
        true => format.extend(value as u32),
        false => value,
    };
    let (width, height) = (component.w as usize, component.h as usize);
    if (width, height) == (format.columns, format.rows) {
        return Ok(data.iter().map(|stored| value(*stored)).collect());
    }
    let (across, down) = (component.dx.max(1) as usize, component.dy.max(1) as usize);
    let mut plane = Vec::with_capacity(format.pixels());
    for row in 0..format.rows {
        let line =
            data.chunks_exact(width.max(1)).nth(row / down).ok_or_else(|| damaged("a component is too small"))?;
        for column in 0..format.columns {
            plane.push(value(*line.get(column / across).ok_or_else(|| damaged("a component is too small"))?));
        }
    }
    Ok(plane)
}

/// Encodes a frame without loss, as a bare codestream: one component, or red, green and blue with the reversible
/// transform.
pub fn encode(frame: &Frame) -> Result<Vec<u8>, PixelError> {
    let format = &frame.format;
    if format.bits_allocated > 16 || format.bits_allocated < 8 {
        return Err(PixelError::Unsupported("JPEG 2000 of these bits allocated"));
    }
    let is_colour = match (format.samples, format.photometric) {
        (1, _) => false,
        (3, Photometric::Rgb) => true,
        _ => return Err(PixelError::Unsupported("JPEG 2000 of this photometric interpretation")),
    };
    // Bits below the stored ones are kept, where there are any.
    let kept = PixelFormat { bits_stored: format.high_bit + 1, ..*format };
    let (columns, rows) = (as_u32(format.columns), as_u32(format.rows));
    let component = opj_image_comptparm {
        dx: 1,
        dy: 1,
        w: columns,
        h: rows,
        prec: kept.bits_stored.into(),
        bpp: kept.bits_stored.into(),
        sgnd: kept.is_signed.into(),
        ..Default::default()
    };
    let space = if is_colour { OPJ_CLRSPC_SRGB } else { OPJ_CLRSPC_GRAY };
    let mut image =
        opj_image::create(&vec![component; format.samples], space).ok_or_else(|| damaged("no memory for an image"))?;
    (image.x1, image.y1) = (columns, rows);
    let planes = image.comps_data_mut_iter().ok_or_else(|| damaged("no memory for an image"))?;
    for (index, plane) in planes.enumerate() {
        plane.iter_mut().zip(frame.stored(index)).for_each(|(to, from)| *to = kept.extend(from));
    }
    let mut parameters = opj_cparameters_t {
        tcp_numlayers: 1,
        cp_disto_alloc: 1,
        tcp_mct: is_colour.into(),
        // A small image cannot be halved so often.
        numresolution: RESOLUTIONS.min(columns.min(rows).max(1).ilog2() as i32 + 1),
        ..Default::default()
    };
    stream::write(|stream| {
        let mut codec = Codec::new_encoder(OPJ_CODEC_J2K)?;
        let encoded = codec.setup_encoder(&mut parameters, &mut image) == 1
            && codec.start_compress(&mut image, stream) == 1
            && codec.encode(stream) == 1
            && codec.end_compress(stream) == 1;
        encoded.then_some(())
    })
    .ok_or_else(|| damaged("it cannot be encoded"))
}

fn as_u32(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
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
            let codestream = encode(&frame).unwrap();
            prop_assert!(codestream.starts_with(&START));
            prop_assert_eq!(decode(&format, &codestream).unwrap(), frame);
            let cut = codestream.get(..codestream.len() / 2).unwrap();
            let _ = decode(&format, cut);
        }
    }

    #[test]
    fn an_image_of_another_size_is_not_decoded() {
        let format = PixelFormat {
            rows: 4,
            columns: 4,
            samples: 1,
            bits_allocated: 8,
            bits_stored: 8,
            high_bit: 7,
            is_signed: false,
            photometric: Photometric::Monochrome2,
            arrangement: Arrangement::Interleaved,
        };
        let codestream = encode(&Frame { format, bytes: vec![1; 16] }).unwrap();
        assert!(decode(&PixelFormat { rows: 5, ..format }, &codestream).is_err());
        assert!(decode(&PixelFormat { samples: 3, ..format }, &codestream).is_err());
        assert!(decode(&format, b"").is_err());
    }
}
