#![allow(clippy::panic, clippy::unwrap_used)]

use bytes::Bytes;
use dicom_core::{Tag, VR};
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;
use dicom_transfer_syntax_registry::entries::{
    EXPLICIT_VR_BIG_ENDIAN, EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN,
};
use proptest::prelude::*;

use super::{attributes, *};
use crate::dicom::{
    frames::FrameTable,
    json::{Document, to_json},
    part10::{Limits, OpenedFile, Part10},
    testing::*,
};

const SYNTAXES: [&str; 5] = [EXPLICIT, IMPLICIT, BIG_ENDIAN, DEFLATED, JPEG];

fn changes(json: &str) -> Changes {
    Changes::check(Document::parse(json).unwrap()).unwrap()
}

/// The new file and what is said of it; the old one comes in chunks of this size.
fn rewrite_by(file: &[u8], changes: &Changes, chunk: usize) -> Result<(Vec<u8>, Rewritten), UpdateError> {
    let mut rewrite = Rewrite::new(&scan(file).unwrap(), changes, "test-1.0")?;
    let mut out = Vec::new();
    for chunk in file.chunks(chunk) {
        rewrite.push(Bytes::copy_from_slice(chunk), &mut out)?;
    }
    let rewritten = rewrite.finish(&mut out)?;
    Ok((out.concat(), rewritten))
}

fn rewrite(file: &[u8], changes: &Changes) -> Result<Vec<u8>, UpdateError> {
    rewrite_by(file, changes, file.len()).map(|(file, _)| file)
}

/// A file with everything that must be left alone, in a transfer syntax.
fn sample(syntax: &str, is_patient_known: bool) -> Vec<u8> {
    let patient = [
        text(tags::PATIENT_NAME, VR::PN, "Old^Name"),
        text(tags::PATIENT_ID, VR::LO, "OLD"),
        text(tags::PATIENT_BIRTH_DATE, VR::DA, "19500101"),
        text(tags::PATIENT_COMMENTS, VR::LT, "old comments"),
    ]
    .concat();
    let mut elements = vec![
        text(tags::SPECIFIC_CHARACTER_SET, VR::CS, "ISO_IR 100"),
        text(tags::SOP_INSTANCE_UID, VR::UI, "1.2.3"),
        open(
            tags::REFERENCED_STUDY_SEQUENCE,
            VR::SQ,
            &[open_item(&text(tags::PATIENT_ID, VR::LO, "inner")), item(&[])],
        ),
        text(Tag(0x0009, 0x0010), VR::LO, "CREATOR"),
        element(Tag(0x0009, 0x1001), VR::OB, &[0; 300]),
        if is_patient_known { patient } else { Vec::new() },
        text(Tag(0x0021, 0x0010), VR::LO, "CREATOR"),
        element(Tag(0x0021, 0x1001), VR::UN, b"opaque"),
        short(tags::SAMPLES_PER_PIXEL, 1),
        text(tags::PHOTOMETRIC_INTERPRETATION, VR::CS, "MONOCHROME2"),
        text(tags::NUMBER_OF_FRAMES, VR::IS, "2"),
        short(tags::ROWS, 2),
        short(tags::COLUMNS, 2),
        short(tags::BITS_ALLOCATED, 16),
        element(Tag(0x0043, 0x0010), VR::LO, b"M\xFCller"),
    ];
    elements.push(match syntax {
        JPEG => open(tags::PIXEL_DATA, VR::OB, &[item(&[]), item(&[1, 2, 3, 4]), item(&[5, 6])]),
        _ => element(tags::PIXEL_DATA, VR::OW, &(0..16).collect::<Vec<u8>>()),
    });
    let dataset = elements.concat();
    match syntax {
        IMPLICIT => file(syntax, &in_other_syntax(&dataset, &IMPLICIT_VR_LITTLE_ENDIAN.erased())),
        BIG_ENDIAN => file(syntax, &in_other_syntax(&dataset, &EXPLICIT_VR_BIG_ENDIAN.erased())),
        DEFLATED => file(syntax, &deflate(&dataset)),
        _ => file(syntax, &dataset),
    }
}

