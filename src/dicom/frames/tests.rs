#![allow(clippy::unwrap_used, clippy::single_range_in_vec_init)]

use dicom_core::VR;
use dicom_dictionary_std::tags;
use proptest::prelude::*;

use super::*;
use crate::dicom::{part10::ScanError, testing::*};

struct Image {
    rows: u16,
    columns: u16,
    bits: u16,
    samples: u16,
    photometric: &'static str,
    frames: &'static str,
}

const GREY: Image = Image { rows: 3, columns: 3, bits: 8, samples: 1, photometric: "MONOCHROME2", frames: "" };

impl Image {
    fn elements(&self) -> Vec<u8> {
        [
            short(tags::SAMPLES_PER_PIXEL, self.samples),
            text(tags::PHOTOMETRIC_INTERPRETATION, VR::CS, self.photometric),
            text(tags::NUMBER_OF_FRAMES, VR::IS, self.frames),
            short(tags::ROWS, self.rows),
            short(tags::COLUMNS, self.columns),
            short(tags::BITS_ALLOCATED, self.bits),
        ]
        .concat()
    }

    /// The table of this image with native pixel data of so many bytes, with offsets relative to the pixel data.
    fn native(&self, length: usize) -> (u32, Vec<Vec<Range<u64>>>) {
        let file = file(EXPLICIT, &[self.elements(), element(tags::PIXEL_DATA, VR::OW, &vec![0; length])].concat());
        relative(&FrameTable::of(&scan(&file).unwrap()).unwrap(), (file.len() - length) as u64)
    }

    /// The table of this image with these elements before the fragments, with offsets relative to the first fragment.
    fn encapsulated(&self, extra: &[u8], offset_table: &[u32], fragments: &[&[u8]]) -> (u32, Vec<Vec<Range<u64>>>) {
        let offset_table: Vec<u8> = offset_table.iter().flat_map(|offset| offset.to_le_bytes()).collect();
        let mut items = vec![item(&offset_table)];
        items.extend(fragments.iter().map(|fragment| item(fragment)));
        let pixel_data = open(tags::PIXEL_DATA, VR::OB, &items);
        let before = file(JPEG, &[&self.elements(), extra].concat());
        let first = before.len() + 12 + 8 + offset_table.len() + 8;
        let file = [before, pixel_data].concat();
        relative(&FrameTable::of(&scan(&file).unwrap()).unwrap(), first as u64)
    }
}

fn relative(table: &FrameTable, origin: u64) -> (u32, Vec<Vec<Range<u64>>>) {
    let stored: FrameTable = serde_json::from_str(&serde_json::to_string(table).unwrap()).unwrap();
    assert_eq!(stored, *table);
    assert_eq!(table.ranges(0), None);
    assert_eq!(table.ranges(table.count() + 1), None);
    let frames = (1..=table.count()).filter_map(|frame| table.ranges(frame));
    let move_back = |range: Range<u64>| range.start - origin..range.end - origin;
    (table.count(), frames.map(|ranges| ranges.into_iter().map(move_back).collect()).collect())
}

#[test]
fn native_frames_lie_one_behind_the_other() {
    let three = Image { frames: "3", ..GREY };
    assert_eq!(three.native(28), (3, vec![vec![0..9], vec![9..18], vec![18..27]]), "the pad byte is part of no frame");
    assert_eq!(GREY.native(10), (1, vec![vec![0..9]]), "one frame unless said otherwise");
    assert_eq!(Image { bits: 12, ..GREY }.native(18), (1, vec![vec![0..18]]), "two bytes hold 12 bits");
    assert_eq!(Image { samples: 3, bits: 16, ..GREY }.native(54), (1, vec![vec![0..54]]));
}

