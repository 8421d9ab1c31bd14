//! The OpenAPI documents, held against what is routed, and the page that shows them.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::support::{Answer, DICOM_JSON, Emulator, TestApp, database_url, scratch, send};

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// A document, in its order.
struct Document(yaml_serde::Value);

/// One documented operation.
#[derive(Clone)]
struct Operation {
    path: String,
    method: String,
    spoken: Value,
}

impl Document {
    async fn of(app: &TestApp, path: &str) -> Self {
        let answer = send(app.at_root(Method::GET, path)).await.expect(200);
        Self(yaml_serde::from_str(answer.text()).unwrap())
    }

    async fn of_service(app: &TestApp) -> Self {
        Self::of(app, &format!("/services/{}/v2/api.yaml", app.service)).await
    }

    fn operations(&self) -> Vec<Operation> {
        let mut found = Vec::new();
        for (path, item) in self.0["paths"].as_mapping().unwrap() {
            for (method, spoken) in item.as_mapping().unwrap() {
                let (path, method) = (path.as_str().unwrap().to_owned(), method.as_str().unwrap().to_owned());
                assert!(METHODS.contains(&method.as_str()), "{method}");
                found.push(Operation { path, method, spoken: serde_json::to_value(spoken).unwrap() });
            }
        }
        found
    }

    /// The methods of each path.
    fn methods(&self) -> BTreeMap<String, BTreeSet<String>> {
        let mut methods = BTreeMap::<_, BTreeSet<_>>::new();
        for operation in self.operations() {
            methods.entry(operation.path).or_default().insert(operation.method.to_uppercase());
        }
        methods
    }
}

impl Operation {
    fn id(&self) -> &str {
        self.spoken["operationId"].as_str().unwrap()
    }

    /// The parameters in a place that have an example.
    fn examples(&self, place: &str) -> Vec<(String, String)> {
        let parameters = self.spoken["parameters"].as_array().cloned().unwrap_or_default();
        let in_place = parameters.into_iter().filter(|parameter| parameter["in"] == place);
        let examples = in_place.filter_map(|parameter| {
            let example = match &parameter["example"] {
                Value::Null => return None,
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            Some((parameter["name"].as_str().unwrap().to_owned(), example))
        });
        examples.collect()
    }

    /// The path, with its examples.
    fn filled_in(&self) -> String {
        let path = self
            .examples("path")
            .into_iter()
            .fold(self.path.clone(), |path, (name, example)| path.replace(&format!("{{{name}}}"), &example));
        assert!(!path.contains('{'), "{path} has parameters without examples");
        path
    }

    /// The media types of an answer; nothing if the status is not documented.
    fn media_types(&self, status: u16) -> Option<Vec<String>> {
        let answer = self.spoken["responses"].get(status.to_string())?;
        Some(answer["content"].as_object().map(|content| content.keys().cloned().collect()).unwrap_or_default())
    }

    /// What the page sends when it is tried: the first media types that are offered.
    fn request(&self, app: &TestApp, prefix: &str, file: &[u8]) -> RequestBuilder {
        let method = self.method.to_uppercase().parse().unwrap();
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(self.examples("query")).finish();
        let mut request = app.at_root(method, &format!("{prefix}{}?{query}", self.filled_in()));
        for (name, example) in self.examples("header") {
            request = request.header(name, example);
        }
        let accept = (200..300).find_map(|status| self.preferred(status));
        request = request.header("accept", accept.unwrap_or_else(|| "*/*".to_owned()));
        let body = &self.spoken["requestBody"]["content"];
        let Some(content) = body.as_object() else { return request };
        let offered = if content.contains_key("application/dicom") {
            "application/dicom"
        } else {
            content.keys().next().unwrap()
        };
        request = request.header("content-type", offered);
        match &content[offered]["example"] {
            Value::Null => request.body(file.to_vec()),
            example => request.body(example.to_string()),
        }
    }

    fn preferred(&self, status: u16) -> Option<String> {
        let media_types = self.media_types(status)?;
        media_types.iter().find(|media_type| media_type.starts_with("multipart")).or(media_types.first()).cloned()
    }

    /// Asserts that the answer is one of those that are documented.
    fn allows(&self, answer: &Answer) {
        let (id, status) = (self.id(), answer.status.as_u16());
        let Some(media_types) = self.media_types(status) else {
            panic!("{id} answers {status}, which is not documented: {}", String::from_utf8_lossy(&answer.body));
        };
        if answer.body.is_empty() {
            return;
        }
        let essence = |media_type: &str| media_type.split(';').next().unwrap_or_default().to_owned();
        let sent = essence(answer.header("content-type").expect("a content type"));
        assert!(media_types.iter().any(|known| essence(known) == sent), "{id} answers {status} with {sent}");
    }
}

/// The paths that a source file routes.
fn routed(file: &str) -> BTreeSet<String> {
    let source = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
    let literals =
        source.split(".route(").skip(1).filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next());
    literals.map(str::to_owned).collect()
}

