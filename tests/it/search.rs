//! Search at its six resources

use serde_json::{Value, json};

use crate::support::{Instance, TestApp};

/// The value of an attribute in each entry.
fn values(answer: &Value, tag: &str) -> Vec<Value> {
    answer.as_array().unwrap().iter().map(|entry| entry[tag]["Value"][0].clone()).collect()
}

/// Two studies of two patients; the first has two series, one of them with two instances.
async fn some_studies(app: &TestApp) -> [Instance; 4] {
    let first = Instance::new()
        .with(0x0008_0005, "CS", "ISO_IR 192")
        .with(0x0010_0010, "PN", "Dóe^John")
        .with(0x0008_0020, "DA", "20240131")
        .with(0x0008_0060, "CS", "CT")
        .with(0x0008_1030, "LO", "CT-Head");
    let sibling = first.sibling();
    let cousin = first.cousin().with(0x0008_0060, "CS", "MR");
    let other = Instance::new()
        .with(0x0010_0010, "PN", "Roe^Jane")
        .with(0x0010_0020, "LO", "pat-2")
        .with(0x0008_0020, "DA", "20231231")
        .with(0x0008_0060, "CS", "MR");
    app.store([&first, &sibling, &cousin, &other]).await.expect(200);
    [first, sibling, cousin, other]
}

#[tokio::test]
async fn studies_are_answered_newest_first_with_their_default_attributes() {
    let app = TestApp::new();
    app.query("/studies").await.expect(204);
    let [first, _, _, other] = some_studies(&app).await;
    let answer = app.query("/studies").await.expect(200);
    assert_eq!(answer.header("content-type"), Some("application/dicom+json; charset=utf-8"));
    let expected = json!([
        {
            "00080020": { "vr": "DA", "Value": ["20231231"] },
            "00100010": { "vr": "PN", "Value": [{ "Alphabetic": "Roe^Jane" }] },
            "00100020": { "vr": "LO", "Value": ["pat-2"] },
            "0020000D": { "vr": "UI", "Value": [other.study] },
        },
        {
            "00080020": { "vr": "DA", "Value": ["20240131"] },
            "00081030": { "vr": "LO", "Value": ["CT-Head"] },
            "00100010": { "vr": "PN", "Value": [{ "Alphabetic": "Dóe^John" }] },
            "00100020": { "vr": "LO", "Value": ["PAT-1"] },
            "0020000D": { "vr": "UI", "Value": [first.study] },
        },
    ]);
    assert_eq!(answer.json(), expected);
}

#[tokio::test]
async fn each_resource_has_its_levels() {
    let app = TestApp::new();
    let [first, ..] = some_studies(&app).await;
    for (path, count, tags) in [
        ("/studies".to_owned(), 2, vec!["00080020", "00081030", "00100010", "00100020", "0020000D"]),
        (
            "/series".to_owned(),
            3,
            vec!["00080020", "00080060", "00081030", "00100010", "00100020", "0020000D", "0020000E"],
        ),
        (
            "/instances".to_owned(),
            4,
            vec!["00080018", "00080020", "00080060", "00081030", "00100010", "00100020", "0020000D", "0020000E"],
        ),
        (format!("{}/series", first.study_path()), 2, vec!["00080060", "0020000D", "0020000E"]),
        (format!("{}/instances", first.study_path()), 3, vec!["00080018", "00080060", "0020000D", "0020000E"]),
        (format!("{}/instances", first.series_path()), 2, vec!["00080018", "0020000D", "0020000E"]),
    ] {
        let entries = app.query(&path).await.expect(200).json();
        let entries = entries.as_array().unwrap();
        assert_eq!(entries.len(), count, "{path}");
        let last = entries.last().unwrap().as_object().unwrap();
        assert_eq!(last.keys().collect::<Vec<_>>(), tags, "{path}");
    }
}

