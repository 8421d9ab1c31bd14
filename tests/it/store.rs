//! `POST` and `PUT` of `/studies` and `/studies/{study}`

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{DICOM_JSON, Instance, STORED_INSTANCE, TestApp, multipart_body, raw, scratch, send, uid};

/// The reason of each failed item.
fn failure_reasons(body: &Value) -> Vec<i64> {
    let items = body["00081198"]["Value"].as_array().cloned().unwrap_or_default();
    items.iter().map(|item| item["00081197"]["Value"][0].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn a_stored_instance_is_referenced_with_its_url() {
    let app = TestApp::new();
    let instance = Instance::new();
    let answer = app.store([&instance]).await.expect(200);
    assert_eq!(answer.header("content-type"), Some("application/dicom+json; charset=utf-8"));
    assert_eq!(answer.header("x-emulator-position"), Some("1"));
    let expected = json!({
        "00081199": { "vr": "SQ", "Value": [{
            "00081150": { "vr": "UI", "Value": ["1.2.840.10008.5.1.4.1.1.7"] },
            "00081155": { "vr": "UI", "Value": [instance.instance] },
            "00081190": { "vr": "UR", "Value": [app.url(&instance.path())] },
            "00741048": { "vr": "SQ" },
        }] },
    });
    assert_eq!(answer.json(), expected);
}

#[tokio::test]
async fn a_study_in_the_path_is_named_in_the_answer_and_binds_every_instance() {
    let app = TestApp::new();
    let (mine, other) = (Instance::new(), Instance::new());
    let answer = app.send_files(Method::POST, &mine.study_path(), [&mine, &other]).await.expect(202);
    let body = answer.json();
    assert_eq!(body["00081190"]["Value"][0], json!(app.url(&mine.study_path())));
    assert_eq!(failure_reasons(&body), [43264]);
    let comment = &body["00081198"]["Value"][0]["00741048"]["Value"][0]["00000902"]["Value"][0];
    assert_eq!(
        comment,
        "DICOM100: (0020,000d) - The StudyInstanceUid in the payload does not match the specified StudyInstanceUid."
    );
    assert_eq!(body["00081199"]["Value"][0]["00081155"]["Value"][0], json!(mine.instance));
    app.query(&other.study_path()).await;
    app.get(&other.path(), STORED_INSTANCE).await.expect(404);
}

#[tokio::test]
async fn a_duplicate_post_is_a_conflict_and_names_45070() {
    let app = TestApp::new();
    let instance = Instance::new();
    app.store([&instance]).await.expect(200);
    let again = app.store([&instance.clone().with(0x0010_0020, "LO", "OTHER")]).await.expect(409);
    let expected = json!({
        "00081198": { "vr": "SQ", "Value": [{
            "00081150": { "vr": "UI", "Value": ["1.2.840.10008.5.1.4.1.1.7"] },
            "00081155": { "vr": "UI", "Value": [instance.instance] },
            "00081197": { "vr": "US", "Value": [45070] },
        }] },
    });
    assert_eq!(again.json(), expected);
    assert_eq!(again.header("x-emulator-position"), None);
    assert_eq!(app.get(&instance.path(), STORED_INSTANCE).await.body, instance.stored_bytes());
    assert_eq!(app.feed_lines().await, ["1 Create Current"]);
}

#[tokio::test]
async fn parts_see_the_effect_of_earlier_parts() {
    let app = TestApp::new();
    let instance = Instance::new();
    let answer = app.store([&instance, &instance.sibling(), &instance]).await.expect(202);
    assert_eq!(failure_reasons(&answer.json()), [45070]);
    assert_eq!(answer.json()["00081199"]["Value"].as_array().map(Vec::len), Some(2));
    assert_eq!(app.feed_lines().await, ["1 Create Current", "2 Create Current"]);
}

#[tokio::test]
async fn a_put_creates_what_is_new_and_replaces_what_is_there() {
    let app = TestApp::new();
    let old = Instance::new().with(0x0008_1030, "LO", "only in the old one");
    let new = Instance::of(&old.study, &old.series, &old.instance).with(0x0010_0020, "LO", "PAT-2");
    app.upsert([&old]).await.expect(200);
    let etag = app.query(&format!("{}/metadata", old.path())).await.header("etag").map(str::to_owned);
    app.upsert([&new]).await.expect(200);
    assert_eq!(app.get(&old.path(), STORED_INSTANCE).await.body, new.stored_bytes());
    let metadata = app.query(&format!("{}/metadata", old.path())).await.expect(200);
    assert_ne!(metadata.header("etag").map(str::to_owned), etag);
    assert_eq!(metadata.json()[0]["00081030"], Value::Null);
    assert_eq!(app.feed_lines().await, ["1 Create Replaced", "2 Update Current"]);
    app.store([&old]).await.expect(409);
}

#[tokio::test]
async fn the_last_of_two_equal_parts_of_a_put_wins() {
    let app = TestApp::new();
    let first = Instance::new();
    let last = first.clone().with(0x0010_0020, "LO", "LAST");
    let answer = app.upsert([&first, &last]).await.expect(200);
    assert_eq!(answer.json()["00081199"]["Value"].as_array().map(Vec::len), Some(2));
    assert_eq!(app.get(&first.path(), STORED_INSTANCE).await.body, last.stored_bytes());
}

#[tokio::test]
async fn a_single_part_is_stored_with_its_preamble_zeroed() {
    let app = TestApp::new();
    let instance = Instance::new().with_preamble(0xAB);
    let request = app.request(Method::POST, "/studies").header("accept", DICOM_JSON);
    send(request.header("content-type", "Application/DICOM").body(instance.bytes())).await.expect(200);
    assert_eq!(app.get(&instance.path(), STORED_INSTANCE).await.body, instance.stored_bytes());
}

#[tokio::test]
async fn an_unreadable_part_fails_alone() {
    let app = TestApp::new();
    let good = Instance::new();
    let whole = Instance::new().with_pixels(8, 8, 1).bytes();
    for garbage in [&b""[..], b"no DICOM", &[0; 200], &whole[..whole.len() - 9]] {
        let (content_type, body) = multipart_body([garbage]);
        let request = app.request(Method::POST, "/studies").header("accept", DICOM_JSON);
        let answer = send(request.header("content-type", content_type).body(body)).await.expect(409);
        let expected =
            json!({ "00081198": { "vr": "SQ", "Value": [{ "00081197": { "vr": "US", "Value": [43264] } }] } });
        assert_eq!(answer.json(), expected);
    }
    let (content_type, body) = multipart_body([b"garbage".to_vec(), good.bytes()]);
    let request = app.request(Method::POST, "/studies").header("accept", DICOM_JSON);
    let answer = send(request.header("content-type", content_type).body(body)).await.expect(202);
    assert_eq!(failure_reasons(&answer.json()), [43264]);
}

#[tokio::test]
async fn a_missing_required_attribute_fails_the_instance() {
    let app = TestApp::new();
    for (tag, shown) in [
        (0x0008_0016, "0008,0016"),
        (0x0020_000D, "0020,000d"),
        (0x0020_000E, "0020,000e"),
        (0x0008_0018, "0008,0018"),
        (0x0010_0020, "0010,0020"),
    ] {
        let answer = app.store([&Instance::new().without(tag)]).await.expect(409);
        let item = &answer.json()["00081198"]["Value"][0];
        assert_eq!(item["00081197"]["Value"], json!([43264]));
        let comment = format!("DICOM100: ({shown}) - The required tag '({shown})' is missing.");
        assert_eq!(item["00741048"]["Value"], json!([{ "00000902": { "vr": "LO", "Value": [comment] } }]));
    }
    assert!(app.feed().await.is_empty());
}

#[tokio::test]
async fn an_invalid_attribute_is_stored_with_a_warning_and_left_out_of_metadata() {
    let app = TestApp::new();
    let instance = Instance::new().with(0x0008_0020, "DA", "NotAValidDate");
    let answer = app.store([&instance]).await.expect(202);
    let item = &answer.json()["00081199"]["Value"][0];
    assert_eq!(item["00081196"]["Value"], json!([1]));
    assert_eq!(
        item["00741048"]["Value"][0]["00000902"]["Value"][0],
        "DICOM100: (0008,0020) - Content \"NotAValidDate\" does not validate VR DA: one of the date values does not match the pattern YYYYMMDD"
    );
    assert_eq!(app.query(&format!("{}/metadata", instance.path())).await.json()[0]["00080020"], Value::Null);
    assert_eq!(app.get(&instance.path(), STORED_INSTANCE).await.body, instance.stored_bytes());
}

#[tokio::test]
async fn content_types_are_judged_before_accept_and_accept_before_the_path() {
    let app = TestApp::new();
    let post = |content_type: &'static str, accept: &'static str, path: &str| {
        let request = app.request(Method::POST, path);
        let request = request.header("accept", accept);
        send(if content_type.is_empty() { request } else { request.header("content-type", content_type) }.body("x"))
    };
    assert_eq!(post("text/plain", "text/html", "/studies/a").await.expect(415).text(), "");
    assert_eq!(post("application/dicom", "text/html", "/studies/a").await.expect(406).text(), "");
    assert_eq!(post("application/dicom", "text/html, a b", "/studies").await.expect(406).text(), "");
    let malformed = post("application/dicom", DICOM_JSON, "/studies/a").await.expect(400);
    assert!(malformed.text().starts_with("Dicom element 'StudyInstanceUid' failed validation for VR 'UI'"));
    for (content_type, message) in [
        ("", "The specified content type '' is not supported."),
        ("application/dicom;", "The specified content type 'application/dicom;' is not supported."),
        ("application/dicom; a=b", "The specified content type 'application/dicom; a=b' is not supported."),
        (
            "multipart/related; type=\"application/dicom\"",
            "The content type 'multipart/related; type=\"application/dicom\"' is either not multipart or is missing boundary.",
        ),
    ] {
        assert_eq!(post(content_type, DICOM_JSON, "/studies").await.expect(415).text(), message);
    }
    let start = post("multipart/related; boundary=b; start=x", DICOM_JSON, "/studies").await.expect(400);
    assert_eq!(start.text(), "The start parameter in multipart/related request is not supported.");
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_after_all_that_its_headers_say() {
    let app = TestApp::new();
    let path = format!("/services/{}/v2/studies", app.service);
    let dicom = "Content-Type: application/dicom\r\n";
    let expiry = "msdicom-expiry-time-milliseconds: never\r\n";
    for (headers, status) in [
        (format!("{dicom}{expiry}"), "400"),
        (expiry.to_owned(), "400"),
        ("Content-Type: application/dicom; a=b\r\n".to_owned(), "415"),
        (String::new(), "415"),
        (dicom.to_owned(), "413"),
    ] {
        let head = format!("POST {path} HTTP/1.1\r\nHost: x\r\nAccept: */*\r\nConnection: close\r\n");
        let answer = raw(&app, &format!("{head}{headers}Content-Length: 99999999999\r\n\r\n")).await;
        assert_eq!(answer.split(' ').nth(1), Some(status), "{headers}: {answer}");
    }
}

#[tokio::test]
async fn several_values_of_what_is_searched_by_are_told_whatever_became_of_the_instance() {
    let app = TestApp::new();
    let instance = Instance::new().with(0x0010_0020, "LO", "ONE\\TWO");
    let warning =
        r#"299 127.0.0.1: "One or more indexed Dicom tag(s) have multiple values, only first value is indexed.""#;
    for status in [202, 409] {
        let answer = app.store([&instance]).await.expect(status);
        assert_eq!(answer.header("warning"), Some(warning), "{status}");
    }
    let invalid = Instance::new().with(0x0010_0020, "LO", "ONE\\TWO").with(0x0008_0016, "UI", "1.2.x");
    assert_eq!(app.store([&invalid]).await.expect(409).header("warning"), Some(warning));
    assert_eq!(app.store([&Instance::new()]).await.expect(200).header("warning"), None);
}

#[tokio::test]
async fn a_request_without_accept_is_not_acceptable() {
    let app = TestApp::new();
    let path = format!("/services/{}/v2/studies", app.service);
    let post =
        format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/dicom\r\nContent-Length: 0\r\n");
    let get = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n");
    for head in [post, get] {
        let answer = raw(&app, &format!("{head}Connection: close\r\n\r\n")).await;
        assert!(answer.starts_with("HTTP/1.1 406 Not Acceptable\r\n") && answer.ends_with("\r\n\r\n"), "{answer}");
    }
}

#[tokio::test]
async fn multipart_bodies_are_read_by_the_rules() {
    let app = TestApp::new();
    let file = String::from_utf8(Instance::new().bytes()).unwrap();
    let post = |content_type: &'static str, body: String| {
        let request = app.request(Method::POST, "/studies").header("accept", DICOM_JSON);
        send(request.header("content-type", content_type).body(body))
    };
    let typed = r#"multipart/related; type="application/dicom"; boundary=b"#;
    let unquoted = "multipart/related; type=application/dicom; boundary=\"b\"";
    let untyped = "multipart/related; boundary=b";
    let cut = "Unexpected end of Stream, the content may have already been read by another component. ";
    for (content_type, body, status, text) in [
        (typed, "--b--".to_owned(), 204, Some("")),
        (typed, "--b\r\n\r\n--b--".to_owned(), 204, Some("")),
        (typed, String::new(), 400, Some(cut)),
        (typed, "no delimiter".to_owned(), 400, Some(cut)),
        (typed, format!("--b\r\n\r\n{file}"), 204, Some("")),
        (untyped, format!("--b\r\n\r\n{file}\r\n--b--"), 415, Some("The specified content type '' is not supported.")),
        (
            typed,
            format!("--b\r\nContent-Type: application/dicom; a=b\r\n\r\n{file}\r\n--b--"),
            415,
            Some("The specified content type 'application/dicom; a=b' is not supported."),
        ),
        (
            typed,
            format!("--b\r\n\r\n{file}\r\n--b\r\n\r\n{file}\r\n--b--"),
            415,
            Some("The specified content type '' is not supported."),
        ),
        (
            typed,
            format!("--b\r\n\r\n{file}\r\n--b\r\nContent-Type: text/plain\r\n\r\nx\r\n--b--"),
            415,
            Some("The specified content type 'text/plain' is not supported."),
        ),
        (typed, format!("preamble\r\n--b\r\n\r\n{file}\r\n--b--\r\nepilogue"), 200, None),
        (
            unquoted,
            format!(
                "--b\r\nContent-Disposition: form-data; name=\"file\"\r\nContent-Type: application/octet-stream\r\n\r\n{file}\r\n--b--\r\n"
            ),
            409,
            None,
        ),
        (typed, "--b\r\nContent-Type: application/dicom\r\n\r\n\r\n--b--".to_owned(), 409, None),
        (typed, format!("--b\r\n{}\r\nx\r\n--b--", "A: b\r\n".repeat(17)), 400, None),
    ] {
        let answer = post(content_type, body.clone()).await;
        assert_eq!(answer.status, status, "{content_type}\n{}\n{}", body.escape_debug(), answer.text());
        if let Some(text) = text {
            assert_eq!(answer.text(), text);
        }
    }
}

#[tokio::test]
async fn many_clients_storing_the_same_instances_get_exactly_one_success_for_each() {
    let app = TestApp::new();
    let study = Instance::new();
    let instances: Vec<Instance> = (0..4).map(|_| study.sibling()).collect();
    let attempts = (0..32).map(|index| app.store([&instances[index % 4]]));
    let answers = futures_util::future::join_all(attempts).await;
    let stored = answers.iter().filter(|answer| answer.status == 200).count();
    let refused = answers.iter().filter(|answer| answer.status == 409).count();
    assert_eq!((stored, refused), (4, 28));
    let feed = app.feed_lines().await;
    assert_eq!(feed, ["1 Create Current", "2 Create Current", "3 Create Current", "4 Create Current"]);
}

#[tokio::test]
async fn a_large_request_is_stored_part_by_part() {
    let app = TestApp::new();
    let study = Instance::new();
    let instances: Vec<Instance> = (0..150).map(|_| study.sibling()).collect();
    let answer = app.store(&instances).await.expect(200);
    assert_eq!(answer.header("x-emulator-position"), Some("150"));
    let found = app.query(&format!("{}/instances?limit=200", study.study_path())).await.expect(200);
    assert_eq!(found.json().as_array().map(Vec::len), Some(150));
}

#[tokio::test]
async fn a_file_larger_than_the_buffer_comes_back_as_it_was() {
    let app = TestApp::new();
    let instance = Instance::new().with_pixels(2_000, 1_501, 4).with_preamble(7);
    let (content_type, body) = multipart_body([instance.bytes()]);
    let request = app.request(Method::POST, "/studies").header("accept", DICOM_JSON);
    send(request.header("content-type", content_type).body(body)).await.expect(200);
    let found = app.get(&instance.path(), STORED_INSTANCE).await.expect(200);
    assert!(found.body == instance.stored_bytes(), "the bytes differ");
}

#[tokio::test]
async fn what_curl_sends_for_a_form_file_is_stored() {
    let app = TestApp::new();
    let instance = Instance::new();
    let folder = scratch().join("curl");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("instance.dcm"), instance.bytes()).unwrap();
    let url = app.url("/studies");
    let curl = tokio::process::Command::new("curl")
        .current_dir(&folder)
        .args(["-s", "-X", "PUT", &url])
        .args(["-H", "Content-Type: multipart/related; type=application/dicom"])
        .args(["-H", "msdicom-expiry-time-milliseconds: 86400000"])
        .args(["-H", "msdicom-expiry-option: RelativeToNow"])
        .args(["-H", "msdicom-expiry-level: Study"])
        .args(["-F", "file=@instance.dcm"])
        .output()
        .await
        .unwrap();
    let answer: Value = serde_json::from_slice(&curl.stdout).unwrap();
    assert_eq!(answer["00081199"]["Value"][0]["00081155"]["Value"][0], json!(instance.instance));
    assert_eq!(app.get(&instance.path(), STORED_INSTANCE).await.expect(200).body, instance.stored_bytes());
}

#[tokio::test]
async fn thousands_of_parts_are_taken() {
    let app = TestApp::new();
    let study = Instance::new();
    let instances: Vec<Instance> = (0..2_000).map(|_| study.sibling()).collect();
    app.store(&instances).await.expect(200);
    let found = app.query("/studies?includefield=NumberOfStudyRelatedInstances").await.expect(200);
    assert_eq!(found.json()[0]["00201208"]["Value"], json!([2_000]));
}

#[tokio::test]
async fn one_identifier_may_name_all_three_levels_and_live_in_two_series() {
    let app = TestApp::new();
    let same = uid();
    let (one, two) = (Instance::of(&same, &same, &same), Instance::of(&same, &uid(), &same));
    app.store([&one, &two]).await.expect(200);
    app.store([&one]).await.expect(409);
    app.get(&two.path(), STORED_INSTANCE).await.expect(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_see_one_version_or_the_other_while_an_instance_is_replaced() {
    let app = std::sync::Arc::new(TestApp::new());
    let versions: Vec<Instance> = {
        let first = Instance::new().with(0x0010_0020, "LO", "A");
        vec![first.clone(), first.with(0x0010_0020, "LO", "B").with(0x0010_4000, "LT", &"b".repeat(5_000))]
    };
    app.upsert([&versions[0]]).await.expect(200);
    let writer = {
        let (app, versions) = (app.clone(), versions.clone());
        tokio::spawn(async move {
            for turn in 1..=30 {
                app.upsert([&versions[turn % 2]]).await.expect(200);
            }
        })
    };
    let files: Vec<Vec<u8>> = versions.iter().map(Instance::stored_bytes).collect();
    let metadata = format!("{}/metadata", versions[0].path());
    while !writer.is_finished() {
        let file = app.get(&versions[0].path(), STORED_INSTANCE).await.expect(200).body;
        assert!(files.contains(&file), "neither version");
        let dataset = app.query(&metadata).await.expect(200).json();
        let is_second = dataset[0]["00100020"]["Value"][0] == "B";
        assert_eq!(dataset[0]["00104000"].is_object(), is_second);
        assert_eq!(app.query("/instances").await.expect(200).json().as_array().map(Vec::len), Some(1));
    }
    writer.await.unwrap();
    assert_eq!(app.feed().await.len(), 31);
}

#[tokio::test]
async fn a_study_can_be_deleted_while_it_is_stored() {
    let app = TestApp::new();
    let study = Instance::new();
    for _ in 0..5 {
        let siblings: Vec<Instance> = (0..8).map(|_| study.sibling()).collect();
        let stores = futures_util::future::join_all(siblings.iter().map(|instance| app.store([instance])));
        let path = study.study_path();
        let (stored, deleted) = tokio::join!(stores, app.delete(&path));
        assert!(stored.iter().all(|answer| answer.status == 200));
        assert!(deleted.status == 204 || deleted.status == 404, "{}", deleted.text());
    }
    let entries = app.feed().await;
    let live = entries.iter().filter(|entry| entry["state"] == "Current").count();
    let found = app.query(&format!("{}/instances", study.study_path())).await;
    let found = if found.status == 204 { 0 } else { found.json().as_array().map_or(0, Vec::len) };
    assert_eq!(live, found);
    let sequences: Vec<Value> = entries.iter().map(|entry| entry["sequence"].clone()).collect();
    assert_eq!(sequences, (1..=entries.len()).map(|sequence| json!(sequence)).collect::<Vec<_>>());
}
