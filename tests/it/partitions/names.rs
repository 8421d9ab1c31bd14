//! How partitions may be called.

use super::{INVALID, UNKNOWN, keys, names, store_in, within};
use crate::support::{Instance, TestApp, raw};

#[tokio::test]
async fn names_have_letters_digits_dots_hyphens_and_underscores() {
    let app = TestApp::partitioned().await;
    let longest = "x".repeat(64);
    let good = ["a", "A-1_b.C", "-", "_", "...", "0", "1.2.3", "null", "studies", "partitions", &longest];
    for name in good {
        store_in(&app, name, [&Instance::new()]).await.expect(200);
        app.query(&within(name, "/studies")).await.expect(200);
    }
    let mut expected = vec!["Microsoft.Default"];
    expected.extend(good);
    assert_eq!(names(&app).await, expected);
    assert_eq!(keys(&app).await, (1..=12).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_name_may_be_percent_encoded() {
    let app = TestApp::partitioned().await;
    store_in(&app, "%61%2Db", [&Instance::new()]).await.expect(200);
    app.query(&within("a-b", "/studies")).await.expect(200);
    assert_eq!(names(&app).await, ["Microsoft.Default", "a-b"]);
}

#[tokio::test]
async fn any_other_name_is_refused_and_creates_nothing() {
    let app = TestApp::partitioned().await;
    let too_long = "x".repeat(65);
    let very_long = "y".repeat(5_000);
    for name in [
        "%20",
        "a%20b",
        "a+b",
        "a%2Fb",
        "%2e%2e%2f",
        "a%00b",
        "a%0Ab",
        "a%0A",
        "%ff",
        "%ff%fe",
        "%C3%A9",
        "%E2%80%AE",
        "a'b",
        "a%22b",
        "a;drop%20table%20partitions",
        "a%25b",
        "*",
        "~",
        "a:b",
        "%F0%9F%92%A9",
        "%EF%BC%A1",
        &too_long,
        &very_long,
    ] {
        let answer = store_in(&app, name, [&Instance::new()]).await.expect(400);
        assert_eq!(answer.text(), INVALID, "{name}");
        assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
        assert_eq!(app.query(&within(name, "/studies")).await.expect(400).text(), INVALID, "{name}");
        assert_eq!(app.delete(&within(name, "/studies/1.2")).await.expect(400).text(), INVALID, "{name}");
    }
    assert_eq!(app.position().await, 0);
}

#[tokio::test]
async fn dots_that_mean_another_place_are_no_names() {
    let app = TestApp::partitioned().await;
    for name in [".", "..", "%2e", "%2E%2e"] {
        let request = format!(
            "GET /services/{}/v2/partitions/{name}/studies HTTP/1.1\r\nHost: x\r\nAccept: */*\r\nConnection: close\r\n\r\n",
            app.service
        );
        let answer = raw(&app, &request).await;
        assert!(answer.starts_with("HTTP/1.1 400 ") && answer.ends_with(INVALID), "{answer}");
    }
}

#[tokio::test]
async fn names_that_differ_in_case_are_one_and_the_first_spelling_stays() {
    let app = TestApp::partitioned().await;
    let instance = Instance::new();
    store_in(&app, "Foo", [&instance]).await.expect(200);
    store_in(&app, "fOO", [&instance]).await.expect(409);
    let url = |answer: &crate::support::Answer| {
        answer.json()["00081199"]["Value"][0]["00081190"]["Value"][0].as_str().unwrap().to_owned()
    };
    let answer = store_in(&app, "FOO", [&Instance::new()]).await.expect(200);
    assert!(url(&answer).contains("/v2/partitions/Foo/studies/"), "{}", url(&answer));
    app.query(&within("foo", &format!("/studies?StudyInstanceUID={}", instance.study))).await.expect(200);
    assert_eq!(names(&app).await, ["Microsoft.Default", "Foo"]);
    assert!(app.feed().await.iter().all(|entry| entry["partitionName"] == "Foo"));
    app.delete(&within("fOo", &instance.path())).await.expect(204);
    assert_eq!(app.query(&within("Foö", "/studies")).await.expect(400).text(), INVALID);
    assert_eq!(app.query(&within("Fo", "/studies")).await.expect(400).text(), UNKNOWN);
}

#[tokio::test]
async fn the_default_partition_is_there_whatever_the_case() {
    let app = TestApp::partitioned().await;
    let instance = Instance::new();
    app.query(&within("Microsoft.Default", "/studies")).await.expect(204);
    app.query(&within("MICROSOFT.DEFAULT", "/studies")).await.expect(204);
    let answer = store_in(&app, "microsoft.default", [&instance]).await.expect(200);
    assert!(answer.text().contains("/partitions/Microsoft.Default/studies/"), "{}", answer.text());
    assert_eq!(answer.header("x-emulator-position"), Some("1"));
    assert_eq!(names(&app).await, ["Microsoft.Default"]);
    assert_eq!(app.feed().await[0]["partitionName"], "Microsoft.Default");
}
