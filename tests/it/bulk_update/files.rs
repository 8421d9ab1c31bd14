//! What becomes of the files, and of what search knows.

use serde_json::json;

use super::{latest_names, name};
use crate::support::{Instance, STORED_INSTANCE, TestApp, parts_of};

/// The value of the first element of this tag in an explicit VR little endian file.
fn value(file: &[u8], tag: u32, vr: &str) -> Vec<u8> {
    let mut header = ((tag >> 16) as u16).to_le_bytes().to_vec();
    header.extend((tag as u16).to_le_bytes());
    header.extend(vr.as_bytes());
    let start = file.windows(6).position(|window| window == header).expect("the element is there") + 8;
    let length = usize::from(u16::from_le_bytes([file[start - 2], file[start - 1]]));
    file[start..start + length].to_vec()
}

#[tokio::test]
async fn pixel_data_and_everything_else_is_untouched_and_the_writer_is_named() {
    let app = TestApp::new();
    let instance = Instance::new()
        .with(0x0010_0010, "PN", "Old^Name")
        .with(0x0009_0010, "LO", "CREATOR")
        .with_bytes(0x0009_1001, "UN", vec![7; 1000])
        .with_preamble(9)
        .with_pixels(40, 50, 3);
    app.store([&instance]).await.expect(200);
    let (old, changes) = (
        instance.stored_bytes(),
        json!({
            "00080050": { "vr": "SH", "Value": ["A-1"] },
            "00100010": { "vr": "PN", "Value": [{ "Alphabetic": "New^Longer^Name" }] },
            "00100040": { "vr": "CS", "Value": ["F"] },
        }),
    );
    app.update(&[&instance.study], changes).await;
    let new = app.get(&instance.path(), STORED_INSTANCE).await.expect(200).body;
    assert_eq!(new[..128], [0; 128]);
    assert_eq!(value(&new, 0x0002_0012, "UI"), b"1.3.6.1.4.1.311.129\0");
    let version = String::from_utf8(value(&new, 0x0002_0013, "SH")).unwrap();
    assert_eq!(version.trim_end(), env!("CARGO_PKG_VERSION"));
    let expected = instance
        .clone()
        .with(0x0008_0050, "SH", "A-1")
        .with(0x0010_0010, "PN", "New^Longer^Name")
        .with(0x0010_0040, "CS", "F")
        .stored_bytes();
    let dataset = |file: &[u8]| {
        let length = u32::from_le_bytes(file[140..144].try_into().unwrap()) as usize;
        file[144 + length..].to_vec()
    };
    assert_eq!(dataset(&new), dataset(&expected));
    assert_ne!(dataset(&new), dataset(&old));
    let frame = app.get(&format!("{}/frames/3", instance.path()), "*/*").await.expect(200);
    assert_eq!(parts_of(&frame)[0].1, old[old.len() - 2000..]);
}

