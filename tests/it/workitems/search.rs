//! `GET /workitems`

use reqwest::Method;
use serde_json::{Value, json};

use super::{code, complete, empty, items, one, plain, with};
use crate::support::{Answer, TestApp, raw, send};

async fn search(app: &TestApp, query: &str) -> Answer {
    app.query(&format!("/workitems{query}")).await
}

/// The labels of what a search finds, in order.
async fn found(app: &TestApp, query: &str) -> Vec<String> {
    let separator = if query.is_empty() { "?" } else { "&" };
    let answer = search(app, &format!("{query}{separator}includefield=00091001")).await;
    if answer.status == 204 {
        return Vec::new();
    }
    let answer = answer.expect(200).json();
    let name = |entry: &Value| entry["00091001"]["Value"][0].as_str().unwrap_or("?").to_owned();
    answer.as_array().unwrap().iter().map(name).collect()
}

/// A workitem that searches find by this name.
async fn named(app: &TestApp, name: &str, changes: Value) -> String {
    let dataset = with(complete(), json!({ "00091001": one("LO", name) }));
    app.workitem(with(dataset, changes)).await
}

fn person(groups: Value) -> Value {
    json!({ "vr": "PN", "Value": [groups] })
}

fn request(accession: &str, procedure: &str) -> Value {
    json!({
        "0020000D": one("UI", "1.2.3"),
        "00080050": one("SH", accession),
        "00080051": empty("SQ"),
        "00400026": empty("SQ"),
        "00400027": empty("SQ"),
        "00401001": one("SH", procedure),
        "00321060": empty("LO"),
        "00321064": empty("SQ"),
    })
}

#[tokio::test]
async fn every_searchable_attribute_is_found_by_each_of_its_spellings() {
    let app = TestApp::new();
    named(&app, "other", json!({})).await;
    let wanted = json!({
        "00100010": person(json!({ "Alphabetic": "Roe^Jane" })),
        "00100020": one("LO", "PAT-2"),
        "0020000D": one("UI", "1.2.3.4"),
        "00404005": one("DT", "20250203040506"),
        "0040A370": items([request("ACC-1", "RP-1"), request("ACC-2", "RP-2")]),
        "00404025": items([code("N1"), code("N2")]),
        "00404026": items([code("C1"), code("C2")]),
        "00404027": items([code("G1"), code("G2")]),
    });
    named(&app, "wanted", wanted).await;
    for (keyword, tag, values) in [
        ("PatientName", "00100010", vec!["Roe^Jane", "roe^jane"]),
        ("PatientID", "00100020", vec!["PAT-2", "pat-2"]),
        ("StudyInstanceUID", "0020000d", vec!["1.2.3.4"]),
        ("ScheduledProcedureStepStartDateTime", "00404005", vec!["20250203040506", "2025-"]),
        ("ReferencedRequestSequence.AccessionNumber", "0040A370.00080050", vec!["ACC-1", "acc-2"]),
        ("ReferencedRequestSequence.RequestedProcedureID", "0040a370.00401001", vec!["RP-1", "RP-2"]),
        ("ScheduledStationNameCodeSequence.CodeValue", "00404025.CodeValue", vec!["N1", "N2"]),
        ("ScheduledStationClassCodeSequence.CodeValue", "ScheduledStationClassCodeSequence.00080100", vec!["C1", "C2"]),
        ("ScheduledStationGeographicLocationCodeSequence.CodeValue", "00404027.00080100", vec!["G1", "G2"]),
    ] {
        for value in values {
            for key in [keyword, tag] {
                assert_eq!(found(&app, &format!("?{key}={value}")).await, ["wanted"], "{key}={value}");
            }
        }
        assert_eq!(found(&app, &format!("?{keyword}=1900")).await, [""; 0], "{keyword}");
    }
    let in_progress = app.workitem_in("IN PROGRESS").await;
    let answer = search(&app, "?ProcedureStepState=IN%20PROGRESS").await.expect(200).json();
    assert_eq!(answer[0]["00080018"]["Value"][0], json!(in_progress));
    assert_eq!(found(&app, "?00741000=scheduled&PatientID=PAT-2").await, ["wanted"]);
    assert_eq!(found(&app, "?PatientID=PAT-1&00741000=COMPLETED").await, [""; 0]);
}

