//! `POST /extendedquerytags`: what is taken, and every check in its order.

use reqwest::Method;
use serde_json::{Value, json};

use super::{add, add_and_wait, add_one, post, tag, wait};
use crate::support::{Instance, TestApp, send};

#[tokio::test]
async fn tags_are_added_by_one_operation_that_makes_them_ready() {
    let app = TestApp::new();
    let tags = json!([
        { "path": "0018100", "level": "Study" },
        { "path": "00181000", "vr": "LO", "level": "Series" },
        { "Path": "InstanceNumber", "VR": "is", "Level": "INSTANCE" },
    ]);
    add(&app, tags.clone()).await.expect(400);
    let answer = add(&app, Value::from(&tags.as_array().unwrap()[1..])).await.expect(202);
    let reference = answer.json();
    let id = reference["id"].as_str().unwrap();
    let href = app.url(&format!("/operations/{id}"));
    assert_eq!(reference, json!({ "id": id, "href": href }));
    assert!(id.len() == 32 && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')), "{id}");
    assert_eq!(answer.header("location"), Some(href.as_str()));
    assert_eq!(answer.header("content-type"), Some("application/json; charset=utf-8"));

    let operation = wait(&app, id).await;
    let urls = ["00181000", "00200013"].map(|path| app.url(&format!("/extendedquerytags/{path}")));
    for (property, expected) in [
        ("operationId", json!(id)),
        ("type", json!("reindex")),
        ("status", json!("succeeded")),
        ("percentComplete", json!(100)),
        ("resources", json!(urls)),
    ] {
        assert_eq!(operation[property], expected, "{operation}");
    }
    assert_eq!(operation.get("results"), None);
    let list = app.get("/extendedquerytags", "*/*").await.expect(200).json();
    let ready = |path: &str, vr: &str, level: &str| json!({ "path": path, "vr": vr, "status": "ready", "level": level, "queryStatus": "enabled" });
    assert_eq!(list, json!([ready("00181000", "LO", "series"), ready("00200013", "IS", "instance")]));
}

#[tokio::test]
async fn a_tag_shows_its_operation_until_it_is_ready() {
    let app = TestApp::new();
    let answer = add(&app, json!([{ "path": "DeviceSerialNumber", "level": "Study" }])).await.expect(202);
    let (position, reference) = (answer.header("x-emulator-position").unwrap(), answer.json());
    let then = |path: &str| app.request(Method::GET, path).header("x-emulator-as-of", position);
    let adding = send(then("/extendedquerytags/00181000")).await.expect(200).json();
    let expected = json!({
        "path": "00181000", "vr": "LO", "status": "adding", "level": "study", "queryStatus": "enabled",
        "operation": reference,
    });
    assert_eq!(adding, expected);
    let path = format!("/operations/{}", reference["id"].as_str().unwrap());
    let operation = send(then(&path)).await.expect(202);
    assert_eq!(operation.header("location"), reference["href"].as_str());
    let operation = operation.json();
    assert_eq!((&operation["status"], &operation["percentComplete"]), (&json!("notStarted"), &json!(0)));
    let search = send(then("/studies?DeviceSerialNumber=x").header("accept", "application/dicom+json")).await;
    assert!(search.expect(400).text().starts_with("Invalid query: AttributeId DeviceSerialNumber is not queryable.  "));

    wait(&app, reference["id"].as_str().unwrap()).await;
    assert_eq!(tag(&app, "00181000").await.get("operation"), None);
}

#[tokio::test]
async fn bodies_are_read_forgivingly() {
    let app = TestApp::new();
    let body = "\u{feff}[ // one\n { \"PATH\": \"SliceThickness\", \"path\": \"PatientAge\", \"LeVeL\": \"study\", \"extra\": [1, {}], \
                \"privateCreator\": null, \"vr\": \"\" /* the last one counts */, }, ]";
    let started = post(&app, body).await.expect(202).json();
    wait(&app, started["id"].as_str().unwrap()).await;
    assert_eq!(tag(&app, "00101010").await["vr"], "AS");
}

#[tokio::test]
async fn a_body_of_another_shape_is_refused_and_the_field_named() {
    let app = TestApp::new();
    let missing = |index: usize, property: &str| {
        format!(
            "The field '[{index}].{property}' in request body is invalid: The Dicom Tag Property {property} must be specified and must not be null, empty or whitespace"
        )
    };
    let field = |field: &str, what: &str| format!("The field '{field}' in request body is invalid: {what}");
    let levels = |value: &str| {
        format!("Expected value '{value}' to be one of the following values: ['Instance', 'Series', 'Study']")
    };
    let token = |name: &str| format!("Expected token type 'String' but read '{name}' instead.");
    for (body, expected) in [
        (json!([{ "level": "Study" }]), missing(0, "Path")),
        (json!([{ "path": " ", "level": "Study" }]), missing(0, "Path")),
        (json!([{ "path": null, "level": "Study" }]), missing(0, "Path")),
        (json!([{ "path": "PatientAge" }]), missing(0, "Level")),
        (json!([{ "path": "PatientAge", "level": null }]), missing(0, "Level")),
        (json!([{}]), missing(0, "Level")),
        (
            json!([{ "level": "Study" }, { "path": "PatientAge" }, { "path": "x", "level": "Study" }]),
            missing(1, "Level"),
        ),
        (json!([{ "path": "PatientAge" }, { "level": "Study" }]), missing(1, "Path")),
        (json!([{ "path": "PatientAge", "level": "Studys" }]), field("$[0].level", &levels("Studys"))),
        (json!([{ "path": "PatientAge", "level": "Study" }, { "Level": "" }]), field("$[1].Level", &levels(""))),
        (json!([{ "path": "PatientAge", "level": 1 }]), field("$[0].level", &token("Number"))),
        (json!([{ "path": "PatientAge", "level": true }]), field("$[0].level", &token("True"))),
        (json!([{ "path": "PatientAge", "level": ["Study"] }]), field("$[0].level", &token("StartArray"))),
        (json!([{ "path": "PatientAge", "level": {} }]), field("$[0].level", &token("StartObject"))),
    ] {
        let answer = add(&app, body.clone()).await.expect(400);
        assert_eq!(answer.text(), expected, "{body}");
        assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
    }
    for body in ["", "[", "{}", "null", "[1]", "[null]", r#"[{"path":1,"level":"Study"}]"#, "[\"\u{0}\"]", "[[[[[["] {
        let answer = post(&app, body).await.expect(400);
        assert!(answer.text().starts_with("The field '$"), "{}", answer.text());
    }
    let request = app.request(Method::POST, "/extendedquerytags").header("content-type", "application/json");
    send(request.body(b"[\xFF]".to_vec())).await.expect(400);
    assert_eq!(app.position().await, 0, "nothing was added");
}

#[tokio::test]
async fn other_content_types_are_not_taken() {
    let app = TestApp::new();
    let body = json!([{ "path": "PatientAge", "level": "Study" }]).to_string();
    for content_type in [None, Some("text/json"), Some("application/dicom+json"), Some("text/plain"), Some("x")] {
        let mut request = app.request(Method::POST, "/extendedquerytags").body(body.clone());
        if let Some(content_type) = content_type {
            request = request.header("content-type", content_type);
        }
        assert!(send(request).await.expect(415).body.is_empty(), "{content_type:?}");
    }
    let request =
        app.request(Method::POST, "/extendedquerytags").header("content-type", "Application/JSON; charset=utf-8");
    send(request.body(body)).await.expect(202);
}

#[tokio::test]
async fn what_cannot_be_a_tag_is_refused_in_the_words_of_the_service() {
    let app = TestApp::new();
    let long = "x".repeat(65);
    for (entry, expected) in [
        (
            json!({ "path": "patientage" }),
            "The extended query tag 'patientage' is invalid as it cannot be parsed into a valid Dicom Tag.",
        ),
        (
            json!({ "path": "00080FFE" }),
            "The extended query tag '00080FFE' is invalid as it cannot be parsed into a valid Dicom Tag.",
        ),
        (
            json!({ "path": "0010,1010" }),
            "The extended query tag '0010,1010' is invalid as it cannot be parsed into a valid Dicom Tag.",
        ),
        (
            json!({ "path": "A.B" }),
            "Dicom element 'A.B' failed validation for VR 'SQ': Sequential dicom tags are currently not supported.",
        ),
        (json!({ "path": "PatientName" }), "The query tag 'PatientName' is already supported."),
        (json!({ "path": "00080061" }), "The query tag '00080061' is already supported."),
        (json!({ "path": "0020000d", "privateCreator": "x" }), "The query tag '0020000d' is already supported."),
        (
            json!({ "path": "PatientAge", "privateCreator": "x" }),
            "The private creator is not empty for standard tag 'PatientAge'.",
        ),
        (
            json!({ "path": "04010010", "privateCreator": "x" }),
            "The private creator is not empty for private identification code '04010010'.",
        ),
        (json!({ "path": "04011001", "vr": "SS" }), "The private creator for private tag '04011001' is missing."),
        (
            json!({ "path": "04011001", "vr": "SS", "privateCreator": " " }),
            "The private creator for private tag '04011001' is missing.",
        ),
        (
            json!({ "path": "04011001", "privateCreator": long }),
            "The private creator for tag '04011001' is not a valid LO attribute.",
        ),
        (
            json!({ "path": "04011001", "privateCreator": "a\\b" }),
            "The private creator for tag '04011001' is not a valid LO attribute.",
        ),
        (
            json!({ "path": "04011001", "privateCreator": "a\tb" }),
            "The private creator for tag '04011001' is not a valid LO attribute.",
        ),
        (json!({ "path": "PatientAge", "vr": "xy" }), "The VR code 'xy' for tag 'PatientAge' is invalid."),
        (json!({ "path": "PatientAge", "vr": "CS " }), "The VR code 'CS ' for tag 'PatientAge' is invalid."),
        (
            json!({ "path": "PatientAge", "vr": "cs" }),
            "The VR code 'cs' is incorrectly specified for 'PatientAge'. The expected VR code for it is 'AS'. Retry this request either with the correct VR code or without specifying it.",
        ),
        (
            json!({ "path": "04010010", "vr": "SH" }),
            "The VR code 'SH' is incorrectly specified for '04010010'. The expected VR code for it is 'LO'. Retry this request either with the correct VR code or without specifying it.",
        ),
        (
            json!({ "path": "00280106", "vr": "UL" }),
            "The VR code 'UL' is incorrectly specified for '00280106'. The expected VR code for it is 'US'. Retry this request either with the correct VR code or without specifying it.",
        ),
        (json!({ "path": "04011001", "privateCreator": "x" }), "The vr for tag '04011001' is missing."),
        (json!({ "path": "PatientWeight" }), "The VR code 'DS' specified for tag 'PatientWeight' is not supported."),
        (
            json!({ "path": "04011001", "vr": "sq", "privateCreator": "x" }),
            "The VR code 'SQ' specified for tag '04011001' is not supported.",
        ),
        (json!({ "path": "PixelData" }), "The VR code 'OB' specified for tag 'PixelData' is not supported."),
    ] {
        let mut entry = entry;
        entry["level"] = json!("Study");
        // A good tag before it is not added either.
        let answer = add(&app, json!([{ "path": "DeviceSerialNumber", "level": "Study" }, entry])).await.expect(400);
        assert_eq!(answer.text(), expected);
    }
    assert_eq!(app.position().await, 0, "nothing was added");
}

#[tokio::test]
async fn every_supported_value_representation_is_taken() {
    let app = TestApp::new();
    let supported =
        ["AE", "AS", "CS", "DA", "DT", "FD", "FL", "IS", "LO", "PN", "SH", "SL", "SS", "TM", "UI", "UL", "US"];
    let entry = |(index, vr): (usize, &&str)| json!({ "path": format!("040110{index:02X}"), "vr": vr, "privateCreator": "x", "level": "Study" });
    let entries: Vec<Value> = supported.iter().enumerate().map(entry).collect();
    add_and_wait(&app, json!(entries)).await;
    let list = app.get("/extendedquerytags", "*/*").await.expect(200).json();
    let vrs: Vec<&str> = list.as_array().unwrap().iter().map(|tag| tag["vr"].as_str().unwrap()).collect();
    assert_eq!(vrs, supported);
    for vr in ["AT", "DS", "LT", "OB", "OD", "OF", "OL", "OV", "OW", "SQ", "ST", "SV", "UC", "UN", "UR", "UT", "UV"] {
        let entry = json!([{ "path": "04012001", "vr": vr, "privateCreator": "x", "level": "Study" }]);
        let expected = format!("The VR code '{vr}' specified for tag '04012001' is not supported.");
        assert_eq!(add(&app, entry).await.expect(400).text(), expected);
    }
}

#[tokio::test]
async fn a_tag_that_may_have_several_value_representations_has_the_usual_one_unless_told() {
    let app = TestApp::new();
    let tags = json!([
        { "path": "SmallestImagePixelValue", "vr": "SS", "level": "Series" },
        { "path": "LargestImagePixelValue", "level": "Series" },
        { "path": "04010010", "level": "Series" },
    ]);
    add_and_wait(&app, tags).await;
    for (path, vr) in [("00280106", "SS"), ("00280107", "US"), ("04010010", "LO")] {
        assert_eq!(tag(&app, path).await["vr"], vr);
    }
}

#[tokio::test]
async fn an_attribute_is_added_once() {
    let app = TestApp::new();
    assert_eq!(add(&app, json!([])).await.expect(400).text(), "The extended query tag(s) is missing.");
    for [first, second] in [["PatientAge", "PatientAge"], ["0018100b", "0018100B"], ["PatientAge", "00101010"]] {
        let tags = json!([{ "path": first, "level": "Study" }, { "path": second, "level": "Series" }]);
        let expected = format!("The extended query tag '{second}' has been specified before.");
        assert_eq!(add(&app, tags).await.expect(400).text(), expected);
    }
    add_and_wait(&app, json!([{ "path": "04011001", "vr": "SS", "privateCreator": "x", "level": "Study" }])).await;
    let before = app.position().await;
    let tags = json!([
        { "path": "PatientAge", "level": "Study" },
        { "path": "04011001", "vr": "UL", "privateCreator": "other", "level": "Series" },
    ]);
    let answer = add(&app, tags).await.expect(409);
    assert_eq!(answer.text(), "One or more extended query tags already exist.");
    assert_eq!(answer.header("location"), None);
    assert_eq!(app.position().await, before, "nothing was added");
}

#[tokio::test]
async fn a_service_has_128_tags_at_most() {
    let app = TestApp::new();
    let entries = |range: std::ops::Range<u16>| -> Value {
        let entry =
            |index| json!({ "path": format!("0401{index:04X}"), "vr": "SS", "privateCreator": "x", "level": "Study" });
        range.map(|index| entry(0x1000 + index)).collect::<Vec<_>>().into()
    };
    let too_many = "Extended query tags exceeds max allowed count '128'.";
    assert_eq!(add(&app, entries(0..129)).await.expect(400).text(), too_many);
    add_and_wait(&app, entries(0..127)).await;
    assert_eq!(add(&app, entries(126..128)).await.expect(400).text(), too_many, "the count comes first");
    add_and_wait(&app, entries(127..128)).await;
    assert_eq!(add(&app, entries(128..129)).await.expect(400).text(), too_many);
    app.delete("/extendedquerytags/04011000").await.expect(204);
    add_and_wait(&app, entries(128..129)).await;
}

#[tokio::test]
async fn while_one_reindex_runs_no_other_is_started() {
    let app = TestApp::new();
    let first = Instance::new();
    let instances: Vec<Instance> = (0..120).map(|_| first.sibling()).collect();
    app.store(&instances).await.expect(200);
    // A reindex may be over before the next request: then another one is tried.
    for attempt in 0..40 {
        let path = format!("0401{:04X}", 0x1000 + attempt);
        let entry = json!([{ "path": path, "vr": "SS", "privateCreator": "x", "level": "Study" }]);
        let running = add(&app, entry).await.expect(202).json();
        let refused = add(&app, json!([{ "path": "no tag", "level": "Study" }])).await;
        wait(&app, running["id"].as_str().unwrap()).await;
        if refused.status == 409 {
            let id = running["id"].as_str().unwrap();
            let expected = format!("There is already an active re-index operation with ID '{id}'.");
            assert_eq!(refused.text(), expected, "it comes before the checks of tags");
            assert_eq!(refused.header("location"), running["href"].as_str());
            assert_eq!(refused.header("content-type"), Some("text/plain; charset=utf-8"));
            let malformed = add(&app, json!([{ "path": "x" }])).await.expect(400);
            assert!(malformed.text().starts_with("The field '[0].Level'"));
            return;
        }
    }
    panic!("no reindex was met while it ran");
}

#[tokio::test]
async fn all_versions_of_the_interface_have_the_same_tags() {
    let app = TestApp::new();
    add_one(&app, "PatientAge", "Study").await;
    for version in ["v1.0-prerelease", "v1", "v2"] {
        let path = format!("/services/{}/{version}/ExtendedQueryTags/PatientAge", app.service);
        let shown = send(app.at_root(Method::GET, &path)).await.expect(200).json();
        assert_eq!(shown["path"], "00101010");
    }
    let path = format!("/services/{}/v1/extendedquerytags", app.service);
    let body = json!([{ "path": "DeviceSerialNumber", "level": "Study" }]).to_string();
    let request = app.at_root(Method::POST, &path).header("content-type", "application/json").body(body);
    let started = send(request).await.expect(202).json();
    let id = started["id"].as_str().unwrap();
    assert!(started["href"].as_str().unwrap().ends_with(&format!("/services/{}/v1/operations/{id}", app.service)));
    wait(&app, id).await;
    let path = format!("/services/{}/v1/operations/{id}", app.service);
    assert_eq!(send(app.at_root(Method::GET, &path)).await.expect(200).json()["status"], "completed");
}
