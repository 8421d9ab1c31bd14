//! Which instances are named, and what becomes of those that are not there.

use reqwest::Method;
use serde_json::{Value, json};

use super::{everything, files_below, new_folder, of, start};
use crate::support::{Instance, STORED_INSTANCE, TestApp, TestContainer, send};

#[tokio::test]
async fn studies_series_and_instances_can_be_named_with_blanks_around() {
    let app = TestApp::new();
    let first = Instance::new();
    let (sibling, cousin) = (first.sibling(), first.cousin());
    app.store([&first, &sibling, &cousin]).await.expect(200);
    let Instance { study, series, instance, .. } = &first;
    for (identifier, count) in
        [(format!(" {study} "), 3), (format!("{study} / {series}"), 2), (format!("{study}/{series}/\t{instance}\n"), 1)]
    {
        let (url, folder) = new_folder();
        let operation = start(&app, of(&[&identifier], json!({ "blobContainerUri": url }))).await;
        assert_eq!(app.end_of(&operation).await["results"]["exported"], count, "{identifier:?}");
        assert_eq!(files_below(&folder.join(operation).join("results")).len(), count);
    }
}

#[tokio::test]
async fn what_is_named_twice_is_written_twice_and_counted_twice() {
    let app = TestApp::new();
    let instance = Instance::new();
    app.store([&instance]).await.expect(200);
    let (url, folder) = new_folder();
    let series = format!("{}/{}", instance.study, instance.series);
    let identifiers = [&instance.study, &series, &instance.study].map(String::as_str);
    let operation = start(&app, of(&identifiers, json!({ "blobContainerUri": url }))).await;
    let ended = app.end_of(&operation).await;
    assert_eq!((&ended["results"]["exported"], files_below(&folder).len()), (&json!(3), 2));
}

#[tokio::test]
async fn what_is_not_there_is_a_line_of_the_error_log_and_no_failure() {
    let app = TestApp::new();
    let there = Instance::new();
    app.store([&there]).await.expect(200);
    let container = TestContainer::create("missing").await;
    let missing = ["1.2.3", " 1.2.3 / 4 ", "1.2.3/4/5"];
    let other_series = format!("{}/9.9", there.study);
    let identifiers = [missing[0], &there.study, missing[1], missing[2], &other_series];
    let place = json!({ "blobContainerUri": container.url(), "useManagedIdentity": true });
    let operation = start(&app, of(&identifiers, place)).await;
    let ended = app.end_of(&operation).await;
    assert_eq!(ended["status"], "succeeded");
    assert_eq!((&ended["results"]["exported"], &ended["results"]["skipped"]), (&json!(1), &json!(4)));
    let log = String::from_utf8(container.read(&format!("{operation}/errors.log")).await).unwrap();
    assert!(log.ends_with("}\n") && !log.contains('\r'), "{log:?}");
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let said: Vec<_> =
        lines.iter().map(|line| (line["identifier"].as_str().unwrap(), line["error"].as_str().unwrap())).collect();
    assert_eq!(
        said,
        [
            ("1.2.3", "The specified study cannot be found."),
            ("1.2.3/4", "The specified series cannot be found."),
            ("1.2.3/4/5", "The specified instance cannot be found."),
            (other_series.as_str(), "The specified series cannot be found."),
        ]
    );
    for (text, line) in log.lines().zip(&lines) {
        let timestamp = line["timestamp"].as_str().unwrap();
        assert!(timestamp.ends_with("+00:00") && timestamp.parse::<jiff::Timestamp>().is_ok(), "{timestamp}");
        assert!(text.starts_with(r#"{"timestamp":""#), "{text}");
        assert_eq!(line.as_object().unwrap().len(), 3);
    }
}

#[tokio::test]
async fn an_export_covers_the_partition_of_its_path_and_its_operation_is_of_the_service() {
    let app = TestApp::partitioned().await;
    let (here, there) = (Instance::new(), Instance::new());
    for (partition, instance) in [("here", &here), ("there", &there)] {
        app.send_files(Method::POST, &format!("/partitions/{partition}/studies"), [instance]).await.expect(200);
    }
    let export = async |path: &str, body: Value| {
        let post = app.request(Method::POST, path).header("content-type", "application/json");
        send(post.body(body.to_string())).await
    };
    let (url, folder) = new_folder();
    let place = json!({ "blobContainerUri": url });
    for (body, exported, skipped) in [
        (everything(place.clone()), 1, 0),
        (of(&[&here.study], place.clone()), 1, 0),
        (of(&[&there.study], place.clone()), 0, 1),
    ] {
        let answer = export("/partitions/here/export", body).await.expect(202);
        let operation = answer.json()["id"].as_str().unwrap().to_owned();
        assert_eq!(answer.json()["href"], app.url(&format!("/operations/{operation}")));
        let results = app.end_of(&operation).await["results"].clone();
        assert_eq!((&results["exported"], &results["skipped"]), (&json!(exported), &json!(skipped)));
        assert_eq!(files_below(&folder.join(operation)).len(), 1 + exported);
    }
    export("/export", everything(place.clone())).await.expect(400);
    export("/partitions/nowhere/export", everything(place)).await.expect(400);
}

#[tokio::test]
async fn of_an_updated_instance_the_latest_version_is_exported() {
    let app = TestApp::new();
    let (instance, other) = (Instance::new(), Instance::new());
    app.store([&instance, &other]).await.expect(200);
    let change = json!({
        "studyInstanceUids": [instance.study],
        "changeDataset": { "00100010": { "vr": "PN", "Value": [{ "Alphabetic": "New^Name" }] } },
    });
    let post = app.request(Method::POST, "/studies/$bulkUpdate").header("content-type", "application/json");
    let update = send(post.body(change.to_string())).await.expect(202).json();
    app.end_of(update["id"].as_str().unwrap()).await;
    let latest = app.get(&instance.path(), STORED_INSTANCE).await.expect(200).body;
    assert!(latest != instance.stored_bytes());
    let places = [new_folder(), new_folder()];
    let bodies = [
        of(&[&instance.study, &other.study], json!({ "blobContainerUri": places[0].0 })),
        everything(json!({ "blobContainerUri": places[1].0 })),
    ];
    for (body, (_, folder)) in bodies.into_iter().zip(&places) {
        let operation = start(&app, body).await;
        assert_eq!(app.end_of(&operation).await["results"]["exported"], 2);
        let Instance { study, series, instance: uid, .. } = &instance;
        let file = folder.join(format!("{operation}/results/{study}/{series}/{uid}.dcm"));
        assert!(std::fs::read(file).unwrap() == latest);
    }
}
