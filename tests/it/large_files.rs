//! What is too large to be transcoded or drawn, and what is read of a large file.

use std::{fs, path::PathBuf};

use crate::support::{Answer, Instance, TestApp, scratch};

const LIMIT: usize = 104_857_600;
const RLE: &str = "1.2.840.10008.1.2.5";
const EXPLICIT: &str = "application/dicom";
const PNG: &str = "image/png";

/// A frame of 3 × 3 bytes of one value, in RLE.
fn frame(value: u8) -> Vec<u8> {
    let mut frame = vec![0; 64];
    (frame[0], frame[4]) = (1, 64);
    frame.extend([0xF8, value]);
    frame
}

/// A file of this many bytes whose image is small.
fn file_of(bytes: usize) -> Instance {
    let image = Instance::new().with_pixels(3, 3, 1).with_fragments(RLE, &[], &[&frame(7)]);
    let rest = image.clone().with_bytes(0x0042_0011, "OB", Vec::new()).bytes().len();
    image.with_bytes(0x0042_0011, "OB", vec![0; bytes - rest])
}

#[tokio::test]
async fn files_above_a_hundred_mebibytes_are_not_transcoded_and_not_drawn() {
    let app = TestApp::new();
    let (just, above) = (file_of(LIMIT), file_of(LIMIT + 2));
    assert_eq!(just.bytes().len(), LIMIT);
    for instance in [&just, &above] {
        let body = instance.bytes();
        let request = app.request(reqwest::Method::POST, "/studies").header("accept", "application/dicom+json");
        crate::support::send(request.header("content-type", "application/dicom").body(body)).await.expect(200);
    }
    let ask = async |instance: &Instance, rest: &str, accept: &str| -> Answer {
        app.get(&format!("{}{rest}", instance.path()), accept).await
    };
    assert!(ask(&just, "", EXPLICIT).await.expect(200).body.len() > LIMIT - 200);
    assert_eq!(ask(&just, "/frames/1", "application/octet-stream").await.expect(200).body, [7; 9]);
    ask(&just, "/rendered", PNG).await.expect(200);
    let refusal = "Requested DICOM instance size is above the supported limit of 104857600. The entire instance can be retrieved with the original transfer syntax by specifying 'transfer-syntax=*' in the Accept header.";
    assert_eq!(ask(&above, "", EXPLICIT).await.expect(406).text(), refusal);
    assert_eq!(ask(&above, "/frames/1", "application/octet-stream").await.expect(406).text(), refusal);
    assert_eq!(
        ask(&above, "/rendered", PNG).await.expect(406).text(),
        "Requested DICOM instance size is above the supported limit of 104857600 for rendering. Please retrieve the whole file in the original transfer syntax instead of rendering to image media type."
    );
    let stored = ask(&above, "/frames/1", "application/octet-stream; transfer-syntax=*").await.expect(200);
    assert_eq!(stored.body, frame(7), "as it is stored there is no limit");
    let whole = ask(&above, "", "application/dicom; transfer-syntax=*").await.expect(200);
    assert_eq!(whole.body.len(), LIMIT + 2);
}

/// The stored files of a service.
fn stored_files(app: &TestApp) -> Vec<PathBuf> {
    fn below(folder: PathBuf) -> Vec<PathBuf> {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        entries.flat_map(|path| if path.is_dir() { below(path) } else { vec![path] }).collect()
    }
    below(scratch().join("shared/dicom").join(&app.service))
}

#[tokio::test]
async fn a_frame_is_made_of_its_own_bytes_and_those_before_the_first() {
    let app = TestApp::new();
    let frames: Vec<Vec<u8>> = [7, 8, 9].map(frame).into();
    let fragments: Vec<&[u8]> = frames.iter().map(Vec::as_slice).collect();
    let instance = Instance::new()
        .with_pixels(3, 3, 3)
        .with(0x0028_1050, "DS", "8")
        .with(0x0028_1051, "DS", "4")
        .with_fragments(RLE, &[], &fragments);
    app.store([&instance]).await.expect(200);
    // Of the file is left what ends with the second frame, and the first is overwritten.
    let [file] = &stored_files(&app)[..] else { panic!("one file") };
    let mut bytes = fs::read(file).unwrap();
    let at = |value: u8| bytes.windows(2).rposition(|pair| pair == [0xF8, value]).unwrap();
    let (first, end) = (at(7), at(8) + 2);
    bytes[first] = 0;
    bytes.truncate(end);
    fs::write(file, bytes).unwrap();
    let path = |rest: &str| format!("{}/frames/{rest}", instance.path());
    assert_eq!(app.get(&path("2"), "application/octet-stream").await.expect(200).body, [8; 9]);
    let codestream = app.get(&path("2"), r#"multipart/related; type="image/jp2""#).await.expect(200);
    assert!(!codestream.body.is_empty());
    app.get(&path("2/rendered"), PNG).await.expect(200);
    app.get(&path("1"), "application/octet-stream").await.expect(406);
    let lost = app.get(&path("3"), "application/octet-stream").await;
    assert!(lost.status.is_server_error(), "{}", lost.status);
    app.get(&instance.path(), EXPLICIT).await;
}

#[tokio::test]
async fn a_file_that_is_lost_is_an_error_and_no_answer_that_breaks_off() {
    let app = TestApp::new();
    let first = Instance::new().with_bytes(0x0042_0011, "OB", vec![0; 1 << 20]);
    let (second, last) = (first.sibling(), first.sibling());
    for instance in [&first, &second, &last] {
        app.store([instance]).await.expect(200);
    }
    let any = r#"multipart/related; type="application/dicom"; transfer-syntax=*"#;
    app.get(&first.study_path(), any).await.expect(200);
    let file = stored_files(&app).into_iter().find(|file| fs::read(file).unwrap() == last.stored_bytes()).unwrap();
    fs::write(&file, &last.stored_bytes()[1..]).unwrap();
    app.get(&first.study_path(), any).await.expect(503);
    fs::remove_file(file).unwrap();
    app.get(&first.study_path(), any).await.expect(503);
    app.get(&second.path(), "application/dicom").await.expect(200);
}

#[tokio::test]
async fn a_file_of_many_frames_is_transcoded_through_a_spool() {
    let app = TestApp::new();
    // Decoded it has 32 MiB.
    let mut frame = vec![0; 64];
    (frame[0], frame[4]) = (1, 64);
    frame.extend([0x81, 5].repeat(1 << 13));
    let fragments: Vec<&[u8]> = vec![&frame; 32];
    let instance = Instance::new().with_pixels(1024, 1024, 32).with_fragments(RLE, &[], &fragments);
    app.store([&instance]).await.expect(200);
    let answer = app.get(&instance.path(), EXPLICIT).await.expect(200);
    assert_eq!(answer.header("content-length"), Some(answer.body.len().to_string().as_str()));
    assert!(answer.body.ends_with(&vec![5; 32 << 20]));
    let app = TestApp::new();
    crate::support::send(
        app.request(reqwest::Method::POST, "/studies")
            .header("accept", "application/dicom+json")
            .header("content-type", "application/dicom")
            .body(answer.body),
    )
    .await
    .expect(200);
    let last = app.get(&format!("{}/frames/32", instance.path()), "application/octet-stream").await.expect(200);
    assert_eq!(last.body, vec![5; 1 << 20]);
}
