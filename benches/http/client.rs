//! A lean HTTP/1.1 client: one connection that is kept alive, one request at a time.

use std::net::SocketAddr;

use anyhow::{Context, bail};
use bytes::{Buf, BytesMut};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Headers of an answer at most.
const MAX_HEADERS: usize = 64;

/// A request as it will be sent.
#[derive(Debug, Clone)]
pub struct Request {
    method: &'static str,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Request {
    /// A request without a body.
    pub fn new(method: &'static str, path: impl Into<String>) -> Self {
        Self { method, path: path.into(), headers: Vec::new(), body: Vec::new() }
    }

    /// A `GET` that accepts this.
    pub fn get(path: impl Into<String>, accept: &str) -> Self {
        Self::new("GET", path).header("accept", accept)
    }

    /// Adds a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sets the body.
    pub fn body(mut self, body: Vec<u8>) -> Self {
        self.body = body;
        self
    }

    fn head(&self, address: SocketAddr) -> String {
        let headers: String = self.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let length = match (self.method, self.body.len()) {
            ("GET" | "DELETE", 0) => String::new(),
            (_, length) => format!("content-length: {length}\r\n"),
        };
        format!("{} {} HTTP/1.1\r\nhost: {address}\r\n{headers}{length}\r\n", self.method, self.path)
    }
}

/// An answer, read to its end.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The headers, their names as they were sent.
    pub headers: Vec<(String, String)>,
    /// The body, without what framed it.
    pub body: Vec<u8>,
}

impl Answer {
    fn header(&self, wanted: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
        found.map(|(_, value)| value.as_str())
    }

    /// The answer itself if it has this status; otherwise an error that shows it.
    pub fn expect(self, status: u16) -> anyhow::Result<Self> {
        if self.status != status {
            bail!("the answer is {}, not {status}: {}", self.status, String::from_utf8_lossy(&self.body));
        }
        Ok(self)
    }
}

/// A connection to a server.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    address: SocketAddr,
    received: BytesMut,
}

impl Connection {
    /// Connects.
    pub async fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await.with_context(|| format!("cannot connect to {address}"))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, address, received: BytesMut::with_capacity(64 * 1024) })
    }

    /// Sends a request and reads its answer.
    pub async fn send(&mut self, request: &Request) -> anyhow::Result<Answer> {
        let mut bytes = request.head(self.address).into_bytes();
        bytes.extend_from_slice(&request.body);
        self.stream.write_all(&bytes).await?;
        let mut answer = self.head().await?;
        answer.body = self.body(&answer).await?;
        Ok(answer)
    }

    /// Sends a request and waits only until its answer begins; the connection is of no more use then.
    pub async fn begin(mut self, request: &Request) -> anyhow::Result<Answer> {
        self.stream.write_all(request.head(self.address).as_bytes()).await?;
        self.head().await
    }

    async fn head(&mut self) -> anyhow::Result<Answer> {
        loop {
            let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
            let mut response = httparse::Response::new(&mut headers);
            if let httparse::Status::Complete(length) = response.parse(&self.received)? {
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                let headers = response.headers.iter().map(|header| (header.name.to_owned(), text(header.value)));
                let answer = Answer {
                    status: response.code.context("an answer without a status")?,
                    headers: headers.collect(),
                    body: Vec::new(),
                };
                self.received.advance(length);
                return Ok(answer);
            }
            self.receive().await?;
        }
    }

    async fn body(&mut self, answer: &Answer) -> anyhow::Result<Vec<u8>> {
        if matches!(answer.status, 204 | 304) {
            return Ok(Vec::new());
        }
        match (answer.header("content-length"), answer.header("transfer-encoding")) {
            (Some(length), _) => self.exactly(length.parse()?).await,
            (None, Some(coding)) if coding.eq_ignore_ascii_case("chunked") => self.chunks().await,
            _ => bail!("an answer of unknown length"),
        }
    }

    async fn chunks(&mut self) -> anyhow::Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let size = match httparse::parse_chunk_size(&self.received) {
                Ok(httparse::Status::Complete((head, size))) => {
                    self.received.advance(head);
                    usize::try_from(size)?
                }
                Ok(httparse::Status::Partial) => {
                    self.receive().await?;
                    continue;
                }
                Err(_) => bail!("a malformed chunk"),
            };
            body.extend_from_slice(&self.exactly(size).await?);
            self.exactly(b"\r\n".len()).await?;
            if size == 0 {
                return Ok(body);
            }
        }
    }

    async fn exactly(&mut self, length: usize) -> anyhow::Result<Vec<u8>> {
        self.received.reserve(length.saturating_sub(self.received.len()));
        while self.received.len() < length {
            self.receive().await?;
        }
        let bytes = self.received[..length].to_vec();
        self.received.advance(length);
        Ok(bytes)
    }

    async fn receive(&mut self) -> anyhow::Result<()> {
        match self.stream.read_buf(&mut self.received).await? {
            0 => bail!("the server closed the connection"),
            _ => Ok(()),
        }
    }
}
