//! Workitems in partitions.

use reqwest::Method;

use super::{create_workitem, within};
use crate::support::{DICOM_JSON, TestApp, send};

#[tokio::test]
async fn a_workitem_belongs_to_its_partition() {
    let app = TestApp::partitioned().await;
    for partition in ["a", "b"] {
        let answer = create_workitem(&app, &within(partition, "/workitems?1.2.3")).await.expect(201);
        let url = app.url(&within(partition, "/workitems/1.2.3"));
        assert_eq!(answer.header("location"), Some(url.as_str()));
        assert_eq!(answer.header("content-location"), Some(url.as_str()));
    }
    create_workitem(&app, &within("A", "/workitems?1.2.3")).await.expect(409);
    let cancel = app.request(Method::POST, &within("a", "/workitems/1.2.3/cancelrequest"));
    send(cancel.header("accept", DICOM_JSON)).await.expect(202);
    for (partition, state) in [("a", "CANCELED"), ("b", "SCHEDULED")] {
        let found = app.query(&within(partition, "/workitems/1.2.3")).await.expect(200).json();
        assert_eq!(found["00741000"]["Value"][0], state);
        let all = app.query(&within(partition, "/workitems")).await.expect(200).json();
        assert_eq!(all.as_array().map(Vec::len), Some(1));
        let expected = if partition == "a" { 204 } else { 200 };
        app.query(&within(partition, "/workitems?ProcedureStepState=SCHEDULED")).await.expect(expected);
    }
    app.query(&within("Microsoft.Default", "/workitems/1.2.3")).await.expect(404);
    app.query(&within("Microsoft.Default", "/workitems")).await.expect(204);
}

#[tokio::test]
async fn an_update_answers_with_a_url_in_the_partition() {
    let app = TestApp::partitioned().await;
    create_workitem(&app, &within("Ward-1", "/workitems?1.2.3")).await.expect(201);
    let request = app.request(Method::PUT, &within("ward-1", "/workitems/1.2.3")).header("content-type", DICOM_JSON);
    let answer = send(request.body(r#"{"00741204":{"vr":"LO","Value":["new"]}}"#)).await.expect(200);
    let url = app.url(&within("Ward-1", "/workitems/1.2.3"));
    assert_eq!(answer.header("content-location"), Some(url.as_str()));
}
