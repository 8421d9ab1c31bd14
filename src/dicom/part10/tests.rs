#![allow(clippy::unwrap_used, clippy::panic)]

use dicom_core::{Tag, VR};
use dicom_dictionary_std::tags;
use proptest::prelude::*;

use super::*;
use crate::dicom::{
    dataset::{Element, Value},
    testing::*,
};

fn bytes(tag: Tag, vr: VR, value: &[u8]) -> Element {
    Element { tag, vr, value: Value::Bytes(value.into()) }
}

fn bulk(tag: Tag, vr: VR, offset: u64, length: u64) -> Element {
    Element { tag, vr, value: Value::Bulk(Extent { offset, length }) }
}

fn elements(file: &[u8]) -> Vec<Element> {
    scan(file).unwrap().dataset.elements().to_vec()
}

/// A file with everything that the scanner knows: text, numbers, nested sequences of all forms, bulk, fragments.
fn rich_file() -> Vec<u8> {
    let nested = open(
        tags::REFERENCED_STUDY_SEQUENCE,
        VR::SQ,
        &[open_item(&text(tags::PATIENT_NAME, VR::PN, "In^Ner")), item(b"")],
    );
    let dataset = [
        text(tags::SPECIFIC_CHARACTER_SET, VR::CS, "ISO_IR 100"),
        sequence(tags::REFERENCED_STUDY_SEQUENCE, &[item(&nested), open_item(&nested)]),
        text(tags::PATIENT_NAME, VR::PN, "Doe^John"),
        element(Tag(0x0009, 0x1001), VR::UN, &[1, 2, 3, 4]),
        claimed(
            Tag(0x0009, 0x1002),
            VR::UN,
            UNDEFINED,
            &[item(&implicit(tags::PATIENT_ID, b"12")), sequence_delimiter()].concat(),
        ),
        short(tags::ROWS, 2),
        short(tags::COLUMNS, 2),
        short(tags::BITS_ALLOCATED, 8),
        open(
            tags::PIXEL_DATA,
            VR::OB,
            &[item(&[0, 0, 0, 0, 12, 0, 0, 0]), item(&[0xFF, 0xD8, 0xFF, 0xE0]), item(&[1, 2])],
        ),
    ];
    file(JPEG, &dataset.concat())
}

#[test]
fn explicit_little_endian() {
    let start = dataset_offset(EXPLICIT);
    let dataset =
        [text(tags::PATIENT_ID, VR::LO, "P1"), short(tags::ROWS, 258), element(tags::PIXEL_DATA, VR::OW, &[7; 6])];
    let part10 = scan(&file(EXPLICIT, &dataset.concat())).unwrap();
    assert_eq!((part10.transfer_syntax.as_str(), part10.implicit_vr), (EXPLICIT, false));
    assert_eq!(part10.pixel_data, Some(PixelData::Native(Extent { offset: start + 10 + 10 + 12, length: 6 })));
    assert_eq!(
        part10.dataset.elements(),
        [
            bytes(tags::PATIENT_ID, VR::LO, b"P1"),
            bytes(tags::ROWS, VR::US, &[2, 1]),
            bulk(tags::PIXEL_DATA, VR::OW, start + 32, 6),
        ]
    );
}

#[test]
fn implicit_little_endian_takes_value_representations_from_the_dictionary() {
    let dataset = [
        implicit(Tag(0x0008, 0x0000), &[4, 0, 0, 0]),
        implicit(tags::PATIENT_ID, b"P1"),
        implicit(Tag(0x0009, 0x0010), b"ACME"),
        implicit(Tag(0x0009, 0x1001), b"??"),
        implicit(tags::PIXEL_REPRESENTATION, &[1, 0]),
        implicit(tags::SMALLEST_IMAGE_PIXEL_VALUE, &[0xFF, 0xFF]),
        implicit_claimed(
            Tag(0x0051, 0x1001),
            UNDEFINED,
            &[item(&implicit(tags::LARGEST_IMAGE_PIXEL_VALUE, &[1, 0])), sequence_delimiter()].concat(),
        ),
        implicit(Tag(0x6002, 0x3000), &[0; 4]),
    ];
    let part10 = scan(&file(IMPLICIT, &dataset.concat())).unwrap();
    assert!(part10.implicit_vr);
    let vrs: Vec<_> = part10.dataset.elements().iter().map(|element| element.vr).collect();
    assert_eq!(vrs, [VR::UL, VR::LO, VR::UN, VR::LO, VR::US, VR::SS, VR::SQ, VR::OW]);
    let item = part10.dataset.items(Tag(0x0051, 0x1001)).first().unwrap();
    assert_eq!(
        item.elements(),
        [bytes(tags::LARGEST_IMAGE_PIXEL_VALUE, VR::SS, &[1, 0])],
        "inherits Pixel Representation"
    );
}