/// What is documented before it is routed.
const ANNOUNCED: [&str; 2] = ["/export", "/extendedquerytags"];

fn is_announced(path: &str) -> bool {
    ANNOUNCED.iter().any(|announced| path.contains(announced))
}

/// What a path allows, as the answer to a method that nothing has; nothing if it is not routed.
async fn allowed(app: &TestApp, path: &str) -> Option<BTreeSet<String>> {
    let answer = send(app.at_root(Method::from_bytes(b"PROBE").unwrap(), path)).await;
    if answer.status == 404 {
        return None;
    }
    let answer = answer.expect(405);
    let methods = answer.header("allow").expect("an Allow").split(',').map(|method| method.trim().to_owned());
    Some(methods.filter(|method| method != "HEAD").collect())
}

#[tokio::test]
async fn every_route_is_documented_and_the_reverse() {
    let app = TestApp::new();
    let document = Document::of_service(&app).await;
    let routed: BTreeSet<String> =
        routed("src/http/router.rs").into_iter().filter(|path| !path.starts_with("/health")).collect();
    let documented = document.methods().into_keys().map(|path| path.strip_prefix("/v2").unwrap().to_owned());
    let documented = documented.filter(|path| routed.contains(path) || !is_announced(path)).collect();
    assert_eq!(routed, documented);
}

#[tokio::test]
async fn every_method_is_documented_and_the_reverse() {
    let app = TestApp::new();
    let document = Document::of_service(&app).await;
    let operations = document.operations();
    for (path, methods) in document.methods() {
        let operation = operations.iter().find(|operation| operation.path == path).unwrap();
        let path = format!("/services/{}{}", app.service, operation.filled_in());
        let allowed = allowed(&app, &path).await;
        if allowed.is_some() || !is_announced(&path) {
            assert_eq!(allowed, Some(methods), "{path}");
        }
    }
}

#[tokio::test]
async fn the_control_document_has_what_the_control_api_routes() {
    let app = TestApp::new();
    let document = Document::of(&app, "/_emulator/api.json").await;
    let whole =
        |path: String| if path.starts_with("/services") { path } else { format!("/services/{{service}}{path}") };
    let routed = routed("src/control/mod.rs").into_iter().filter(|path| path != "/api.json").map(whole).collect();
    assert_eq!(document.methods().into_keys().collect::<BTreeSet<_>>(), routed);
    let operations = document.operations();
    for (path, methods) in document.methods() {
        let operation = operations.iter().find(|operation| operation.path == path).unwrap();
        let path = format!("/_emulator{}", operation.filled_in().replace("/default", &format!("/{}", app.service)));
        assert_eq!(allowed(&app, &path).await, Some(methods), "{path}");
    }
}

/// When an example is tried: first what makes things, last what ends them.
fn turn(operation: &Operation) -> u8 {
    match (operation.method.as_str(), operation.path.rsplit('/').next().unwrap()) {
        ("post", "cancelrequest") => 6,
        ("post", "{workitem}") | ("put", "{workitem}") => 3,
        ("post", _) => 1,
        ("put", _) => 2,
        ("get", _) => 4,
        ("patch", _) => 5,
        (_, "{instance}" | "{name}") => 6,
        (_, "{series}") => 7,
        _ => 8,
    }
}