#[tokio::test]
async fn values_are_compared_whole_and_wildcards_mean_nothing() {
    let app = TestApp::new();
    for (index, value) in ["PAT", "PAT-1", "P*T", "P?T", "a,b", "Pät", "\u{0}x"].iter().enumerate() {
        named(&app, &index.to_string(), json!({ "00100020": one("LO", *value) })).await;
    }
    named(&app, "several", json!({ "00100020": { "vr": "LO", "Value": ["first", "second"] } })).await;
    named(&app, "backslash", json!({ "00100020": one("LO", "third\\fourth") })).await;
    named(&app, "empty", json!({ "00100020": null })).await;
    for (query, names) in [
        ("PAT", vec!["0"]),
        ("pat-1", vec!["1"]),
        ("P*T", vec!["2"]),
        ("P%3FT", vec!["3"]),
        ("a,b", vec!["4"]),
        ("p%C3%A4t", vec!["5"]),
        ("x%00", vec!["6"]),
        ("PA", vec![]),
        ("first", vec!["several"]),
        ("second", vec![]),
        ("first\\second", vec![]),
        ("third", vec!["backslash"]),
        ("%", vec![]),
        ("'; drop table workitems; --", vec![]),
    ] {
        assert_eq!(found(&app, &format!("?PatientID={query}")).await, names, "{query}");
    }
    named(&app, "codes", json!({ "00404025": items([code("A"), code("B")]) })).await;
    for (query, names) in
        [("A", vec!["codes"]), ("b", vec!["codes"]), ("a\\b", vec![]), ("\\", vec![]), ("%00", vec![])]
    {
        assert_eq!(found(&app, &format!("?00404025.00080100={query}")).await, names, "{query}");
    }
}

#[tokio::test]
async fn names_are_compared_without_case_and_accents() {
    let app = TestApp::new();
    named(&app, "dóe", json!({ "00100010": person(json!({ "Alphabetic": "Dóe^John" })) })).await;
    let groups = json!({ "Alphabetic": "Yamada^Tarou", "Ideographic": "山田^太郎", "Phonetic": "やまだ^たろう" });
    named(&app, "yamada", json!({ "00100010": person(groups) })).await;
    for (query, names) in [
        ("doe^john", vec!["dóe"]),
        ("D%C3%93E%5EJOHN", vec!["dóe"]),
        ("Doe", vec![]),
        ("Yamada^Tarou", vec![]),
        ("Yamada^Tarou%3D山田^太郎%3Dやまだ^たろう", vec!["yamada"]),
        ("%22", vec![]),
    ] {
        assert_eq!(found(&app, &format!("?PatientName={query}")).await, names, "{query}");
    }
}

#[tokio::test]
async fn fuzzy_matching_finds_beginnings_of_words_that_follow_one_another() {
    let app = TestApp::new();
    named(&app, "doe", json!({ "00100010": person(json!({ "Alphabetic": "John^Döe" })) })).await;
    named(
        &app,
        "plain",
        json!({ "00100010": person(json!({ "Alphabetic": "Roe^Jane" })), "00100020": one("LO", "do") }),
    )
    .await;
    for (query, names) in [
        ("joh", vec!["doe"]),
        ("do", vec!["doe"]),
        ("jo do", vec!["doe"]),
        ("Doe", vec!["doe"]),
        ("John Doe", vec!["doe"]),
        ("JOHN^DOE", vec!["doe"]),
        ("ohn", vec![]),
        ("do jo", vec![]),
        (".*", vec![]),
        ("(", vec![]),
    ] {
        assert_eq!(found(&app, &format!("?FuzzyMatching=TRUE&PatientName={query}")).await, names, "{query}");
    }
    assert_eq!(found(&app, "?fuzzymatching=true&PatientID=d").await, [""; 0], "others stay exact");
    assert_eq!(found(&app, "?fuzzymatching=true&PatientID=do").await, ["plain"]);
}

