//! One server for the whole run, on a managed cluster; a service of its own for every test.

use std::{
    net::SocketAddr,
    path::PathBuf,
    sync::{
        LazyLock,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use clap::Parser;
use healthcare_emulator::{app::App, clock::Clock, config::Config};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::{Answer, DICOM_JSON, Instance, azurite_endpoint, multipart_body, scratch};

/// A service that one test has for itself. When it goes, law 1 is checked: what the log says is what the rows say.
pub struct TestApp {
    pub service: String,
    root: String,
    client: Client,
}

#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    config: Config,
}

/// The runtime of the server: tests have runtimes of their own, which come and go.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
});

static SERVER: LazyLock<SocketAddr> = LazyLock::new(|| {
    drop(rustls::crypto::ring::default_provider().install_default());
    let (started, address) = std::sync::mpsc::channel();
    RUNTIME.spawn(async move {
        let data = scratch().join("shared");
        let data = data.to_str().expect("a path in UTF-8");
        let (exports, azurite) = (exports_folder(), azurite_endpoint());
        let exports = exports.to_str().expect("a path in UTF-8");
        let flags = ["it", "--port", "0", "--data-dir", data, "--durability", "process"];
        let flags = flags.into_iter().chain(["--export-dir", exports, "--azurite-endpoint", &azurite]);
        let config = Arguments::parse_from(flags).config;
        let app = App::start(&config, Clock::machine()).await.expect("the server starts");
        started.send(app.address().expect("an address")).expect("the test waits");
        app.serve(std::future::pending()).await.expect("the server serves");
    });
    address.recv().expect("the server started")
});

/// Where the shared server may export to.
pub fn exports_folder() -> PathBuf {
    scratch().join("exports")
}