#[test]
fn big_endian_numbers_become_little_endian() {
    let big = |tag: Tag, vr: VR, value: &[u8]| {
        [
            &tag.0.to_be_bytes()[..],
            &tag.1.to_be_bytes(),
            &vr.to_bytes(),
            &u16::try_from(value.len()).unwrap().to_be_bytes(),
            value,
        ]
        .concat()
    };
    let dataset = [
        big(tags::PATIENT_ID, VR::LO, b"P1"),
        big(tags::FRAME_INCREMENT_POINTER, VR::AT, &[0x00, 0x18, 0x10, 0x63]),
        big(tags::ROWS, VR::US, &[1, 2, 3, 4]),
        big(Tag(0x0009, 0x1003), VR::FD, &[1, 2, 3, 4, 5, 6, 7, 8]),
    ];
    let elements = elements(&file(BIG_ENDIAN, &dataset.concat()));
    assert_eq!(
        elements,
        [
            bytes(Tag(0x0009, 0x1003), VR::FD, &[8, 7, 6, 5, 4, 3, 2, 1]),
            bytes(tags::PATIENT_ID, VR::LO, b"P1"),
            bytes(tags::FRAME_INCREMENT_POINTER, VR::AT, &[0x18, 0x00, 0x63, 0x10]),
            bytes(tags::ROWS, VR::US, &[2, 1, 4, 3]),
        ]
    );
}

#[test]
fn deflated_data_sets_are_inflated_and_offsets_count_in_the_inflated_stream() {
    let dataset = [text(tags::PATIENT_ID, VR::LO, "P1"), element(tags::PIXEL_DATA, VR::OB, &[7; 100_000])].concat();
    let deflated = file(DEFLATED, &[deflate(&dataset), b"\0".to_vec()].concat());
    for size in [1, 100, deflated.len()] {
        let part10 = scan_by(&deflated, size, Limits::default()).unwrap();
        assert_eq!(part10.pixel_data, Some(PixelData::Native(Extent { offset: 22, length: 100_000 })));
    }
    let empty = file(DEFLATED, &deflate(b""));
    assert_eq!(scan(&empty).unwrap().dataset.elements(), [], "two bytes of deflate stream");
}

#[test]
fn a_damaged_or_overlong_deflate_stream_is_refused() {
    let dataset = element(tags::PIXEL_DATA, VR::OB, &[7; 100_000]);
    let deflated = deflate(&dataset);
    let cut = file(DEFLATED, &deflated[..deflated.len() - 1]);
    assert!(matches!(scan(&cut), Err(ScanError::Inflate { .. })));
    assert!(matches!(scan(&file(DEFLATED, &[0xFF; 100])), Err(ScanError::Inflate { .. })));
    let limits = Limits { inflated_bytes: 99_999, ..Limits::default() };
    let whole = file(DEFLATED, &deflated);
    assert_eq!(scan_by(&whole, 1000, limits), Err(ScanError::InflatesTooLarge { limit: 99_999 }));
}

#[test]
fn unknown_of_undefined_length_is_a_sequence_in_implicit_vr() {
    let items = [open_item(&implicit(tags::PATIENT_ID, b"12")), sequence_delimiter()].concat();
    let part10 =
        part10(&[claimed(Tag(0x0009, 0x1002), VR::UN, UNDEFINED, &items), text(tags::PATIENT_ID, VR::LO, "P1")]);
    assert_eq!(part10.dataset.elements()[0].vr, VR::SQ);
    let [item] = part10.dataset.items(Tag(0x0009, 0x1002)) else { panic!("one item") };
    assert_eq!(item.elements(), [bytes(tags::PATIENT_ID, VR::LO, b"12")]);
}

