//! `GET …/rendered` and `GET …/frames/{n}/rendered`

use reqwest::Method;

use crate::support::{Answer, Instance, TestApp, raw, send};

const PNG: &str = "image/png";

fn us(numbers: &[u16]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
}

/// A picture: columns, rows, and red, green and blue of each pixel.
fn picture(answer: &Answer) -> (u32, u32, Vec<[u8; 3]>) {
    let image = image::load_from_memory(&answer.body).expect("a picture").to_rgb8();
    (image.width(), image.height(), image.pixels().map(|pixel| pixel.0).collect())
}

/// The picture of the first frame of an instance.
async fn drawn(app: &TestApp, instance: &Instance) -> Vec<[u8; 3]> {
    app.store([instance]).await;
    let answer = app.get(&format!("{}/rendered", instance.path()), PNG).await.expect(200);
    assert_eq!(answer.header("content-type"), Some(PNG));
    picture(&answer).2
}

/// A request as no client library would send it.
fn without_accept(url: &str) -> String {
    let (_, rest) = url.split_once("//").expect("a URL");
    let (host, path) = rest.split_once('/').expect("a path");
    format!("GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")
}

fn grey(levels: &[u8]) -> Vec<[u8; 3]> {
    levels.iter().map(|level| [*level; 3]).collect()
}

/// Two pixels of 16 bits.
fn two_words(values: [u16; 2]) -> Instance {
    Instance::new()
        .with_pixels(1, 2, 1)
        .with_bytes(0x0028_0100, "US", us(&[16]))
        .with_bytes(0x0028_0101, "US", us(&[16]))
        .with_bytes(0x0028_0102, "US", us(&[15]))
        .with_bytes(0x7FE0_0010, "OW", us(&values))
}

/// A pixel or two of three bytes each.
fn colours(photometric: &str, columns: u16, pixels: &[u8]) -> Instance {
    Instance::new()
        .with_pixels(1, columns, 1)
        .with_bytes(0x0028_0002, "US", us(&[3]))
        .with(0x0028_0004, "CS", photometric)
        .with_bytes(0x0028_0006, "US", us(&[0]))
        .with_bytes(0x7FE0_0010, "OB", pixels.to_vec())
}

#[tokio::test]
async fn a_frame_comes_as_jpeg_or_png_of_its_own_size() {
    let app = TestApp::new();
    let instance = Instance::new().with_pixels(8, 16, 2);
    app.store([&instance]).await.expect(200);
    for path in [format!("{}/rendered", instance.path()), format!("{}/frames/2/rendered", instance.path())] {
        for (accept, kind) in [("image/jpeg", "image/jpeg"), ("IMAGE/JPEG; q=0.1", "image/jpeg"), (PNG, PNG)] {
            let answer = app.get(&path, accept).await.expect(200);
            assert_eq!(answer.header("content-type"), Some(kind));
            let (columns, rows, pixels) = picture(&answer);
            assert_eq!((columns, rows, pixels.len()), (16, 8, 128));
        }
        let none = raw(&app, &without_accept(&app.url(&path))).await;
        assert!(none.starts_with("HTTP/1.1 200 OK") && none.contains("content-type: image/jpeg"), "{none:.200}");
    }
    let quality = async |quality: u8| {
        app.get(&format!("{}/rendered?quality={quality}", instance.path()), "image/jpeg").await.body.len()
    };
    assert!(quality(1).await < quality(100).await);
}

