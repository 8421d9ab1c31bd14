//! `GET …/metadata`

use reqwest::Method;
use serde_json::json;

use crate::support::{Answer, DICOM_JSON, Instance, TestApp, send};

async fn conditional(app: &TestApp, path: &str, etag: &str) -> Answer {
    send(app.request(Method::GET, path).header("accept", DICOM_JSON).header("if-none-match", etag)).await
}

#[tokio::test]
async fn metadata_is_the_dataset_without_bulk_data() {
    let app = TestApp::new();
    let instance = Instance::new()
        .with(0x0010_0010, "PN", "Yamada^Tarou=Y^T=")
        .with(0x0010_0030, "DA", "")
        .with(0x0028_0030, "DS", "0.25\\+1.50")
        .with(0x0020_0013, "IS", "7")
        .with_pixels(2, 2, 1);
    app.store([&instance]).await.expect(200);
    let answer = app.query(&format!("{}/metadata", instance.path())).await.expect(200);
    assert_eq!(answer.header("content-type"), Some("application/dicom+json; charset=utf-8"));
    let expected = json!([{
        "00080016": { "vr": "UI", "Value": ["1.2.840.10008.5.1.4.1.1.7"] },
        "00080018": { "vr": "UI", "Value": [instance.instance] },
        "00080060": { "vr": "CS", "Value": ["OT"] },
        "00100010": { "vr": "PN", "Value": [{ "Alphabetic": "Yamada^Tarou", "Ideographic": "Y^T" }] },
        "00100020": { "vr": "LO", "Value": ["PAT-1"] },
        "00100030": { "vr": "DA" },
        "0020000D": { "vr": "UI", "Value": [instance.study] },
        "0020000E": { "vr": "UI", "Value": [instance.series] },
        "00200013": { "vr": "IS", "Value": [7] },
        "00280002": { "vr": "US", "Value": [1] },
        "00280004": { "vr": "CS", "Value": ["MONOCHROME2"] },
        "00280008": { "vr": "IS", "Value": [1] },
        "00280010": { "vr": "US", "Value": [2] },
        "00280011": { "vr": "US", "Value": [2] },
        "00280030": { "vr": "DS", "Value": [0.25, 1.5] },
        "00280100": { "vr": "US", "Value": [8] },
        "00280101": { "vr": "US", "Value": [8] },
        "00280102": { "vr": "US", "Value": [7] },
        "00280103": { "vr": "US", "Value": [0] },
    }]);
    assert_eq!(answer.json(), expected);
}

#[tokio::test]
async fn every_level_has_all_its_instances() {
    let app = TestApp::new();
    let instance = Instance::new();
    app.store([&instance, &instance.sibling(), &instance.cousin()]).await.expect(200);
    for (path, count) in [(instance.study_path(), 3), (instance.series_path(), 2), (instance.path(), 1)] {
        let answer = app.query(&format!("{path}/metadata")).await.expect(200);
        assert_eq!(answer.json().as_array().map(Vec::len), Some(count), "{path}");
    }
}

#[tokio::test]
async fn an_etag_changes_with_every_store_and_delete_and_saves_the_transfer_otherwise() {
    let app = TestApp::new();
    let instance = Instance::new();
    let sibling = instance.sibling();
    app.store([&instance]).await.expect(200);
    let path = format!("{}/metadata", instance.study_path());
    let first = app.query(&path).await.header("etag").unwrap().to_owned();
    assert!(first.ends_with("-1") && !first.contains('"'), "{first}");

    let known = conditional(&app, &path, &first).await.expect(304);
    assert_eq!((known.text(), known.header("etag"), known.header("content-length")), ("", None, Some("0")));
    for other in ["*", "W/\"1\"", &format!("\"{first}\""), &format!("{first}, 1-1")] {
        conditional(&app, &path, other).await.expect(200);
    }
    app.store([&sibling]).await.expect(200);
    let second = conditional(&app, &path, &first).await.expect(200).header("etag").unwrap().to_owned();
    assert!(second.ends_with("-2"), "{second}");
    app.delete(&instance.path()).await.expect(204);
    let third = conditional(&app, &path, &second).await.expect(200).header("etag").unwrap().to_owned();
    assert!(third.ends_with("-1") && third != first, "{third}");
    app.delete(&sibling.path()).await.expect(204);
    conditional(&app, &path, &third).await.expect(404);
}

#[tokio::test]
async fn accept_comes_before_everything_else() {
    let app = TestApp::new();
    for accept in ["application/dicom", "application/dicom+json, multipart/related; type=application/octet-stream"] {
        assert_eq!(app.get("/studies/x/metadata", accept).await.expect(406).text(), "");
    }
    app.query("/studies/x/metadata").await.expect(400);
    let missing = app.query("/studies/1.2/series/3/metadata").await.expect(404);
    assert_eq!(missing.text(), "The specified series cannot be found.");
}

#[tokio::test]
async fn a_large_study_comes_whole() {
    let app = TestApp::new();
    let study = Instance::new();
    let instances: Vec<Instance> =
        (0..120).map(|_| study.sibling().with(0x0010_4000, "LT", &"x".repeat(2_000))).collect();
    app.store(&instances).await.expect(200);
    let answer = app.query(&format!("{}/metadata", study.study_path())).await.expect(200);
    assert_eq!(answer.json().as_array().map(Vec::len), Some(120));
}
