//! Azurite: one for the whole run, started by the first test that needs it. It ends with the run, for its standard
//! input does.

use std::{
    io::{BufRead, BufReader},
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    sync::{LazyLock, mpsc},
    thread,
    time::Duration,
};

use base64::{Engine, prelude::BASE64_STANDARD};
use futures_util::TryStreamExt;
use object_store::{
    ObjectStore, ObjectStoreExt,
    azure::{MicrosoftAzure, MicrosoftAzureBuilder},
    path::Path as BlobPath,
};
use reqwest::{Client, Method};
use ring::hmac;

/// The account of Azurite and its published key.
pub const ACCOUNT: &str = "devstoreaccount1";
pub const KEY: &str = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

/// Two free ports, one behind the other: those of blobs and queues.
static PORT: LazyLock<u16> = LazyLock::new(|| {
    loop {
        let first = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = first.local_addr().expect("an address").port();
        if port < u16::MAX && TcpListener::bind(("127.0.0.1", port + 1)).is_ok() {
            return port;
        }
    }
});

static AZURITE: LazyLock<Child> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/azurite");
    assert!(folder.join("node_modules/azurite").is_dir(), "Azurite is not installed: run `./dev install`");
    let (blobs, queues) = (PORT.to_string(), (*PORT + 1).to_string());
    let mut child = Command::new("node")
        .arg(folder.join("start.js"))
        .args(["--inMemoryPersistence", "--disableTelemetry", "--silent", "--tablePort", "0"])
        .args(["--blobPort", &blobs, "--queuePort", &queues])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node is there: run `./dev install`");
    let stdout = BufReader::new(child.stdout.take().expect("a pipe"));
    let (ready, is_ready) = mpsc::channel();
    thread::spawn(move || {
        // Read on: a full pipe would stop it.
        for line in stdout.lines().map_while(Result::ok) {
            if line.contains("Queue service is successfully listening") {
                _ = ready.send(());
            }
        }
    });
    is_ready.recv_timeout(Duration::from_secs(120)).expect("Azurite starts");
    child
});

/// The URL of Azurite's blobs, whether it runs already or not.
pub fn azurite_endpoint() -> String {
    format!("http://127.0.0.1:{}/{ACCOUNT}", *PORT)
}

/// A connection string that names Azurite in full.
pub fn azurite_connection() -> String {
    let queues = format!("http://127.0.0.1:{}/{ACCOUNT}", *PORT + 1);
    format!("AccountName={ACCOUNT};AccountKey={KEY};BlobEndpoint={};QueueEndpoint={queues};", azurite_endpoint())
}

/// A container of a running Azurite, as a client of Azure that is not the emulator sees it.
pub struct TestContainer {
    pub name: String,
    store: MicrosoftAzure,
}

impl TestContainer {
    /// A new container.
    pub async fn create(name: &str) -> Self {
        let container = Self::open(name);
        let url = format!("{}?restype=container&{}", container.url(), account_sas("rwdlac"));
        let answer = Client::new().put(url).header("x-ms-version", "2021-12-02").send().await.expect("Azurite answers");
        assert_eq!(answer.status(), 201, "{name}");
        container
    }

    /// One that is there, or will be.
    pub fn open(name: &str) -> Self {
        drop(rustls::crypto::ring::default_provider().install_default());
        LazyLock::force(&AZURITE);
        let builder = MicrosoftAzureBuilder::new().with_account(ACCOUNT).with_access_key(KEY).with_allow_http(true);
        let store = builder.with_endpoint(azurite_endpoint()).with_container_name(name).build().expect("a client");
        Self { name: name.to_owned(), store }
    }

    /// Its URL, which opens nothing.
    pub fn url(&self) -> String {
        format!("{}/{}", azurite_endpoint(), self.name)
    }

    /// Its URL with a signature of what a service may do with the container.
    pub fn url_with_sas(&self, permissions: &str) -> String {
        let (until, version) = ("2099-01-01T00:00:00Z", "2021-12-02");
        let resource = format!("/blob/{ACCOUNT}/{}", self.name);
        let text = format!("{permissions}\n\n{until}\n{resource}\n\n\n\n{version}\nc\n\n\n\n\n\n\n");
        format!("{}?sp={permissions}&se={until}&sv={version}&sr=c&sig={}", self.url(), signature(&text))
    }

    /// The names of its blobs, in their order.
    pub async fn names(&self) -> Vec<String> {
        let list = self.store.list(None).map_ok(|meta| meta.location.to_string());
        let mut names: Vec<String> = list.try_collect().await.expect("Azurite lists");
        names.sort();
        names
    }

    /// The bytes of a blob.
    pub async fn read(&self, name: &str) -> Vec<u8> {
        let blob = self.store.get(&BlobPath::from(name)).await.unwrap_or_else(|error| panic!("{name}: {error}"));
        blob.bytes().await.expect("Azurite sends").to_vec()
    }

    /// Writes a blob.
    pub async fn write(&self, name: &str, bytes: Vec<u8>) {
        self.store.put(&BlobPath::from(name), bytes.into()).await.expect("Azurite stores");
    }

    /// Another request to a blob, with a signature of everything.
    pub async fn send(&self, method: Method, name: &str, query: &str, headers: &[(&str, &str)], body: Vec<u8>) -> u16 {
        let url = format!("{}/{name}?{query}&{}", self.url(), account_sas("rwdlac"));
        let request = Client::new().request(method, url).header("x-ms-version", "2021-12-02").body(body);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        request.send().await.expect("Azurite answers").status().as_u16()
    }
}

/// The messages of a queue, which stay in it.
pub async fn queue_messages(queue: &str) -> Vec<String> {
    let sas = account_sas("rwdlacup");
    let url = format!("http://127.0.0.1:{}/{ACCOUNT}/{queue}/messages?peekonly=true&numofmessages=32&{sas}", *PORT + 1);
    let answer = Client::new().get(url).header("x-ms-version", "2021-12-02").send().await.expect("Azurite answers");
    if answer.status() == 404 {
        return Vec::new();
    }
    let xml = answer.text().await.expect("text");
    let texts = xml.split("<MessageText>").skip(1).filter_map(|rest| rest.split("</MessageText>").next());
    texts.map(|text| text.replace("&quot;", "\"").replace("&amp;", "&")).collect()
}

/// A shared access signature of the whole account.
fn account_sas(permissions: &str) -> String {
    let (until, version) = ("2099-01-01T00:00:00Z", "2021-12-02");
    let text = format!("{ACCOUNT}\n{permissions}\nbq\nsco\n\n{until}\n\n\n{version}\n\n");
    format!("sp={permissions}&ss=bq&srt=sco&se={until}&sv={version}&sig={}", signature(&text))
}

/// The signature of a text, as a part of a query.
fn signature(text: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, &BASE64_STANDARD.decode(KEY).expect("base64"));
    let signature = BASE64_STANDARD.encode(hmac::sign(&key, text.as_bytes()));
    percent_encoding::utf8_percent_encode(&signature, percent_encoding::NON_ALPHANUMERIC).to_string()
}