#[tokio::test]
async fn the_first_failing_check_decides() {
    let app = TestApp::new();
    let instance = Instance::new().with_pixels(3, 3, 1);
    let none = instance.sibling().without(0x7FE0_0010);
    app.store([&instance, &none]).await.expect(200);
    let path = |rest: &str| format!("{}{rest}", instance.path());
    let below = "The specified frames value is not valid. At least one frame must be present, and all requested frames must have value greater than 0.";
    for (path, accept, status, text) in [
        (
            path("/frames/abc/rendered"),
            PNG,
            400,
            "The query parameter 'frame' is invalid. The value 'abc' is not valid.",
        ),
        (
            path("/frames/1,2/rendered"),
            PNG,
            400,
            "The query parameter 'frame' is invalid. The value '1,2' is not valid.",
        ),
        (
            path("/frames/1%ff/rendered"),
            PNG,
            400,
            "The query parameter 'frame' is invalid. The value '1\u{FFFD}' is not valid.",
        ),
        (
            path("/rendered?quality=x"),
            PNG,
            400,
            "The query parameter 'quality' is invalid. The value 'x' is not valid.",
        ),
        (path("/frames/0/rendered?quality=0"), "text/html", 400, below),
        (path("/rendered?quality=0"), "text/html", 400, "Image quality must be between 1 and 100 inclusive"),
        (path("/rendered?quality=101"), "text/html", 400, "Image quality must be between 1 and 100 inclusive"),
        (path("/rendered"), "*/*", 406, "The request headers are not acceptable"),
        (path("/rendered"), "image/*", 406, "The request headers are not acceptable"),
        (
            path("/rendered"),
            "image/png, image/png",
            406,
            "The request contains multiple accept headers, which is not supported.",
        ),
        (format!("{}/rendered", Instance::new().path()), PNG, 404, "The specified instance cannot be found."),
        (format!("{}/rendered", none.path()), PNG, 404, "The specified frame cannot be found."),
        (path("/frames/2/rendered"), PNG, 404, "The specified frame cannot be found."),
    ] {
        let answer = app.get(&path, accept).await;
        assert_eq!((answer.status.as_u16(), answer.text()), (status, text), "{path} {accept}");
    }
}

#[tokio::test]
async fn what_is_no_text_is_an_alternative_all_the_same() {
    let app = TestApp::new();
    let instance = Instance::new().with_pixels(1, 1, 1);
    app.store([&instance]).await.expect(200);
    for (accept, text) in [
        (&b"\xFF"[..], "The request headers are not acceptable"),
        (b"image/png, \xFF", "The request contains multiple accept headers, which is not supported."),
    ] {
        let request = app.request(Method::GET, &format!("{}/rendered", instance.path())).header("accept", accept);
        assert_eq!(send(request).await.expect(406).text(), text);
    }
}

#[tokio::test]
async fn grey_goes_through_rescale_and_window() {
    let app = TestApp::new();
    let image = two_words([0, 1000]);
    assert_eq!(drawn(&app, &image).await, grey(&[0, 255]), "the range of the pixels");
    let one = image.sibling().with(0x0028_0004, "CS", "MONOCHROME1");
    assert_eq!(drawn(&app, &one).await, grey(&[255, 0]));
    let window = image.sibling().with(0x0028_1050, "DS", "500\\1").with(0x0028_1051, "DS", "2001\\1");
    assert_eq!(drawn(&app, &window).await, grey(&[63, 191]), "truncated, and the first window only");
    let rescaled = window.sibling().with(0x0028_1052, "DS", "-500").with(0x0028_1053, "DS", "2");
    assert_eq!(drawn(&app, &rescaled).await, grey(&[0, 255]));
    let narrow = image.sibling().with(0x0028_1050, "DS", "500").with(0x0028_1051, "DS", "0.5");
    assert_eq!(drawn(&app, &narrow).await, grey(&[0, 255]), "a width below 1 is none");
    let range = image.sibling().with_bytes(0x0028_0106, "US", us(&[0])).with_bytes(0x0028_0107, "US", us(&[2000]));
    assert_eq!(drawn(&app, &range).await, grey(&[0, 127]));
    let flat = two_words([7, 7]);
    assert_eq!(drawn(&app, &flat).await, grey(&[255, 255]));
    let padded = two_words([500, 65_000]).with_bytes(0x0028_0120, "US", us(&[65_000]));
    assert_eq!(drawn(&app, &padded).await, grey(&[255, 255]), "padding is not part of the range");
}