#[test]
fn a_sequence_of_unknown_representation_may_be_explicit_vr_nevertheless() {
    let nested = sequence(tags::REFERENCED_IMAGE_SEQUENCE, &[item(&text(tags::PATIENT_ID, VR::LO, "34"))]);
    let content = [text(tags::PATIENT_ID, VR::LO, "12"), nested].concat();
    let part10 = part10(&[
        element(tags::REFERENCED_STUDY_SEQUENCE, VR::UN, &item(&content)),
        open(Tag(0x0009, 0x1002), VR::UN, &[open_item(&content)]),
    ]);
    for tag in [tags::REFERENCED_STUDY_SEQUENCE, Tag(0x0009, 0x1002)] {
        let item = &part10.dataset.items(tag)[0];
        assert_eq!(item.first_text(tags::PATIENT_ID).as_deref(), Some("12"));
        assert_eq!(item.items(tags::REFERENCED_IMAGE_SEQUENCE)[0].first_text(tags::PATIENT_ID).as_deref(), Some("34"));
    }
}

#[test]
fn unknown_that_the_dictionary_knows_is_what_the_dictionary_says() {
    let items = item(&implicit(tags::PATIENT_ID, b"12"));
    let part10 = part10(&[
        element(tags::REFERENCED_STUDY_SEQUENCE, VR::UN, &items),
        element(Tag(0x0009, 0x0010), VR::UN, b"ACME"),
        element(Tag(0x0009, 0x1001), VR::UN, b"secret"),
        element(tags::PATIENT_ID, VR::UN, b"P1"),
    ]);
    let vrs: Vec<_> = part10.dataset.elements().iter().map(|element| element.vr).collect();
    assert_eq!(vrs, [VR::SQ, VR::LO, VR::UN, VR::LO]);
    assert_eq!(part10.dataset.first_text(tags::PATIENT_ID).as_deref(), Some("P1"));
    assert_eq!(
        part10.dataset.items(tags::REFERENCED_STUDY_SEQUENCE)[0].first_text(tags::PATIENT_ID).as_deref(),
        Some("12")
    );
}

#[test]
fn encapsulated_pixel_data_is_located_by_fragment() {
    let start = dataset_offset(JPEG);
    let pixel_data = open(
        tags::PIXEL_DATA,
        VR::OB,
        &[item(&[0, 0, 0, 0, 12, 0, 0, 0]), item(&[1, 2, 3, 4, 5, 6]), item(&[7, 8]), item(&[])],
    );
    let part10 = scan(&file(JPEG, &pixel_data)).unwrap();
    let fragment = |offset, length, head| Fragment { offset: start + offset, length, head };
    let fragments = vec![fragment(36, 6, [1, 2, 3, 4]), fragment(50, 2, [7, 8, 0, 0]), fragment(60, 0, [0, 0, 0, 0])];
    assert_eq!(part10.pixel_data, Some(PixelData::Encapsulated { offset_table: vec![0, 12], fragments }));
    assert_eq!(part10.dataset.elements(), [bulk(tags::PIXEL_DATA, VR::OB, start + 12, pixel_data.len() as u64 - 12)]);
}

#[test]
fn pixel_data_of_an_icon_is_not_that_of_the_image() {
    let icon = open(tags::PIXEL_DATA, VR::OB, &[item(&[]), item(&[1, 2])]);
    let native = element(tags::PIXEL_DATA, VR::OB, &[1, 2]);
    let part10 = part10(&[sequence(tags::ICON_IMAGE_SEQUENCE, &[item(&icon), item(&native)])]);
    assert_eq!(part10.pixel_data, None);
}