/// Examples that cannot succeed: each with the status that it has.
const OTHERWISE: [(&str, u16); 10] = [
    ("cancelWorkitem", 400),
    ("deleteSeries", 404),
    ("deleteStudy", 404),
    ("export", 400),
    ("getOperation", 404),
    ("listPartitions", 400),
    ("listSubscriptions", 501),
    ("openChannel", 501),
    ("storeInstancesInStudy", 409),
    ("subscribe", 501),
];

#[tokio::test]
async fn every_example_is_answered_as_documented() {
    let app = TestApp::new();
    let file = send(app.at_root(Method::GET, "/docs/example.dcm")).await.expect(200).body;
    let mut operations = Document::of_service(&app).await.operations();
    operations.sort_by_key(turn);
    let prefix = format!("/services/{}", app.service);
    for operation in operations {
        if is_announced(&operation.path) && allowed(&app, &format!("{prefix}{}", operation.filled_in())).await.is_none()
        {
            continue;
        }
        let answer = send(operation.request(&app, &prefix, &file)).await;
        operation.allows(&answer);
        let (id, status) = (operation.id(), answer.status.as_u16());
        let otherwise = OTHERWISE.iter().find(|(known, _)| *known == id).map(|(_, status)| *status);
        match otherwise {
            Some(expected) => assert_eq!(status, expected, "{id}"),
            None if status == 501 => {}
            None => {
                assert!(answer.status.is_success(), "{id} answers {status}: {}", String::from_utf8_lossy(&answer.body))
            }
        }
    }
}

#[tokio::test]
async fn every_example_of_the_control_api_is_answered_as_documented() {
    let app = TestApp::new();
    let mut operations = Document::of(&app, "/_emulator/api.json").await.operations();
    operations.sort_by_key(turn);
    for operation in operations {
        let spoken = operation.spoken.to_string().replace("\"default\"", &format!("\"{}\"", app.service));
        let operation = Operation { spoken: serde_json::from_str(&spoken).unwrap(), ..operation };
        let answer = send(operation.request(&app, "/_emulator", b"")).await;
        operation.allows(&answer);
        assert!(answer.status.is_success(), "{} answers {}", operation.id(), answer.status);
    }
}

