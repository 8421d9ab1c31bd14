//! What the library decodes: a frame is handed to it as an object of its own, so that nothing is parsed twice.

use std::error::Error;

use dicom_core::{DataElement, PrimitiveValue, VR, value::PixelFragmentSequence};
use dicom_dictionary_std::tags;
use dicom_object::{FileDicomObject, FileMetaTableBuilder, InMemDicomObject};
use dicom_pixeldata::PixelDecoder;

use super::{PixelError, PixelFormat};

/// The compressions that it knows, by a transfer syntax of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compression {
    /// RLE Lossless.
    Rle,
    /// JPEG of 8 bits, and lossless of up to 16.
    Jpeg,
    /// JPEG 2000, high throughput or not.
    Jpeg2000,
}

/// What the library has to know of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    /// Rows and columns.
    pub(super) size: (usize, usize),
    /// Samples of a pixel.
    pub(super) samples: usize,
    /// Bytes of a sample, 1 or 2.
    pub(super) sample_bytes: usize,
}

/// The library takes no frame of 16 MiB or more that was compressed more than 32 (RLE) or 64 times, as empty pictures
/// are. It does not mind zeros behind a frame. The size of a frame is bounded before.
const LEAST_SHARE: usize = 32;

impl Compression {
    fn name(self) -> &'static str {
        match self {
            Self::Rle => "RLE",
            Self::Jpeg => "JPEG",
            Self::Jpeg2000 => "JPEG 2000",
        }
    }

    fn transfer_syntax(self) -> &'static str {
        match self {
            Self::Rle => "1.2.840.10008.1.2.5",
            Self::Jpeg => "1.2.840.10008.1.2.4.50",
            Self::Jpeg2000 => "1.2.840.10008.1.2.4.90",
        }
    }
}

impl Shape {
    /// That of an image, if the library knows samples of so many bits.
    pub(super) fn of(format: &PixelFormat) -> Option<Self> {
        let (sample_bytes, samples) = (format.sample_bytes(), format.samples);
        (sample_bytes <= 2).then_some(Self { size: (format.rows, format.columns), samples, sample_bytes })
    }

    fn bytes(&self) -> usize {
        self.size.0 * self.size.1 * self.samples * self.sample_bytes
    }
}

/// Decodes a frame into samples that lie pixel by pixel, words in little endian. The stored bytes must have been found
/// to be an image of this shape: the library panics or gives what it should not where they are not.
pub(super) fn decode(compression: Compression, shape: &Shape, stored: &[u8]) -> Result<Vec<u8>, PixelError> {
    let damaged = |error: &dyn Error| PixelError::damaged(compression.name(), chain(error));
    let object = object(compression, shape, stored).map_err(|error| damaged(&error))?;
    let decoded = object.decode_pixel_data_frame(0).map_err(|error| damaged(&error))?.into_data();
    match decoded.len() == shape.bytes() {
        true => Ok(decoded),
        false => Err(PixelError::damaged(compression.name(), "it is an image of another size")),
    }
}

/// A data set that has what describes an image and its one frame.
fn object(
    compression: Compression,
    shape: &Shape,
    stored: &[u8],
) -> Result<FileDicomObject<InMemDicomObject>, dicom_object::meta::Error> {
    let bits = if shape.sample_bytes == 1 { 8 } else { 16 };
    let photometric = if shape.samples == 3 { "RGB" } else { "MONOCHROME2" };
    let words = [
        (tags::SAMPLES_PER_PIXEL, shape.samples),
        (tags::PLANAR_CONFIGURATION, 0),
        (tags::ROWS, shape.size.0),
        (tags::COLUMNS, shape.size.1),
        (tags::BITS_ALLOCATED, bits),
        (tags::BITS_STORED, bits),
        (tags::HIGH_BIT, bits - 1),
        (tags::PIXEL_REPRESENTATION, 0),
    ];
    let mut dataset = InMemDicomObject::new_empty();
    for (tag, number) in words {
        let number = u16::try_from(number).unwrap_or(u16::MAX);
        dataset.put(DataElement::new(tag, VR::US, PrimitiveValue::from(number)));
    }
    dataset.put(DataElement::new(tags::PHOTOMETRIC_INTERPRETATION, VR::CS, PrimitiveValue::from(photometric)));
    let mut fragment = Vec::with_capacity(stored.len().max(shape.bytes() / LEAST_SHARE));
    fragment.extend_from_slice(stored);
    fragment.resize(fragment.capacity(), 0);
    dataset.put(DataElement::new(tags::PIXEL_DATA, VR::OB, PixelFragmentSequence::new_fragments(vec![fragment])));
    let meta = FileMetaTableBuilder::new()
        .transfer_syntax(compression.transfer_syntax())
        .media_storage_sop_class_uid("")
        .media_storage_sop_instance_uid("")
        .build()?;
    Ok(dataset.with_exact_meta(meta))
}

/// An error and what caused it.
fn chain(error: &dyn Error) -> String {
    let causes = std::iter::successors(error.source(), |&cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
