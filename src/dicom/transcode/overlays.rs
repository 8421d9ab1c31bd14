//! Overlays that lie in unused bits of the pixels, which do not survive that these are coded anew: they move to Overlay
//! Data (60xx,3000), as PS3.5 8.1.2 has wanted them since 2004.

use dicom_core::{Tag, VR};

use super::Changes;
use crate::dicom::{
    dataset::{Dataset, Value},
    overlay::{self, BIT_POSITION, BITS_ALLOCATED, Bits, COLUMNS, DATA, IMAGE_FRAME_ORIGIN, NUMBER_OF_FRAMES, ROWS},
    pixel::{Frame, PixelFormat},
};

/// The overlays of an image that lie in its pixels, as far as its frames have been seen.
#[derive(Debug)]
pub(super) struct MovedOverlays {
    planes: Vec<Plane>,
    size: (usize, usize),
}

#[derive(Debug)]
struct Plane {
    group: u16,
    position: u32,
    bits: Bits,
}

impl MovedOverlays {
    /// Those that a data set describes.
    pub(super) fn of(dataset: &Dataset, format: &PixelFormat) -> Self {
        let has_data = |group| match dataset.element(Tag(group, DATA)).map(|element| &element.value) {
            Some(Value::Bulk(extent)) => extent.length > 0,
            Some(Value::Bytes(bytes)) => !bytes.is_empty(),
            Some(Value::Items(_)) | None => false,
        };
        let planes = overlay::groups().filter(|group| format.samples == 1 && !has_data(*group));
        let planes = planes.filter_map(|group| {
            let position = overlay::embedded_bit(dataset, format, group)?;
            Some(Plane { group, position, bits: Bits::default() })
        });
        Self { planes: planes.collect(), size: (format.rows, format.columns) }
    }

    /// Takes the overlays of the next frame out of its pixels.
    pub(super) fn add(&mut self, frame: &Frame) {
        for Plane { position, bits, .. } in &mut self.planes {
            bits.extend(overlay::bits(frame, *position));
        }
    }

    /// Tells of all that were taken out of so many frames.
    pub(super) fn tell(self, changes: &mut Changes, frames: u32) {
        let word = |number: usize| u16::try_from(number).unwrap_or(u16::MAX).to_le_bytes().to_vec();
        for Plane { group, bits, .. } in self.planes {
            let mut data = bits.bytes;
            data.resize(data.len().next_multiple_of(2), 0);
            let mut put = |element, vr, value| changes.put(Tag(group, element), vr, value);
            put(ROWS, VR::US, word(self.size.0));
            put(COLUMNS, VR::US, word(self.size.1));
            if frames > 1 {
                put(NUMBER_OF_FRAMES, VR::IS, super::changes::even_text(&frames.to_string()));
                put(IMAGE_FRAME_ORIGIN, VR::US, word(1));
            }
            put(BITS_ALLOCATED, VR::US, word(1));
            put(BIT_POSITION, VR::US, word(0));
            put(DATA, VR::OW, data);
        }
    }
}
