//! `/changefeed` and `/changefeed/latest`

use serde_json::{Value, json};

use crate::support::{Answer, Instance, TestApp, send};

async fn feed(app: &TestApp, query: &str) -> Answer {
    app.get(&format!("/changefeed{query}"), "*/*").await
}

fn sequences(answer: &Answer) -> Vec<i64> {
    answer.json().as_array().unwrap().iter().map(|entry| entry["sequence"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn an_entry_tells_what_happened_and_shows_the_instance_as_it_is_now() {
    let app = TestApp::new();
    let instance = Instance::new();
    app.store([&instance]).await.expect(200);
    let answer = feed(&app, "").await.expect(200);
    assert_eq!(answer.header("content-type"), Some("application/json; charset=utf-8"));
    let entry = answer.json()[0].clone();
    let timestamp = entry["timestamp"].as_str().unwrap();
    assert!(timestamp.ends_with("+00:00"), "{timestamp}");
    let metadata = app.query(&format!("{}/metadata", instance.path())).await.json()[0].clone();
    let expected = json!({
        "sequence": 1,
        "partitionName": "Microsoft.Default",
        "studyInstanceUid": instance.study,
        "seriesInstanceUid": instance.series,
        "sopInstanceUid": instance.instance,
        "action": "Create",
        "timestamp": timestamp,
        "state": "Current",
        "metadata": metadata,
    });
    assert_eq!(entry, expected);
}

#[tokio::test]
async fn replaced_entries_carry_the_current_metadata_and_deleted_ones_none() {
    let app = TestApp::new();
    let old = Instance::new().with(0x0010_0020, "LO", "OLD");
    let new = old.clone().with(0x0010_0020, "LO", "NEW");
    let gone = Instance::new();
    app.store([&old, &gone]).await.expect(200);
    app.delete(&old.path()).await.expect(204);
    app.delete(&gone.path()).await.expect(204);
    app.store([&new]).await.expect(200);
    let entries = feed(&app, "").await.json();
    let patient = |index: usize| entries[index]["metadata"]["00100020"]["Value"][0].clone();
    let states: Vec<&str> = entries.as_array().unwrap().iter().map(|entry| entry["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["Replaced", "Deleted", "Replaced", "Deleted", "Current"]);
    assert_eq!([patient(0), patient(2), patient(4)], [json!("NEW"), json!("NEW"), json!("NEW")]);
    assert_eq!([&entries[1]["metadata"], &entries[3]["metadata"]], [&Value::Null, &Value::Null]);
}

#[tokio::test]
async fn pages_count_rows_of_the_window() {
    let app = TestApp::new();
    let study = Instance::new();
    app.store(&(0..7).map(|_| study.sibling()).collect::<Vec<_>>()).await.expect(200);
    assert_eq!(sequences(&feed(&app, "?limit=3").await), [1, 2, 3]);
    assert_eq!(sequences(&feed(&app, "?limit=3&OFFSET=5&includemetadata=FALSE").await), [6, 7]);
    assert_eq!(sequences(&feed(&app, "?offset=7").await), [0; 0]);
    assert_eq!(sequences(&feed(&app, "?offset=9223372036854775807").await), [0; 0]);
}

#[tokio::test]
async fn a_window_in_time_includes_its_start_and_not_its_end() {
    let app = TestApp::new();
    for hour in 1..=4 {
        let clock = json!({ "mode": "frozen", "now": format!("2026-01-01T0{hour}:00:00Z") });
        send(app.control(reqwest::Method::PUT, "/clock").body(clock.to_string())).await.expect(200);
        app.store([&Instance::new()]).await.expect(200);
    }
    for (query, expected) in [
        ("?startTime=2026-01-01T02:00:00Z", vec![2, 3, 4]),
        ("?endTime=2026-01-01T02:00:00Z", vec![1]),
        ("?startTime=2026-01-01T02:00:00Z&endTime=2026-01-01T04:00:00Z", vec![2, 3]),
        ("?startTime=2026-01-01T02:00:00Z&endTime=2026-01-01T04:00:00Z&offset=1", vec![3]),
        ("?starttime=2026-01-01T04:00:00%2B01:00", vec![3, 4]),
        ("?startTime=Thu,%2001%20Jan%202026%2003:00:00%20GMT", vec![3, 4]),
        ("?startTime=2026-01-01T05:00:00Z", vec![]),
        ("?startTime=&endTime=", vec![1, 2, 3, 4]),
        ("?startTime=2026-01-01T02:00:00.0000001Z", vec![3, 4]),
        ("?endTime=2026-01-01T02:00:00.0000001Z", vec![1, 2]),
        ("?startTime=2026-01-01T02:00:00Z&endTime=2026-01-01T02:00:00.0000001Z", vec![2]),
        ("?endTime=9999-12-31T23:59:59.9999999Z", vec![1, 2, 3, 4]),
        ("?startTime=9999-12-31T23:59:59Z", vec![]),
        ("?startTime=0001-01-01T00:00:00Z", vec![1, 2, 3, 4]),
    ] {
        assert_eq!(sequences(&feed(&app, query).await.expect(200)), expected, "{query}");
    }
}

#[tokio::test]
async fn version_1_pages_by_sequence() {
    let app = TestApp::new();
    let study = Instance::new();
    app.store(&(0..12).map(|_| study.sibling()).collect::<Vec<_>>()).await.expect(200);
    let page = async |query: &str| {
        let path = format!("/services/{}/v1/changefeed{query}", app.service);
        send(app.at_root(reqwest::Method::GET, &path)).await
    };
    assert_eq!(sequences(&page("").await), (1..=10).collect::<Vec<_>>());
    assert_eq!(sequences(&page("?offset=10&startTime=nonsense").await), [11, 12]);
    assert_eq!(sequences(&page("?offset=3&limit=2").await), [4, 5]);
    for (query, text) in [
        ("?limit=101", "The query parameter 'limit' is invalid. The field limit must be between 1 and 100."),
        ("?limit=blah", "The query parameter 'limit' is invalid. The value 'blah' is not valid."),
        (
            "?offset=-1",
            "The query parameter 'offset' is invalid. The field offset must be between 0 and 9.223372036854776E+18.",
        ),
    ] {
        assert_eq!(page(query).await.expect(400).text(), text);
    }
}

#[tokio::test]
async fn latest_is_the_last_entry_and_204_while_there_is_none() {
    let app = TestApp::new();
    let empty = feed(&app, "/latest").await.expect(204);
    assert_eq!(empty.text(), "");
    app.store([&Instance::new(), &Instance::new()]).await.expect(200);
    let latest = feed(&app, "/latest?includeMetadata=false").await.expect(200).json();
    assert_eq!((&latest["sequence"], &latest["metadata"]), (&json!(2), &Value::Null));
    assert!(feed(&app, "/latest").await.json()["metadata"].is_object());
}

#[tokio::test]
async fn bad_parameters_are_refused_in_the_words_of_the_service() {
    let app = TestApp::new();
    for (query, text) in [
        ("?limit=0", "The query parameter 'Limit' is invalid. The field Limit must be between 1 and 200."),
        ("?limit=201", "The query parameter 'Limit' is invalid. The field Limit must be between 1 and 200."),
        ("?limit=blah", "The query parameter 'Limit' is invalid. The value 'blah' is not valid for Limit."),
        ("?limit=", "The query parameter 'Limit' is invalid. The value '' is invalid."),
        (
            "?offset=-1",
            "The query parameter 'Offset' is invalid. The field Offset must be between 0 and 9.223372036854776E+18.",
        ),
        (
            "?offset=9223372036854775808",
            "The query parameter 'Offset' is invalid. The value '9223372036854775808' is not valid for Offset.",
        ),
        ("?includeMetadata=1", "The query parameter 'includeMetadata' is invalid. The value '1' is not valid."),
        (
            "?startTime=2023-05-03T10:58:00",
            "The query parameter 'StartTime' is invalid. Date and time value must specify a time zone.",
        ),
        (
            "?endTime=2023-05-03",
            "The query parameter 'EndTime' is invalid. Date and time value must specify a time zone.",
        ),
        ("?startTime=2023-05-03T10:58:00+07:00", "The query parameter 'StartTime' is invalid. "),
        ("?startTime=yesterday", "The query parameter 'StartTime' is invalid. "),
        (
            "?startTime=05/03/2023",
            "The query parameter 'StartTime' is invalid. Date and time value must specify a time zone.",
        ),
        (
            "?endTime=5/3/2023%2010:58:00",
            "The query parameter 'EndTime' is invalid. Date and time value must specify a time zone.",
        ),
        ("?endTime=0000-01-01T00:00:00Z", "The query parameter 'EndTime' is invalid. "),
        ("?endTime=-000001-01-01T00:00:00Z", "The query parameter 'EndTime' is invalid. "),
        ("?endTime=2000-01-01T00:00:00Z[Europe/Berlin]", "The query parameter 'EndTime' is invalid. "),
        ("?endTime=2000-01-01T00:00:60Z", "The query parameter 'EndTime' is invalid. "),
        ("?endTime=Sat,%2001%20Jan%202000%2000:00:00%20EST", "The query parameter 'EndTime' is invalid. "),
        (
            "?startTime=2026-01-02T00:00:00Z&endTime=2026-01-01T00:00:00Z",
            "The query parameter '' is invalid. The start time '2026-01-02T00:00:00.0000000+00:00' must occur strictly before the end time '2026-01-01T00:00:00.0000000+00:00'.",
        ),
    ] {
        assert_eq!(feed(&app, query).await.expect(400).text(), text, "{query}");
    }
}

#[tokio::test]
async fn a_failed_request_writes_nothing() {
    let app = TestApp::new();
    let instance = Instance::new();
    app.store([&instance]).await.expect(200);
    app.store([&instance]).await.expect(409);
    app.store([&instance.sibling().without(0x0008_0016)]).await.expect(409);
    app.delete("/studies/1.2.3").await.expect(404);
    assert_eq!(app.position().await, 1);
}