#[test]
fn bits_and_subsampled_colours_have_sizes_of_their_own() {
    let bits = Image { bits: 1, frames: "2", ..GREY };
    assert_eq!(bits.native(4), (2, vec![vec![0..2], vec![2..4]]), "each frame begins at a byte");
    for photometric in ["YBR_FULL_422", "YBR_PARTIAL_422"] {
        let ybr = Image { photometric, samples: 3, ..GREY };
        assert_eq!(ybr.native(24), (1, vec![vec![0..24]]), "two bytes a pixel, four columns");
    }
}

#[test]
fn declared_frames_are_believed_as_far_as_there_are_bytes() {
    let endless = Image { frames: "2147483647", ..GREY };
    assert_eq!(endless.native(20), (2, vec![vec![0..9], vec![9..18]]));
    assert_eq!(endless.native(8), (0, vec![]));
    assert_eq!(Image { rows: 0, ..endless }.native(8), (0, vec![]));
    for frames in ["-1", "0", "x", "99999999999"] {
        assert_eq!(Image { frames, ..GREY }.native(20).0, 1);
    }
    assert_eq!(Image { frames: "2147483647", ..GREY }.encapsulated(b"", &[], &[&[0; 2], &[0; 2]]), (2, vec![]));
}

#[test]
fn what_is_declared_is_known_beside_what_is_there() {
    let counts = |image: &Image, pixel_data| {
        let table = FrameTable::of(&part10(&[image.elements(), pixel_data])).unwrap();
        (table.count(), table.declared())
    };
    let three = Image { frames: "3", ..GREY };
    assert_eq!(counts(&three, element(tags::PIXEL_DATA, VR::OB, &[0; 28])), (3, 3));
    assert_eq!(counts(&three, element(tags::PIXEL_DATA, VR::OB, &[0; 20])), (2, 3));
    assert_eq!(counts(&three, open(tags::PIXEL_DATA, VR::OB, &[item(b""), item(&[0; 4])])), (1, 3));
    assert_eq!(counts(&GREY, open(tags::PIXEL_DATA, VR::OB, &[item(b"")])), (0, 1));
}

#[test]
fn one_frame_is_all_fragments() {
    assert_eq!(GREY.encapsulated(b"", &[], &[&[1; 4], &[2; 6]]), (1, vec![vec![0..4, 12..18]]));
}

#[test]
fn as_many_fragments_as_frames_are_one_each() {
    let two = Image { frames: "2", ..GREY };
    assert_eq!(two.encapsulated(b"", &[], &[&[1; 4], &[2; 6]]), (2, vec![vec![0..4], vec![12..18]]));
    assert_eq!(two.encapsulated(b"", &[], &[&[1; 4], &[2; 6], &[]]).1, [[0..4], [12..18]], "the last one is empty");
}

#[test]
fn offset_tables_tell_which_fragments_begin_a_frame() {
    let two = Image { frames: "2", ..GREY };
    let fragments: [&[u8]; 3] = [&[1; 4], &[2; 6], &[3; 2]];
    let expected = (2, vec![vec![0..4, 12..18], vec![26..28]]);
    assert_eq!(two.encapsulated(b"", &[0, 26], &fragments), expected);
    let extended = [0_u64, 26].iter().flat_map(|offset| offset.to_le_bytes()).collect::<Vec<_>>();
    let extended = element(tags::EXTENDED_OFFSET_TABLE, VR::OV, &extended);
    assert_eq!(two.encapsulated(&extended, &[], &fragments), expected);
}

#[test]
fn a_table_that_does_not_fit_is_ignored() {
    let two = Image { frames: "2", ..GREY };
    let fragments: [&[u8]; 3] = [&[1; 4], &[2; 6], &[3; 2]];
    for table in [vec![], vec![0], vec![0, 12, 26], vec![0, 13], vec![12, 26], vec![0, 0], vec![0, 0xFFFF_FFFF]] {
        assert_eq!(two.encapsulated(b"", &table, &fragments), (2, vec![]), "{table:?}");
    }
}