#[tokio::test]
async fn values_of_any_length_are_stored_and_found() {
    let app = TestApp::new();
    let long = |seed: u64| -> String {
        let next = |at: &mut u64| {
            *at = at.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            Some(char::from(b'a' + (*at >> 33) as u8 % 26))
        };
        std::iter::successors(Some(seed), |at| Some(*at)).scan(seed, |at, _| next(at)).take(6_000).collect()
    };
    let (name, id, study) = (long(1), long(2), "1.2".repeat(2_000));
    let twin = format!("{id}x"); // the same at first
    let all = json!({
        "00100010": person(json!({ "Alphabetic": name })),
        "00100020": one("LO", id.as_str()),
        "0020000D": one("UI", study.as_str()),
    });
    named(&app, "long", all).await;
    named(&app, "twin", json!({ "00100020": one("LO", twin.as_str()) })).await;
    for (query, names) in [
        (format!("?PatientName={name}"), vec!["long"]),
        (format!("?PatientID={id}"), vec!["long"]),
        (format!("?PatientID={twin}"), vec!["twin"]),
        (format!("?StudyInstanceUID={study}"), vec!["long"]),
        (format!("?fuzzymatching=true&PatientName={}", &name[..3_000]), vec!["long"]),
        (format!("?fuzzymatching=true&PatientName={}", "doe+".repeat(15_000)), vec![]),
        (format!("?fuzzymatching=true&PatientName={}", "x".repeat(60_000)), vec![]),
    ] {
        assert_eq!(found(&app, &query).await, names, "{}", &query[..40]);
    }
    // Another service may have a name of so many words.
    let words = "doe^".repeat(5_000);
    named(&app, "words", json!({ "00100010": person(json!({ "Alphabetic": words })) })).await;
    assert_eq!(found(&app, &format!("?fuzzymatching=true&PatientName={}", "doe+".repeat(900))).await, ["words"]);
    assert_eq!(found(&app, &format!("?fuzzymatching=true&PatientName={}", "doe+".repeat(4_000))).await, [""; 0]);
}

#[tokio::test]
async fn date_times_are_instants_or_ranges() {
    let app = TestApp::new();
    for value in ["20240114", "20240115", "20240115103000", "20240115103000.5", "20240116083000+0500", "soon"]
        .into_iter()
        .chain(["99991231"])
    {
        named(&app, value, json!({ "00404005": one("DT", value) })).await;
    }
    for (query, names) in [
        ("20240115", vec!["20240115"]),
        ("202401150000", vec!["20240115"]),
        ("20240115103000", vec!["20240115103000"]),
        ("20240115103000.500000", vec!["20240115103000.5"]),
        ("20240116083000", vec!["20240116083000+0500"]),
        ("20240114-20240115", vec!["20240115", "20240114"]),
        ("20240115103000.1-", vec!["99991231", "20240116083000+0500", "20240115103000.5"]),
        ("-20240114", vec!["20240114"]),
        ("2024-2024", vec![]),
        ("20240115 - 20240115", vec!["20240115"]),
        ("99991231", vec!["99991231"]),
        ("20240117-99991231235959.999999", vec!["99991231"]),
    ] {
        assert_eq!(found(&app, &format!("?ScheduledProcedureStepStartDateTime={query}")).await, names, "{query}");
    }
}