#[tokio::test]
async fn values_match_without_case_and_names_without_accents() {
    let app = TestApp::new();
    let [first, _, _, other] = some_studies(&app).await;
    for (query, expected) in [
        ("PatientID=PAT-2", vec![&other.study]),
        ("00100020=pat-1", vec![&first.study]),
        ("PatientID=PAT", vec![]),
        ("PatientName=roe%5EJANE", vec![&other.study]),
        ("PatientName=doe%5Ejohn", vec![&first.study]),
        ("PatientName=D%C3%B3e%5EJohn", vec![&first.study]),
        ("StudyDescription=ct-head", vec![&first.study]),
        ("StudyDate=20240131", vec![&first.study]),
        ("StudyDate=20240101-20241231", vec![&first.study]),
        ("StudyDate=-20240101", vec![&other.study]),
        ("StudyDate=20230101-", vec![&other.study, &first.study]),
        ("ModalitiesInStudy=CT", vec![&first.study]),
        ("ModalitiesInStudy=mr&PatientID=pat-1", vec![&first.study]),
        ("PatientID=PAT*", vec![&other.study, &first.study]),
        ("StudyDescription=CT?Head", vec![&first.study]),
        ("PatientID=%25", vec![]),
        ("PatientName=ro&fuzzymatching=true", vec![&other.study]),
        ("PatientName=jane&fuzzymatching=TRUE", vec![&other.study]),
        ("PatientName=ane&fuzzymatching=true", vec![]),
        ("StudyDate=20230101-99991231", vec![&other.study, &first.study]),
    ] {
        let answer = app.query(&format!("/studies?{query}")).await;
        let found = if answer.status == 204 { Vec::new() } else { values(&answer.expect(200).json(), "0020000D") };
        assert_eq!(found, expected.iter().map(|uid| json!(uid)).collect::<Vec<_>>(), "{query}");
    }
}

#[tokio::test]
async fn a_character_is_one_whatever_its_script() {
    let app = TestApp::new();
    let instance = |name: &str, id: &str| {
        let utf8 = Instance::new().with(0x0008_0005, "CS", "ISO_IR 192");
        utf8.with(0x0010_0010, "PN", name).with(0x0010_0020, "LO", id)
    };
    let korean = instance("\u{ae40}^\u{d76c}\u{c911}", "\u{130}stanbul");
    let greek = instance("\u{39a}\u{3ce}\u{3c3}\u{3c4}\u{3b1}\u{3c2}", "\u{39f}\u{394}\u{39f}\u{3a3}");
    app.store([&korean, &greek]).await.expect(200);
    for (query, expected) in [
        ("PatientName=?^??", Some(&korean)),
        ("PatientName=\u{ae40}*", Some(&korean)),
        ("PatientName=\u{ae30}*", None), // a beginning of the syllable, which is another one
        ("fuzzymatching=true&PatientName=\u{ae40}", Some(&korean)),
        ("fuzzymatching=true&PatientName=\u{ae30}", None),
        ("PatientID=?stanbul", Some(&korean)),
        ("PatientName=\u{39a}\u{3a9}\u{3a3}\u{3a4}\u{391}\u{3a3}", Some(&greek)),
        ("PatientID=\u{3bf}\u{3b4}\u{3bf}\u{3c2}", Some(&greek)),
    ] {
        let answer = app.query(&format!("/studies?{query}")).await;
        let found = if answer.status == 204 { Vec::new() } else { values(&answer.expect(200).json(), "0020000D") };
        assert_eq!(found, expected.into_iter().map(|found| json!(found.study)).collect::<Vec<_>>(), "{query}");
    }
}

#[tokio::test]
async fn version_1_returns_more_by_default() {
    let app = TestApp::new();
    let instance = Instance::new()
        .with(0x0008_0005, "CS", "ISO_IR 192")
        .with(0x0008_0030, "TM", "101112")
        .with(0x0008_1030, "LO", "study")
        .with(0x0008_103E, "LO", "series")
        .with(0x0008_1090, "LO", "model")
        .with(0x0010_0010, "PN", "Doe^John")
        .with(0x0010_0040, "CS", "F")
        .with(0x0020_0010, "SH", "id")
        .with(0x0020_0013, "IS", "7");
    app.store([&instance]).await.expect(200);
    let of_study = ["00080005", "00080030", "00100010", "00100020", "00100040", "0020000D", "00200010"];
    let of_series = [&of_study[..], &["00080060", "0008103E", "0020000E"]].concat();
    let of_instance = [&of_series[..], &["00080016", "00080018", "00200013"]].concat();
    for (path, first, second) in [
        ("/studies", &of_study[..], "00081030 00100010 00100020 0020000D"),
        ("/series", &of_series, "00080060 00081030 00081090 00100010 00100020 0020000D 0020000E"),
        ("/instances", &of_instance, "00080018 00080060 00081030 00081090 00100010 00100020 0020000D 0020000E"),
    ] {
        let mut first = first.to_vec();
        first.sort_unstable();
        for (version, expected) in
            [("v1", first.join(" ")), ("v1.0-prerelease", first.join(" ")), ("v2", second.into())]
        {
            let path = format!("/services/{}/{version}{path}", app.service);
            let request = app.at_root(reqwest::Method::GET, &path).header("accept", "application/dicom+json");
            let found = crate::support::send(request).await.expect(200).json();
            let tags: Vec<&str> = found[0].as_object().unwrap().keys().map(String::as_str).collect();
            assert_eq!(tags.join(" "), expected, "{path}");
        }
    }
}

