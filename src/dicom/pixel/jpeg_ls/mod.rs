//! JPEG-LS (ISO 14495-1), lossless and near-lossless: the markers. [`scan`] undoes the coding.

mod bits;
mod context;
mod scan;

use self::{
    context::Presets,
    scan::{Interleave, Scan},
};
use super::{Frame, PixelError, PixelFormat, markers::Markers};

fn damaged(reason: &'static str) -> PixelError {
    PixelError::damaged("JPEG-LS", reason)
}

/// Decodes a frame: its values are as the codestream has them, sign-extended if the image is signed.
pub(super) fn decode(format: &PixelFormat, stored: &[u8]) -> Result<Frame, PixelError> {
    let mut markers = Markers { rest: stored };
    let mut precision = 0;
    let mut presets = None;
    let mut planes: Vec<Vec<u16>> = Vec::new();
    if !matches!(markers.next(), Some((0xD8, _))) {
        return Err(damaged("it does not begin with SOI"));
    }
    while planes.len() < format.samples {
        let (marker, segment) = markers.next().ok_or_else(|| damaged("it is cut off between its scans"))?;
        match marker {
            0xF7 => precision = frame_header(format, segment)?,
            0xF8 => presets = Some(preset_parameters(segment)?),
            0xDD => return Err(PixelError::Unsupported("JPEG-LS with restart intervals")),
            0xD9 => return Err(damaged("it ends before its image does")),
            0xDA if precision == 0 => return Err(damaged("a scan comes before the frame header")),
            0xDA => {
                let (components, near, interleave) = scan_header(segment)?;
                let presets = Presets::new(precision, near, presets)?;
                let scan = Scan { rows: format.rows, columns: format.columns, components, interleave, presets };
                let (decoded, used) = scan.decode(markers.rest)?;
                planes.extend(decoded);
                markers.rest = markers.rest.get(used..).unwrap_or_default();
            }
            _ => {}
        }
    }
    if planes.len() != format.samples {
        return Err(damaged("it has another number of components than the image"));
    }
    let value = |value: u16| if format.is_signed { format.extend(value.into()) } else { value.into() };
    let planes: Vec<Vec<i32>> = planes.into_iter().map(|plane| plane.into_iter().map(value).collect()).collect();
    Ok(Frame::from_planes(*format, &planes))
}

/// SOF55 (C.2.2): the precision of an image that is as described.
fn frame_header(format: &PixelFormat, segment: &[u8]) -> Result<u16, PixelError> {
    let &[precision, high_rows, low_rows, high_columns, low_columns, components, ref sampling @ ..] = segment else {
        return Err(damaged("the frame header is too short"));
    };
    let size = [[high_rows, low_rows], [high_columns, low_columns]].map(|pair| usize::from(u16::from_be_bytes(pair)));
    if size != [format.rows, format.columns] || usize::from(components) != format.samples {
        return Err(damaged("it is an image of another size"));
    }
    let precision = u16::from(precision);
    if !(2..=16).contains(&precision) || precision > format.bits_allocated {
        return Err(damaged("its precision does not fit the image"));
    }
    if sampling.chunks_exact(3).any(|component| component.get(1) != Some(&0x11)) {
        return Err(PixelError::Unsupported("JPEG-LS with subsampled components"));
    }
    Ok(precision)
}

/// LSE (C.2.4.1.1): MAXVAL, T1, T2, T3 and RESET, 0 for what has its default.
fn preset_parameters(segment: &[u8]) -> Result<[i32; 5], PixelError> {
    let Some((1, words)) = segment.split_first() else {
        return Err(PixelError::Unsupported("JPEG-LS with mapping tables or oversize images"));
    };
    let mut values = words.as_chunks().0.iter().map(|word| i32::from(u16::from_be_bytes(*word)));
    let mut presets = [0; 5];
    for preset in &mut presets {
        *preset = values.next().ok_or_else(|| damaged("the preset parameters are cut off"))?;
    }
    Ok(presets)
}

/// SOS (C.2.3): number of components, NEAR and the interleave mode.
fn scan_header(segment: &[u8]) -> Result<(usize, i32, Interleave), PixelError> {
    let short = || damaged("the scan header is too short");
    let (count, rest) = segment.split_first().ok_or_else(short)?;
    let count = usize::from(*count);
    let Some([near, interleave, transform, ..]) = rest.get(2 * count..) else { return Err(short()) };
    let interleave = match (count, interleave) {
        (1, _) => Interleave::Line,
        (2..=4, 1) => Interleave::Line,
        (2..=4, 2) => Interleave::Sample,
        _ => return Err(damaged("the scan has no valid components")),
    };
    match transform & 0x0F {
        0 => Ok((count, i32::from(*near), interleave)),
        _ => Err(PixelError::Unsupported("JPEG-LS with a point transform")),
    }
}
