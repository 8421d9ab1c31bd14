//! Instances and frames in another transfer syntax than they are stored in. What is expected comes from decoders that
//! are not ours: see `tests/data/README.md`.

use std::{fs, path::PathBuf};

use reqwest::Method;

use crate::support::{Answer, Instance, TestApp, multipart_body, parts_of, send};

const EXPLICIT: &str = "application/dicom; transfer-syntax=1.2.840.10008.1.2.1";
const LOSSLESS: &str = "application/dicom; transfer-syntax=1.2.840.10008.1.2.4.90";
const NATIVE_FRAMES: &str = r#"multipart/related; type="application/octet-stream""#;
const CODESTREAMS: &str = r#"multipart/related; type="image/jp2""#;
const UNSUPPORTED: &str = "The specified transcoding is not supported.";
/// Rows × Columns of the files.
const PIXELS: usize = 33 * 37;

/// A file and what another decoder makes of it.
struct Vector {
    name: String,
    file: Vec<u8>,
    pixels: Vec<u8>,
}

fn vectors() -> Vec<Vector> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/transcoding");
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "dcm"));
    paths.sort();
    let read = |path: PathBuf| Vector {
        name: path.file_stem().unwrap().to_str().unwrap().to_owned(),
        file: fs::read(&path).unwrap(),
        pixels: fs::read(path.with_extension("raw")).unwrap(),
    };
    paths.into_iter().map(read).collect()
}

/// Stores a file, and answers the path of its instance.
async fn store(app: &TestApp, method: Method, file: &[u8]) -> String {
    let (content_type, body) = multipart_body([file]);
    let request = app.request(method, "/studies").header("accept", "application/dicom+json");
    let answer = send(request.header("content-type", content_type).body(body)).await.json();
    let url = answer["00081199"]["Value"][0]["00081190"]["Value"][0].as_str().expect("a URL").to_owned();
    url[url.find("/studies").unwrap()..].to_owned()
}

/// The value of Pixel Data of a file of explicit VR little endian.
fn pixel_data(file: &[u8]) -> &[u8] {
    let header = [0xE0, 0x7F, 0x10, 0x00, b'O'];
    let at = file.windows(5).position(|window| window == header).expect("pixel data");
    &file[at + 12..]
}

/// How far the pixels may be from those of another decoder. JPEG permits some freedom, nothing else does.
fn assert_same(name: &str, found: &[u8], expected: &[u8]) {
    let distance = |(a, b): (&u8, &u8)| u64::from(a.abs_diff(*b));
    match name.contains("baseline") {
        true => {
            let total: u64 = found.iter().zip(expected).map(distance).sum();
            assert!(total <= 3 * expected.len() as u64, "{name}: {total}");
        }
        false => assert!(found.starts_with(expected), "{name} differs"),
    }
    assert!(found.len() - expected.len() <= 1, "{name}: at most a byte of padding");
}

#[tokio::test]
async fn every_syntax_becomes_explicit_vr_little_endian() {
    let app = TestApp::new();
    for Vector { name, file, pixels } in vectors() {
        let path = store(&app, Method::POST, &file).await;
        let answer = app.get(&path, EXPLICIT).await;
        assert_eq!(answer.status, 200, "{name}");
        assert_eq!(answer.header("content-type"), Some(EXPLICIT));
        assert_same(&name, pixel_data(&answer.body), &pixels);
    }
}

#[tokio::test]
async fn every_syntax_becomes_jpeg_2000_that_decodes_to_the_same() {
    let app = TestApp::new();
    for Vector { name, file, pixels } in vectors() {
        let path = store(&app, Method::POST, &file).await;
        let encoded = app.get(&path, LOSSLESS).await;
        assert_eq!(encoded.status, 200, "{name}");
        assert_eq!(encoded.header("content-type"), Some(LOSSLESS));
        store(&app, Method::PUT, &encoded.body).await;
        let decoded = app.get(&path, EXPLICIT).await;
        assert_eq!(decoded.status, 200, "{name}");
        assert_same(&name, pixel_data(&decoded.body), &pixels);
    }
}

#[tokio::test]
async fn frames_are_decoded_one_by_one() {
    let app = TestApp::new();
    for Vector { name, file, pixels } in vectors() {
        let path = store(&app, Method::POST, &file).await;
        let frames = match name.as_str() {
            name if name.ends_with("3_frames") => 3,
            name if name.ends_with("2_frames") || name == "implicit" => 2,
            _ => 1,
        };
        let size = pixels.len() / frames;
        assert_eq!(size % PIXELS, 0);
        let list: Vec<String> = (1..=frames).rev().map(|number| number.to_string()).collect();
        let native = app.get(&format!("{path}/frames/{}", list.join(",")), NATIVE_FRAMES).await;
        assert_eq!(native.status, 200, "{name}");
        let parts = parts_of(&native);
        for ((kind, found), expected) in parts.iter().zip(pixels.chunks(size).rev()) {
            assert_eq!(kind, "application/octet-stream; transfer-syntax=1.2.840.10008.1.2.1");
            assert_eq!(found.len(), size, "{name}: no padding");
            assert_same(&name, found, expected);
        }
        let codestreams = app.get(&format!("{path}/frames/1"), CODESTREAMS).await;
        assert_eq!(codestreams.status, 200, "{name}");
        let [(kind, codestream)] = &parts_of(&codestreams)[..] else { panic!("one part") };
        assert_eq!(kind, "image/jp2; transfer-syntax=1.2.840.10008.1.2.4.90");
        assert!(codestream.starts_with(&[0xFF, 0x4F, 0xFF, 0x51]));
    }
}

