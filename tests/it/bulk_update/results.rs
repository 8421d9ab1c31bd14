//! What an operation tells of itself.

use reqwest::Method;
use serde_json::{Value, json};

use super::{latest_names, name};
use crate::support::{Instance, TestApp, send};

fn results(processed: u64, updated: u64, failed: u64, instances: u64) -> Value {
    json!({ "studyProcessed": processed, "studyUpdated": updated, "studyFailed": failed, "instanceUpdated": instances })
}

/// An instance whose text binds it to Latin-1.
fn bound_to_latin_1(instance: &Instance) -> Instance {
    instance.clone().with(0x0008_0005, "CS", "ISO_IR 100").with_bytes(0x0008_0080, "LO", b"H\xF4pital ".to_vec())
}

#[tokio::test]
async fn a_study_is_counted_with_its_instances() {
    let app = TestApp::new();
    let instance = Instance::new();
    let other = Instance::new().with(0x0010_0010, "PN", "Other");
    app.store([&instance, &instance.sibling(), &instance.cousin(), &other]).await.expect(200);
    let operation = app.update(&[&instance.study], name("New^Name")).await;
    assert_eq!(operation["type"], "update");
    assert_eq!(operation["status"], "succeeded");
    assert_eq!(operation["percentComplete"], 100);
    assert_eq!(operation["results"], results(1, 1, 0, 3));
    assert!(operation.get("resources").is_none());
    assert_eq!(latest_names(&app, &instance.study_path()).await, ["New^Name"; 3]);
    assert_eq!(latest_names(&app, &other.study_path()).await, ["Other"]);

    let id = operation["operationId"].as_str().unwrap();
    let path = format!("/services/{}/v1/operations/{id}", app.service);
    let by_version_1 = send(app.at_root(Method::GET, &path)).await.expect(200);
    assert_eq!(by_version_1.json()["status"], "completed");
    assert_eq!(by_version_1.json()["results"], results(1, 1, 0, 3));
}

#[tokio::test]
async fn an_unknown_study_is_processed_and_nothing_else() {
    let app = TestApp::new();
    let operation = app.update(&["1.2.3"], name("A")).await;
    assert_eq!((&operation["status"], &operation["results"]), (&json!("succeeded"), &results(1, 0, 0, 0)));
    assert_eq!(app.feed_lines().await, Vec::<String>::new());
}

#[tokio::test]
async fn studies_are_updated_in_order_and_one_that_is_named_twice_twice() {
    let app = TestApp::new();
    let (first, second) = (Instance::new(), Instance::new());
    app.store([&first, &second, &second.sibling()]).await.expect(200);
    let list = [second.study.as_str(), "1.2.3", &first.study, &second.study];
    let operation = app.update(&list, name("A")).await;
    assert_eq!(operation["results"], results(4, 3, 0, 5));
    let feed = app.feed().await;
    let studies: Vec<&str> = feed[3..].iter().map(|entry| entry["studyInstanceUid"].as_str().unwrap()).collect();
    assert_eq!(studies, [&second.study, &second.study, &first.study, &second.study, &second.study]);
    let states: Vec<&str> = feed.iter().map(|entry| entry["state"].as_str().unwrap()).collect();
    assert_eq!(states[3..], ["Replaced", "Replaced", "Current", "Current", "Current"]);
}

#[tokio::test]
async fn a_study_with_an_instance_that_cannot_be_updated_stays_as_it_is_and_the_next_one_is_tried() {
    let app = TestApp::new();
    let (plain, other) = (Instance::new(), Instance::new());
    let bound = bound_to_latin_1(&plain.sibling());
    app.store([&plain, &bound, &other]).await.expect(200);
    let operation = app.update(&[&plain.study, &other.study], name("\u{738b}^\u{5c0f}\u{6771}")).await;
    assert_eq!(operation["status"], "failed");
    assert_eq!(operation["percentComplete"], 100);
    let errors = json!([
        format!("Failed to update instances for study {}", plain.study),
        format!(
            "The value of (0010,0010) cannot be written in the character set ISO_IR 100 of the file. Instance UIDs - PartitionKey: 1, StudyInstanceUID: {}, SeriesInstanceUID: {}, SOPInstanceUID: {}",
            bound.study, bound.series, bound.instance
        ),
    ]);
    let mut expected = results(2, 1, 1, 1);
    expected["errors"] = errors;
    assert_eq!(operation["results"], expected);
    assert_eq!(latest_names(&app, &plain.study_path()).await, ["", ""]);
    assert_eq!(latest_names(&app, &other.study_path()).await, ["\u{738b}^\u{5c0f}\u{6771}"]);
    assert_eq!(
        app.feed_lines().await,
        ["1 Create Current", "2 Create Current", "3 Create Replaced", "4 Update Current"]
    );
}

#[tokio::test]
async fn of_many_failures_five_are_named() {
    let app = TestApp::new();
    let first = bound_to_latin_1(&Instance::new());
    let mut instances = vec![first.clone()];
    instances.extend((0..6).map(|_| first.sibling()));
    app.store(&instances).await.expect(200);
    let operation = app.update(&[&first.study], name("\u{738b}")).await;
    let errors = operation["results"]["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 7);
    assert_eq!(
        errors[6],
        "There are more instances failed to update than listed above. Please check the diagnostics logs for the complete list."
    );
}

#[tokio::test]
async fn a_reset_undoes_an_update_and_one_that_had_only_begun_goes_on() {
    let app = TestApp::new();
    let instance = Instance::new().with(0x0010_0010, "PN", "Old");
    app.store([&instance]).await.expect(200);
    let before = app.position().await;
    let operation = app.update(&[&instance.study], name("New")).await;
    let id = operation["operationId"].as_str().unwrap();
    let path = instance.study_path();

    // As of the moment when it was asked for, it had not begun.
    let request = app.request(Method::GET, &format!("/operations/{id}")).header("x-emulator-as-of", before + 1);
    assert_eq!(send(request).await.expect(202).json()["status"], "notStarted");
    // Back to that moment, it is carried out again, and comes to the same.
    app.reset(json!({ "position": before + 1 })).await.expect(200);
    let again = app.await_operation(id).await;
    assert_eq!((&again["status"], &again["results"]), (&operation["status"], &operation["results"]));
    assert_eq!(latest_names(&app, &path).await, ["New"]);

    app.reset(json!({ "position": before })).await.expect(200);
    app.get(&format!("/operations/{id}"), "*/*").await.expect(404);
    assert_eq!(latest_names(&app, &path).await, ["Old"]);
    assert_eq!(app.feed_lines().await, ["1 Create Current"]);
}
