//! Grey (PS3.3 C.11.1 and C.11.2): stored value → modality → VOI → level.

use dicom_dictionary_std::tags;

use super::{number, table::Table};
use crate::dicom::{
    dataset::Dataset,
    part10::OpenedFile,
    pixel::{Frame, Photometric, PixelFormat},
};

/// X-ray angiography, radiofluoroscopy and biplane angiography: their modality table is not for display.
const WITHOUT_MODALITY_TABLE: [&str; 3] =
    ["1.2.840.10008.5.1.4.1.1.12.1", "1.2.840.10008.5.1.4.1.1.12.2", "1.2.840.10008.5.1.4.1.1.12.3"];

/// Whether the data set says how values become levels, so that no pixels need to be looked at.
pub(super) fn is_described(opened: &OpenedFile) -> bool {
    Voi::described(opened).is_some()
}

/// Levels as red, green and blue.
pub(super) fn draw(opened: &OpenedFile, frame: &Frame, first: &Frame) -> Vec<u8> {
    let format = frame.format;
    let modality = Modality::of(opened);
    let voi = match Voi::described(opened) {
        Some(voi) => voi,
        // The range of the first frame, whichever is drawn: all frames look alike.
        None => Voi::range(first, &opened.part10.dataset, &modality),
    };
    let level = |stored: u32| {
        let level = voi.level(modality.apply(format.value(stored))) as u8;
        if format.photometric == Photometric::Monochrome1 { 255 - level } else { level }
    };
    if format.bits_allocated <= 16 && format.pixels() > 1 << 12 {
        let levels: Vec<u8> = (0..1_u32 << format.bits_allocated).map(level).collect();
        let lookup = |stored: u32| levels.get(stored as usize).copied().unwrap_or(0);
        return frame.stored(0).flat_map(|stored| [lookup(stored); 3]).collect();
    }
    frame.stored(0).flat_map(|stored| [level(stored); 3]).collect()
}

/// From stored values to those that mean something.
#[derive(Debug, PartialEq)]
enum Modality {
    Table(Table),
    Linear { slope: f64, intercept: f64 },
}

impl Modality {
    fn of(opened: &OpenedFile) -> Self {
        let dataset = &opened.part10.dataset;
        let class = dataset.first_text(tags::SOP_CLASS_UID).unwrap_or_default();
        if let Some(item) = dataset.items(tags::MODALITY_LUT_SEQUENCE).first()
            && !WITHOUT_MODALITY_TABLE.contains(&class.as_str())
            && let Some(table) = Table::read(opened, item, tags::LUT_DESCRIPTOR, tags::LUT_DATA)
        {
            return Self::Table(table);
        }
        let slope = number(dataset, tags::RESCALE_SLOPE).unwrap_or(1.0);
        Self::Linear { slope, intercept: number(dataset, tags::RESCALE_INTERCEPT).unwrap_or(0.0) }
    }

    fn apply(&self, stored: i64) -> f64 {
        match self {
            Self::Table(table) => table.entry(stored).into(),
            Self::Linear { slope, intercept } => stored as f64 * slope + intercept,
        }
    }
}

/// From values to levels of 0 to 255.
#[derive(Debug, PartialEq)]
enum Voi {
    Table(Table),
    Window { function: Function, center: f64, width: f64 },
}

/// VOI LUT Function (0028,1056).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Function {
    Linear,
    LinearExact,
    Sigmoid,
}

impl Voi {
    /// The first that the data set describes: a table, a window, the range of its pixels.
    fn described(opened: &OpenedFile) -> Option<Self> {
        let dataset = &opened.part10.dataset;
        if let Some(item) = dataset.items(tags::VOILUT_SEQUENCE).first()
            && let Some(table) = Table::read(opened, item, tags::LUT_DESCRIPTOR, tags::LUT_DATA)
        {
            return Some(Self::Table(table));
        }
        let window = number(dataset, tags::WINDOW_WIDTH).filter(|width| *width >= 1.0);
        if let (Some(width), Some(center)) = (window, number(dataset, tags::WINDOW_CENTER)) {
            return Some(Self::Window { function: Function::of(dataset), center, width });
        }
        let smallest = dataset.integer(tags::SMALLEST_IMAGE_PIXEL_VALUE)? as f64;
        let largest = dataset.integer(tags::LARGEST_IMAGE_PIXEL_VALUE)? as f64;
        let (width, center) = (largest - smallest, (largest + smallest) / 2.0);
        (width > 0.0).then(|| Self::Window { function: Function::of(dataset), center, width })
    }

