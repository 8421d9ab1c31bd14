//! No data set and no offset table make the frame table panic, and what it says of a frame lies in the file, in order.
//! A file that is opened by what stands before its first frame is described as the whole file is.

#![no_main]

#[allow(dead_code, unused_imports)]
#[path = "../../src/dicom/mod.rs"]
mod dicom;

use bytes::Bytes;
use dicom::{
    frames::FrameTable,
    image::Image,
    part10::{Limits, OpenedFile},
};
use libfuzzer_sys::fuzz_target;

const LIMITS: Limits = Limits { kept_bytes: 1 << 20, elements: 10_000, inflated_bytes: 1 << 22 };

/// Explicit VR little endian, native or encapsulated, around what the fuzzer chose.
fn file(is_encapsulated: bool, rows: u8, columns: u8, frames: u16, table: &[u8], pixels: &[u8]) -> Vec<u8> {
    let syntax: &[u8] = if is_encapsulated { b"1.2.840.10008.1.2.5\0" } else { b"1.2.840.10008.1.2.1\0" };
    let mut file = [&[0; 128][..], b"DICM"].concat();
    let mut put = |tag: u32, vr: &[u8; 2], value: &[u8]| {
        file.extend(((tag >> 16) as u16).to_le_bytes());
        file.extend((tag as u16).to_le_bytes());
        file.extend(vr);
        match vr {
            b"OB" => file.extend([&[0, 0][..], &(value.len() as u32).to_le_bytes()].concat()),
            _ => file.extend((value.len() as u16).to_le_bytes()),
        }
        file.extend(value);
    };
    put(0x0002_0000, b"UL", &28_u32.to_le_bytes());
    put(0x0002_0010, b"UI", syntax);
    put(0x0028_0008, b"IS", format!("{frames:<6}").as_bytes());
    put(0x0028_0010, b"US", &u16::from(rows).to_le_bytes());
    put(0x0028_0011, b"US", &u16::from(columns).to_le_bytes());
    put(0x0028_0100, b"US", &8_u16.to_le_bytes());
    if !is_encapsulated {
        put(0x7FE0_0010, b"OB", pixels);
        return file;
    }
    file.extend([0xE0, 0x7F, 0x10, 0x00, b'O', b'B', 0, 0, 0xFF, 0xFF, 0xFF, 0xFF]);
    // Fragments of the lengths that the first bytes of the pixels tell.
    for item in std::iter::once(table).chain(pixels.chunks(usize::from(rows).max(1))) {
        file.extend([0xFE, 0xFF, 0x00, 0xE0]);
        file.extend((item.len() as u32).to_le_bytes());
        file.extend(item);
    }
    file.extend([0xFE, 0xFF, 0xDD, 0xE0, 0, 0, 0, 0]);
    file
}

fuzz_target!(|input: (bool, u8, u8, u16, &[u8], &[u8])| {
    let (is_encapsulated, rows, columns, frames, table, pixels) = input;
    let file = Bytes::from(file(is_encapsulated, rows, columns, frames, table, pixels));
    let Ok(opened) = OpenedFile::read(&file, LIMITS) else { return };
    let Some(table) = FrameTable::of(&opened.part10) else { return };
    assert!(table.count() <= u32::from(frames).max(1));
    let mut end = 0;
    for frame in 1..=table.count().min(1000) {
        for range in table.ranges(frame).unwrap_or_default() {
            assert!(end <= range.start && range.start <= range.end && range.end <= file.len() as u64);
            end = range.end;
        }
    }
    assert_eq!(table.ranges(table.count() + 1), None);
    let stored = serde_json::to_string(&table).unwrap();
    assert_eq!(serde_json::from_str::<FrameTable>(&stored).unwrap(), table);
    if table.count() > 0 {
        let head = OpenedFile::read_head(file.slice(..table.start() as usize), LIMITS).unwrap();
        let (by_head, by_whole) = (Image::with_table(head, table), Image::of(opened));
        assert_eq!(by_head.is_ok(), by_whole.is_ok());
        if let (Ok(by_head), Ok(by_whole)) = (by_head, by_whole) {
            assert_eq!(by_head.format(), by_whole.format());
            assert_eq!(by_head.ranges(1).ok(), by_whole.ranges(1).ok());
        }
    }
});