#[test]
fn without_tables_codestreams_begin_frames() {
    let two = Image { frames: "2", ..GREY };
    let jpeg: &[u8] = &[0xFF, 0xD8, 0xFF, 0xE0];
    let jpeg_2000: &[u8] = &[0xFF, 0x4F, 0xFF, 0x51];
    let more: &[u8] = &[0; 4];
    let expected = (2, vec![vec![0..4], vec![12..16, 24..28]]);
    assert_eq!(two.encapsulated(b"", &[], &[jpeg, jpeg, more]), expected);
    assert_eq!(two.encapsulated(b"", &[], &[jpeg_2000, jpeg_2000, more]), expected);
    assert_eq!(two.encapsulated(b"", &[], &[more, jpeg, jpeg]), (2, vec![]), "the first begins no frame");
    assert_eq!(two.encapsulated(b"", &[], &[jpeg, more, more]), (2, vec![]), "too few");
}

#[test]
fn an_instance_without_image_has_no_table() {
    assert_eq!(FrameTable::of(&part10(&[GREY.elements()])), None);
    let pixel_data = element(tags::PIXEL_DATA, VR::OB, &[0; 2]);
    assert_eq!(FrameTable::of(&part10(&[short(tags::ROWS, 1), short(tags::COLUMNS, 1), pixel_data.clone()])), None);
    assert_eq!(FrameTable::of(&part10(&[GREY.elements(), element(tags::FLOAT_PIXEL_DATA, VR::OF, &[0; 36])])), None);
    let no_fragments = open(tags::PIXEL_DATA, VR::OB, &[item(b"")]);
    assert_eq!(FrameTable::of(&part10(&[GREY.elements(), no_fragments])).unwrap().count(), 0);
}

#[test]
fn the_stored_form_is_small() {
    let native = FrameTable::of(&part10(&[GREY.elements(), element(tags::PIXEL_DATA, VR::OB, &[0; 10])])).unwrap();
    assert_eq!(serde_json::to_string(&native).unwrap(), r#"{"native":{"offset":278,"length":9,"count":1}}"#);
    let items = [item(b""), item(&[0; 40]), item(&[0; 42])];
    let encapsulated = FrameTable::of(&part10(&[GREY.elements(), open(tags::PIXEL_DATA, VR::OB, &items)])).unwrap();
    assert_eq!(
        serde_json::to_string(&encapsulated).unwrap(),
        r#"{"encapsulated":{"offset":294,"fragments":[40,42],"frames":[2]}}"#
    );
}

proptest! {
    #[test]
    fn ranges_lie_inside_the_file(
        rows in 0_u16..9, columns in 0_u16..9, bits in 0_u16..40, samples in 0_u16..5, frames in "[0-9]{0,10}",
        table in prop::collection::vec(0_u32..64, 0..5), fragments in prop::collection::vec(0_usize..9, 0..6), native in any::<bool>(),
    ) {
        let image = Image { rows, columns, bits, samples, photometric: "RGB", frames: "" };
        let table: Vec<u8> = table.iter().flat_map(|offset| offset.to_le_bytes()).collect();
        let mut items = vec![item(&table)];
        items.extend(fragments.iter().map(|length| item(&vec![0xFF; *length])));
        let pixel_data = match native {
            true => element(tags::PIXEL_DATA, VR::OB, &items.concat()),
            false => open(tags::PIXEL_DATA, VR::OB, &items),
        };
        let file = file(EXPLICIT, &[image.elements(), text(tags::NUMBER_OF_FRAMES, VR::IS, &frames), pixel_data].concat());
        let part10: Result<_, ScanError> = scan(&file);
        if let Some(table) = FrameTable::of(&part10.unwrap()) {
            for frame in 1..=table.count() {
                for range in table.ranges(frame).unwrap_or_default() {
                    prop_assert!(range.start <= range.end && range.end <= file.len() as u64);
                }
            }
        }
    }
}