#[tokio::test]
async fn what_cannot_be_searched_is_refused_in_the_words_of_the_service() {
    let app = TestApp::new();
    let not_queryable = |key: &str| {
        format!(
            "Invalid query: AttributeId {key} is not queryable.  If the parameter is an attribute keyword, check the casing as they are case-sensitive. The conformance statement has a list of supported query parameters, attributes and the levels."
        )
    };
    let date_time = |value: &str| {
        format!(
            "Invalid query: specified DateTime value '{value}' is invalid for attribute 'ScheduledProcedureStepStartDateTime'. DateTime should be valid and formatted as yyyyMMddHHmmss.FFFFFF where yyyy is mandatory."
        )
    };
    let parameter = |text: &str| format!("The query parameter {text}");
    for (query, text) in [
        ("limit=0", parameter("'Limit' is invalid. The field Limit must be between 1 and 200.")),
        ("Limit=201", parameter("'Limit' is invalid. The field Limit must be between 1 and 200.")),
        ("limit=x", parameter("'Limit' is invalid. The value 'x' is not valid for Limit.")),
        ("offset=-1", parameter("'Offset' is invalid. The field Offset must be between 0 and 9.223372036854776E+18.")),
        ("offset=1.5", parameter("'Offset' is invalid. The value '1.5' is not valid for Offset.")),
        ("fuzzymatching=1", parameter("'FuzzyMatching' is invalid. The value '1' is not valid for FuzzyMatching.")),
        ("PatientID=%3C", "The query string included invalid characters.".to_owned()),
        ("nonsense=1&PatientID=1&PatientID=2", "Invalid QIDO-RS query. Duplicate AttributeId 'PatientID'. Each attribute is only allowed to be specified once.".to_owned()),
        ("a.b.c=1", "Dicom element 'a.b.c' failed validation for VR 'SQ': Nested Dicom sequence tags are currently not supported.".to_owned()),
        ("nonsense=1", not_queryable("nonsense")),
        ("patientid=1", not_queryable("patientid")),
        ("SOPInstanceUID=1", not_queryable("SOPInstanceUID")),
        ("PatientBirthDate=20240101", not_queryable("PatientBirthDate")),
        ("ReferencedRequestSequence=1", not_queryable("ReferencedRequestSequence")),
        ("00404025.CodeMeaning=1", not_queryable("00404025.CodeMeaning")),
        ("00081195=1.2.3", not_queryable("00081195")),
        ("PatientID=%20", "Invalid query: AttributeId 'PatientID' has empty string value that is not supported.".to_owned()),
        ("PatientID=1&00100020=2", "Invalid query: attribute '00100020' has been specified more than once using different ID formats. Each attribute is only allowed to be specified once.".to_owned()),
        ("fuzzymatching=true&PatientName=a%22b", "Invalid query: specified tag 'PatientName' value 'a\"b' contains unsupported character '\"'. Character is not supported with Fuzzy match, try exact match or removing the invalid character. ".to_owned()),
        ("00404005=2024-01-15", date_time("2024-01-15")),
        ("00404005=tomorrow at 5", date_time("tomorrow+at+5")),
        ("00404005=20240101%2B0500", date_time("20240101%2B0500")),
        ("00404005=20241301-2025", date_time("20241301")),
        ("00404005=20240101+0500", "Invalid query: specified DateTime value '20240101+0500' for attribute ScheduledProcedureStepStartDateTime contains offset which is not supported.".to_owned()),
        ("00404005=2025-2024", "Invalid query: specified date range '2025-2024' is invalid.\nThe first part DateTime 2025 should be lesser than or equal to the second part DateTime 2024.".to_owned()),
        ("includefield=nonsense", "Invalid query: IncludeField has unknown attribute 'nonsense'.".to_owned()),
        ("includefield=PatientID,", "Invalid query: IncludeField has unknown attribute ''.".to_owned()),
        ("includefield=00404025.00080100", "Sequential dicom tags are currently not supported.".to_owned()),
        ("includefield=all,PatientID", "Invalid query: cannot specify included fields in addition to 'all'.".to_owned()),
    ] {
        let answer = search(&app, &format!("?{query}")).await.expect(400);
        assert_eq!(plain(&answer), text, "{query}");
        assert_eq!(answer.header("warning"), None);
    }
    let empty = plain(&search(&app, "?00404005=-").await.expect(400));
    assert!(
        empty.starts_with("Invalid query: specified range is invalid.\nBoth parts in the range cannot be empty.\n")
    );
}