fn in_other_syntax(dataset: &[u8], syntax: &dicom_transfer_syntax_registry::TransferSyntax) -> Vec<u8> {
    let object = InMemDicomObject::read_dataset_with_ts(dataset, &EXPLICIT_VR_LITTLE_ENDIAN.erased()).unwrap();
    let mut bytes = Vec::new();
    object.write_dataset_with_ts(&mut bytes, syntax).unwrap();
    bytes
}

/// The bytes of the elements that are not among these, and what follows the last one.
fn others(file: &[u8], except: &[Tag]) -> Vec<u8> {
    let opened = OpenedFile::read(&Bytes::copy_from_slice(file), Limits::default()).unwrap();
    let layout = &opened.part10.layout;
    let ends = layout.elements.iter().skip(1).map(|(_, offset)| *offset).chain([layout.end]);
    let kept = layout.elements.iter().zip(ends).filter(|((tag, _), _)| !except.contains(tag));
    let mut bytes: Vec<u8> = kept.flat_map(|((_, start), end)| opened.range(*start, end).to_vec()).collect();
    bytes.extend_from_slice(opened.range(layout.end, u64::MAX));
    bytes
}

fn frame_bytes(file: &[u8], table: &FrameTable) -> Vec<Vec<u8>> {
    let opened = OpenedFile::read(&Bytes::copy_from_slice(file), Limits::default()).unwrap();
    let frame = |number| {
        let ranges = table.ranges(number).unwrap();
        ranges.iter().flat_map(|range| opened.range(range.start, range.end).to_vec()).collect()
    };
    (1..=table.count()).map(frame).collect()
}

fn text_of(file: &Part10, tag: Tag) -> Option<String> {
    file.dataset.element(tag).map(|_| file.dataset.texts(tag).join("\\"))
}

