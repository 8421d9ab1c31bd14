//! What an export writes, and where.

use reqwest::Method;
use serde_json::{Value, json};

use super::{ask, everything, files_below, new_folder, of, request, start};
use crate::support::{DICOM_JSON, Instance, TestApp, TestContainer, azurite_connection, multipart_body, send};

fn result(operation: &str, instance: &Instance) -> String {
    let Instance { study, series, instance, .. } = instance;
    format!("{operation}/results/{study}/{series}/{instance}.dcm")
}

#[tokio::test]
async fn an_export_answers_with_a_reference_and_copies_the_latest_versions_byte_for_byte() {
    let app = TestApp::new();
    let first = Instance::new().with(0x0010_0010, "PN", "Old^Name").with_preamble(7);
    let (second, large) = (first.cousin(), first.sibling().with_pixels(1000, 1100, 9));
    app.store([&first, &second, &large]).await.expect(200);
    let first = first.with(0x0010_0010, "PN", "New^Name");
    app.upsert([&first]).await.expect(200);
    let container = TestContainer::create("copies").await;

    let destination = json!({ "connectionString": azurite_connection(), "blobContainerName": "copies" });
    let answer = ask(&app, of(&[&first.study], destination)).await.expect(202);
    let operation = answer.json()["id"].as_str().unwrap().to_owned();
    let href = format!("{}/operations/{operation}", app.url(""));
    assert_eq!(answer.json(), json!({ "id": operation, "href": href }));
    assert_eq!(answer.header("location"), Some(href.as_str()));
    assert_eq!(answer.header("api-supported-versions"), Some("1, 2"));

    let ended = app.end_of(&operation).await;
    let error_href = format!("{}/{operation}/errors.log", container.url());
    assert_eq!(ended["results"], json!({ "exported": 3, "skipped": 0, "errorHref": error_href }));
    assert_eq!((&ended["type"], &ended["status"]), (&json!("export"), &json!("succeeded")));
    assert_eq!(ended.get("percentComplete"), None);
    let mut expected = vec![format!("{operation}/errors.log")];
    expected.extend([&first, &second, &large].map(|instance| result(&operation, instance)));
    expected.sort();
    assert_eq!(container.names().await, expected);
    for instance in [&first, &second, &large] {
        assert!(container.read(&result(&operation, instance)).await == instance.stored_bytes());
    }
    assert!(container.read(&format!("{operation}/errors.log")).await.is_empty());
}

#[tokio::test]
async fn a_folder_gets_the_same_layout() {
    let app = TestApp::new();
    let (first, large) = (Instance::new(), Instance::new().with_pixels(1000, 1100, 9));
    app.store([&first, &large]).await.expect(200);
    let (url, folder) = new_folder();
    let operation = start(&app, everything(json!({ "blobContainerUri": format!("{url}/with%20blank/x") }))).await;
    let ended = app.end_of(&operation).await;
    let error_href = format!("{url}/with%20blank/x/{operation}/errors.log");
    assert_eq!(ended["results"], json!({ "exported": 2, "skipped": 0, "errorHref": error_href }));
    let folder = folder.join("with blank/x");
    let mut expected = vec![format!("{operation}/errors.log"), result(&operation, &first), result(&operation, &large)];
    expected.sort();
    assert_eq!(files_below(&folder), expected);
    for instance in [&first, &large] {
        assert!(std::fs::read(folder.join(result(&operation, instance))).unwrap() == instance.stored_bytes());
    }
    assert_eq!(std::fs::read(folder.join(format!("{operation}/errors.log"))).unwrap(), b"");
}

#[tokio::test]
async fn without_a_source_everything_of_the_service_and_of_no_other_is_exported() {
    let (app, other) = (TestApp::new(), TestApp::new());
    let instances = [Instance::new(), Instance::new(), Instance::new()];
    app.store(&instances).await.expect(200);
    other.store([&Instance::new()]).await.expect(200);
    app.delete(&instances[1].path()).await.expect(204);
    for body in [json!({}), json!({ "source": null })] {
        let (url, folder) = new_folder();
        let mut body = body;
        body["destination"] = everything(json!({ "blobContainerUri": url }))["destination"].clone();
        let operation = start(&app, body).await;
        assert_eq!(app.end_of(&operation).await["results"]["exported"], 2);
        assert_eq!(files_below(&folder).len(), 3);
    }
    let empty = TestApp::new();
    let operation = start(&empty, everything(json!({ "blobContainerUri": new_folder().0 }))).await;
    let ended = empty.end_of(&operation).await;
    assert_eq!((&ended["status"], &ended["results"]["exported"]), (&json!("succeeded"), &json!(0)));
}