async fn explicit(app: &TestApp, instance: &Instance) -> Answer {
    app.store([instance]).await;
    app.get(&instance.path(), EXPLICIT).await
}

#[tokio::test]
async fn an_instance_without_pixels_is_written_anew() {
    let app = TestApp::new();
    let instance =
        Instance::new().with_bytes(0x0009_0000, "UL", vec![4, 0, 0, 0]).with_bytes(0x0042_0011, "OB", vec![7; 4]);
    app.store([&instance]).await.expect(200);
    let answer = app.get(&instance.path(), LOSSLESS).await.expect(200);
    assert_eq!(answer.header("content-type"), Some(LOSSLESS));
    let expected = instance.without(0x0009_0000).with_transfer_syntax("1.2.840.10008.1.2.4.90");
    assert_eq!(answer.body, expected.bytes());
    let deflated = expected.sibling().deflated();
    let answer = explicit(&app, &deflated).await.expect(200);
    assert_eq!(answer.body, deflated.with_transfer_syntax("1.2.840.10008.1.2.1").bytes());
}

#[tokio::test]
async fn what_cannot_be_transcoded_is_not_acceptable() {
    let app = TestApp::new();
    let image = Instance::new().with_pixels(3, 3, 1);
    let fragment: &[u8] = &[1, 0, 0, 0, 64, 0, 0, 0];
    for (what, instance) in [
        ("an unknown syntax", image.sibling().with_fragments("1.2.840.10008.1.2.4.100", &[], &[fragment])),
        ("RLE that is cut off", image.sibling().with_fragments("1.2.840.10008.1.2.5", &[], &[fragment])),
        ("no JPEG", image.sibling().with_fragments("1.2.840.10008.1.2.4.50", &[], &[fragment])),
        ("no JPEG-LS", image.sibling().with_fragments("1.2.840.10008.1.2.4.80", &[], &[fragment])),
        ("no JPEG 2000", image.sibling().with_fragments("1.2.840.10008.1.2.4.90", &[], &[fragment])),
        ("nothing", image.sibling().with_fragments("1.2.840.10008.1.2.5", &[], &[])),
        (
            "fewer frames than declared",
            image.sibling().with_pixels(3, 3, 2).with_bytes(0x7FE0_0010, "OB", vec![0; 10]).deflated(),
        ),
        ("no rows", image.sibling().with_bytes(0x0028_0010, "US", vec![0, 0]).deflated()),
        (
            "65535 × 65535",
            image
                .sibling()
                .with_bytes(0x0028_0010, "US", vec![255; 2])
                .with_bytes(0x0028_0011, "US", vec![255; 2])
                .with_fragments("1.2.840.10008.1.2.5", &[], &[fragment]),
        ),
    ] {
        let answer = explicit(&app, &instance).await;
        assert_eq!((answer.status.as_u16(), answer.text()), (406, UNSUPPORTED), "{what}");
    }
}

#[tokio::test]
async fn damaged_frames_never_bring_the_server_down() {
    let app = TestApp::new();
    for Vector { name, file, .. } in vectors() {
        let path = store(&app, Method::POST, &file).await;
        for step in [97, 41, 13] {
            let mut damaged = file.clone();
            let start = file.len() - pixel_data_length(&file);
            damaged.iter_mut().skip(start + 60).step_by(step).for_each(|byte| *byte ^= 0x5A);
            let (content_type, body) = multipart_body([damaged]);
            let request = app.request(Method::PUT, "/studies").header("accept", "application/dicom+json");
            send(request.header("content-type", content_type).body(body)).await;
            let status = app.get(&path, EXPLICIT).await.status.as_u16();
            assert!([200, 404, 406].contains(&status), "{name}: {status}");
        }
    }
}

/// Bytes from the value of Pixel Data on; most of the file where it is deflated or otherwise not to be found.
fn pixel_data_length(file: &[u8]) -> usize {
    let at = file.windows(4).position(|window| window == [0xE0, 0x7F, 0x10, 0x00]);
    at.map_or(file.len() / 2, |at| file.len() - at - 12)
}

