//! `GET` of studies, series and instances

use reqwest::Method;

use crate::support::{Instance, STORED_INSTANCE, STORED_MULTIPART, TestApp, parts_of, send};

const EXPLICIT: &str = "application/dicom; transfer-syntax=1.2.840.10008.1.2.1";

#[tokio::test]
async fn an_instance_comes_back_byte_for_byte_in_one_part() {
    let app = TestApp::new();
    let instance = Instance::new().with_pixels(3, 3, 3).with_preamble(1);
    app.store([&instance]).await.expect(200);
    for accept in [STORED_INSTANCE, "application/dicom", "application/dicom; transfer-syntax=1.2.840.10008.1.2.1"] {
        let answer = app.get(&instance.path(), accept).await.expect(200);
        assert_eq!(answer.header("content-type"), Some(EXPLICIT));
        assert_eq!(answer.body, instance.stored_bytes());
        for absent in ["etag", "last-modified", "accept-ranges", "content-location"] {
            assert_eq!(answer.header(absent), None, "{absent}");
        }
    }
}

#[tokio::test]
async fn studies_and_series_come_in_parts_in_the_order_of_storing() {
    let app = TestApp::new();
    let first = Instance::new();
    let (second, third) = (first.sibling(), first.cousin());
    app.store([&third]).await.expect(200);
    app.store([&first, &second]).await.expect(200);
    let bytes = |instances: &[&Instance]| -> Vec<(String, Vec<u8>)> {
        instances.iter().map(|instance| (EXPLICIT.to_owned(), instance.stored_bytes())).collect()
    };
    for accept in [STORED_MULTIPART, "*/*", r#"multipart/related; type="*/*""#] {
        let study = app.get(&first.study_path(), accept).await.expect(200);
        assert_eq!(parts_of(&study), bytes(&[&third, &first, &second]));
        let series = app.get(&first.series_path(), accept).await.expect(200);
        assert_eq!(parts_of(&series), bytes(&[&first, &second]));
    }
    let one = app.get(&first.path(), "*/*").await.expect(200);
    assert_eq!(parts_of(&one), bytes(&[&first]));
}

#[tokio::test]
async fn several_instances_come_only_as_they_are_stored() {
    let app = TestApp::new();
    let instance = Instance::new();
    app.store([&instance, &instance.sibling()]).await.expect(200);
    let answer = app.get(&instance.study_path(), r#"multipart/related; type="application/dicom""#).await.expect(406);
    assert_eq!(
        answer.text(),
        "Accept transfer syntax '1.2.840.10008.1.2.1' is not supported when multiple instances are matched. Matching instances can be retrieved with their original transfer syntax by specifying 'transfer-syntax=*' in the Accept header."
    );
}

#[tokio::test]
async fn an_alternative_that_cannot_be_read_is_skipped() {
    let app = TestApp::new();
    let instance = Instance::new().with_pixels(3, 3, 1);
    app.store([&instance]).await.expect(200);
    let frame = format!("{}/frames/1", instance.path());
    for (path, accept, status) in [
        (instance.path(), &b"\xFF/\xFF; q=0.5, application/dicom; transfer-syntax=*"[..], 200),
        (instance.path(), b"application/\xC3, application/dicom", 200),
        (instance.path(), b"application/dicom\xFF", 406),
        (frame, b"text/h\xE9, application/octet-stream", 200),
    ] {
        let request = app.request(Method::GET, &path).header("accept", accept);
        send(request).await.expect(status);
    }
}

#[tokio::test]
async fn each_part_names_its_own_transfer_syntax() {
    let app = TestApp::new();
    let explicit = Instance::new();
    let rle = explicit.sibling().with_transfer_syntax("1.2.840.10008.1.2.5");
    app.store([&explicit, &rle]).await.expect(200);
    let kinds: Vec<String> =
        parts_of(&app.get(&explicit.study_path(), "*/*").await).into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds, [EXPLICIT, "application/dicom; transfer-syntax=1.2.840.10008.1.2.5"]);
}

#[tokio::test]
async fn the_first_failing_check_decides() {
    let app = TestApp::new();
    let missing = Instance::new();
    let malformed = app.get("/studies/1.2.x", "text/html").await.expect(400);
    assert!(malformed.text().starts_with("Dicom element 'StudyInstanceUid' failed validation for VR 'UI'"));
    let series = app.get("/studies/1.2/series/x/instances/y", "text/html").await.expect(400);
    assert!(series.text().starts_with("Dicom element 'SeriesInstanceUid'"));
    let instance = app.get("/studies/1.2/series/1/instances/1.", "text/html").await.expect(400);
    assert!(instance.text().starts_with("Dicom element 'SopInstanceUid'"));
    let unacceptable = app.get(&missing.study_path(), "text/html").await.expect(406);
    assert_eq!(unacceptable.text(), "The request headers are not acceptable");
    for (path, text) in [
        (missing.study_path(), "The specified study cannot be found."),
        (missing.series_path(), "The specified series cannot be found."),
        (missing.path(), "The specified instance cannot be found."),
    ] {
        let answer = app.get(&path, "*/*").await.expect(404);
        assert_eq!(answer.text(), text);
        assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
    }
}

#[tokio::test]
async fn identifiers_must_belong_together_and_trailing_spaces_do_not_count() {
    let app = TestApp::new();
    let instance = Instance::new();
    app.store([&instance, &Instance::new()]).await.expect(200);
    let elsewhere = format!("/studies/{}/series/1.2/instances/{}", instance.study, instance.instance);
    app.get(&elsewhere, STORED_INSTANCE).await.expect(404);
    app.get(&format!("{}%20%20", instance.path()), STORED_INSTANCE).await.expect(200);
}

#[tokio::test]
async fn a_file_stored_with_a_space_after_its_study_uid_is_found_without_it() {
    let app = TestApp::new();
    let instance = Instance::new();
    let padded = instance.clone().with_bytes(0x0020_000D, "UI", format!("{} ", instance.study).into_bytes());
    app.store([&padded]).await;
    assert_eq!(app.get(&instance.path(), STORED_INSTANCE).await.expect(200).body, padded.stored_bytes());
}

#[tokio::test]
async fn ranges_and_conditions_are_ignored() {
    let app = TestApp::new();
    let instance = Instance::new();
    app.store([&instance]).await.expect(200);
    let request = app.request(reqwest::Method::GET, &instance.path()).header("accept", STORED_INSTANCE);
    let answer = crate::support::send(request.header("range", "bytes=0-3").header("if-none-match", "*")).await;
    assert_eq!(answer.expect(200).body, instance.stored_bytes());
}