#[tokio::test]
async fn a_service_with_partitions_has_its_routes_below_them() {
    let app = TestApp::new();
    send(app.control(Method::PUT, "").body(r#"{"partitions":true}"#)).await.expect(201);
    let file = send(app.at_root(Method::GET, "/docs/example.dcm")).await.expect(200).body;
    let operations = Document::of_service(&app).await.operations();
    assert!(operations.iter().all(|operation| !operation.path.starts_with("/v2/studies")));
    let prefix = format!("/services/{}", app.service);
    for id in ["storeInstances", "searchStudies", "studyMetadata", "listPartitions", "listChanges"] {
        let operation = operations.iter().find(|operation| operation.id() == id).unwrap();
        let answer = send(operation.request(&app, &prefix, &file)).await.expect(200);
        operation.allows(&answer);
    }
}

#[tokio::test]
async fn each_version_has_a_document_in_two_forms() {
    let app = TestApp::new();
    for version in ["v2", "v1", "v1.0-prerelease"] {
        let json = send(app.at_root(Method::GET, &format!("/{version}/api.json"))).await.expect(200);
        assert_eq!(json.header("content-type"), Some("application/json; charset=utf-8"));
        assert_eq!(json.header("api-supported-versions"), None);
        let yaml = send(app.at_root(Method::GET, &format!("/{version}/API.yaml"))).await.expect(200);
        assert_eq!(yaml.header("content-type"), Some("application/yaml; charset=utf-8"));
        assert_eq!(yaml_serde::from_str::<Value>(yaml.text()).unwrap(), json.json(), "{version}");
        let json = json.json();
        assert_eq!(json["openapi"], "3.1.0");
        assert_eq!(json["info"]["version"], version);
        assert_eq!(json["servers"], json!([{ "url": "/" }]));
        let has = |path: &str| json["paths"].get(format!("/{version}{path}")).is_some();
        assert!(has("/studies") && has("/changefeed/latest"), "{version}");
        assert_eq!(has("/studies/$bulkUpdate"), version == "v2");
        assert_eq!(has("/export"), version != "v1.0-prerelease");
        let feed = json["paths"][format!("/{version}/changefeed")]["get"]["parameters"].to_string();
        assert_eq!(feed.contains("startTime"), version == "v2");
    }
    for path in ["/v3/api.json", "/vfoo/api.json", "/api.json", "/v2/api.xml"] {
        let answer = send(app.at_root(Method::GET, path)).await.expect(404);
        assert_eq!((answer.text(), answer.header("api-supported-versions")), ("", None), "{path}");
    }
    let own = send(app.request(Method::GET, "/api.json")).await.expect(200).json();
    assert_eq!(own["servers"], json!([{ "url": format!("/services/{}", app.service) }]));
    send(app.request(Method::POST, "/api.json")).await.expect(405);
}

#[tokio::test]
async fn the_page_is_there_with_all_that_it_needs() {
    let app = TestApp::new();
    for path in ["/docs", "/docs/"] {
        let page = send(app.at_root(Method::GET, path)).await.expect(200);
        assert!(page.header("content-type").is_some_and(|it| it.starts_with("text/html")), "{path}");
        assert_eq!(page.header("content-security-policy"), Some("frame-src 'self';"));
        assert_eq!(page.header("x-frame-options"), Some("SAMEORIGIN"));
        assert!(!page.text().contains("http://") && !page.text().contains("https://"), "{}", page.text());
        let files = page.text().split(['"', '\'']).filter(|text| text.ends_with(".js") || text.ends_with(".css"));
        let files: Vec<&str> = files.map(|name| name.trim_start_matches("./")).collect();
        assert!(files.len() >= 4, "{files:?}");
        for file in files {
            send(app.at_root(Method::GET, &format!("/docs/{file}"))).await.expect(200);
        }
    }
    let settings = send(app.at_root(Method::GET, "/docs/swagger-initializer.js")).await.expect(200);
    for document in ["../v2/api.json", "../v1/api.json", "../v1.0-prerelease/api.json", "../_emulator/api.json"] {
        assert!(settings.text().contains(document), "{}", settings.text());
    }
    send(app.at_root(Method::GET, "/docs/nothing.js")).await.expect(404);
    let packed = app.at_root(Method::GET, "/docs/swagger-ui.css").header("accept-encoding", "br, gzip;q=0.5");
    let packed = send(packed).await.expect(200);
    assert_eq!(packed.header("content-encoding"), Some("gzip"));
    let plain = send(app.at_root(Method::GET, "/docs/swagger-ui.css")).await.expect(200);
    assert_eq!(plain.header("content-encoding"), None);
    assert!(plain.body.len() > 2 * packed.body.len());
}

#[tokio::test]
async fn without_the_control_api_the_page_does_not_offer_it() {
    let shared = TestApp::new();
    send(shared.request(Method::GET, "/changefeed")).await.expect(200);
    let url = database_url(&scratch().join("shared"));
    let emulator = Emulator::start(&scratch().join("no-control"), &["--control", "off", "--database-url", &url]);
    let app = TestApp::on(emulator.address, &shared.service);
    let settings = send(app.at_root(Method::GET, "/docs/swagger-initializer.js")).await.expect(200);
    assert!(settings.text().contains("../v2/api.json") && !settings.text().contains("_emulator"));
    send(app.at_root(Method::GET, "/_emulator/api.json")).await.expect(404);
    std::mem::forget(app); // it cannot be verified through a server that has no control API
}

#[tokio::test]
async fn the_example_is_a_file_that_can_be_drawn() {
    let app = TestApp::new();
    let file = send(app.at_root(Method::GET, "/docs/example.dcm")).await.expect(200);
    assert_eq!(file.header("content-type"), Some("application/dicom"));
    let store = app.request(Method::POST, "/studies").header("content-type", "application/dicom");
    let stored = send(store.header("accept", DICOM_JSON).body(file.body)).await.expect(200);
    assert!(stored.json()["00081199"]["Value"].as_array().is_some_and(|stored| stored.len() == 1));
    let picture = app.get("/studies/2.25.1/series/2.25.2/instances/2.25.3/frames/2/rendered", "image/png").await;
    assert_eq!(&picture.expect(200).body[1..4], b"PNG");
}