    /// The range of the pixels of a frame; those that are padding do not count.
    fn range(frame: &Frame, dataset: &Dataset, modality: &Modality) -> Self {
        let padding = dataset.integer(tags::PIXEL_PADDING_VALUE);
        let values = frame.stored(0).map(|stored| frame.format.value(stored));
        let values = values.filter(|value| Some(*value) != padding);
        let (low, high) = values.fold((i64::MAX, i64::MIN), |(low, high), value| (low.min(value), high.max(value)));
        let (low, high) = if low > high { (0, 0) } else { clipped(&frame.format, low, high) };
        let (low, high) = (modality.apply(low), modality.apply(high));
        let width = (high - low).abs().max(1.0);
        Self::Window { function: Function::of(dataset), center: (high + low) / 2.0, width }
    }

    fn level(&self, value: f64) -> f64 {
        let level = match self {
            Self::Table(table) => {
                let (first, last) = table.ends();
                let (first, last) = (f64::from(first), f64::from(last));
                let entry = f64::from(table.entry(value as i64));
                if first == last { 255.0 } else { (entry - first) / (last - first) * 255.0 }
            }
            Self::Window { function, center, width } => function.level(value, *center, *width),
        };
        level.clamp(0.0, 255.0)
    }
}

/// What the bits that are stored can hold.
fn clipped(format: &PixelFormat, low: i64, high: i64) -> (i64, i64) {
    let range = 1_i64 << format.bits_stored;
    let (least, most) = if format.is_signed { (-range / 2, range / 2 - 1) } else { (0, range - 1) };
    (low.clamp(least, most), high.clamp(least, most))
}

impl Function {
    fn of(dataset: &Dataset) -> Self {
        match dataset.first_text(tags::VOILUT_FUNCTION).as_deref().map(str::trim) {
            Some("SIGMOID") => Self::Sigmoid,
            Some("LINEAR_EXACT") => Self::LinearExact,
            _ => Self::Linear,
        }
    }

    /// PS3.3 C.11.2.1.2 and C.11.2.1.3.
    fn level(self, value: f64, center: f64, width: f64) -> f64 {
        match self {
            Self::Sigmoid => 255.0 / (1.0 + (-4.0 * (value - center) / width).exp()),
            Self::LinearExact => ((value - center) / width + 0.5) * 255.0,
            Self::Linear if width == 1.0 && value < center - 0.5 => 0.0,
            Self::Linear if width == 1.0 => 255.0,
            Self::Linear => ((value - (center - 0.5)) / (width - 1.0) + 0.5) * 255.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_those_of_the_standard() {
        for (function, value, center, width, expected) in [
            (Function::Linear, 0.0, 0.5, 1.0, 255),
            (Function::Linear, -0.1, 0.5, 1.0, 0),
            (Function::Linear, 2048.0, 2048.0, 4096.0, 127),
            (Function::Linear, 0.0, 2048.0, 4096.0, 0),
            (Function::Linear, 4095.0, 2048.0, 4096.0, 255),
            (Function::Linear, 1e9, 2048.0, 4096.0, 255),
            (Function::LinearExact, 2048.0, 2048.0, 4096.0, 127),
            (Function::LinearExact, 0.0, 2048.0, 4096.0, 0),
            (Function::Sigmoid, 2048.0, 2048.0, 4096.0, 127),
            (Function::Sigmoid, 1e9, 0.0, 1.0, 255),
        ] {
            let level = Voi::Window { function, center, width }.level(value) as u8;
            assert_eq!(level, expected, "{function:?} of {value} in {center} ± {width}");
        }
    }
}