#[test]
fn elements_out_of_order_are_sorted_and_the_last_of_a_tag_counts() {
    let name = |value| text(tags::PATIENT_NAME, VR::PN, value);
    let nested = sequence(
        tags::REFERENCED_STUDY_SEQUENCE,
        &[item(&[name("c"), text(tags::MODALITY, VR::CS, "CT"), name("d")].concat())],
    );
    let part10 = part10(&[name("a"), nested, name("b")]);
    assert_eq!(part10.dataset.elements().len(), 2);
    assert_eq!(part10.dataset.first_text(tags::PATIENT_NAME).as_deref(), Some("b"));
    let item = &part10.dataset.items(tags::REFERENCED_STUDY_SEQUENCE)[0];
    assert_eq!(
        item.elements().iter().map(|element| element.tag).collect::<Vec<_>>(),
        [tags::MODALITY, tags::PATIENT_NAME]
    );
    assert_eq!(item.first_text(tags::PATIENT_NAME).as_deref(), Some("d"));
}

#[test]
fn items_inherit_the_character_set() {
    let name = element(tags::PATIENT_NAME, VR::PN, b"\xBB\xEE\xDA ");
    let own = [text(tags::SPECIFIC_CHARACTER_SET, VR::CS, "ISO_IR 100"), name.clone()].concat();
    let part10 = part10(&[
        text(tags::SPECIFIC_CHARACTER_SET, VR::CS, "ISO_IR 144"),
        sequence(tags::REFERENCED_STUDY_SEQUENCE, &[item(&name), item(&own)]),
    ]);
    let names: Vec<_> = part10
        .dataset
        .items(tags::REFERENCED_STUDY_SEQUENCE)
        .iter()
        .map(|item| item.first_text(tags::PATIENT_NAME).unwrap())
        .collect();
    assert_eq!(names, ["Люк", "»îÚ"]);
}

#[test]
fn what_is_no_part_10_file_is_told_apart() {
    assert_eq!(scan(b""), Err(ScanError::TooShort { length: 0 }));
    assert_eq!(scan(&[0; 131]), Err(ScanError::TooShort { length: 131 }));
    assert_eq!(scan(&[0; 132]), Err(ScanError::NotPart10));
    assert_eq!(scan(b"<html>".repeat(100).as_slice()), Err(ScanError::NotPart10));
    assert_eq!(scan(&[&[0; 128][..], b"DICM"].concat()).unwrap().dataset.elements(), []);
}

#[test]
fn file_meta_information_may_be_poor() {
    let dataset = text(tags::PATIENT_ID, VR::LO, "P1");
    let start = [&[0; 128][..], b"DICM"].concat();
    let syntax = text(tags::TRANSFER_SYNTAX_UID, VR::UI, IMPLICIT);
    let overlong = text(tags::IMPLEMENTATION_VERSION_NAME, VR::SH, &"x".repeat(300));
    let no_length = [&start[..], &syntax, &overlong, &implicit(tags::PATIENT_ID, b"P1")].concat();
    let no_syntax_explicit = [&start[..], &overlong, &dataset].concat();
    let no_syntax_implicit = [&start[..], &overlong, &implicit(tags::PATIENT_ID, b"P1")].concat();
    let nothing = [&start[..], &dataset].concat();
    for (file, syntax) in
        [(no_length, IMPLICIT), (no_syntax_explicit, EXPLICIT), (no_syntax_implicit, IMPLICIT), (nothing, EXPLICIT)]
    {
        for size in [1, 2, 3, 7, 1000] {
            let part10 = scan_by(&file, size, Limits::default()).unwrap();
            assert_eq!(part10.transfer_syntax, syntax);
            assert_eq!(part10.dataset.elements(), [bytes(tags::PATIENT_ID, VR::LO, b"P1")]);
        }
    }
}

#[test]
fn padding_behind_the_data_set_is_fine_and_anything_else_is_not() {
    let dataset = text(tags::PATIENT_ID, VR::LO, "P1");
    let trailing = element(Tag(0xFFFC, 0xFFFC), VR::OB, &[0; 10]);
    for padding in [vec![0], vec![0; 7], vec![0; 8], vec![0; 100], trailing] {
        assert!(scan(&file(EXPLICIT, &[dataset.clone(), padding].concat())).is_ok());
    }
    let implicit_padded = file(IMPLICIT, &[implicit(tags::PATIENT_ID, b"P1"), vec![0; 100]].concat());
    assert_eq!(elements(&implicit_padded), [bytes(tags::PATIENT_ID, VR::LO, b"P1")]);
    let offset = dataset_offset(EXPLICIT) + 10;
    let garbage = file(EXPLICIT, &[&dataset[..], &[0; 20], b"x"].concat());
    assert_eq!(scan(&garbage), Err(ScanError::NoElement { offset: offset + 20 }));
    let short = file(EXPLICIT, &[&dataset[..], b"xyz"].concat());
    assert_eq!(scan(&short), Err(ScanError::Truncated { offset: offset + 3, tag: tags::PATIENT_ID }));
}

