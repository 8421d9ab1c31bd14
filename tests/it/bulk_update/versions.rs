//! `msdicom-request-original`: the version that was stored, beside the latest.

use reqwest::Method;

use super::{latest_names, name, original_names};
use crate::support::{Answer, DICOM_JSON, Instance, STORED_INSTANCE, STORED_MULTIPART, TestApp, parts_of, send};

fn named() -> Instance {
    Instance::new().with(0x0010_0010, "PN", "Original").with_pixels(2, 3, 2)
}

#[tokio::test]
async fn both_versions_can_be_read_at_every_level() {
    let app = TestApp::new();
    let instance = named();
    let (sibling, cousin) = (instance.sibling(), instance.cousin());
    app.store([&instance, &sibling, &cousin]).await.expect(200);
    app.update(&[&instance.study], name("First")).await;
    app.update(&[&instance.study], name("Second")).await;
    for (path, count) in [(instance.study_path(), 3), (instance.series_path(), 2), (instance.path(), 1)] {
        assert_eq!(original_names(&app, &path).await, vec!["Original"; count], "{path}");
        assert_eq!(latest_names(&app, &path).await, vec!["Second"; count], "{path}");
        let accept = if count == 1 { STORED_INSTANCE } else { STORED_MULTIPART };
        let files = |answer: &Answer| match count {
            1 => vec![answer.body.clone()],
            _ => parts_of(answer).into_iter().map(|(_, file)| file).collect(),
        };
        let original = files(&app.get_original(&path, accept).await.expect(200));
        let stored: Vec<_> =
            [&instance, &sibling, &cousin].iter().take(count).map(|file| file.stored_bytes()).collect();
        assert_eq!(original, stored, "{path}");
        let latest = files(&app.get(&path, accept).await.expect(200));
        assert_eq!(latest.len(), count);
        for file in latest {
            assert!(String::from_utf8_lossy(&file).contains("Second"));
            assert!(!String::from_utf8_lossy(&file).contains("Original"));
        }
    }
}

#[tokio::test]
async fn the_header_counts_once_and_only_if_it_is_true() {
    let app = TestApp::new();
    let instance = named();
    app.store([&instance]).await.expect(200);
    app.update(&[&instance.study], name("New")).await;
    let path = format!("{}/metadata", instance.path());
    for (values, expected) in [
        (&["true"][..], "Original"),
        (&["TRUE"], "Original"),
        (&["false"], "New"),
        (&["1"], "New"),
        (&[""], "New"),
        (&["true", "false"], "Original"),
        (&["false", "true"], "New"),
    ] {
        let mut request = app.request(Method::GET, &path).header("accept", DICOM_JSON);
        for value in values {
            request = request.header("msdicom-request-original", *value);
        }
        assert_eq!(super::names(&send(request).await.expect(200)), [expected], "{values:?}");
    }
}

#[tokio::test]
async fn what_was_never_updated_has_one_version() {
    let app = TestApp::new();
    let instance = named();
    app.store([&instance]).await.expect(200);
    for path in [instance.study_path(), instance.series_path(), instance.path()] {
        let path = format!("{path}/metadata");
        let (latest, original) = (app.query(&path).await, app.get_original(&path, DICOM_JSON).await.expect(200));
        assert_eq!(latest.body, original.body);
    }
}

#[tokio::test]
async fn an_update_changes_the_etag_and_both_versions_have_that_of_the_latest() {
    let app = TestApp::new();
    let instance = named();
    let (sibling, cousin) = (instance.sibling(), instance.cousin());
    app.store([&instance, &sibling, &cousin]).await.expect(200);
    let paths = [instance.study_path(), instance.series_path(), instance.path()].map(|path| format!("{path}/metadata"));
    let mut before = Vec::new();
    for path in &paths {
        before.push(app.query(path).await.header("etag").unwrap().to_owned());
    }
    app.update(&[&instance.study], name("New")).await;
    for ((path, before), count) in paths.iter().zip(before).zip(["-3", "-2", ""]) {
        let latest = app.query(path).await.expect(200);
        let etag = latest.header("etag").unwrap();
        assert_ne!(etag, before, "{path}");
        let watermark = etag.strip_suffix(count).unwrap();
        assert!(watermark.bytes().all(|byte| byte.is_ascii_digit()), "{etag}");
        let original = app.get_original(path, DICOM_JSON).await.expect(200);
        assert_ne!(latest.body, original.body);
        assert_eq!(original.header("etag"), Some(etag), "{path}");
        for (known, status) in [(etag, 304), (before.as_str(), 200)] {
            let request = app.request(Method::GET, path).header("accept", DICOM_JSON).header("if-none-match", known);
            send(request.header("msdicom-request-original", "true")).await.expect(status);
        }
    }
}