#[tokio::test]
async fn only_the_stored_bits_count_and_may_be_signed() {
    let app = TestApp::new();
    let twelve = two_words([0xF000, 0x7FFF])
        .with_bytes(0x0028_0101, "US", us(&[12]))
        .with_bytes(0x0028_0102, "US", us(&[11]))
        .with(0x0028_1050, "DS", "2048")
        .with(0x0028_1051, "DS", "4096");
    assert_eq!(drawn(&app, &twelve).await, grey(&[0, 255]));
    let signed = twelve.sibling().with_bytes(0x0028_0103, "US", us(&[1])).with(0x0028_1050, "DS", "0");
    assert_eq!(drawn(&app, &signed).await, grey(&[127, 127]), "0 and -1");
    let bits = Instance::new()
        .with_pixels(1, 4, 1)
        .with_bytes(0x0028_0100, "US", us(&[1]))
        .with_bytes(0x0028_0101, "US", us(&[1]))
        .with_bytes(0x0028_0102, "US", us(&[0]))
        .with_bytes(0x7FE0_0010, "OB", vec![0b0101, 0]);
    let window = bits.sibling().with(0x0028_1050, "DS", "1").with(0x0028_1051, "DS", "1");
    assert_eq!(drawn(&app, &window).await, grey(&[255, 0, 255, 0]));
    assert_eq!(drawn(&app, &bits).await, grey(&[255; 4]), "their range is a window of 1, which lets both through");
}

#[tokio::test]
async fn values_of_32_bits_are_negative_only_if_they_are_signed() {
    let app = TestApp::new();
    let unsigned = Instance::new()
        .with_pixels(1, 3, 1)
        .with_bytes(0x0028_0100, "US", us(&[32]))
        .with_bytes(0x0028_0101, "US", us(&[32]))
        .with_bytes(0x0028_0102, "US", us(&[31]))
        .with_bytes(0x7FE0_0010, "OW", us(&[0, 0, 0, 0x8000, 0xFFFF, 0xFFFF]));
    assert_eq!(drawn(&app, &unsigned).await, grey(&[0, 127, 255]));
    let signed = unsigned.sibling().with_bytes(0x0028_0103, "US", us(&[1]));
    assert_eq!(drawn(&app, &signed).await, grey(&[255, 0, 255]), "0, the lowest there is, -1");
    let window = unsigned.sibling().with(0x0028_1050, "DS", "2147483648").with(0x0028_1051, "DS", "1");
    let rescaled = window.clone().with(0x0028_1050, "DS", "4294967296").with(0x0028_1053, "DS", "2");
    assert_eq!(drawn(&app, &window).await, grey(&[0, 255, 255]));
    assert_eq!(drawn(&app, &rescaled.sibling()).await, grey(&[0, 255, 255]));
}

#[tokio::test]
async fn colour_becomes_red_green_and_blue() {
    let app = TestApp::new();
    assert_eq!(drawn(&app, &colours("RGB", 2, &[1, 2, 3, 4, 5, 6])).await, [[1, 2, 3], [4, 5, 6]]);
    let planar = colours("RGB", 2, &[1, 4, 2, 5, 3, 6]).with_bytes(0x0028_0006, "US", us(&[1]));
    assert_eq!(drawn(&app, &planar).await, [[1, 2, 3], [4, 5, 6]]);
    let ybr = colours("YBR_FULL", 2, &[76, 85, 255, 150, 44, 21]);
    assert_eq!(drawn(&app, &ybr).await, [[254, 0, 0], [0, 255, 1]]);
    let subsampled = colours("YBR_FULL_422", 2, &[76, 150, 85, 255]);
    assert_eq!(drawn(&app, &subsampled).await[0], [254, 0, 0]);
    for (pixels, expected) in [([16, 235, 128, 128], [[0; 3], [255; 3]]), ([81, 81, 90, 240], [[254, 0, 0]; 2])] {
        assert_eq!(drawn(&app, &colours("YBR_PARTIAL_422", 2, &pixels)).await, expected, "video range");
    }
    let planar = subsampled.sibling().with_bytes(0x0028_0006, "US", us(&[1]));
    let unknown = colours("HSV", 2, &[0; 6]);
    for instance in [planar, unknown] {
        app.store([&instance]).await;
        let answer = app.get(&format!("{}/rendered", instance.path()), PNG).await.expect(406);
        assert_eq!(answer.text(), "An error was encountered when attempting to convert the dicom file into an image");
    }
}

