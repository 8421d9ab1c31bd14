//! What describes the pixels of an image (PS3.3 C.7.6.3).

use dicom_dictionary_std::tags;

use super::PixelError;
use crate::dicom::dataset::Dataset;

/// Largest decoded frame.
pub const MAX_FRAME_BYTES: u64 = 512 << 20;

/// How the samples of a frame are stored once it is not compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PixelFormat {
    /// Rows (0028,0010), at least 1.
    pub rows: usize,
    /// Columns (0028,0011), at least 1.
    pub columns: usize,
    /// Samples per Pixel (0028,0002), 1 to 4.
    pub samples: usize,
    /// Bits Allocated (0028,0100): 1, 8, 16 or 32.
    pub bits_allocated: u16,
    /// Bits Stored (0028,0101), 1 to Bits Allocated.
    pub bits_stored: u16,
    /// High Bit (0028,0102), below Bits Allocated.
    pub high_bit: u16,
    /// Pixel Representation (0028,0103) is 1: two's complement.
    pub is_signed: bool,
    /// Photometric Interpretation (0028,0004).
    pub photometric: Photometric,
    /// Planar Configuration (0028,0006).
    pub arrangement: Arrangement,
}

/// What the samples of a pixel mean (PS3.3 C.7.6.3.1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Photometric {
    /// Black is the highest value.
    Monochrome1,
    /// White is the highest value.
    Monochrome2,
    /// An index into three tables.
    PaletteColor,
    /// Red, green, blue.
    Rgb,
    /// Luminance and two chrominances, full range.
    YbrFull,
    /// As above, one chrominance for each two pixels.
    YbrFull422,
    /// Video range, one chrominance for each two pixels.
    YbrPartial422,
    /// Video range, one chrominance for each four pixels.
    YbrPartial420,
    /// The irreversible transform of JPEG 2000.
    YbrIct,
    /// The reversible transform of JPEG 2000.
    YbrRct,
    /// Any other.
    Other,
}

/// How the samples of several components lie (PS3.3 C.7.6.3.1.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrangement {
    /// Pixel by pixel.
    Interleaved,
    /// Component by component.
    Planar,
}

/// A frame that is not compressed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// What describes it.
    pub format: PixelFormat,
    /// Its bytes, words in little endian.
    pub bytes: Vec<u8>,
}

impl Photometric {
    /// What a defined term means.
    pub fn parse(text: &str) -> Self {
        match text.trim() {
            "MONOCHROME1" => Self::Monochrome1,
            "MONOCHROME2" => Self::Monochrome2,
            "PALETTE COLOR" => Self::PaletteColor,
            "RGB" => Self::Rgb,
            "YBR_FULL" => Self::YbrFull,
            "YBR_FULL_422" => Self::YbrFull422,
            "YBR_PARTIAL_422" => Self::YbrPartial422,
            "YBR_PARTIAL_420" => Self::YbrPartial420,
            "YBR_ICT" => Self::YbrIct,
            "YBR_RCT" => Self::YbrRct,
            _ => Self::Other,
        }
    }

    /// Its defined term, of those that decoding can give.
    pub fn term(self) -> Option<&'static str> {
        match self {
            Self::Rgb => Some("RGB"),
            Self::YbrFull => Some("YBR_FULL"),
            Self::YbrRct => Some("YBR_RCT"),
            _ => None,
        }
    }
}

impl PixelFormat {
    /// What a data set says of its image.
    ///
    /// Where Photometric Interpretation is absent, samples and palette tables tell it; other attributes have the values
    /// that say least.
    pub fn of(dataset: &Dataset) -> Result<Self, PixelError> {
        let number = |tag| dataset.integer(tag).and_then(|number| usize::try_from(number).ok());
        let size = |tag| number(tag).filter(|size| (1..=0xFFFF).contains(size));
        let rows = size(tags::ROWS).ok_or(PixelError::Description("no rows"))?;
        let columns = size(tags::COLUMNS).ok_or(PixelError::Description("no columns"))?;
        let samples = number(tags::SAMPLES_PER_PIXEL).unwrap_or(1);
        if !(1..=4).contains(&samples) {
            return Err(PixelError::Description("samples per pixel"));
        }
        let short = |tag| number(tag).and_then(|number| u16::try_from(number).ok());
        let bits_allocated = short(tags::BITS_ALLOCATED).filter(|bits| matches!(bits, 1 | 8 | 16 | 32));
        let bits_allocated = bits_allocated.ok_or(PixelError::Description("bits allocated"))?;
        let bits_stored = short(tags::BITS_STORED).unwrap_or(bits_allocated);
        let high_bit = short(tags::HIGH_BIT).unwrap_or(bits_stored.saturating_sub(1));
        if bits_stored == 0 || bits_stored > bits_allocated || high_bit >= bits_allocated || high_bit + 1 < bits_stored
        {
            return Err(PixelError::Description("bits stored or high bit"));
        }
        let photometric = match dataset.first_text(tags::PHOTOMETRIC_INTERPRETATION) {
            Some(text) => Photometric::parse(&text),
            None if samples > 1 => Photometric::Rgb,
            None if dataset.element(tags::RED_PALETTE_COLOR_LOOKUP_TABLE_DATA).is_some() => Photometric::PaletteColor,
            None => Photometric::Monochrome2,
        };
        let arrangement = match number(tags::PLANAR_CONFIGURATION) {
            Some(1) if samples > 1 => Arrangement::Planar,
            _ => Arrangement::Interleaved,
        };
        let is_signed = number(tags::PIXEL_REPRESENTATION) == Some(1);
        let format =
            Self { rows, columns, samples, bits_allocated, bits_stored, high_bit, is_signed, photometric, arrangement };
        if format.values() as u64 * 4 > MAX_FRAME_BYTES * 2 || format.byte_length() as u64 > MAX_FRAME_BYTES {
            return Err(PixelError::TooLarge);
        }
        Ok(format)
    }