#[tokio::test]
async fn a_delete_takes_both_versions_and_what_is_stored_again_starts_anew() {
    let app = TestApp::new();
    let instance = named();
    app.store([&instance]).await.expect(200);
    app.update(&[&instance.study], name("New")).await;
    app.delete(&instance.path()).await.expect(204);
    let metadata = format!("{}/metadata", instance.study_path());
    app.get_original(&metadata, DICOM_JSON).await.expect(404);
    app.query(&metadata).await.expect(404);
    app.get_original(&instance.path(), STORED_INSTANCE).await.expect(404);
    app.get(&instance.path(), STORED_INSTANCE).await.expect(404);
    let again = instance.clone().with(0x0010_0010, "PN", "Again");
    app.store([&again]).await.expect(200);
    assert_eq!(original_names(&app, &instance.path()).await, ["Again"]);
}

#[tokio::test]
async fn an_upsert_replaces_both_versions() {
    let app = TestApp::new();
    let instance = named();
    app.store([&instance]).await.expect(200);
    app.update(&[&instance.study], name("New")).await;
    let upserted = instance.clone().with(0x0010_0010, "PN", "Upserted");
    app.upsert([&upserted]).await.expect(200);
    assert_eq!(latest_names(&app, &instance.path()).await, ["Upserted"]);
    assert_eq!(original_names(&app, &instance.path()).await, ["Upserted"]);
    assert_eq!(app.get_original(&instance.path(), STORED_INSTANCE).await.body, upserted.stored_bytes());
    app.update(&[&instance.study], name("Newer")).await;
    assert_eq!(latest_names(&app, &instance.path()).await, ["Newer"]);
    assert_eq!(original_names(&app, &instance.path()).await, ["Upserted"]);
}

#[tokio::test]
async fn both_versions_can_be_transcoded_and_frames_are_those_of_either() {
    let app = TestApp::new();
    let instance = named();
    app.store([&instance]).await.expect(200);
    app.update(&[&instance.study], name("New")).await;
    let jpeg_2000 = "application/dicom; transfer-syntax=1.2.840.10008.1.2.4.90";
    let original = app.get_original(&instance.path(), jpeg_2000).await.expect(200);
    assert!(String::from_utf8_lossy(&original.body).contains("Original"));
    let latest = app.get(&instance.path(), jpeg_2000).await.expect(200);
    assert!(String::from_utf8_lossy(&latest.body).contains("New"));
    let path = format!("{}/frames/2", instance.path());
    for frame in [app.get(&path, "*/*").await, app.get_original(&path, "*/*").await] {
        assert_eq!(parts_of(&frame.expect(200))[0].1, [6, 7, 8, 9, 10, 11]);
    }
    app.get(&format!("{}/rendered", instance.path()), "image/png").await.expect(200);
}

#[tokio::test]
async fn the_past_has_its_own_two_versions() {
    let app = TestApp::new();
    let instance = named();
    app.store([&instance]).await.expect(200);
    app.update(&[&instance.study], name("First")).await;
    let then = app.position().await;
    app.update(&[&instance.study], name("Second")).await;
    app.delete(&instance.study_path()).await.expect(204);
    let seen = async |position: i64, original: &str| {
        let request = app.request(Method::GET, &format!("{}/metadata", instance.path())).header("accept", DICOM_JSON);
        let request = request.header("x-emulator-as-of", position).header("msdicom-request-original", original);
        super::names(&send(request).await.expect(200))
    };
    assert_eq!(seen(1, "true").await, ["Original"]);
    assert_eq!(seen(then, "false").await, ["First"]);
    assert_eq!(seen(then, "true").await, ["Original"]);
}