#[tokio::test]
async fn deflated_and_compressed_files_are_updated_too() {
    let app = TestApp::new();
    let deflated = Instance::new().with_pixels(2, 2, 1).deflated();
    let fragments: [&[u8]; 2] = [&[0xFF, 0xD8, 0xFF, 0xE0], &[0xFF, 0xD8, 0xFF, 0xD9]];
    let compressed = Instance::new().with_pixels(2, 2, 2).with_fragments("1.2.840.10008.1.2.4.50", &[], &fragments);
    app.store([&deflated, &compressed]).await.expect(200);
    let frame = async |instance: &Instance, number: u8| {
        let path = format!("{}/frames/{number}", instance.path());
        parts_of(&app.get(&path, r#"multipart/related; type="application/octet-stream"; transfer-syntax=*"#).await)
    };
    let before = [frame(&deflated, 1).await, frame(&compressed, 2).await];
    let operation = app.update(&[&deflated.study, &compressed.study], name("New")).await;
    assert_eq!(operation["results"]["instanceUpdated"], 2, "{operation}");
    for instance in [&deflated, &compressed] {
        assert_eq!(latest_names(&app, &instance.path()).await, ["New"]);
    }
    assert_eq!([frame(&deflated, 1).await, frame(&compressed, 2).await], before);
}

#[tokio::test]
async fn metadata_are_those_of_the_new_file() {
    let app = TestApp::new();
    let instance = Instance::new().with(0x0010_1030, "DS", "070.50").with(0x0020_0013, "IS", "007").with(
        0x0010_0010,
        "PN",
        "Old^Name",
    );
    app.store([&instance]).await.expect(200);
    let changes = json!({
        "00100010": { "vr": "PN", "Value": [{ "Alphabetic": "J\u{e9}r\u{f4}me", "Ideographic": "\u{738b}" }] },
        "00101020": { "vr": "DS", "Value": [1.8] },
        "00104000": { "vr": "LT" },
    });
    app.update(&[&instance.study], changes).await;
    let updated = app.query(&format!("{}/metadata", instance.path())).await.expect(200);
    let file = app.get(&instance.path(), STORED_INSTANCE).await.expect(200).body;
    // Another service that is given the new file says the same of it.
    let other = TestApp::new();
    let sent = other.request(reqwest::Method::POST, "/studies").header("content-type", "application/dicom");
    let answer = crate::support::send(sent.header("accept", "application/dicom+json").body(file)).await;
    assert!(answer.status.is_success(), "{}", answer.text());
    let stored = other.query(&format!("{}/metadata", instance.path())).await.expect(200);
    assert_eq!(updated.text(), stored.text());
    assert!(updated.text().contains(r#""00080005":{"vr":"CS","Value":["ISO_IR 192"]}"#));
}

#[tokio::test]
async fn search_finds_new_values_and_an_empty_one_clears_nothing() {
    let app = TestApp::new();
    let instance = Instance::new()
        .with(0x0008_0050, "SH", "OLD")
        .with(0x0008_1030, "LO", "old description")
        .with(0x0010_0010, "PN", "Old^Name")
        .with(0x0010_0030, "DA", "19500101");
    let second = instance.sibling().with(0x0010_0020, "LO", "PAT-2");
    app.store([&instance, &second]).await.expect(200);
    let changes = json!({
        "00080050": { "vr": "SH", "Value": ["NEW"] },
        "00080090": { "vr": "PN", "Value": [{ "Alphabetic": "Doctor" }] },
        "00081030": { "vr": "LO" },
        "00100010": { "vr": "PN", "Value": [{ "Alphabetic": "N\u{e9}w^Name" }] },
        "00100030": { "vr": "DA", "Value": [] },
    });
    app.update(&[&instance.study], changes).await;
    for (query, status) in [
        ("AccessionNumber=NEW", 200),
        ("AccessionNumber=OLD", 204),
        ("ReferringPhysicianName=doctor", 200),
        ("PatientName=new%5ename", 200),
        ("PatientName=New&fuzzymatching=true", 200),
        ("PatientName=Old&fuzzymatching=true", 204),
        ("PatientBirthDate=19500101", 200),
        ("StudyDescription=old%20description", 200),
        ("PatientID=PAT-2", 200),
        ("PatientID=PAT-1", 204),
    ] {
        app.query(&format!("/studies?{query}")).await.expect(status);
    }
    let [study] = &app.query("/studies").await.expect(200).json().as_array().unwrap().clone()[..] else { panic!() };
    assert_eq!(study["00100030"]["Value"][0], "19500101", "the study's value stays");
    let metadata = app.query(&format!("{}/metadata", instance.path())).await.expect(200).json();
    assert_eq!(metadata[0]["00100030"], json!({ "vr": "DA" }), "the instance's does not");
    let found = app.query("/instances?AccessionNumber=NEW&includefield=PatientName").await.expect(200).json();
    assert_eq!(found.as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_large_file_is_streamed() {
    let app = TestApp::new();
    let instance = Instance::new().with(0x0010_0010, "PN", "Old").with_pixels(60, 50_000, 1);
    let large = instance.clone().without(0x7FE0_0010);
    let pixels: Vec<u8> = (0..3_000_000_u32).map(|index| (index / 7) as u8).collect();
    let fragment: [&[u8]; 1] = [&pixels];
    let large = large.with_fragments("1.2.840.10008.1.2.4.90", &[], &fragment);
    app.store([&large]).await.expect(200);
    app.update(&[&large.study], name("New^Name")).await;
    let new = app.get(&large.path(), STORED_INSTANCE).await.expect(200).body;
    let old = large.stored_bytes();
    assert_eq!(new[new.len() - 3_000_000..], old[old.len() - 3_000_000..]);
    assert_eq!(value(&new, 0x0010_0010, "PN"), b"New^Name");
    let original = app.get_original(&large.path(), STORED_INSTANCE).await.expect(200).body;
    assert_eq!(original, old);
}