#[tokio::test]
async fn an_export_of_many_instances_takes_several_steps_and_counts_each_once() {
    let app = TestApp::new();
    let first = Instance::new();
    let siblings: Vec<Instance> = (0..600).map(|_| first.sibling()).collect();
    let lone = Instance::new();
    for chunk in siblings.chunks(200) {
        app.store(chunk).await.expect(200);
    }
    app.store([&lone]).await.expect(200);
    let (url, folder) = new_folder();
    let identifiers = [first.study.as_str(), &lone.study, "1.2.3", &lone.study];
    let operation = start(&app, of(&identifiers, json!({ "blobContainerUri": url }))).await;
    let ended = app.end_of(&operation).await;
    assert_eq!((&ended["results"]["exported"], &ended["results"]["skipped"]), (&json!(602), &json!(1)));
    assert_eq!(files_below(&folder).len(), 602);
    let log = send(app.control(Method::GET, &format!("/log?operation={operation}"))).await.expect(200).json();
    let kinds: Vec<&str> = log.as_array().unwrap().iter().map(|event| event["kind"].as_str().unwrap()).collect();
    let steps = "operationProgressed";
    assert_eq!(kinds, ["operationStarted", steps, steps, steps, "operationEnded"]);
}

#[tokio::test]
async fn several_exports_run_at_once_each_with_an_identifier_of_its_own() {
    let app = TestApp::new();
    app.store([&Instance::new()]).await.expect(200);
    let (url, folder) = new_folder();
    let ask = || start(&app, everything(json!({ "blobContainerUri": url })));
    let mut operations = futures_util::future::join_all((0..8).map(|_| ask())).await;
    for operation in &operations {
        assert_eq!(app.end_of(operation).await["results"]["exported"], 1);
    }
    operations.sort();
    operations.dedup();
    assert_eq!((operations.len(), files_below(&folder).len()), (8, 16));
}

#[tokio::test]
async fn the_same_run_has_the_same_identifier_and_no_files_of_the_undone_one() {
    let app = TestApp::new();
    app.snapshot("empty").await;
    let container = TestContainer::create("rerun").await;
    let (url, folder) = new_folder();
    let places = [
        json!({ "blobContainerUri": url }),
        json!({ "blobContainerUri": container.url(), "useManagedIdentity": true }),
    ];
    for place in places {
        let mut runs: Vec<String> = Vec::new();
        for _ in 0..2 {
            app.reset(json!({ "snapshot": "empty" })).await.expect(200);
            app.store([&Instance::new()]).await.expect(200);
            let operation = start(&app, everything(place.clone())).await;
            assert_eq!(app.end_of(&operation).await["results"]["exported"], 1);
            runs.push(operation);
        }
        assert_eq!(runs[0], runs[1]);
    }
    assert_eq!((files_below(&folder).len(), container.names().await.len()), (2, 2));
}

