//! Partitions do not see one another; the feed, the sequence and the clock are those of the service.

use reqwest::Method;
use serde_json::{Value, json};

use super::{freeze, store_in, upsert_in, within};
use crate::support::{Answer, DICOM_JSON, Instance, STORED_INSTANCE, STORED_MULTIPART, TestApp, parts_of, send};

/// The URLs in the answer to a store: that of the study, and those of the instances.
fn urls(answer: &Answer) -> (Value, Vec<Value>) {
    let dataset = answer.json();
    let items = dataset["00081199"]["Value"].as_array().unwrap().clone();
    let urls = items.iter().map(|item| item["00081190"]["Value"][0].clone()).collect();
    (dataset["00081190"]["Value"][0].clone(), urls)
}

#[tokio::test]
async fn one_file_can_be_stored_in_several_partitions() {
    let app = TestApp::partitioned().await;
    let instance = Instance::new().with_pixels(2, 2, 1);
    let other = instance.clone().with(0x0010_0020, "LO", "OTHER");
    store_in(&app, "a", [&instance]).await.expect(200);
    store_in(&app, "b", [&other]).await.expect(200);
    store_in(&app, "a", [&instance]).await.expect(409);
    for (partition, stored) in [("a", &instance), ("b", &other)] {
        let get = async |path: String, accept: &str| app.get(&within(partition, &path), accept).await;
        assert_eq!(get(instance.path(), STORED_INSTANCE).await.expect(200).body, stored.stored_bytes());
        for path in [instance.study_path(), instance.series_path()] {
            let answer = get(path, STORED_MULTIPART).await.expect(200);
            let parts = parts_of(&answer);
            assert_eq!(parts.len(), 1);
            assert_eq!(parts[0].1, stored.stored_bytes());
        }
        get(format!("{}/frames/1", instance.path()), "*/*").await.expect(200);
        get(format!("{}/rendered", instance.path()), "image/png").await.expect(200);
        let metadata = get(format!("{}/metadata", instance.study_path()), DICOM_JSON).await.expect(200).json();
        assert_eq!(metadata.as_array().map(Vec::len), Some(1));
        let id = if partition == "a" { "PAT-1" } else { "OTHER" };
        assert_eq!(metadata[0]["00100020"]["Value"][0], id);
    }
    let etag = async |partition| {
        let metadata = format!("{}/metadata", instance.path());
        app.query(&within(partition, &metadata)).await.header("etag").unwrap().to_owned()
    };
    assert_ne!(etag("a").await, etag("b").await);
    app.query(&within("Microsoft.Default", &format!("{}/metadata", instance.path()))).await.expect(404);
}

#[tokio::test]
async fn urls_in_answers_contain_the_partition() {
    let app = TestApp::partitioned().await;
    let instance = Instance::new();
    let base = app.url("/partitions/a");
    let to_study = within("a", &instance.study_path());
    let answer = app.send_files(Method::POST, &to_study, [&instance, &instance.sibling()]).await.expect(200);
    let (study, instances) = urls(&answer);
    assert_eq!(study, json!(format!("{base}{}", instance.study_path())));
    assert_eq!(instances[0], json!(format!("{base}{}", instance.path())));
    for url in instances {
        let path = url.as_str().unwrap().strip_prefix(app.root()).unwrap().to_owned();
        send(app.at_root(Method::GET, &path).header("accept", STORED_INSTANCE)).await.expect(200);
    }
    // As the client wrote what stands before the partition, and as the partition was first spelled.
    let path = format!("/services/{}/V2/PARTITIONS/A/studies", app.service);
    let request = app.at_root(Method::PUT, &path).header("accept", DICOM_JSON);
    let answer = send(request.header("content-type", "application/dicom").body(instance.bytes())).await.expect(200);
    let expected = format!("{}/services/{}/V2/partitions/a{}", app.root(), app.service, instance.path());
    assert_eq!(urls(&answer).1, [json!(expected)]);
}

#[tokio::test]
async fn a_search_sees_one_partition() {
    let app = TestApp::partitioned().await;
    let instance = Instance::new().with(0x0010_0010, "PN", "Doe^Jane");
    let mut mr = instance.sibling().with(0x0008_0060, "CS", "MR");
    mr.series = crate::support::uid();
    let series = mr.series.clone();
    let mr = mr.with(0x0020_000E, "UI", &series);
    store_in(&app, "a", [&instance, &instance.sibling()]).await.expect(200);
    store_in(&app, "b", [&instance, &mr]).await.expect(200);
    store_in(&app, "c", [&Instance::new()]).await.expect(200);
    let count = async |partition: &str, path: &str| {
        let answer = app.query(&within(partition, path)).await;
        if answer.status == 204 { 0 } else { answer.expect(200).json().as_array().unwrap().len() }
    };
    let study = &instance.study;
    for (path, a, b, c) in [
        ("/studies".to_owned(), 1, 1, 1),
        ("/series".to_owned(), 1, 2, 1),
        ("/instances".to_owned(), 2, 2, 1),
        (format!("/studies/{study}/series"), 1, 2, 0),
        (format!("/studies/{study}/instances"), 2, 2, 0),
        (format!("/studies/{study}/series/{}/instances", instance.series), 2, 1, 0),
        (format!("/instances?SOPInstanceUID={}", instance.instance), 1, 1, 0),
        ("/series?Modality=MR".to_owned(), 0, 1, 0),
        ("/studies?ModalitiesInStudy=MR".to_owned(), 0, 1, 0),
        ("/instances?PatientName=jane&fuzzymatching=true".to_owned(), 2, 2, 0),
    ] {
        let found = (count("a", &path).await, count("b", &path).await, count("c", &path).await);
        assert_eq!(found, (a, b, c), "{path}");
        assert_eq!(count("Microsoft.Default", &path).await, 0, "{path}");
    }
    let path = "/studies?includefield=ModalitiesInStudy,NumberOfStudyRelatedInstances";
    for (partition, modalities) in [("a", json!(["OT"])), ("b", json!(["OT", "MR"]))] {
        let found = app.query(&within(partition, path)).await.expect(200).json();
        assert_eq!(found[0]["00080061"]["Value"], modalities);
        assert_eq!(found[0]["00201208"]["Value"], json!([2]));
    }
}