#[tokio::test]
async fn overlays_in_unused_bits_move_to_data_of_their_own_when_pixels_are_coded_anew() {
    let app = TestApp::new();
    let us = |numbers: &[u16]| numbers.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<u8>>();
    // The overlay lies in the bits 12 of two frames of two pixels.
    let instance = Instance::new()
        .with_pixels(1, 2, 2)
        .with_bytes(0x0028_0100, "US", us(&[16]))
        .with_bytes(0x0028_0101, "US", us(&[12]))
        .with_bytes(0x0028_0102, "US", us(&[11]))
        .with_bytes(0x6000_0010, "US", us(&[1]))
        .with_bytes(0x6000_0011, "US", us(&[2]))
        .with(0x6000_0015, "IS", "2")
        .with(0x6000_0040, "CS", "G")
        .with_bytes(0x6000_0050, "SS", us(&[1, 1]))
        .with_bytes(0x6000_0100, "US", us(&[16]))
        .with_bytes(0x6000_0102, "US", us(&[12]))
        .with_bytes(0x7FE0_0010, "OW", us(&[0x1001, 0x0002, 0x0003, 0x1004]));
    app.store([&instance]).await.expect(200);
    let native = app.get(&instance.path(), EXPLICIT).await.expect(200);
    assert_eq!(native.body, instance.stored_bytes(), "cells that are not coded anew keep their bits");
    let drawn = async |number: u8| {
        app.get(&format!("{}/frames/{number}/rendered", instance.path()), "image/png").await.expect(200).body
    };
    let before = [drawn(1).await, drawn(2).await];
    let encoded = app.get(&instance.path(), LOSSLESS).await.expect(200).body;
    let element = |element: &[u8]| encoded.windows(element.len()).any(|window| window == element);
    assert!(element(&[0x00, 0x60, 0x00, 0x30, b'O', b'W', 0, 0, 2, 0, 0, 0, 0b1001, 0]), "the bits of both frames");
    assert!(element(&[0x00, 0x60, 0x00, 0x01, b'U', b'S', 2, 0, 1, 0]), "Overlay Bits Allocated");
    assert!(element(&[0x00, 0x60, 0x02, 0x01, b'U', b'S', 2, 0, 0, 0]), "Overlay Bit Position");
    store(&app, Method::PUT, &encoded).await;
    assert_eq!([drawn(1).await, drawn(2).await], before);
    let decoded = app.get(&instance.path(), EXPLICIT).await.expect(200);
    assert!(pixel_data(&decoded.body).starts_with(&us(&[1, 2, 3, 4])));
}

/// An explicit VR big endian file of one 3 × 3 image of 8 bits in words: its last byte is the padding of the word.
fn odd_big_endian_file(uid: &str, pixels: &[u8; 9]) -> Vec<u8> {
    let element = |tag: u32, vr: &str, value: &[u8]| -> Vec<u8> {
        let mut bytes = [&tag.to_be_bytes()[..], vr.as_bytes()].concat();
        match vr {
            "OW" => bytes.extend([&[0, 0][..], &(value.len() as u32).to_be_bytes()].concat()),
            _ => bytes.extend((value.len() as u16).to_be_bytes()),
        }
        [&bytes, value].concat()
    };
    let text = |value: &str| if value.len() % 2 == 1 { format!("{value}\0") } else { value.to_owned() };
    let us = |number: u16| number.to_be_bytes();
    let words: Vec<u8> = [&pixels[..], &[0]].concat().chunks(2).flat_map(|word| [word[1], word[0]]).collect();
    let syntax = text("1.2.840.10008.1.2.2");
    let meta = [&[2, 0, 0x10, 0][..], b"UI", &(syntax.len() as u16).to_le_bytes(), syntax.as_bytes()].concat();
    let mut file = [&[0; 128][..], b"DICM", &[2, 0, 0, 0], b"UL", &[4, 0], &(meta.len() as u32).to_le_bytes()].concat();
    file.extend(meta);
    for (tag, vr, value) in [
        (0x0008_0016, "UI", text("1.2.840.10008.5.1.4.1.1.7").into_bytes()),
        (0x0008_0018, "UI", text(uid).into_bytes()),
        (0x0010_0020, "LO", b"P1".to_vec()),
        (0x0020_000D, "UI", text(uid).into_bytes()),
        (0x0020_000E, "UI", text(uid).into_bytes()),
        (0x0028_0002, "US", us(1).to_vec()),
        (0x0028_0004, "CS", b"MONOCHROME2 ".to_vec()),
        (0x0028_0010, "US", us(3).to_vec()),
        (0x0028_0011, "US", us(3).to_vec()),
        (0x0028_0100, "US", us(8).to_vec()),
        (0x0028_0101, "US", us(8).to_vec()),
        (0x0028_0102, "US", us(7).to_vec()),
        (0x0028_0103, "US", us(0).to_vec()),
        (0x7FE0_0010, "OW", words),
    ] {
        file.extend(element(tag, vr, &value));
    }
    file
}

#[tokio::test]
async fn a_frame_of_an_odd_number_of_big_endian_bytes_keeps_its_last_byte() {
    let app = crate::support::TestApp::new();
    let uid = crate::support::uid();
    let pixels = [1, 2, 3, 4, 5, 6, 7, 8, 9];
    let request = app.request(reqwest::Method::POST, "/studies").header("accept", "application/dicom+json");
    let file = odd_big_endian_file(&uid, &pixels);
    crate::support::send(request.header("content-type", "application/dicom").body(file)).await.expect(200);
    let path = format!("/studies/{uid}/series/{uid}/instances/{uid}/frames/1");
    assert_eq!(app.get(&path, "application/octet-stream").await.expect(200).body, pixels);
}
