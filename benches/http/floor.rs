//! The floor of HTTP: a handler on the emulator's own stack that reads the same request and answers the same bytes, from
//! memory or from a file, and does nothing else. It runs in a process of its own, so that its processor time can be told apart.

use std::{
    io::Write,
    net::SocketAddr,
    process::Stdio,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::Context;
use axum::{
    Router,
    body::{Body, Bytes},
    extract::{DefaultBodyLimit, Request as Received, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::put,
};
use futures_util::StreamExt;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader},
    net::TcpListener,
    process::{Child, Command},
};
use tokio_util::io::ReaderStream;

use super::{
    client::{Answer, Connection, Request},
    processes,
};

/// The argument that makes this program the floor.
pub const ARGUMENT: &str = "--floor";

/// The header in which the floor is told the status of its answers.
const STATUS: &str = "floor-status";

/// The header that tells the floor to keep the answer in a file.
const FROM_FILE: &str = "floor-from-file";

/// Bytes of a file that are read at a time.
const PIECE: usize = 64 * 1024;

/// Headers that the stack writes by itself.
const FRAMING: [header::HeaderName; 4] =
    [header::CONTENT_LENGTH, header::TRANSFER_ENCODING, header::CONNECTION, header::DATE];

/// Where an answer comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The floor has it in memory.
    Memory,
    /// The floor reads a file each time, as a server of static files does.
    File,
}

/// A running floor.
#[derive(Debug)]
pub struct Floor {
    /// Where it listens.
    pub address: SocketAddr,
    process: u32,
    /// It ends with the pipe to it, however this process ends.
    _child: Child,
}

impl Floor {
    /// Starts it.
    pub async fn start() -> anyhow::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg(ARGUMENT).process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().context("cannot start the floor")?;
        let process = child.id().context("the floor ended at once")?;
        let mut lines = BufReader::new(child.stdout.take().context("no output")?).lines();
        let address = lines.next_line().await?.context("the floor does not say where it listens")?;
        Ok(Self { address: address.parse()?, process, _child: child })
    }

    /// Tells it what to answer from now on, and from where.
    pub async fn learn(&self, answer: &Answer, source: Source) -> anyhow::Result<()> {
        let mut request = Request::new("PUT", "/answer").header(STATUS, &answer.status.to_string());
        if source == Source::File {
            request = request.header(FROM_FILE, "yes");
        }
        // What framed the body is the stack's business, and would contradict the frame of this request.
        let is_framing = |name: &str| FRAMING.iter().any(|framing| framing.as_str().eq_ignore_ascii_case(name));
        for (name, value) in answer.headers.iter().filter(|(name, _)| !is_framing(name)) {
            request = request.header(name, value);
        }
        let request = request.body(answer.body.clone());
        Connection::open(self.address).await?.send(&request).await?.expect(200)?;
        Ok(())
    }

    /// Processor time so far.
    pub fn processor_time(&self) -> anyhow::Result<Duration> {
        processes::exact_time(self.process)
    }
}

/// What every request is answered with.
type Known = Arc<Mutex<(StatusCode, HeaderMap, Content)>>;

/// A body, or the file that it is in.
#[derive(Debug, Clone)]
enum Content {
    Memory(Bytes),
    File(Arc<tempfile::NamedTempFile>),
}

impl Default for Content {
    fn default() -> Self {
        Self::Memory(Bytes::new())
    }
}

/// Is the floor, until standard input ends.
#[tokio::main]
pub async fn serve() -> anyhow::Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    announce(listener.local_addr()?);
    let known = Known::default();
    let router = Router::new()
        .route("/answer", put(learn))
        .fallback(answer)
        .layer(DefaultBodyLimit::disable())
        .with_state(known);
    let (mut leash, mut nothing) = (tokio::io::stdin(), Vec::new());
    tokio::select! {
        outcome = axum::serve(listener, router) => outcome?,
        outcome = leash.read_to_end(&mut nothing) => drop(outcome?),
    }
    // Not even a thread that still reads from standard input holds it up.
    std::process::exit(0)
}

#[allow(clippy::print_stdout)] // read by the process that started this one
fn announce(address: SocketAddr) {
    println!("{address}");
}

async fn learn(State(known): State<Known>, mut headers: HeaderMap, body: Bytes) -> StatusCode {
    let status = headers.remove(STATUS).and_then(|status| StatusCode::from_bytes(status.as_bytes()).ok());
    let Some(status) = status else { return StatusCode::BAD_REQUEST };
    headers.remove(header::CONTENT_LENGTH);
    headers.remove(header::HOST);
    let body = match headers.remove(FROM_FILE) {
        None => Content::Memory(body),
        Some(_) => match tempfile::NamedTempFile::new().and_then(|mut file| file.write_all(&body).map(|()| file)) {
            Ok(file) => Content::File(Arc::new(file)),
            Err(_) => return StatusCode::INSUFFICIENT_STORAGE,
        },
    };
    *known.lock().unwrap_or_else(PoisonError::into_inner) = (status, headers, body);
    StatusCode::OK
}

async fn answer(State(known): State<Known>, request: Received) -> Response {
    let mut body = request.into_body().into_data_stream();
    while let Some(chunk) = body.next().await {
        if chunk.is_err() {
            return StatusCode::BAD_REQUEST.into_response();
        }
    }
    let (status, headers, content) = known.lock().unwrap_or_else(PoisonError::into_inner).clone();
    match content {
        Content::Memory(bytes) => (status, headers, Body::from(bytes)).into_response(),
        Content::File(file) => match from_file(&file).await {
            Ok((length, body)) => (status, headers, [(header::CONTENT_LENGTH, length)], body).into_response(),
            Err(_) => StatusCode::NOT_FOUND.into_response(),
        },
    }
}

/// A file as servers of static files send it: opened, measured, and read in pieces.
async fn from_file(file: &tempfile::NamedTempFile) -> std::io::Result<(u64, Body)> {
    let file = tokio::fs::File::open(file.path()).await?;
    let length = file.metadata().await?.len();
    Ok((length, Body::from_stream(ReaderStream::with_capacity(file, PIECE))))
}