#[tokio::test]
async fn a_delete_and_an_upsert_change_one_partition() {
    let app = TestApp::partitioned().await;
    let instance = Instance::new();
    for partition in ["a", "b", "c"] {
        store_in(&app, partition, [&instance, &instance.cousin()]).await.expect(200);
    }
    app.delete(&within("a", &instance.study_path())).await.expect(204);
    app.delete(&within("a", &instance.study_path())).await.expect(404);
    upsert_in(&app, "b", [&instance.clone().with(0x0010_0020, "LO", "NEW")]).await.expect(200);
    for (partition, patient) in [("b", "NEW"), ("c", "PAT-1")] {
        let study = app.query(&within(partition, "/studies")).await.expect(200).json();
        assert_eq!(study[0]["00100020"]["Value"][0], patient);
        let series = app.query(&within(partition, "/series")).await.expect(200).json();
        assert_eq!(series.as_array().map(Vec::len), Some(2));
    }
    app.delete(&within("b", &instance.series_path())).await.expect(204);
    assert_eq!(
        app.get(&within("c", &instance.path()), STORED_INSTANCE).await.expect(200).body,
        instance.stored_bytes()
    );
}

#[tokio::test]
async fn the_feed_tells_of_all_partitions_with_one_sequence() {
    let app = TestApp::partitioned().await;
    let instance = Instance::new();
    store_in(&app, "a", [&instance]).await.expect(200);
    store_in(&app, "b", [&instance]).await.expect(200);
    store_in(&app, "microsoft.default", [&instance]).await.expect(200);
    upsert_in(&app, "b", [&instance.clone().with(0x0010_0020, "LO", "NEW")]).await.expect(200);
    app.delete(&within("a", &instance.path())).await.expect(204);
    let feed = app.get("/changefeed", "*/*").await.expect(200).json();
    let lines: Vec<String> = feed
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| {
            let word = |name: &str| entry[name].as_str().unwrap().to_owned();
            let patient = entry["metadata"]["00100020"]["Value"][0].as_str().unwrap_or("-");
            format!("{} {} {} {} {patient}", entry["sequence"], word("partitionName"), word("action"), word("state"))
        })
        .collect();
    assert_eq!(
        lines,
        [
            "1 a Create Deleted -",
            "2 b Create Replaced NEW",
            "3 Microsoft.Default Create Current PAT-1",
            "4 b Update Current NEW",
            "5 a Delete Deleted -",
        ]
    );
    let latest = app.get("/changefeed/latest", "*/*").await.expect(200).json();
    assert_eq!((&latest["sequence"], &latest["partitionName"]), (&json!(5), &json!("a")));
}

#[tokio::test]
async fn studies_end_by_themselves_in_any_partition() {
    let app = TestApp::partitioned().await;
    freeze(&app).await;
    let instance = Instance::new();
    let lend = async |partition: &str, milliseconds: u64| {
        let request = app.request(Method::PUT, &within(partition, "/studies")).header("accept", DICOM_JSON);
        let request = request.header("content-type", "application/dicom");
        let request = request.header("msdicom-expiry-time-milliseconds", milliseconds);
        send(request.body(instance.bytes())).await.expect(200);
    };
    lend("b", 3_600_000).await;
    lend("a", 3_600_000).await;
    lend("kept", 7_200_000).await;
    send(app.control(Method::PUT, "/clock").body(r#"{"advance":"PT1H"}"#)).await.expect(200);
    app.query(&within("a", "/studies")).await.expect(204);
    app.query(&within("b", "/studies")).await.expect(204);
    app.query(&within("kept", "/studies")).await.expect(200);
    let feed = app.feed().await;
    let ended: Vec<&Value> = feed[3..].iter().map(|entry| &entry["partitionName"]).collect();
    assert_eq!(ended, ["a", "b"]);
}

#[tokio::test]
async fn services_have_partitions_of_their_own() {
    let (one, two) = (TestApp::partitioned().await, TestApp::partitioned().await);
    store_in(&one, "a", [&Instance::new()]).await.expect(200);
    assert_eq!(two.query("/partitions/a/studies").await.expect(400).text(), super::UNKNOWN);
    store_in(&two, "A", [&Instance::new()]).await.expect(200);
    assert_eq!(
        (super::names(&one).await, super::keys(&two).await),
        (vec!["Microsoft.Default".into(), "a".into()], vec![1, 2])
    );
}