#[test]
fn errors_name_what_is_wrong_and_where() {
    let at = dataset_offset(EXPLICIT);
    let sq = tags::REFERENCED_STUDY_SEQUENCE;
    let delimiter = Tag(0xFFFE, 0xE0DD);
    let name = text(tags::PATIENT_NAME, VR::PN, "Doe^John");
    let cases = [
        (
            b"\x10\0\x10\0??\x08\0Doe^John".to_vec(),
            ScanError::InvalidVr { offset: at, tag: tags::PATIENT_NAME, code: *b"??" },
        ),
        (
            claimed(tags::PATIENT_NAME, VR::PN, 9, b"Doe^John"),
            ScanError::Truncated { offset: at + 16, tag: tags::PATIENT_NAME },
        ),
        (
            claimed(tags::PIXEL_DATA, VR::OW, 9, b"12345678"),
            ScanError::Truncated { offset: at + 20, tag: tags::PIXEL_DATA },
        ),
        (
            claimed(Tag(0x0009, 0x1001), VR::UT, UNDEFINED, b""),
            ScanError::UndefinedLength { offset: at, tag: Tag(0x0009, 0x1001), vr: VR::UT },
        ),
        (item(b""), ScanError::ItemOutsideSequence { offset: at }),
        (
            sequence(sq, std::slice::from_ref(&name)),
            ScanError::ExpectedItem { offset: at + 12, tag: tags::PATIENT_NAME },
        ),
        (sequence_delimiter(), ScanError::UnexpectedDelimiter { offset: at, tag: delimiter }),
        (
            sequence(sq, &[item(&sequence_delimiter())]),
            ScanError::UnexpectedDelimiter { offset: at + 20, tag: delimiter },
        ),
        (
            claimed(sq, VR::SQ, 30, &item(&claimed(tags::PATIENT_NAME, VR::PN, 100, &[b'x'; 100]))),
            ScanError::Overrun { offset: at + 12, tag: Tag(0xFFFE, 0xE000) },
        ),
        (claimed(sq, VR::SQ, 8, &item(&name)), ScanError::Overrun { offset: at + 12, tag: Tag(0xFFFE, 0xE000) }),
        (claimed(sq, VR::SQ, UNDEFINED, b""), ScanError::Truncated { offset: at + 12, tag: sq }),
        (
            open(tags::PIXEL_DATA, VR::OB, &[implicit_claimed(Tag(0xFFFE, 0xE000), UNDEFINED, b"")]),
            ScanError::UndefinedLength { offset: at + 12, tag: Tag(0xFFFE, 0xE000), vr: VR::OB },
        ),
        (
            claimed(
                tags::PIXEL_DATA,
                VR::OB,
                UNDEFINED,
                &[item(b""), implicit_claimed(Tag(0xFFFE, 0xE000), 10, b"12")].concat(),
            ),
            ScanError::Truncated { offset: at + 30, tag: Tag(0xFFFE, 0xE000) },
        ),
    ];
    for (dataset, error) in cases {
        for size in [1, 5, 1000] {
            assert_eq!(scan_by(&file(EXPLICIT, &dataset), size, Limits::default()), Err(error));
        }
    }
    let message = ScanError::InvalidVr { offset: 356, tag: tags::IMAGE_TYPE, code: [0x18, 0] }.to_string();
    assert_eq!(message, "(0008,0008) at offset 356 has no valid value representation: 18 00");
}

