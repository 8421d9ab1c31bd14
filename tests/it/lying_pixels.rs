//! Pixel data that is cut off, or not what the file says it is: every answer is the one that the client can understand.

use crate::support::{Instance, TestApp};

const STORED: &str = "application/octet-stream; transfer-syntax=*";
const NATIVE: &str = "application/octet-stream";
const EXPLICIT: &str = "application/dicom";
const LOSSLESS: &str = "application/dicom; transfer-syntax=1.2.840.10008.1.2.4.90";
const PNG: &str = "image/png";
const RLE: &str = "1.2.840.10008.1.2.5";
const JPEG: &str = "1.2.840.10008.1.2.4.50";
const JPEG_LS: &str = "1.2.840.10008.1.2.4.80";
const JPEG_2000: &str = "1.2.840.10008.1.2.4.90";

fn us(number: u16) -> Vec<u8> {
    number.to_le_bytes().to_vec()
}

/// An RLE frame of 3 × 3 bytes.
fn rle_frame() -> Vec<u8> {
    let mut frame = vec![0; 64];
    (frame[0], frame[4]) = (1, 64);
    frame.extend([8, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    frame
}

/// The frame header of a JPEG, of this size, and nothing behind it.
fn jpeg(marker: u8, rows: u16, columns: u16) -> Vec<u8> {
    let [r1, r2] = rows.to_be_bytes();
    let [c1, c2] = columns.to_be_bytes();
    let start = [0xFF, 0xD8, 0xFF, marker, 0, 11, 8, r1, r2, c1, c2, 1, 1, 0x11, 0];
    let scan = [0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 63, 0, 1, 2, 3, 0xFF, 0xD9];
    [&start[..], &scan, &[0]].concat()
}

/// The image header of a JPEG 2000 codestream, of this size, and nothing behind it.
fn jpeg_2000(rows: u32, columns: u32) -> Vec<u8> {
    let mut codestream = vec![0xFF, 0x4F, 0xFF, 0x51, 0, 41, 0, 0];
    for word in [columns, rows, 0, 0, columns, rows, 0, 0] {
        codestream.extend(word.to_be_bytes());
    }
    codestream.extend([0, 1, 7, 1, 1, 0]);
    codestream
}

#[tokio::test]
async fn each_lie_has_its_answer() {
    let app = TestApp::new();
    let native = || Instance::new().with_pixels(3, 3, 1);
    let two = || native().with(0x0028_0008, "IS", "2");
    let declares = |rows: u16, columns: u16| {
        native().with_bytes(0x0028_0010, "US", us(rows)).with_bytes(0x0028_0011, "US", us(columns))
    };
    let rle = rle_frame();
    let frames: [&[u8]; 3] = [&rle, &rle, &rle];
    // A frame as it is stored, the same decoded, the file decoded, the file encoded, the frame drawn.
    for (what, instance, frame, expected) in [
        ("all is well", native(), 1, [200, 200, 200, 200, 200]),
        ("RLE is well", native().with_fragments(RLE, &[], &[&rle]), 1, [200, 200, 200, 200, 200]),
        ("native data for one frame of two", two(), 1, [200, 200, 200, 406, 200]),
        ("a frame behind the data", two(), 2, [404, 404, 200, 406, 406]),
        ("a frame behind those declared", two(), 3, [404, 404, 200, 406, 404]),
        ("deflated data for one frame of two", two().deflated(), 1, [200, 200, 406, 406, 200]),
        ("a frame behind deflated data", two().deflated(), 2, [404, 406, 406, 406, 406]),
        ("a frame behind those declared, deflated", two().deflated(), 3, [404, 404, 406, 406, 404]),
        ("one fragment for two frames", two().with_fragments(RLE, &[], &[&rle]), 1, [406, 406, 406, 406, 406]),
        ("offsets that lie outside", two().with_fragments(RLE, &[0, 9999], &frames), 1, [406, 406, 406, 406, 406]),
        ("offsets that descend", two().with_fragments(RLE, &[82, 0], &frames), 1, [406, 406, 406, 406, 406]),
        ("offsets inside of a fragment", two().with_fragments(RLE, &[0, 10], &frames), 1, [406, 406, 406, 406, 406]),
        ("no fragments", native().with_fragments(RLE, &[], &[]), 1, [404, 406, 406, 406, 406]),
        ("an empty fragment", native().with_fragments(RLE, &[], &[b""]), 1, [200, 406, 406, 406, 406]),
        ("a cut fragment", native().with_fragments(RLE, &[], &[&rle[..70]]), 1, [200, 406, 406, 406, 406]),
        ("no rows", declares(0, 3), 1, [404, 404, 200, 406, 406]),
        ("no rows, compressed", declares(0, 3).with_fragments(RLE, &[], &[&rle]), 1, [200, 406, 406, 406, 406]),
        ("65535 × 65535", declares(65535, 65535), 1, [404, 404, 200, 406, 406]),
        (
            "65535 × 65535, compressed",
            declares(65535, 65535).with_fragments(RLE, &[], &[&rle]),
            1,
            [200, 406, 406, 406, 406],
        ),
        ("no bits", native().with_bytes(0x0028_0100, "US", us(0)), 1, [404, 404, 200, 406, 406]),
        ("a huge number of frames", native().with(0x0028_0008, "IS", "2147483647"), 2, [404, 404, 200, 406, 406]),
        ("a negative number of frames", native().with(0x0028_0008, "IS", "-5"), 1, [200, 200, 200, 200, 200]),
        ("a fraction of frames", native().with(0x0028_0008, "IS", "1.5"), 1, [200, 200, 200, 200, 200]),
        (
            "JPEG of another size",
            native().with_fragments(JPEG, &[], &[&jpeg(0xC0, 65500, 65500)]),
            1,
            [200, 406, 406, 406, 406],
        ),
        (
            "JPEG without an image",
            native().with_fragments(JPEG, &[], &[&jpeg(0xC0, 3, 3)]),
            1,
            [200, 406, 406, 406, 406],
        ),
        (
            "12 bits without an image",
            native().with_fragments("1.2.840.10008.1.2.4.51", &[], &[&jpeg(0xC1, 3, 3)]),
            1,
            [200, 406, 406, 406, 406],
        ),
        (
            "JPEG-LS of another size",
            native().with_fragments(JPEG_LS, &[], &[&jpeg(0xF7, 65535, 65535)]),
            1,
            [200, 406, 406, 406, 406],
        ),
        (
            "JPEG 2000 of another size",
            native().with_fragments(JPEG_2000, &[], &[&jpeg_2000(1 << 20, 1 << 20)]),
            1,
            [200, 406, 406, 200, 406],
        ),
        (
            "JPEG 2000 without an image",
            native().with_fragments(JPEG_2000, &[], &[&jpeg_2000(3, 3)]),
            1,
            [200, 406, 406, 200, 406],
        ),
    ] {
        app.store([&instance]).await;
        let path = instance.path();
        let mut found = Vec::new();
        for (path, accept) in [
            (format!("{path}/frames/{frame}"), STORED),
            (format!("{path}/frames/{frame}"), NATIVE),
            (path.clone(), EXPLICIT),
            (path.clone(), LOSSLESS),
            (format!("{path}/frames/{frame}/rendered"), PNG),
        ] {
            found.push(app.get(&path, accept).await.status.as_u16());
        }
        assert_eq!(found, expected, "{what}");
        let whole = app.get(&path, "application/dicom; transfer-syntax=*").await;
        assert_eq!(whole.body, instance.stored_bytes(), "{what}: what was stored comes back all the same");
    }
}

#[tokio::test]
async fn a_bomb_costs_its_sender_an_error() {
    let app = TestApp::new();
    // What unpacks to a gigabyte although the image has nine bytes.
    let mut rle = rle_frame();
    rle.truncate(64);
    rle.extend([0x81, 7].repeat(1 << 22));
    let bomb = Instance::new().with_pixels(3, 3, 1).with_fragments(RLE, &[], &[&rle]);
    app.store([&bomb]).await.expect(200);
    app.get(&bomb.path(), EXPLICIT).await.expect(406);
    app.get(&format!("{}/rendered", bomb.path()), PNG).await.expect(406);
}