#[tokio::test]
async fn an_identifier_that_is_no_text_is_named() {
    let app = TestApp::new();
    for (path, name) in [
        ("/studies/%FF/series", "StudyInstanceUid"),
        ("/studies/1.2/series/%FF/instances", "SeriesInstanceUid"),
        ("/studies/1.2/series/1.3/instances/%FF/metadata", "SopInstanceUid"),
    ] {
        let refusal = app.query(path).await.expect(400);
        assert!(refusal.text().starts_with(&format!("Dicom element '{name}' failed validation")), "{}", refusal.text());
    }
}

#[tokio::test]
async fn punctuation_separates_the_words_of_a_name() {
    let app = TestApp::new();
    for name in ["O'Brien^Conan", "Smith-Jones^Ann Mary", "Yamada^Tarou=\u{5c71}\u{7530}^\u{592a}\u{90ce}"] {
        app.store([&Instance::new().with(0x0008_0005, "CS", "ISO_IR 192").with(0x0010_0010, "PN", name)])
            .await
            .expect(200);
    }
    for (value, status) in [
        ("O%27Brien", 200),
        ("o%27bri%20con", 200),
        ("brien", 200),
        ("Smith-Jones", 200),
        ("jones%5Eann%20m", 200),
        ("smith%20ann", 204),
        ("%E5%B1%B1", 200),
        ("%E7%94%B0", 204),
        ("*", 204),
        ("bri*", 200),
        ("%5B", 204),
        ("%5Cw", 204),
    ] {
        let found = app.query(&format!("/studies?PatientName={value}&fuzzymatching=true")).await;
        assert_eq!(found.status, status, "{value}");
    }
}

#[tokio::test]
async fn uids_may_be_listed() {
    let app = TestApp::new();
    let [first, _, _, other] = some_studies(&app).await;
    for separator in [",", "%5C", "%2C,"] {
        let query = format!("/studies?StudyInstanceUID={}{separator}1.2.3{separator}{}", first.study, other.study);
        assert_eq!(app.query(&query).await.expect(200).json().as_array().map(Vec::len), Some(2));
    }
    app.query("/instances?SOPInstanceUID=1.2.3,nonsense").await.expect(204);
}

#[tokio::test]
async fn aggregates_are_computed_on_request() {
    let app = TestApp::new();
    let [first, ..] = some_studies(&app).await;
    let fields = "includefield=ModalitiesInStudy,NumberOfStudyRelatedInstances&includefield=00201209";
    let study = app.query(&format!("/studies?PatientID=PAT-1&{fields}")).await.expect(200).json();
    assert_eq!(study[0]["00080061"], json!({ "vr": "CS", "Value": ["CT", "MR"] }));
    assert_eq!(study[0]["00201208"], json!({ "vr": "IS", "Value": [3] }));
    let none = Instance::new().with(0x0010_0020, "LO", "none").without(0x0008_0060);
    app.store([&none]).await.expect(200);
    let study = app.query(&format!("/studies?PatientID=none&{fields}")).await.expect(200).json();
    assert_eq!(study[0].get("00080061"), None);
    let series = app.query(&format!("{}/series?{fields}", first.study_path())).await.expect(200).json();
    let counts: Vec<_> = values(&series, "00201209").into_iter().zip(values(&series, "00201208")).collect();
    assert_eq!(counts, [(json!(1), json!(3)), (json!(2), json!(3))]);
}

