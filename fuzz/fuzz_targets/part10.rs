//! No file makes the scanner, the validator, the JSON writer, the frame table or an update panic; however it is cut, it is
//! read alike; and changed, it can be read again.

#![no_main]

#[allow(dead_code, unused_imports)]
#[path = "../../src/dicom/mod.rs"]
mod dicom;

use dicom::{
    frames::FrameTable,
    json::{Document, to_json},
    part10::{Limits, Part10, ScanError, Scanner},
    update::{Changes, Rewrite},
    validate::{Rules, validate},
};
use libfuzzer_sys::fuzz_target;

const LIMITS: Limits = Limits { kept_bytes: 1 << 20, elements: 10_000, inflated_bytes: 1 << 22 };

fn scan(file: &[u8], piece: usize) -> Result<Part10, ScanError> {
    let mut scanner = Scanner::new(LIMITS);
    for piece in file.chunks(piece) {
        scanner.push(piece)?;
    }
    scanner.finish()
}

fuzz_target!(|input: (u16, &[u8])| {
    let (piece, bytes) = input;
    let whole = scan(bytes, bytes.len().max(1));
    assert_eq!(whole, scan(bytes, usize::from(piece).max(1)));
    let Ok(file) = whole else { return };
    let validation = validate(&file.dataset, Some("1.2.3"), Rules::V2);
    validate(&file.dataset, None, Rules::V1 { extended_query_tags: &[] });
    to_json(&file.dataset, &validation.dropped);
    if let Some(frames) = FrameTable::of(&file) {
        for frame in 1..=frames.count().min(100) {
            for range in frames.ranges(frame).unwrap_or_default() {
                assert!(range.start <= range.end);
            }
        }
    }
    rewrite(&file, bytes);
});

fn rewrite(file: &Part10, bytes: &[u8]) {
    let change = r#"{"00100010":{"vr":"PN","Value":[{"Alphabetic":"A"}]},"00403001":{"vr":"LO","Value":["B"]}}"#;
    let changes = Changes::check(Document::parse(change).unwrap()).unwrap();
    let Ok(mut rewrite) = Rewrite::new(file, &changes, "fuzz") else { return };
    let mut new = Vec::new();
    rewrite.push(bytes.to_vec().into(), &mut new).unwrap();
    rewrite.finish(&mut new).unwrap();
    let mut scanner = Scanner::new(Limits::default());
    scanner.push(&new.concat()).unwrap();
    let new = scanner.finish().unwrap();
    for tag in changes.tags() {
        assert!(new.dataset.element(tag).is_some());
    }
}