#[tokio::test]
async fn every_way_to_name_the_development_storage_reaches_it() {
    let app = TestApp::new();
    app.store([&Instance::new()]).await.expect(200);
    let container = TestContainer::create("ways").await;
    let url = container.url();
    let ways = [
        json!({ "connectionString": "UseDevelopmentStorage=true", "blobContainerName": "ways" }),
        json!({ "ConnectionString": "usedevelopmentstorage=TRUE;", "BLOBCONTAINERNAME": " ways " }),
        json!({ "connectionString": azurite_connection(), "blobContainerName": "ways", "useManagedIdentity": false }),
        json!({ "blobContainerUri": url, "useManagedIdentity": true }),
        json!({ "blobContainerUri": format!("{url}/"), "useManagedIdentity": true }),
        json!({ "blobContainerUri": container.url_with_sas("acw") }),
        json!({ "blobContainerUri": container.url_with_sas("racwdl"), "connectionString": null }),
        json!({ "connectionString": format!(
            "BlobEndpoint={};AccountName=devstoreaccount1;SharedAccessSignature={}",
            crate::support::azurite_endpoint(),
            container.url_with_sas("acw").split_once('?').unwrap().1
        ), "blobContainerName": "ways" }),
    ];
    for way in &ways {
        let operation = start(&app, everything(way.clone())).await;
        let ended = app.end_of(&operation).await;
        let error_href = json!(format!("{url}/{operation}/errors.log"));
        assert_eq!((&ended["results"]["exported"], &ended["results"]["errorHref"]), (&json!(1), &error_href), "{way}");
    }
    assert_eq!(container.names().await.len(), 2 * ways.len());
}

#[tokio::test]
async fn versions_1_and_2_export_and_read_each_others_operations() {
    let app = TestApp::new();
    app.store([&Instance::new()]).await.expect(200);
    for version in ["v1", "v2", "V2.0"] {
        let at = |version: &str, path: &str| format!("/services/{}/{version}{path}", app.service);
        let body = everything(json!({ "blobContainerUri": new_folder().0 })).to_string();
        let post = app.at_root(Method::POST, &at(version, "/Export")).header("content-type", "application/json");
        let answer = send(post.body(body)).await.expect(202);
        assert_eq!(answer.header("api-supported-versions"), Some("1, 2"));
        let operation = answer.json()["id"].as_str().unwrap().to_owned();
        let href = app.root().to_owned() + &at(version, &format!("/operations/{operation}"));
        assert_eq!(answer.json()["href"], href);
        app.end_of(&operation).await;
        for (reader, status) in [("v1", "completed"), ("v1.0-prerelease", "completed"), ("v2", "succeeded")] {
            let path = at(reader, &format!("/operations/{operation}"));
            assert_eq!(send(app.at_root(Method::GET, &path)).await.expect(200).json()["status"], status);
        }
    }
}

#[tokio::test]
async fn what_was_exported_and_stored_elsewhere_is_the_same() {
    let (app, other) = (TestApp::new(), TestApp::new());
    let instances = [Instance::new().with_pixels(16, 16, 3), Instance::new().deflated()];
    app.store(&instances).await.expect(200);
    let (url, folder) = new_folder();
    let operation = start(&app, everything(json!({ "blobContainerUri": url }))).await;
    app.end_of(&operation).await;
    let files = files_below(&folder).into_iter().filter(|file| file.ends_with(".dcm"));
    let (content_type, body) = multipart_body(files.map(|file| std::fs::read(folder.join(file)).unwrap()));
    let post =
        other.request(Method::POST, "/studies").header("accept", DICOM_JSON).header("content-type", content_type);
    send(post.body(body)).await.expect(200);
    for instance in &instances {
        let metadata = format!("{}/metadata", instance.path());
        assert_eq!(other.query(&metadata).await.expect(200).json(), app.query(&metadata).await.expect(200).json());
    }
}

#[tokio::test]
async fn an_export_is_no_part_of_the_change_feed_and_time_travel_knows_how_far_it_was() {
    let app = TestApp::new();
    app.store([&Instance::new()]).await.expect(200);
    let answer = request(&app, everything(json!({ "blobContainerUri": new_folder().0 })));
    let answer = send(answer).await.expect(202);
    assert_eq!(answer.header("x-emulator-position"), Some("2"));
    let operation = answer.json()["id"].as_str().unwrap().to_owned();
    app.end_of(&operation).await;
    assert_eq!(app.feed_lines().await, ["1 Create Current"]);
    let get = app.request(Method::GET, &format!("/operations/{operation}")).header("x-emulator-as-of", 2);
    let then: Value = send(get).await.expect(202).json();
    assert_eq!((&then["status"], &then["results"]["exported"]), (&json!("notStarted"), &json!(0)));
    app.reset(json!({ "position": 1 })).await.expect(200);
    app.get(&format!("/operations/{operation}"), "*/*").await.expect(404);
}