#[tokio::test]
async fn other_attributes_come_from_the_newest_instance() {
    let app = TestApp::new();
    let older = Instance::new().with(0x0020_0010, "SH", "older").with(0x0010_0040, "CS", "F");
    let newer = older.sibling().with(0x0020_0010, "SH", "newer").without(0x0010_0040);
    app.store([&older]).await.expect(200);
    app.store([&newer]).await.expect(200);
    let found = app.query("/studies?includefield=StudyID&includefield=PatientSex").await.expect(200).json();
    assert_eq!(found[0]["00200010"]["Value"][0], "newer");
    assert_eq!(found[0]["00100040"], Value::Null);
    let all = app.query("/studies?includefield=ALL").await.expect(200).json();
    assert_eq!(all[0]["00200010"]["Value"][0], "newer");
}

#[tokio::test]
async fn the_latest_value_of_a_study_attribute_wins_and_none_never_clears_one() {
    let app = TestApp::new();
    let older = Instance::new().with(0x0010_0010, "PN", "Old^Name").with(0x0008_0050, "SH", "ACC");
    let newer = older.sibling().with(0x0010_0010, "PN", "New^Name").without(0x0008_0050);
    app.store([&older]).await.expect(200);
    app.store([&newer]).await.expect(200);
    app.query("/studies?PatientName=Old%5EName").await.expect(204);
    let found = app.query("/studies?PatientName=new%5Ename&AccessionNumber=ACC").await.expect(200).json();
    assert_eq!(found[0]["00100010"]["Value"][0]["Alphabetic"], "New^Name");
    let own = app.query("/instances?PatientName=New%5EName").await.expect(200).json();
    let names: Vec<_> =
        own.as_array().unwrap().iter().map(|entry| &entry["00100010"]["Value"][0]["Alphabetic"]).collect();
    assert_eq!(names, ["New^Name", "Old^Name"]);
}

#[tokio::test]
async fn pages_neither_overlap_nor_skip() {
    let app = TestApp::new();
    let instances: Vec<Instance> = (0..7).map(|_| Instance::new()).collect();
    app.store(&instances).await.expect(200);
    let mut found = Vec::new();
    for offset in [0, 3, 6] {
        let page = app.query(&format!("/studies?limit=3&offset={offset}")).await.expect(200).json();
        found.extend(values(&page, "0020000D"));
    }
    let newest_first: Vec<Value> = instances.iter().rev().map(|instance| json!(instance.study)).collect();
    assert_eq!(found, newest_first);
    app.query("/studies?offset=7").await.expect(204);
    app.query("/studies?offset=9223372036854775807").await.expect(204);
}

#[tokio::test]
async fn bad_queries_are_refused_in_the_words_of_the_service() {
    let app = TestApp::new();
    let hint = "If the parameter is an attribute keyword, check the casing as they are case-sensitive. The conformance statement has a list of supported query parameters, attributes and the levels.";
    for (query, text) in [
        ("/studies?limit=0", "The query parameter 'Limit' is invalid. The field Limit must be between 1 and 200.".to_owned()),
        ("/studies?LIMIT=x", "The query parameter 'Limit' is invalid. The value 'x' is not valid for Limit.".to_owned()),
        ("/studies?fuzzymatching=1", "The query parameter 'FuzzyMatching' is invalid. The value '1' is not valid for FuzzyMatching.".to_owned()),
        ("/studies?patientname=x", format!("Invalid query: unknown query parameter 'patientname'. {hint}")),
        ("/studies?0020,000D=x", format!("Invalid query: unknown query parameter '0020,000D'. {hint}")),
        ("/studies?Modality=CT", format!("Invalid query: AttributeId Modality is not queryable.  {hint}")),
        ("/studies/1.2/series?PatientName=x", format!("Invalid query: AttributeId PatientName is not queryable.  {hint}")),
        ("/studies?00091001=x", format!("Invalid query: AttributeId 00091001 is not queryable.  {hint}")),
        (
            "/studies?PatientID=1&PATIENTID=2",
            "Invalid QIDO-RS query. Duplicate AttributeId 'PATIENTID'. Each attribute is only allowed to be specified once.".to_owned(),
        ),
        (
            "/studies?PatientID=1&00100020=2",
            "Invalid query: attribute '00100020' has been specified more than once using different ID formats. Each attribute is only allowed to be specified once.".to_owned(),
        ),
        ("/studies?PatientID=%20", "Invalid query: AttributeId 'PatientID' has empty string value that is not supported.".to_owned()),
        (
            "/studies?A.B=1",
            "Dicom element 'A.B' failed validation for VR 'SQ': Sequential dicom tags are currently not supported.".to_owned(),
        ),
        (
            "/studies?StudyDate=2020-01-01",
            "Invalid query: specified Date value '2020-01-01' is invalid for attribute 'StudyDate'. Date should be valid and formatted as yyyyMMdd.".to_owned(),
        ),
        ("/studies?StudyDate=-", "Invalid query: specified range is invalid.\nBoth parts in the range cannot be empty.".to_owned()),
        (
            "/studies?StudyDate=20240201-20240101",
            "Invalid query: specified date range '20240201-20240101' is invalid.\nThe first part date 20240201 should be lesser than or equal to the second part date 20240101.".to_owned(),
        ),
        ("/studies?includefield=nonsense", "Invalid query: IncludeField has unknown attribute 'nonsense'.".to_owned()),
        ("/studies?includefield=all,PatientID", "Invalid query: cannot specify included fields in addition to 'all'.".to_owned()),
    ] {
        assert_eq!(app.query(query).await.expect(400).text(), text, "{query}");
    }
    app.get("/studies", "application/dicom").await.expect(406);
    app.query("/studies/x/series").await.expect(400);
    app.query("/studies/1.2.3/series").await.expect(204);
}

