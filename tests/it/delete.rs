//! `DELETE` of studies, series and instances

use crate::support::{Instance, STORED_INSTANCE, TestApp};

#[tokio::test]
async fn a_deleted_study_is_gone_everywhere() {
    let app = TestApp::new();
    let instance = Instance::new();
    let (sibling, cousin, other) = (instance.sibling(), instance.cousin(), Instance::new());
    app.store([&instance, &sibling, &cousin, &other]).await.expect(200);
    let answer = app.delete(&instance.study_path()).await.expect(204);
    assert_eq!((answer.text(), answer.header("content-type")), ("", None));
    assert_eq!(answer.header("x-emulator-position"), Some("7"));
    for path in [instance.path(), sibling.path(), cousin.path()] {
        app.get(&path, STORED_INSTANCE).await.expect(404);
        app.query(&format!("{path}/metadata")).await.expect(404);
    }
    app.get(&other.path(), STORED_INSTANCE).await.expect(200);
    app.query(&format!("/studies?StudyInstanceUID={}", instance.study)).await.expect(204);
    let feed = app.feed_lines().await;
    assert_eq!(feed[3..], ["4 Create Current", "5 Delete Deleted", "6 Delete Deleted", "7 Delete Deleted"]);
    assert_eq!(feed[0], "1 Create Deleted");
}

#[tokio::test]
async fn a_series_goes_with_its_last_instance_and_a_study_with_its_last_series() {
    let app = TestApp::new();
    let instance = Instance::new();
    let (sibling, cousin) = (instance.sibling(), instance.cousin());
    app.store([&instance, &sibling, &cousin]).await.expect(200);
    let series = format!("{}/series", instance.study_path());
    let count = async |path: &str| {
        let answer = app.query(path).await;
        if answer.status == 204 { 0 } else { answer.json().as_array().map_or(0, Vec::len) }
    };
    app.delete(&instance.path()).await.expect(204);
    assert_eq!(count(&series).await, 2);
    app.delete(&sibling.path()).await.expect(204);
    assert_eq!(count(&series).await, 1);
    app.delete(&cousin.series_path()).await.expect(204);
    assert_eq!(count(&series).await, 0);
    assert_eq!(count("/studies").await, 0);
}

#[tokio::test]
async fn what_does_not_exist_is_404_at_the_level_of_the_request() {
    let app = TestApp::new();
    let instance = Instance::new();
    app.store([&instance]).await.expect(200);
    for (path, text) in [
        ("/studies/1.2".to_owned(), "The specified study cannot be found."),
        (format!("{}/series/1.2", instance.study_path()), "The specified series cannot be found."),
        (format!("{}/instances/1.2", instance.series_path()), "The specified instance cannot be found."),
        (format!("/studies/1/series/{}", instance.series), "The specified series cannot be found."),
    ] {
        assert_eq!(app.delete(&path).await.expect(404).text(), text);
    }
    let malformed = app.delete("/studies/1/series/1/instances/abc").await.expect(400);
    assert!(malformed.text().starts_with("Dicom element 'SopInstanceUid' failed validation for VR 'UI'"));
    assert_eq!(app.feed_lines().await, ["1 Create Current"]);
}

#[tokio::test]
async fn a_second_delete_is_404_and_of_several_at_once_one_wins() {
    let app = TestApp::new();
    let instance = Instance::new();
    app.store([&instance]).await.expect(200);
    let path = instance.study_path();
    let answers = futures_util::future::join_all((0..8).map(|_| app.delete(&path))).await;
    let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status.as_u16()).collect();
    statuses.sort();
    assert_eq!(statuses, [204, 404, 404, 404, 404, 404, 404, 404]);
}

#[tokio::test]
async fn what_was_deleted_can_be_stored_again_and_starts_from_nothing() {
    let app = TestApp::new();
    let old = Instance::new().with(0x0008_1030, "LO", "old description");
    let new = Instance::of(&old.study, &old.series, &old.instance);
    app.store([&old]).await.expect(200);
    app.delete(&old.study_path()).await.expect(204);
    app.store([&new]).await.expect(200);
    assert_eq!(app.feed_lines().await, ["1 Create Replaced", "2 Delete Replaced", "3 Create Current"]);
    app.query("/studies?StudyDescription=old%20description").await.expect(204);
    assert_eq!(app.get(&new.path(), STORED_INSTANCE).await.body, new.stored_bytes());
}
