//! `GET …/frames/{list}`

use reqwest::Method;

use crate::support::{Answer, Instance, TestApp, parts_of, send};

const STORED: &str = "application/octet-stream; transfer-syntax=*";
const PARTS: &str = r#"multipart/related; type="application/octet-stream"; transfer-syntax=*"#;
const EXPLICIT: &str = "application/octet-stream; transfer-syntax=1.2.840.10008.1.2.1";
const RLE: &str = "1.2.840.10008.1.2.5";

async fn frames(app: &TestApp, instance: &Instance, list: &str, accept: &str) -> Answer {
    app.get(&format!("{}/frames/{list}", instance.path()), accept).await
}

/// Three frames of nine bytes, and a byte of padding behind them.
fn three_frames() -> Instance {
    Instance::new().with_pixels(3, 3, 3)
}

fn frame(number: u8) -> Vec<u8> {
    (9 * (number - 1)..9 * number).collect()
}

#[tokio::test]
async fn one_frame_comes_as_a_single_part() {
    let app = TestApp::new();
    let instance = three_frames();
    app.store([&instance]).await.expect(200);
    for accept in [STORED, "application/octet-stream", EXPLICIT] {
        let answer = frames(&app, &instance, "2", accept).await.expect(200);
        assert_eq!(answer.header("content-type"), Some(EXPLICIT));
        assert_eq!(answer.header("etag"), None);
        assert_eq!(answer.body, frame(2));
    }
}

#[tokio::test]
async fn version_1_sends_frames_in_parts_only() {
    let app = TestApp::new();
    let instance = three_frames();
    app.store([&instance]).await.expect(200);
    for version in ["v1", "v1.0-prerelease"] {
        let path = format!("/services/{}/{version}{}/frames/2", app.service, instance.path());
        let ask = |accept: &str| send(app.at_root(Method::GET, &path).header("accept", accept));
        assert_eq!(ask(STORED).await.expect(406).text(), "The request headers are not acceptable");
        assert_eq!(parts_of(&ask(PARTS).await.expect(200))[0].1, frame(2));
    }
}

#[tokio::test]
async fn frames_come_in_the_order_of_the_list_and_as_often_as_it_names_them() {
    let app = TestApp::new();
    let instance = three_frames();
    app.store([&instance]).await.expect(200);
    let part = |number: u8| (EXPLICIT.to_owned(), frame(number));
    for (list, expected) in [
        ("1", vec![part(1)]),
        ("3,1,3", vec![part(3), part(1), part(3)]),
        ("1%2C2", vec![part(1), part(2)]),
        ("%201%20,%202", vec![part(1), part(2)]),
    ] {
        for accept in [PARTS, "*/*", r#"multipart/related; type="application/octet-stream""#] {
            assert_eq!(parts_of(&frames(&app, &instance, list, accept).await.expect(200)), expected, "{list} {accept}");
        }
    }
}

#[tokio::test]
async fn a_list_that_is_none_is_refused_in_the_words_of_the_service() {
    let app = TestApp::new();
    let missing = Instance::new();
    for (list, entry) in [
        ("abc", "abc"),
        ("1,", ""),
        ("1,,2", ""),
        ("1;2", "1;2"),
        ("99999999999", "99999999999"),
        ("%C3%A9", "é"),
        ("%FF", "\u{FFFD}"),
        ("1%ff", "1\u{FFFD}"),
        ("1,%ff,x", "\u{FFFD}"),
    ] {
        let answer = frames(&app, &missing, list, "text/html").await.expect(400);
        let expected = format!("The query parameter 'frames' is invalid. Unable to parse value '{entry}' as Int32.");
        assert_eq!(answer.text(), expected);
    }
    for list in ["0", "-1", "1,0"] {
        let answer = frames(&app, &missing, list, "text/html").await.expect(400);
        assert_eq!(
            answer.text(),
            "The specified frames value is not valid. At least one frame must be present, and all requested frames must have value greater than 0."
        );
    }
}

