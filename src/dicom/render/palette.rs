//! PALETTE COLOR (PS3.3 C.7.6.3.1.5).

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use super::table::Table;
use crate::dicom::{
    part10::OpenedFile,
    pixel::{Frame, PixelError},
};

const TABLES: [(Tag, Tag); 3] = [
    (tags::RED_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR, tags::RED_PALETTE_COLOR_LOOKUP_TABLE_DATA),
    (tags::GREEN_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR, tags::GREEN_PALETTE_COLOR_LOOKUP_TABLE_DATA),
    (tags::BLUE_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR, tags::BLUE_PALETTE_COLOR_LOOKUP_TABLE_DATA),
];

/// Each value through the three tables. All begin where the red one does.
pub(super) fn draw(opened: &OpenedFile, frame: &Frame) -> Result<Vec<u8>, PixelError> {
    let dataset = &opened.part10.dataset;
    let table = |(descriptor, data)| Table::read(opened, dataset, descriptor, data);
    let [Some(red), Some(mut green), Some(mut blue)] = TABLES.map(table) else {
        return Err(PixelError::Description("no palette"));
    };
    (green.first, blue.first) = (red.first, red.first);
    let tables = [red, green, blue];
    let level = |table: &Table, value: i64| match table.bits {
        16 => (table.entry(value) >> 8) as u8,
        _ => table.entry(value) as u8,
    };
    let values = frame.stored(0).map(|stored| frame.format.value(stored));
    Ok(values.flat_map(|value| tables.each_ref().map(|table| level(table, value))).collect())
}