#[tokio::test]
async fn a_palette_colours_its_indices() {
    let app = TestApp::new();
    let mut palette = Instance::new().with_pixels(1, 4, 1).with(0x0028_0004, "CS", "PALETTE COLOR").with_bytes(
        0x7FE0_0010,
        "OB",
        vec![0, 10, 11, 99],
    );
    for (index, shade) in [0x1100_u16, 0x2200, 0x3300].into_iter().enumerate() {
        palette = palette.with_bytes(0x0028_1101 + index as u32, "US", us(&[2, 10, 16])).with_bytes(
            0x0028_1201 + index as u32,
            "OW",
            us(&[shade, 0xFF00 - shade]),
        );
    }
    let (first, last) = ([0x11, 0x22, 0x33], [0xEE, 0xDD, 0xCC]);
    assert_eq!(drawn(&app, &palette).await, [first, first, last, last], "what lies outside is at an end");
    let torn = palette.sibling().without(0x0028_1203);
    app.store([&torn]).await;
    app.get(&format!("{}/rendered", torn.path()), PNG).await.expect(406);
}

#[tokio::test]
async fn graphic_overlays_are_drawn_in_magenta() {
    let app = TestApp::new();
    let overlay = |kind: &str| {
        two_words([0, 1000])
            .with_bytes(0x6000_0010, "US", us(&[1]))
            .with_bytes(0x6000_0011, "US", us(&[2]))
            .with(0x6000_0040, "CS", kind)
            .with_bytes(0x6000_0050, "SS", us(&[1, 1]))
            .with_bytes(0x6000_0100, "US", us(&[1]))
            .with_bytes(0x6000_0102, "US", us(&[0]))
            .with_bytes(0x6000_3000, "OW", vec![0b01, 0])
    };
    // The pixel data comes behind the overlays in every file.
    assert_eq!(drawn(&app, &overlay("G")).await, [[255, 0, 255], [255; 3]]);
    assert_eq!(drawn(&app, &overlay("R")).await, grey(&[0, 255]), "a region of interest is not");
    let moved = overlay("G").with_bytes(0x6000_0050, "SS", us(&[1, 2]));
    assert_eq!(drawn(&app, &moved).await, [[0, 0, 0], [255, 255, 255]]);
    let elsewhere = overlay("G").with_bytes(0x6000_0051, "US", us(&[2]));
    assert_eq!(drawn(&app, &elsewhere).await, grey(&[0, 255]), "it belongs to another frame");
}

#[tokio::test]
async fn nonsense_is_answered_not_drawn() {
    let app = TestApp::new();
    let image = two_words([0, 1]);
    let fragment: &[u8] = &[0; 70];
    for instance in [
        image.sibling().with_fragments("1.2.840.10008.1.2.5", &[], &[fragment]),
        image.sibling().with_fragments("1.2.840.10008.1.2.4.50", &[], &[fragment]),
        image.sibling().with_bytes(0x0028_0100, "US", us(&[24])).with_bytes(0x7FE0_0010, "OW", vec![0; 6]),
        image.sibling().with_bytes(0x0028_0101, "US", us(&[17])),
        image.sibling().with_bytes(0x0028_0102, "US", us(&[31])),
        image.sibling().with_fragments("1.2.840.10008.1.2.4.102", &[], &[fragment]),
    ] {
        app.store([&instance]).await;
        app.get(&format!("{}/rendered", instance.path()), PNG).await.expect(406);
    }
}