    /// Number of pixels.
    pub fn pixels(&self) -> usize {
        self.rows * self.columns
    }

    /// Number of samples of all pixels.
    pub fn values(&self) -> usize {
        self.pixels() * self.samples
    }

    /// Bytes of a sample; one for samples of one bit.
    pub fn sample_bytes(&self) -> usize {
        usize::from(self.bits_allocated.div_ceil(8))
    }

    /// Bytes of a frame.
    pub fn byte_length(&self) -> usize {
        let size = (self.rows as u64, self.columns as u64);
        let length = native_length(size, self.samples as u64, self.bits_allocated.into(), self.photometric);
        usize::try_from(length).unwrap_or(usize::MAX)
    }

    /// A stored value as a number: the bits below High Bit, sign-extended if need be.
    pub fn value(&self, stored: u32) -> i64 {
        let shift = u32::from(self.high_bit + 1 - self.bits_stored);
        let value = self.extend(stored >> shift);
        if self.is_signed { value.into() } else { (value as u32).into() }
    }

    /// The lowest Bits Stored bits as a number; 32 of them as they are, whatever the sign.
    pub fn extend(&self, bits: u32) -> i32 {
        let unused = 32 - u32::from(self.bits_stored);
        match self.is_signed {
            true => ((bits << unused) as i32) >> unused,
            false => ((bits << unused) >> unused) as i32,
        }
    }
}

/// Bytes of a frame of so many rows and columns that is not compressed.
///
/// Frames of one bit a sample begin at a byte each, and those with one chrominance for each two pixels have two bytes a
/// pixel and an even width, as the service's own library reckons.
pub fn native_length((rows, columns): (u64, u64), samples: u64, bits_allocated: u64, photometric: Photometric) -> u64 {
    match (bits_allocated, photometric) {
        (1, _) => rows.saturating_mul(columns).div_ceil(8),
        (_, Photometric::YbrFull422 | Photometric::YbrPartial422) => {
            rows.saturating_mul(columns.next_multiple_of(2)).saturating_mul(2)
        }
        _ => rows.saturating_mul(columns).saturating_mul(samples).saturating_mul(bits_allocated.div_ceil(8)),
    }
}

impl Frame {
    /// A frame of components, each with a value for every pixel, arranged as the format says.
    pub fn from_planes(format: PixelFormat, planes: &[Vec<i32>]) -> Self {
        let (size, step, stride) = match format.arrangement {
            Arrangement::Interleaved => (format.sample_bytes(), format.samples, 1),
            Arrangement::Planar => (format.sample_bytes(), 1, format.pixels()),
        };
        let mut bytes = vec![0; format.values() * size];
        for (index, plane) in planes.iter().enumerate() {
            let cells = bytes.chunks_exact_mut(size).skip(index * stride).step_by(step);
            for (cell, value) in cells.zip(plane) {
                cell.copy_from_slice(value.to_le_bytes().get(..size).unwrap_or_default());
            }
        }
        Self { format, bytes }
    }

    /// A frame of samples that lie pixel by pixel; they are arranged as the format says.
    pub(super) fn from_interleaved(format: PixelFormat, bytes: Vec<u8>) -> Self {
        if format.arrangement == Arrangement::Interleaved || format.samples == 1 {
            return Self { format, bytes };
        }
        let size = format.sample_bytes();
        let plane = |index| bytes.chunks_exact(size).skip(index).step_by(format.samples).flatten().copied();
        Self { format, bytes: (0..format.samples).flat_map(plane).collect() }
    }

    /// The stored values of a component as they stand, without regard to sign and High Bit.
    pub fn stored(&self, component: usize) -> impl Iterator<Item = u32> {
        let size = self.format.sample_bytes();
        let (start, step) = match self.format.arrangement {
            Arrangement::Interleaved => (component, self.format.samples),
            Arrangement::Planar => (component * self.format.pixels(), 1),
        };
        let cells = self.bytes.chunks_exact(size).skip(start).step_by(step).take(self.format.pixels());
        cells.map(|cell| cell.iter().rev().fold(0_u32, |value, byte| value << 8 | u32::from(*byte)))
    }
}
