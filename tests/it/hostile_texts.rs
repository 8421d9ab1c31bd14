//! Texts that the database cannot hold, and such that its indexes could not: wherever a client can write one, never a
//! failure of the server

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{DICOM_JSON, Instance, STORED_INSTANCE, TestApp, send};

/// A transfer syntax that has this value in the file.
fn with_syntax(syntax: &str) -> Instance {
    Instance::new().with_transfer_syntax(syntax)
}

#[tokio::test]
async fn a_transfer_syntax_that_is_no_uid_fails_its_instance_alone() {
    let app = TestApp::new();
    for syntax in ["1.2.840\0.10008.1.2.1", "1.2.840.10008.1.2.x", "1.2.3.", "é", "1 2", &"1".repeat(66)] {
        let good = Instance::new();
        let answer = app.store([&with_syntax(syntax), &good]).await.expect(202).json();
        let unreadable = json!([{ "00081197": { "vr": "US", "Value": [43264] } }]);
        assert_eq!(answer["00081198"]["Value"], unreadable, "{syntax:?}");
        app.get(&good.path(), STORED_INSTANCE).await.expect(200);
    }
    for padded in ["1.2.840.10008.1.2.1\0\0", "1.2.840.10008.1.2.1 ", &format!("{}\0\0", "1".repeat(64))] {
        app.store([&with_syntax(padded)]).await.expect(200);
    }
}

/// A store in version 1, which looks at the length of SH and CS and at nothing else.
async fn store_v1(app: &TestApp, instance: &Instance) {
    let path = format!("/services/{}/v1/studies", app.service);
    let request = app.at_root(Method::POST, &path).header("accept", DICOM_JSON);
    send(request.header("content-type", "application/dicom").body(instance.bytes())).await.expect(200);
}

#[tokio::test]
async fn values_with_nuls_are_indexed_without_them() {
    let (app, copy) = (TestApp::new(), TestApp::new());
    let tags = json!([{ "path": "StationName", "level": "Series" }]).to_string();
    let request = app.request(Method::POST, "/extendedquerytags").header("content-type", "application/json");
    let started = send(request.body(tags)).await.expect(202).json();
    app.end_of(started["id"].as_str().unwrap()).await;
    let instance = Instance::new().with(0x0008_0050, "SH", "A\0CC").with(0x0008_0060, "CS", "O\0T").with(
        0x0008_1010,
        "SH",
        "CT\x0001",
    );
    store_v1(&app, &instance).await;
    for search in ["AccessionNumber=acc&includefield=ModalitiesInStudy", "ModalitiesInStudy=OT", "StationName=CT01"] {
        let found = app.query(&format!("/studies?{search}")).await;
        let found = if search.starts_with("Station") {
            app.query(&format!("/series?{search}")).await.expect(200).json()
        } else {
            found.expect(200).json()
        };
        assert_eq!(found[0]["0020000D"]["Value"][0], json!(instance.study), "{search}");
    }
    let metadata = app.query(&format!("{}/metadata", instance.path())).await.expect(200).json();
    assert_eq!(metadata[0]["00081010"]["Value"][0], "CT\u{0}01", "metadata is what was stored");
    let origin = json!({ "copyOf": { "service": app.service } }).to_string();
    send(copy.control(Method::PUT, "").body(origin)).await.expect(201);
    copy.get(&instance.path(), STORED_INSTANCE).await.expect(200);
}

#[tokio::test]
async fn names_that_grow_when_their_letters_are_compared_are_stored() {
    let app = TestApp::new();
    // Each of these is up to 18 letters without its ligature.
    let squares: String = (0x3300..0x3358).chain(0x3371..0x33DF).filter_map(char::from_u32).collect();
    let squares: Vec<char> = squares.chars().cycle().take(192).collect();
    let groups: Vec<String> = squares.chunks(64).map(|group| group.iter().collect()).collect();
    for name in [groups.join("="), vec!["\u{FDFA}".repeat(64); 3].join("=")] {
        let instance = Instance::new().with(0x0008_0005, "CS", "ISO_IR 192").with(0x0010_0010, "PN", &name);
        app.store([&instance]).await.expect(200);
    }
}