#[tokio::test]
async fn the_first_failing_check_decides() {
    let app = TestApp::new();
    let instance = three_frames();
    let malformed = |list: &str| format!("/studies/1.x/series/1.2/instances/1.3/frames/{list}");
    let list = app.get(&malformed("x"), "text/html").await.expect(400);
    assert!(list.text().starts_with("The query parameter 'frames'"));
    let uid = app.get(&malformed("0"), "text/html").await.expect(400);
    assert!(uid.text().starts_with("Dicom element 'StudyInstanceUid'"));
    let accept = frames(&app, &instance, "1,2", "image/jp2").await.expect(406);
    assert_eq!(accept.text(), "The request headers are not acceptable");
    let single = frames(&app, &instance, "1,2", STORED).await.expect(400);
    assert_eq!(
        single.text(),
        "The accept header is supported for single frame retrieval, use multi-part accept header instead."
    );
    let missing = frames(&app, &instance, "9", STORED).await.expect(404);
    assert_eq!(missing.text(), "The specified instance cannot be found.");
    app.store([&instance]).await.expect(200);
    for list in ["4", "1,4", "2147483647"] {
        let answer = frames(&app, &instance, list, PARTS).await.expect(404);
        assert_eq!(answer.text(), "The specified frame cannot be found.");
    }
}

#[tokio::test]
async fn an_instance_without_pixels_has_no_frames() {
    let app = TestApp::new();
    let none = Instance::new();
    let no_rows = three_frames().without(0x0028_0010);
    let float = three_frames().without(0x7FE0_0010).with_bytes(0x7FE0_0008, "OF", vec![0; 108]);
    let zero_rows = three_frames().with_bytes(0x0028_0010, "US", vec![0, 0]);
    let huge =
        three_frames().with_bytes(0x0028_0010, "US", vec![255, 255]).with_bytes(0x0028_0011, "US", vec![255, 255]);
    for instance in [none, no_rows, float, zero_rows, huge] {
        app.store([&instance]).await;
        let answer = frames(&app, &instance, "1", STORED).await.expect(404);
        assert_eq!(answer.text(), "The specified frame cannot be found.");
    }
}

#[tokio::test]
async fn an_encapsulated_frame_is_its_fragments_without_their_headers() {
    let app = TestApp::new();
    let fragments: [&[u8]; 3] = [b"first1", b"second", b"other3"];
    let each = three_frames().with_fragments(RLE, &[], &fragments);
    let table = each.sibling().with(0x0028_0008, "IS", "2").with_fragments(RLE, &[0, 28], &fragments);
    let unknown = table.sibling().with_fragments(RLE, &[], &fragments);
    app.store([&each, &table, &unknown]).await.expect(200);
    let kind = || format!("application/octet-stream; transfer-syntax={RLE}");
    let parts = |contents: &[&[u8]]| -> Vec<(String, Vec<u8>)> {
        contents.iter().map(|content| (kind(), content.to_vec())).collect()
    };
    let answer = frames(&app, &each, "3,2", PARTS).await.expect(200);
    assert_eq!(parts_of(&answer), parts(&[b"other3", b"second"]));
    let answer = frames(&app, &table, "1,2", PARTS).await.expect(200);
    assert_eq!(parts_of(&answer), parts(&[b"first1second", b"other3"]));
    let answer = frames(&app, &unknown, "1", PARTS).await.expect(406);
    assert_eq!(answer.text(), "The specified transcoding is not supported.");
}

#[tokio::test]
async fn frames_of_a_deleted_or_replaced_instance_are_gone_but_not_from_the_past() {
    let app = TestApp::new();
    let instance = three_frames();
    app.store([&instance]).await.expect(200);
    let before = app.position().await;
    let replaced = instance.clone().with_bytes(0x7FE0_0010, "OB", vec![7; 28]);
    app.upsert([&replaced]).await.expect(200);
    assert_eq!(frames(&app, &instance, "1", STORED).await.expect(200).body, [7; 9]);
    app.delete(&instance.path()).await.expect(204);
    frames(&app, &instance, "1", STORED).await.expect(404);
    let path = format!("{}/frames/1", instance.path());
    let request = app.request(reqwest::Method::GET, &path).header("accept", STORED);
    let answer = crate::support::send(request.header("x-emulator-as-of", before)).await.expect(200);
    assert_eq!(answer.body, frame(1));
}

#[tokio::test]
async fn a_frame_of_a_deflated_instance_is_inflated() {
    let app = TestApp::new();
    let instance = three_frames().deflated();
    app.store([&instance]).await.expect(200);
    let answer = frames(&app, &instance, "3", STORED).await.expect(200);
    assert_eq!(answer.header("content-type"), Some("application/octet-stream; transfer-syntax=1.2.840.10008.1.2.1.99"));
    assert_eq!(answer.body, frame(3));
    let answer = frames(&app, &instance, "2,2", PARTS).await.expect(200);
    let contents: Vec<Vec<u8>> = parts_of(&answer).into_iter().map(|(_, content)| content).collect();
    assert_eq!(contents, [frame(2), frame(2)]);
}
