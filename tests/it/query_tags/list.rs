//! `GET` of tags.

use serde_json::{Value, json};

use super::{add_and_wait, tag};
use crate::support::TestApp;

#[tokio::test]
async fn tags_are_listed_in_the_order_in_which_they_were_added() {
    let app = TestApp::new();
    assert_eq!(app.get("/extendedquerytags", "*/*").await.expect(200).text(), "[]");
    add_and_wait(&app, json!([{ "path": "00181003", "level": "Study" }, { "path": "00101010", "level": "Study" }]))
        .await;
    add_and_wait(&app, json!([{ "path": "00080070", "level": "Study" }])).await;
    let paths = async |query: &str| -> Vec<String> {
        let list = app.get(&format!("/extendedquerytags{query}"), "*/*").await.expect(200).json();
        list.as_array().unwrap().iter().map(|tag| tag["path"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(paths("").await, ["00181003", "00101010", "00080070"]);
    assert_eq!(paths("?limit=2").await, ["00181003", "00101010"]);
    assert_eq!(paths("?LIMIT=1&Offset=1").await, ["00101010"]);
    assert!(paths("?offset=3").await.is_empty());
}

#[tokio::test]
async fn pages_that_cannot_be_are_refused() {
    let app = TestApp::new();
    for (query, expected) in [
        ("limit=0", "The query parameter 'Limit' is invalid. The field Limit must be between 1 and 200."),
        ("limit=201", "The query parameter 'Limit' is invalid. The field Limit must be between 1 and 200."),
        ("limit=x", "The query parameter 'Limit' is invalid. The value 'x' is not valid for Limit."),
        (
            "offset=-1",
            "The query parameter 'Offset' is invalid. The field Offset must be between 0 and 9.223372036854776E+18.",
        ),
        ("offset=", "The query parameter 'Offset' is invalid. The value '' is invalid."),
    ] {
        let answer = app.get(&format!("/extendedquerytags?{query}"), "*/*").await.expect(400);
        assert_eq!(answer.text(), expected);
    }
}

#[tokio::test]
async fn a_tag_is_named_by_keyword_or_digits() {
    let app = TestApp::new();
    add_and_wait(&app, json!([{ "path": "DeviceID", "level": "Series" }])).await;
    let expected: Value =
        json!({ "path": "00181003", "vr": "LO", "status": "ready", "level": "series", "queryStatus": "enabled" });
    for path in ["DeviceID", "00181003"] {
        assert_eq!(tag(&app, path).await, expected);
    }
    let answer = app.get("/extendedquerytags/DeviceID/errors", "*/*").await.expect(200);
    assert_eq!((answer.text(), answer.header("content-type")), ("[]", Some("application/json; charset=utf-8")));
}

#[tokio::test]
async fn what_is_no_tag_or_not_there_is_told() {
    let app = TestApp::new();
    let send_all = async |path: &str| {
        let path = format!("/extendedquerytags/{path}");
        [
            app.get(&path, "*/*").await,
            app.get(&format!("{path}/errors"), "*/*").await,
            app.delete(&path).await,
            super::patch(&app, path.strip_prefix("/extendedquerytags/").unwrap(), r#"{"queryStatus":"enabled"}"#).await,
        ]
    };
    for (path, status, expected) in [
        (
            "deviceid",
            400,
            "The extended query tag 'deviceid' is invalid as it cannot be parsed into a valid Dicom Tag.",
        ),
        ("%20", 400, "The extended query tag ' ' is invalid as it cannot be parsed into a valid Dicom Tag."),
        (
            "A.B",
            400,
            "Dicom element 'A.B' failed validation for VR 'SQ': Sequential dicom tags are currently not supported.",
        ),
        ("DeviceID", 404, "The specified extended query tag with tag path 00181003 cannot be found."),
        ("0401100a", 404, "The specified extended query tag with tag path 0401100A cannot be found."),
        ("PatientName", 404, "The specified extended query tag with tag path 00100010 cannot be found."),
    ] {
        for answer in send_all(path).await {
            assert_eq!(answer.expect(status).text(), expected);
        }
    }
    app.get("/extendedquerytags/%FF", "*/*").await.expect(400);
}