#[tokio::test]
async fn hostile_values_are_data() {
    let app = TestApp::new();
    let name = r#"'; drop table studies; -- %_\ " $1"#;
    app.store([&Instance::new().with(0x0008_1030, "LO", "x'; drop table events; --")]).await;
    for value in ["'", "''", "%00", "$1", "x';%20drop%20table%20events;%20--", "%F0%9F%98%80", "%FF%FE"] {
        let status = app.query(&format!("/studies?StudyDescription={value}")).await.status;
        assert!(status == 204 || status == 200 || status == 400, "{value}: {status}");
    }
    let long = "A".repeat(8_000);
    app.query(&format!("/studies?PatientName={long}*")).await.expect(204);
    app.query(&format!("/studies?PatientName={name}&fuzzymatching=true").replace(' ', "%20").replace('"', "")).await;
    app.query("/studies?StudyDescription=x%27;%20drop%20table%20events;%20--").await.expect(200);
}

#[tokio::test]
async fn long_lists_long_patterns_and_far_offsets_are_answered() {
    let app = TestApp::new();
    let instance = Instance::new().with(0x0008_1030, "LO", &"a".repeat(64)).with(0x0010_0010, "PN", &"a".repeat(64));
    app.store([&instance]).await.expect(200);
    let uids = "1.23,".repeat(10_000);
    for query in [
        format!("/studies?StudyInstanceUID={uids}{}", instance.study),
        format!("/series?SeriesInstanceUID={uids}{}", instance.series),
        format!("/instances?SeriesInstanceUID={uids}{}", instance.series),
        format!("/instances?SOPInstanceUID={uids}{}&StudyInstanceUID={}", instance.instance, instance.study),
        format!("{}/instances?SOPInstanceUID={uids}{}", instance.study_path(), instance.instance),
        format!("/studies?StudyDescription={}", "*a".repeat(32)),
        format!("/studies?StudyDescription={}*", "?".repeat(64)),
    ] {
        let found = app.query(&query).await.expect(200).json();
        assert_eq!(found.as_array().unwrap().len(), 1, "{}", &query[..60]);
    }
    for query in [
        format!("/instances?StudyInstanceUID={uids}"),
        format!("/studies?StudyDescription={}b", "*a".repeat(4_000)),
        format!("/studies?PatientName={}", "?*".repeat(4_000)),
        format!("/instances?PatientName={}b", "*a*".repeat(2_600)),
        format!("/studies?StudyDescription={}", "%25".repeat(2_600)),
        "/studies?StudyDescription=a_%25".to_owned(),
        "/studies?StudyDescription=%5C*".to_owned(),
        "/series?offset=9223372036854775807&limit=200".to_owned(),
    ] {
        app.query(&query).await.expect(204);
    }
    for offset in ["9223372036854775808", "1e3", "-1", "%2B", "99999999999999999999999999"] {
        app.query(&format!("/studies?offset={offset}")).await.expect(400);
    }
}