/// A change of each of these attributes, by their place among those that may change.
fn change_of(indices: &[usize], text: &str) -> (Changes, Vec<(Tag, VR, String)>) {
    let mut json = Vec::new();
    let mut expected = Vec::new();
    for (tag, vr) in indices.iter().map(|index| attributes::all()[*index]) {
        let value = match vr {
            VR::DA => "20240229".to_owned(),
            VR::TM => "1259".to_owned(),
            VR::AS => "035Y".to_owned(),
            VR::DS => "70.5".to_owned(),
            VR::CS => "O".to_owned(),
            _ => text.to_owned(),
        };
        let shown = match vr {
            VR::PN if value.is_empty() => String::new(),
            VR::PN => format!(r#","Value":[{{"Alphabetic":{}}}]"#, serde_json::to_string(&value).unwrap()),
            _ if value.is_empty() => String::new(),
            _ => format!(r#","Value":[{}]"#, serde_json::to_string(&value).unwrap()),
        };
        json.push(format!(r#""{:04X}{:04X}":{{"vr":"{}"{shown}}}"#, tag.0, tag.1, vr.to_string()));
        expected.push((tag, vr, value));
    }
    (changes(&format!("{{{}}}", json.join(","))), expected)
}

proptest! {
    #[test]
    fn what_changes_is_read_back_and_all_else_is_equal_byte_for_byte(
        indices in prop::collection::btree_set(0..36_usize, 0..12),
        text in prop::sample::select(vec!["", "A", "New^Name", "J\u{e9}r\u{f4}me", "12345678 0123456"]),
        syntax in prop::sample::select(SYNTAXES.to_vec()),
        is_patient_known in any::<bool>(),
        chunk in 1..700_usize,
    ) {
        let (changes, expected) = change_of(&indices.into_iter().collect::<Vec<_>>(), text);
        let old = sample(syntax, is_patient_known);
        let (new, rewritten) = rewrite_by(&old, &changes, chunk).unwrap();
        prop_assert_eq!(&rewrite(&old, &changes).unwrap(), &new, "however the old file is cut");
        let changed: Vec<Tag> = changes.tags().collect();
        prop_assert_eq!(others(&old, &changed), others(&new, &changed));

        let (old_file, new_file) = (scan(&old).unwrap(), scan(&new).unwrap());
        prop_assert!(new_file.layout.elements.is_sorted_by(|a, b| a.0 < b.0));
        for (tag, vr, value) in &expected {
            prop_assert_eq!(text_of(&new_file, *tag), Some(value.clone()));
            prop_assert_eq!(new_file.dataset.element(*tag).unwrap().vr, *vr);
        }
        let metadata = merge(&to_json(&old_file.dataset, &[]), &rewritten.changed).unwrap();
        prop_assert_eq!(metadata, to_json(&new_file.dataset, &[]), "the metadata are those of the new file");

        let (old_frames, new_frames) = (FrameTable::of(&old_file).unwrap(), rewritten.frames.unwrap());
        prop_assert_eq!(Some(new_frames.clone()), FrameTable::of(&new_file));
        prop_assert_eq!(frame_bytes(&old, &old_frames), frame_bytes(&new, &new_frames));
        prop_assert_eq!(new.len() % 2, 0);
    }

    #[test]
    fn whatever_can_be_read_can_be_read_once_it_is_changed(
        syntax in prop::sample::select(vec![EXPLICIT, IMPLICIT, BIG_ENDIAN, JPEG]),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut old = sample(syntax, true);
        for (place, byte) in damage {
            let index = 132 + place.index(old.len() - 132);
            old[index] = byte;
        }
        let changes = changes(r#"{"00080050":{"vr":"SH"},"00100010":{"vr":"PN","Value":[{"Alphabetic":"A"}]}}"#);
        if let Ok(file) = scan(&old)
            && Rewrite::new(&file, &changes, "1").is_ok()
        {
            let new = scan(&rewrite(&old, &changes).unwrap()).unwrap();
            let [name, accession] = [tags::PATIENT_NAME, tags::ACCESSION_NUMBER].map(|tag| text_of(&new, tag));
            prop_assert_eq!(name.as_deref(), Some("A"));
            prop_assert_eq!(accession.as_deref(), Some(""));
        }
    }

    #[test]
    fn dicom_object_reads_the_same(
        indices in prop::collection::btree_set(0..36_usize, 1..12),
        syntax in prop::sample::select(SYNTAXES.to_vec()),
        is_patient_known in any::<bool>(),
    ) {
        let (changes, expected) = change_of(&indices.into_iter().collect::<Vec<_>>(), "Ren\u{e9}");
        let old = sample(syntax, is_patient_known);
        let new = rewrite(&old, &changes).unwrap();
        let mut expected_object = dicom_object::from_reader(old.as_slice()).unwrap();
        let new_object = dicom_object::from_reader(new.as_slice()).unwrap();
        prop_assert_eq!(new_object.meta().implementation_class_uid.trim_end_matches('\0'), "1.3.6.1.4.1.311.129");
        prop_assert_eq!(new_object.meta().implementation_version_name.as_deref().map(str::trim), Some("test-1.0"));
        for (tag, vr, value) in expected {
            let read = new_object.element(tag).unwrap();
            prop_assert_eq!(read.vr(), vr);
            prop_assert_eq!(read.to_str().unwrap().trim_end().to_owned(), value);
            expected_object.put(read.clone());
        }
        // Undefined lengths equal nothing, not even themselves.
        prop_assert_eq!(format!("{:?}", *expected_object), format!("{:?}", *new_object));
    }
}

#[test]
fn an_empty_change_touches_nothing_but_who_wrote_it() {
    let old = sample(EXPLICIT, true);
    let new = rewrite(&old, &changes("{}")).unwrap();
    assert_eq!(others(&old, &[]), others(&new, &[]));
    let opened = OpenedFile::read(&new.clone().into(), Limits::default()).unwrap();
    let meta: Vec<(u16, &[u8])> = opened.meta().map(|element| (element.number, element.value)).collect();
    let length = u32::from_le_bytes(meta[0].1.try_into().unwrap());
    assert_eq!(u64::from(length), opened.part10.layout.dataset - 132 - 12);
    assert_eq!(
        meta[1..],
        [
            (0x0001, &[0, 1][..]),
            (0x0010, b"1.2.840.10008.1.2.1\0"),
            (0x0012, b"1.3.6.1.4.1.311.129\0"),
            (0x0013, b"test-1.0"),
            (0x0016, b"TEST"),
        ]
    );
    assert_eq!(rewrite(&new, &changes("{}")).unwrap(), new, "who has written it once writes the same again");
}

#[test]
fn a_long_version_is_cut() {
    let part10 = scan(&sample(EXPLICIT, true)).unwrap();
    let old = sample(EXPLICIT, true);
    let mut rewrite = Rewrite::new(&part10, &changes("{}"), "0.123.4567-alpha+0123456789").unwrap();
    let mut out = Vec::new();
    rewrite.push(old.into(), &mut out).unwrap();
    rewrite.finish(&mut out).unwrap();
    let new = out.concat();
    let opened = OpenedFile::read(&new.clone().into(), Limits::default()).unwrap();
    let name = opened.meta().find(|element| element.number == 0x0013).unwrap();
    assert_eq!(name.value, b"0.123.4567-alpha");
}

#[test]
fn group_lengths_of_changed_groups_follow() {
    let group_length = |group, length: u32| element(Tag(group, 0), VR::UL, &length.to_le_bytes());
    let group_8 = text(tags::STUDY_DATE, VR::DA, "20200101");
    let group_10 = [text(tags::PATIENT_NAME, VR::PN, "Old"), text(tags::PATIENT_ID, VR::LO, "OLD1")].concat();
    let old = [group_length(8, 16), group_8.clone(), group_length(0x10, 24), group_10].concat();
    let new = rewrite(&file(EXPLICIT, &old), &changes(r#"{"00100010":{"vr":"PN","Value":[{"Alphabetic":"Newer"}]}}"#));
    let expected = [
        group_length(8, 16),
        group_8,
        group_length(0x10, 26),
        text(tags::PATIENT_NAME, VR::PN, "Newer"),
        text(tags::PATIENT_ID, VR::LO, "OLD1"),
    ];
    assert_eq!(others(&new.unwrap(), &[]), expected.concat());
}

#[test]
fn repeated_and_misplaced_attributes_all_go_and_padding_stays() {
    let name = |name| text(tags::PATIENT_NAME, VR::PN, name);
    let id = text(tags::PATIENT_ID, VR::LO, "P1");
    let pixels = element(tags::PIXEL_DATA, VR::OB, &[1, 2]);
    let old = [name("A"), id.clone(), name("B"), pixels.clone(), name("C"), vec![0; 20]].concat();
    let new = rewrite(&file(EXPLICIT, &old), &changes(r#"{"00100010":{"vr":"PN","Value":[{"Alphabetic":"New"}]}}"#));
    assert_eq!(others(&new.unwrap(), &[]), [name("New"), id, pixels, vec![0; 20]].concat());
    let only = file(EXPLICIT, &[text(tags::PATIENT_SEX, VR::CS, "O"), vec![0; 3]].concat());
    let new = rewrite(&only, &changes(r#"{"00104000":{"vr":"LT","Value":["end"]}}"#)).unwrap();
    let expected = [text(tags::PATIENT_SEX, VR::CS, "O"), text(tags::PATIENT_COMMENTS, VR::LT, "end"), vec![0; 3]];
    assert_eq!(others(&new, &[]), expected.concat(), "behind the last element, before the padding");
}

/// The new name, and another attribute, of a file with this character set.
fn renamed(charset: Option<&str>, other: &[u8], name: &str) -> Result<(Option<String>, String, Vec<u8>), UpdateError> {
    let old = [
        charset.map(|set| text(tags::SPECIFIC_CHARACTER_SET, VR::CS, set)).unwrap_or_default(),
        element(tags::INSTITUTION_NAME, VR::LO, other),
        element(tags::PATIENT_NAME, VR::PN, b"\xC9\xC9"),
    ]
    .concat();
    let change = changes(&format!(r#"{{"00100010":{{"vr":"PN","Value":[{{"Alphabetic":"{name}"}}]}}}}"#));
    let (new, rewritten) = rewrite_by(&file(EXPLICIT, &old), &change, 64)?;
    let new = scan(&new).unwrap();
    let json = merge(&to_json(&scan(&file(EXPLICIT, &old)).unwrap().dataset, &[]), &rewritten.changed).unwrap();
    assert_eq!(json, to_json(&new.dataset, &[]));
    let name = new.dataset.element(tags::PATIENT_NAME).unwrap();
    let crate::dicom::dataset::Value::Bytes(bytes) = &name.value else { panic!("no text") };
    Ok((text_of(&new, tags::SPECIFIC_CHARACTER_SET), text_of(&new, tags::PATIENT_NAME).unwrap(), bytes.to_vec()))
}

#[test]
fn text_is_in_the_repertoire_that_the_file_declares_or_the_file_becomes_utf_8_if_nothing_else_changes_by_that() {
    let utf_8 = || Some("ISO_IR 192".to_owned());
    let set = |set: &str| Some(set.to_owned());
    for (charset, other, name, expected) in [
        (Some("ISO_IR 100"), &b"H\xF4pital "[..], "Ren\u{e9}e", (set("ISO_IR 100"), &b"Ren\xE9e "[..])),
        (Some("ISO_IR 144"), b"ASCII ", "\u{41b}\u{44e}", (set("ISO_IR 144"), b"\xBB\xEE")),
        (None, b"ASCII ", "ASCII", (None, b"ASCII ")),
        (None, b"ASCII ", "Ren\u{e9}", (utf_8(), "Ren\u{e9} ".as_bytes())),
        (None, "H\u{f4}".as_bytes(), "\u{738b}", (utf_8(), "\u{738b} ".as_bytes())),
        (Some("ISO_IR 100"), b"ASCII ", "\u{738b}", (utf_8(), "\u{738b} ".as_bytes())),
        (Some("\\ISO 2022 IR 87"), b"ASCII ", "\u{5c71}", (set("\\ISO 2022 IR 87"), b"\x1B$B;3\x1B(B")),
        (Some("ISO_IR 192"), "\u{738b} ".as_bytes(), "\u{5c71}", (utf_8(), "\u{5c71} ".as_bytes())),
    ] {
        let (declared, bytes) = expected;
        assert_eq!(renamed(charset, other, name).unwrap(), (declared, name.to_owned(), bytes.to_vec()), "{charset:?}");
    }
    for (charset, other, declared) in
        [(Some("ISO_IR 100"), &b"H\xF4pital "[..], "ISO_IR 100"), (None, b"H\xF4", "ISO_IR 6")]
    {
        let refused = renamed(charset, other, "\u{738b}");
        let tag = tags::PATIENT_NAME;
        assert_eq!(refused.unwrap_err(), UpdateError::Repertoire { tag, declared: declared.to_owned() });
    }
}

#[test]
fn items_with_character_sets_of_their_own_bind_nothing_and_others_do() {
    let other = element(tags::INSTITUTION_NAME, VR::LO, b"H\xF4");
    let own = [text(tags::SPECIFIC_CHARACTER_SET, VR::CS, "ISO_IR 100"), other.clone()].concat();
    let change = changes(r#"{"00100010":{"vr":"PN","Value":[{"Alphabetic":"\u738b"}]}}"#);
    let in_item = |item_content: &[u8]| {
        let sequence = sequence(tags::REFERENCED_STUDY_SEQUENCE, &[item(item_content)]);
        rewrite(
            &file(EXPLICIT, &[text(tags::SPECIFIC_CHARACTER_SET, VR::CS, "ISO_IR 100"), sequence].concat()),
            &change,
        )
    };
    assert!(in_item(&own).is_ok());
    assert!(matches!(in_item(&other), Err(UpdateError::Repertoire { .. })));
}

#[test]
fn a_value_whose_length_no_header_can_tell_is_refused() {
    let long = vec![r#""\u738b""#; 16_000].join(",");
    let change = changes(&format!(r#"{{"00101000":{{"vr":"LO","Value":[{long}]}}}}"#));
    let with_set = |set| rewrite(&file(EXPLICIT, &text(tags::SPECIFIC_CHARACTER_SET, VR::CS, set)), &change);
    assert!(with_set("ISO_IR 192").is_ok());
    assert_eq!(with_set("\\ISO 2022 IR 87"), Err(UpdateError::TooLong { tag: Tag(0x0010, 0x1000) }));
}

#[test]
fn a_file_that_is_shorter_than_it_was_is_noticed() {
    for syntax in SYNTAXES {
        let old = sample(syntax, true);
        let change = changes(r#"{"00104000":{"vr":"LT","Value":["new"]}}"#);
        let mut rewrite = Rewrite::new(&scan(&old).unwrap(), &change, "1").unwrap();
        let mut out = Vec::new();
        rewrite.push(Bytes::copy_from_slice(&old[..200]), &mut out).unwrap();
        assert_eq!(rewrite.finish(&mut out).err(), Some(UpdateError::Truncated), "{syntax}");
    }
}
