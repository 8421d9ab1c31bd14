//! The size of a frame that is not compressed (PS3.3 C.7.6.3, PS3.5 8.1.1).

use dicom_dictionary_std::tags;

use crate::dicom::dataset::Dataset;

/// Bytes of a native frame; nothing if Rows, Columns or Bits Allocated are missing.
///
/// Frames of one bit a sample begin at a byte each, and YBR_FULL_422 has two bytes a pixel and an even width, as the
/// service's own library reckons. Frames that would have no bytes have a length of 0.
pub(super) fn frame_length(dataset: &Dataset) -> Option<u64> {
    let number = |tag| dataset.integer(tag).and_then(|number| u64::try_from(number).ok());
    let rows = number(tags::ROWS)?;
    let columns = number(tags::COLUMNS)?;
    let bits_allocated = number(tags::BITS_ALLOCATED)?;
    let samples = number(tags::SAMPLES_PER_PIXEL).unwrap_or(1);
    let photometric = dataset.first_text(tags::PHOTOMETRIC_INTERPRETATION);
    let pixels = rows.saturating_mul(columns);
    Some(match photometric.as_deref() {
        _ if bits_allocated == 1 => pixels.div_ceil(8),
        Some("YBR_FULL_422") => rows.saturating_mul(columns.next_multiple_of(2)).saturating_mul(2),
        _ => pixels.saturating_mul(samples).saturating_mul(bits_allocated.div_ceil(8)),
    })
}