/// Requests below `/v2` whose texts no database can hold.
const HOSTILE: [&str; 26] = [
    "/studies?PatientName=%00",
    "/studies?PatientName=a%00b&fuzzymatching=true",
    "/studies?PatientID=a%00*",
    "/studies?StudyInstanceUID=1%00,2%00",
    "/studies?StudyDate=%00-%00",
    "/studies?ModalitiesInStudy=%00",
    "/studies?%00=1",
    "/studies?includefield=%00",
    "/studies?limit=%00",
    "/studies?offset=9223372036854775807",
    "/studies/1%00/metadata",
    "/studies/1/series/1%00/metadata",
    "/studies/1/series/1/instances/1%00",
    "/studies/1/series/1/instances/1/frames/%00",
    "/extendedquerytags/%00",
    "/extendedquerytags/%00/errors",
    "/extendedquerytags?offset=9223372036854775807",
    "/operations/%00",
    "/workitems?PatientName=%00",
    "/workitems?StudyInstanceUID=1%00",
    "/workitems?ScheduledProcedureStepStartDateTime=%00",
    "/workitems/1%00",
    "/partitions/a%00b/studies",
    "/changefeed?startTime=%00",
    "/changefeed?startTime=-009000-01-01T00:00:00Z",
    "/changefeed?endTime=-009000-01-01T00:00:00Z",
];

#[tokio::test]
async fn no_url_makes_the_database_fail() {
    for app in [TestApp::new(), TestApp::partitioned().await] {
        app.query("/changefeed").await;
        for path in HOSTILE {
            for method in [Method::GET, Method::DELETE] {
                let answer = send(app.request(method.clone(), path).header("accept", DICOM_JSON)).await;
                assert!(!answer.status.is_server_error(), "{method} {path}: {} {}", answer.status, answer.text());
            }
        }
        for as_of in ["-009000-01-01T00:00:00Z", "9999-12-30T22:00:00Z"] {
            let answer = send(app.request(Method::GET, "/changefeed").header("x-emulator-as-of", as_of)).await;
            assert!(!answer.status.is_server_error(), "{as_of}: {}", answer.text());
        }
    }
}

#[tokio::test]
async fn no_control_url_makes_the_database_fail() {
    let app = TestApp::new();
    app.store([&Instance::new()]).await.expect(200);
    for name in ["kind", "study", "instance", "workitem", "operation"] {
        let refused = send(app.control(Method::GET, &format!("/log?{name}=1%00"))).await.expect(400);
        assert_eq!(refused.header("content-type"), Some("application/problem+json"), "{name}");
    }
    for path in ["/snapshots/%00", "/wait?operation=%00", "/log?from=9223372036854775807"] {
        let answer = send(app.control(Method::GET, path)).await;
        assert!(!answer.status.is_server_error(), "{path}: {}", answer.text());
    }
}

#[tokio::test]
async fn no_body_makes_the_database_fail() {
    let app = TestApp::new();
    let instance = Instance::new();
    app.store([&instance]).await.expect(200);
    let creator =
        |creator: &str| json!([{ "path": "04011001", "vr": "SH", "privateCreator": creator, "level": "Study" }]);
    let change = |value: Value| {
        let dataset = json!({ "00100010": { "vr": "PN", "Value": [{ "Alphabetic": value }] },
            "00080050": { "vr": "SH", "Value": [value] } });
        json!({ "studyInstanceUids": [instance.study], "changeDataset": dataset })
    };
    let export = |container: &str| {
        let settings = json!({ "values": ["1.2\u{0}"], "containerName": container });
        json!({ "source": { "type": "identifiers", "settings": settings },
            "destination": { "type": "azureblob", "settings": settings } })
    };
    for (path, body) in [
        ("/extendedquerytags", creator("a\u{0}b")),
        ("/extendedquerytags", creator("a\u{0}")),
        ("/extendedquerytags", creator(&"a".repeat(5_000))),
        ("/studies/$bulkUpdate", change(json!("a\u{0}b"))),
        ("/studies/$bulkUpdate", change(json!("a".repeat(5_000)))),
        ("/studies/$bulkUpdate", json!({ "studyInstanceUids": ["1\u{0}"], "changeDataset": {} })),
        ("/export", export("a\u{0}b")),
    ] {
        let request = app.request(Method::POST, path).header("content-type", "application/json");
        let answer = send(request.body(body.to_string())).await;
        assert!(!answer.status.is_server_error(), "{path} {body}: {}", answer.text());
        if answer.status == 202 {
            app.end_of(answer.json()["id"].as_str().unwrap()).await;
        }
    }
    app.query("/studies?includefield=ModalitiesInStudy").await.expect(200);
}
