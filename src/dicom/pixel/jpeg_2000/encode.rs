//! JPEG 2000 without loss. Neither library nor codec has a way to it that is safe: see [`stream`].

use openjp2::{
    Codec,
    openjpeg::{OPJ_CLRSPC_GRAY, OPJ_CLRSPC_SRGB, OPJ_CODEC_J2K},
    opj_cparameters_t, opj_image, opj_image_comptparm,
};

use super::{damaged, stream};
use crate::dicom::pixel::{Frame, Photometric, PixelError, PixelFormat};

/// Most levels of decomposition, of OpenJPEG's own choice, less one.
const RESOLUTIONS: i32 = 6;

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
    if is_colour && format.high_bit == 0 {
        return Err(PixelError::Unsupported("JPEG 2000 of colours of one bit")); // the transform would lose some
    }
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
