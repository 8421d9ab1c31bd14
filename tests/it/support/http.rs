//! Requests and answers, as little as tests need.

use reqwest::{StatusCode, header::HeaderMap};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::TestApp;

/// What search, metadata and store answer with.
pub const DICOM_JSON: &str = "application/dicom+json";
/// One instance, as it is stored.
pub const STORED_INSTANCE: &str = "application/dicom; transfer-syntax=*";
/// Instances, as they are stored.
pub const STORED_MULTIPART: &str = r#"multipart/related; type="application/dicom"; transfer-syntax=*"#;

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    /// Reads an answer to its end.
    pub async fn read(response: reqwest::Response) -> Self {
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.bytes().await.expect("the answer is whole").to_vec();
        Self { status, headers, body }
    }

    /// The body as text.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("the body is text")
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error} in {:?}", self.text()))
    }

    /// A header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("the header is text"))
    }

    /// Asserts the status; answers the rest.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", String::from_utf8_lossy(&self.body));
        self
    }
}

/// What the server answers to these bytes, until it closes the connection. For what no client library would send.
pub async fn raw(app: &TestApp, request: &str) -> String {
    let address = app.root().trim_start_matches("http://");
    let mut connection = TcpStream::connect(address).await.expect("the server listens");
    connection.write_all(request.as_bytes()).await.expect("the server reads");
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).await.expect("the server answers");
    String::from_utf8_lossy(&answer).into_owned()
}

/// A multipart body of DICOM files, and its content type.
pub fn multipart_body<B: AsRef<[u8]>>(files: impl IntoIterator<Item = B>) -> (String, Vec<u8>) {
    let mut body = Vec::new();
    for file in files {
        body.extend_from_slice(b"--border\r\nContent-Type: application/dicom\r\n\r\n");
        body.extend_from_slice(file.as_ref());
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--border--\r\n");
    (r#"multipart/related; type="application/dicom"; boundary=border"#.to_owned(), body)
}

/// The parts of a multipart answer: content type and bytes.
pub fn parts_of(answer: &Answer) -> Vec<(String, Vec<u8>)> {
    let content_type = answer.header("content-type").expect("a content type");
    let (kind, boundary) = content_type.split_once("; boundary=").expect("a boundary");
    assert_eq!(kind, "multipart/related");
    let mut rest = answer.body.as_slice();
    let mut parts = Vec::new();
    let mut delimiter = format!("--{boundary}\r\n");
    while let Some(part) = rest.strip_prefix(delimiter.as_bytes()) {
        let head = find(part, b"\r\n\r\n").expect("part headers");
        let headers = std::str::from_utf8(&part[..head]).expect("text");
        let kind = headers.strip_prefix("Content-Type: ").expect("only a content type");
        let body = &part[head + 4..];
        let end = find(body, format!("\r\n--{boundary}").as_bytes()).expect("a delimiter");
        parts.push((kind.to_owned(), body[..end].to_vec()));
        rest = &body[end..];
        delimiter = format!("\r\n--{boundary}\r\n");
    }
    assert_eq!(rest, format!("\r\n--{boundary}--\r\n").as_bytes());
    parts
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}