#[test]
fn nesting_is_bounded() {
    let nest = |depth| {
        let bytes =
            (0..depth).fold(Vec::new(), |inner, _| open(tags::REFERENCED_STUDY_SEQUENCE, VR::SQ, &[open_item(&inner)]));
        scan(&file(EXPLICIT, &bytes))
    };
    assert!(nest(MAX_DEPTH).is_ok());
    assert!(matches!(nest(MAX_DEPTH + 1), Err(ScanError::TooDeep { .. })));
    let endless = claimed(
        tags::REFERENCED_STUDY_SEQUENCE,
        VR::SQ,
        UNDEFINED,
        &implicit_claimed(Tag(0xFFFE, 0xE000), UNDEFINED, b""),
    );
    assert!(matches!(scan(&file(EXPLICIT, &endless.repeat(100_000))), Err(ScanError::TooDeep { .. })));
}

#[test]
fn memory_is_bounded() {
    let limits = Limits { kept_bytes: 10, elements: 3, inflated_bytes: 0 };
    let scan = |elements: &[Vec<u8>]| scan_by(&file(EXPLICIT, &elements.concat()), 7, limits);
    let name = text(tags::PATIENT_NAME, VR::PN, "Doe^John");
    assert!(scan(&[name.clone(), element(tags::PIXEL_DATA, VR::OW, &[0; 1000])]).is_ok());
    assert!(matches!(scan(&[name.clone(), name.clone()]), Err(ScanError::ValuesTooLarge { .. })));
    assert!(matches!(
        scan(&[short(tags::ROWS, 1), short(tags::ROWS, 1), short(tags::ROWS, 1), short(tags::ROWS, 1)]),
        Err(ScanError::TooManyElements { .. })
    ));
    let declared = claimed(Tag(0x0009, 0x1001), VR::UT, 0xFFFF_FFFE, b"");
    assert!(matches!(scan(&[declared]), Err(ScanError::ValuesTooLarge { .. })), "before any of it comes");
}

#[test]
fn a_refused_file_stays_refused() {
    let mut scanner = Scanner::new(Limits::default());
    assert_eq!(scanner.push(&[1; 200]), Err(ScanError::NotPart10));
    assert_eq!(scanner.push(&rich_file()), Err(ScanError::NotPart10));
    assert_eq!(scanner.finish(), Err(ScanError::NotPart10));
}

#[test]
fn a_file_cut_anywhere_is_refused_unless_the_cut_is_between_elements() {
    let file = rich_file();
    let whole = scan(&file).unwrap();
    let mut intact = 0;
    for length in 0..file.len() {
        intact += usize::from(scan(&file[..length]).is_ok_and(|part10| part10 != whole));
    }
    assert_eq!(
        intact, 13,
        "behind the mark, three elements of file meta information, eight of the data set and one more"
    );
}

#[test]
fn chunks_do_not_matter() {
    let file = rich_file();
    let whole = scan(&file);
    assert!(whole.is_ok());
    for size in 1..file.len() {
        assert_eq!(scan_by(&file, size, Limits::default()), whole);
    }
}

fn small_limits() -> Limits {
    Limits { kept_bytes: 1 << 20, elements: 10_000, inflated_bytes: 1 << 20 }
}

proptest! {
    #[test]
    fn a_damaged_file_is_read_or_refused_the_same_way_in_any_chunks(
        damage in prop::collection::vec((132_usize..600, any::<u8>()), 1..6),
        size in 1_usize..200,
        syntax in prop::sample::select(vec![IMPLICIT, EXPLICIT, BIG_ENDIAN, DEFLATED, JPEG]),
    ) {
        let mut file = file(syntax, &rich_file()[usize::try_from(dataset_offset(JPEG)).unwrap()..]);
        for (position, byte) in damage {
            if let Some(place) = file.get_mut(position) {
                *place = byte;
            }
        }
        prop_assert_eq!(scan_by(&file, size, small_limits()), scan_by(&file, file.len(), small_limits()));
    }

    #[test]
    fn garbage_is_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300), syntax in prop::sample::select(vec![IMPLICIT, EXPLICIT, DEFLATED])) {
        let file = file(syntax, &bytes);
        prop_assert_eq!(scan_by(&file, 3, small_limits()), scan_by(&file, 1000, small_limits()));
    }
}
