//! The size of a frame that is not compressed (PS3.3 C.7.6.3, PS3.5 8.1.1).

use dicom_dictionary_std::tags;

use crate::dicom::{
    dataset::Dataset,
    pixel::{Photometric, native_length},
};

/// Bytes of a native frame; nothing if Rows, Columns or Bits Allocated are missing. Frames that would have no bytes have
/// a length of 0.
pub(super) fn frame_length(dataset: &Dataset) -> Option<u64> {
    let number = |tag| dataset.integer(tag).and_then(|number| u64::try_from(number).ok());
    let size = (number(tags::ROWS)?, number(tags::COLUMNS)?);
    let bits_allocated = number(tags::BITS_ALLOCATED)?;
    let samples = number(tags::SAMPLES_PER_PIXEL).unwrap_or(1);
    let photometric = dataset.first_text(tags::PHOTOMETRIC_INTERPRETATION);
    let photometric = photometric.as_deref().map_or(Photometric::Other, Photometric::parse);
    Some(native_length(size, samples, bits_allocated, photometric))
}