#[tokio::test]
async fn options_come_before_accept_and_accept_before_filters() {
    let app = TestApp::new();
    let get = |query: &str| send(app.request(Method::GET, &format!("/workitems{query}")).header("accept", "text/html"));
    get("?limit=0&nonsense=1").await.expect(400);
    assert_eq!(get("?nonsense=1").await.expect(406).text(), "");
    let path = format!("/services/{}/v2/workitems", app.service);
    let answer = raw(&app, &format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")).await;
    assert!(answer.starts_with("HTTP/1.1 406"), "{answer}");
}

#[tokio::test]
async fn pages_hold_the_newest_first_and_changes_move_nothing() {
    let app = TestApp::new();
    search(&app, "").await.expect(204);
    let mut uids = Vec::new();
    for name in ["1", "2", "3", "4", "5"] {
        uids.push(named(&app, name, json!({})).await);
    }
    assert_eq!(found(&app, "").await, ["5", "4", "3", "2", "1"]);
    app.claim(&uids[1]).await;
    app.update_workitem(&uids[0], "", &json!([{ "00741204": one("LO", "new") }])).await.expect(200);
    assert_eq!(found(&app, "").await, ["5", "4", "3", "2", "1"]);
    assert_eq!(found(&app, "?limit=2").await, ["5", "4"]);
    assert_eq!(found(&app, "?LIMIT=2&Offset=3").await, ["2", "1"]);
    for query in ["?offset=5", "?limit=1&offset=9223372036854775807", "?PatientID=nobody"] {
        let answer = search(&app, query).await.expect(204);
        assert_eq!(answer.text(), "");
    }
}

#[tokio::test]
async fn an_entry_has_the_defaults_the_filters_and_the_included() {
    let app = TestApp::new();
    let extra = json!({
        "00741202": one("LO", "mine"),
        "00404008": one("DT", "2030"),
        "00102000": one("LO", "alert"),
        "00091001": one("LO", "private"),
        "00404026": items([code("C1")]),
    });
    let uid = app.workitem(with(complete(), extra)).await;
    let whole = app.retrieve_workitem(&uid).await;
    let hidden = json!({ "00404010": null, "00400400": null, "00741216": null, "00404008": null, "00091001": null });
    let defaults = with(whole.clone(), hidden);
    let entry = async |query: &str| -> Value {
        let answer = search(&app, query).await.expect(200);
        assert_eq!(answer.header("content-type"), Some("application/dicom+json; charset=utf-8"));
        answer.json()[0].clone()
    };
    assert_eq!(entry("").await, defaults);
    let path = "?ScheduledStationClassCodeSequence.CodeValue=c1";
    assert_eq!(entry(path).await["00404026"], items([code("C1")]), "sequences come whole");
    for query in ["?includefield=all", "?IncludeField=ALL"] {
        assert_eq!(entry(query).await, whole);
    }
    let included = with(defaults.clone(), json!({ "00404008": whole["00404008"], "00091001": one("LO", "private") }));
    for query in [
        "?includefield=00404008,00091001",
        "?includefield=ScheduledProcedureStepExpirationDateTime&includefield=00091001",
        "?includefield=00404008,00091001,00081195,TransactionUID,PatientComments",
    ] {
        assert_eq!(entry(query).await, included, "{query}");
    }
}

#[tokio::test]
async fn updates_and_claims_are_found_at_once_and_the_past_stays_as_it_was() {
    let app = TestApp::new();
    let uid = named(&app, "x", json!({})).await;
    assert_eq!(found(&app, "?ScheduledStationNameCodeSequence.CodeValue=N1").await, [""; 0]);
    let changes = json!([{ "00404025": items([code("N1")]), "0020000D": one("UI", "1.2.3") }]);
    app.update_workitem(&uid, "", &changes).await.expect(200);
    assert_eq!(found(&app, "?ScheduledStationNameCodeSequence.CodeValue=N1&StudyInstanceUID=1.2.3").await, ["x"]);
    app.claim(&uid).await;
    assert_eq!(found(&app, "?ProcedureStepState=SCHEDULED").await, [""; 0]);
    let past = |query: &str, position: i64| {
        let request = app.request(Method::GET, &format!("/workitems?{query}")).header("accept", "*/*");
        send(request.header("x-emulator-as-of", position))
    };
    past("ProcedureStepState=SCHEDULED", 2).await.expect(200);
    past("StudyInstanceUID=1.2.3", 1).await.expect(204);
    past("", 0).await.expect(204);
}