impl TestApp {
    /// A new service.
    pub fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(1);
        let service = format!("t{:03}", NEXT.fetch_add(1, Ordering::Relaxed));
        Self::on(*SERVER, &service)
    }

    /// A new service that has data partitions.
    pub async fn partitioned() -> Self {
        let app = Self::new();
        send(app.control(Method::PUT, "").body(r#"{"partitions":true}"#)).await.expect(201);
        app
    }

    /// A service of a server that the test started.
    pub fn on(address: SocketAddr, service: &str) -> Self {
        drop(rustls::crypto::ring::default_provider().install_default());
        Self { service: service.to_owned(), root: format!("http://{address}"), client: Client::new() }
    }

    /// Where the server listens.
    pub fn root(&self) -> &str {
        &self.root
    }

    /// The URL of a path below `/v2`.
    pub fn url(&self, path: &str) -> String {
        format!("{}/services/{}/v2{path}", self.root, self.service)
    }

    /// A request to a path below `/v2`.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, self.url(path))
    }

    /// A request to a path of the server itself.
    pub fn at_root(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.root))
    }

    /// A request to the control API of the service.
    pub fn control(&self, method: Method, path: &str) -> RequestBuilder {
        self.at_root(method, &format!("/_emulator/services/{}{path}", self.service))
    }

    /// `GET` with an `Accept`.
    pub async fn get(&self, path: &str, accept: &str) -> Answer {
        send(self.request(Method::GET, path).header("accept", accept)).await
    }

    /// A search or metadata request.
    pub async fn query(&self, path: &str) -> Answer {
        self.get(path, DICOM_JSON).await
    }

    /// `DELETE`.
    pub async fn delete(&self, path: &str) -> Answer {
        send(self.request(Method::DELETE, path)).await
    }

    /// `POST /studies` with these files.
    pub async fn store<'i>(&self, instances: impl IntoIterator<Item = &'i Instance>) -> Answer {
        self.send_files(Method::POST, "/studies", instances).await
    }

    /// `PUT /studies` with these files.
    pub async fn upsert<'i>(&self, instances: impl IntoIterator<Item = &'i Instance>) -> Answer {
        self.send_files(Method::PUT, "/studies", instances).await
    }

    /// Files to a path.
    pub async fn send_files<'i>(
        &self,
        method: Method,
        path: &str,
        instances: impl IntoIterator<Item = &'i Instance>,
    ) -> Answer {
        let (content_type, body) = multipart_body(instances.into_iter().map(Instance::bytes));
        let request = self.request(method, path).header("accept", DICOM_JSON).header("content-type", content_type);
        send(request.body(body)).await
    }

    /// `POST /studies/$bulkUpdate`.
    pub async fn start_update(&self, studies: &[&str], changes: Value) -> Answer {
        self.start_update_in("", studies, changes).await
    }

    /// The same in a partition, whose path is given.
    pub async fn start_update_in(&self, home: &str, studies: &[&str], changes: Value) -> Answer {
        let body = json!({ "studyInstanceUids": studies, "changeDataset": changes });
        let request = self.request(Method::POST, &format!("{home}/studies/$bulkUpdate"));
        let request = request.header("content-type", "application/json");
        send(request.body(body.to_string())).await
    }

    /// Updates studies and waits for the end; answers the operation.
    pub async fn update(&self, studies: &[&str], changes: Value) -> Value {
        let started = self.start_update(studies, changes).await.expect(202);
        self.await_operation(started.json()["id"].as_str().expect("an identifier")).await
    }

    /// Waits for the end of an operation and answers it.
    pub async fn await_operation(&self, id: &str) -> Value {
        send(self.control(Method::GET, &format!("/wait?operation={id}&timeout=120"))).await.expect(200);
        self.get(&format!("/operations/{id}"), "*/*").await.expect(200).json()
    }

    /// `GET` of what was there before the first update.
    pub async fn get_original(&self, path: &str, accept: &str) -> Answer {
        let request = self.request(Method::GET, path).header("accept", accept);
        send(request.header("msdicom-request-original", "true")).await
    }

    /// The change feed, without metadata.
    pub async fn feed(&self) -> Vec<Value> {
        let answer = self.get("/changefeed?includeMetadata=false&limit=200", "*/*").await.expect(200);
        answer.json().as_array().expect("an array").clone()
    }

    /// The change feed in short: sequence, action and state of each entry.
    pub async fn feed_lines(&self) -> Vec<String> {
        let word = |entry: &Value, name: &str| entry[name].as_str().unwrap_or_default().to_owned();
        let line = |entry: &Value| format!("{} {} {}", entry["sequence"], word(entry, "action"), word(entry, "state"));
        self.feed().await.iter().map(line).collect()
    }

    /// Takes a snapshot.
    pub async fn snapshot(&self, name: &str) -> Value {
        let answer = send(self.control(Method::PUT, &format!("/snapshots/{name}"))).await;
        assert!(answer.status.is_success(), "{}", answer.text());
        answer.json()
    }

    /// Resets to what the body says.
    pub async fn reset(&self, body: Value) -> Answer {
        send(self.control(Method::POST, "/reset").body(body.to_string())).await
    }

    /// Waits for the end of an operation; answers how it stands then.
    pub async fn end_of(&self, operation: &str) -> Value {
        send(self.control(Method::GET, &format!("/wait?operation={operation}&timeout=60"))).await.expect(200);
        self.get(&format!("/operations/{operation}"), "*/*").await.expect(200).json()
    }

    /// The position of the last event.
    pub async fn position(&self) -> i64 {
        let answer = send(self.control(Method::GET, "")).await.expect(200);
        answer.json()["position"].as_i64().expect("a number")
    }

    /// Everything that a client can see of the service, as text: the feed and, of each partition, all searches and
    /// metadata with ETags.
    pub async fn everything(&self, as_of: Option<i64>) -> String {
        let mut seen = String::new();
        let mut look = async |path: String| -> Answer {
            let mut request = self.request(Method::GET, &path).header("accept", DICOM_JSON);
            if let Some(position) = as_of {
                request = request.header("x-emulator-as-of", position);
            }
            let answer = send(request).await;
            let etag = answer.header("etag").unwrap_or_default();
            seen.push_str(&format!("{path} {} {etag} {}\n", answer.status, String::from_utf8_lossy(&answer.body)));
            answer
        };
        look("/changefeed?limit=200".to_owned()).await;
        look("/changefeed/latest".to_owned()).await;
        look("/extendedquerytags".to_owned()).await;
        for tag in ["ProtocolName", "InstanceNumber"] {
            look(format!("/extendedquerytags/{tag}/errors")).await;
        }
        let partitions = look("/partitions".to_owned()).await;
        let homes: Vec<String> = match partitions.status.as_u16() {
            200 => partitions.json().as_array().expect("an array").iter().map(home).collect(),
            _ => vec![String::new()],
        };
        let mut metadata = Vec::new();
        for home in homes {
            look(format!("{home}/series?limit=200&includefield=ModalitiesInStudy,NumberOfSeriesRelatedInstances"))
                .await;
            look(format!("{home}/instances?limit=200")).await;
            look(format!("{home}/workitems?limit=200&includefield=all")).await;
            look(format!("{home}/workitems?ProcedureStepState=SCHEDULED")).await;
            look(format!("{home}/workitems?ScheduledStationNameCodeSequence.CodeValue=C1")).await;
            for tag in ["ProtocolName", "InstanceNumber"] {
                for resource in ["studies", "series", "instances"] {
                    look(format!("{home}/{resource}?{tag}=2")).await;
                    look(format!("{home}/{resource}?{tag}=protocol*")).await;
                }
            }
            for workitem in [1, 2] {
                look(format!("{home}/workitems/1.2.{workitem}")).await;
            }
            let studies = look(format!("{home}/studies?limit=200&includefield=NumberOfStudyRelatedInstances")).await;
            if studies.status == 200 {
                for study in studies.json().as_array().expect("an array") {
                    let uid = study["0020000D"]["Value"][0].as_str().expect("a UID");
                    let path = format!("{home}/studies/{uid}/metadata");
                    look(path.clone()).await;
                    metadata.push(path);
                }
            }
        }
        for path in metadata {
            let mut request = self.request(Method::GET, &path).header("accept", DICOM_JSON);
            if let Some(position) = as_of {
                request = request.header("x-emulator-as-of", position);
            }
            let answer = send(request.header("msdicom-request-original", "true")).await;
            let etag = answer.header("etag").unwrap_or_default().to_owned();
            seen.push_str(&format!("original {path} {etag} {}\n", answer.text()));
        }
        seen
    }
}

/// What stands before the paths of a partition that is listed.
fn home(entry: &Value) -> String {
    format!("/partitions/{}", entry["partitionName"].as_str().expect("a name"))
}

/// Sends a request and reads the answer.
pub async fn send(request: RequestBuilder) -> Answer {
    Answer::read(request.send().await.expect("the server answers")).await
}

impl Drop for TestApp {
    fn drop(&mut self) {
        if thread::panicking() {
            return;
        }
        let url = format!("{}/_emulator/services/{}/verify", self.root, self.service);
        // The runtime of the test may not block: another thread asks.
        let asked = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async { send(Client::new().post(url)).await })
        });
        let verdict = asked.join().expect("the server answers");
        assert_eq!(verdict.status, 200, "{}", verdict.text());
        assert_eq!(verdict.json()["ok"], json!(true), "{}", verdict.text());
    }
}
