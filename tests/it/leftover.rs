//! Connections whose requests are refused before their bodies are read: usable for the next request, or closed with a
//! word

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, sleep, timeout},
};

use crate::support::TestApp;

/// A connection that sends requests one after another.
struct Connection {
    stream: TcpStream,
    path: String,
}

/// An answer as it came, but for its body.
struct Head(String);

impl Head {
    fn status(&self) -> &str {
        self.0.split(' ').nth(1).unwrap()
    }

    fn closes(&self) -> bool {
        self.0.lines().any(|line| line.eq_ignore_ascii_case("connection: close"))
    }

    fn length(&self) -> usize {
        let lower = self.0.to_ascii_lowercase();
        let length = lower.lines().find_map(|line| line.strip_prefix("content-length: ").map(str::to_owned));
        length.map_or(0, |length| length.parse().unwrap())
    }
}

impl Connection {
    async fn to(app: &TestApp) -> Self {
        let stream = TcpStream::connect(app.root().trim_start_matches("http://")).await.unwrap();
        Self { stream, path: format!("/services/{}/v2/studies", app.service) }
    }

    async fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
    }

    /// The head of a store that nobody accepts.
    async fn refused(&mut self, headers: &str) {
        let head = format!(
            "POST {} HTTP/1.1\r\nHost: x\r\nAccept: text/html\r\nContent-Type: application/dicom\r\n{headers}\r\n\r\n",
            self.path
        );
        self.send(head.as_bytes()).await;
    }

    /// The next answer; its body is read and dropped.
    async fn answer(&mut self) -> Head {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            self.stream.read_exact(&mut byte).await.expect("an answer");
            head.push(byte[0]);
        }
        let head = Head(String::from_utf8(head).unwrap());
        let mut body = vec![0; head.length()];
        self.stream.read_exact(&mut body).await.expect("a whole answer");
        head
    }

    async fn asks_for_health(&mut self) {
        self.send(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n").await;
        assert_eq!(self.answer().await.status(), "200");
    }
}

#[tokio::test]
async fn a_connection_outlives_a_refusal_that_did_not_read_the_body() {
    let mut connection = Connection::to(&TestApp::new()).await;
    for length in [1, 50_000, 1_000_000] {
        connection.refused(&format!("Content-Length: {length}")).await;
        connection.send(&vec![0; length]).await;
        let refused = connection.answer().await;
        assert_eq!((refused.status(), refused.closes()), ("406", false), "{length}");
        connection.asks_for_health().await;
    }
    connection.refused("Transfer-Encoding: chunked").await;
    for _ in 0..10 {
        connection.send(b"1000\r\n").await;
        connection.send(&[b'x'; 0x1000]).await;
        connection.send(b"\r\n").await;
        sleep(Duration::from_millis(5)).await;
    }
    connection.send(b"0\r\n\r\n").await;
    assert_eq!(connection.answer().await.status(), "406");
    connection.asks_for_health().await;
}

#[tokio::test]
async fn a_connection_outlives_a_part_that_is_refused() {
    let mut connection = Connection::to(&TestApp::new()).await;
    let body = [b"--b\r\nContent-Type: text/plain\r\n\r\n".as_slice(), &[b'x'; 300_000], b"\r\n--b--"].concat();
    let head = format!(
        "POST {} HTTP/1.1\r\nHost: x\r\nAccept: */*\r\nContent-Type: multipart/related; boundary=b\r\nContent-Length: {}\r\n\r\n",
        connection.path,
        body.len()
    );
    connection.send(head.as_bytes()).await;
    connection.send(&body).await;
    assert_eq!(connection.answer().await.status(), "415");
    connection.asks_for_health().await;
}

#[tokio::test]
async fn a_body_that_is_too_large_to_be_skipped_closes_the_connection() {
    let app = TestApp::new();
    let mut connection = Connection::to(&app).await;
    connection.refused("Content-Length: 2000000").await;
    let refused = timeout(Duration::from_secs(5), connection.answer()).await.unwrap();
    assert_eq!((refused.status(), refused.closes()), ("406", true));
    let mut connection = Connection::to(&app).await;
    connection.refused("Transfer-Encoding: chunked").await;
    connection.send(b"200000\r\n").await;
    // The server may stop reading before all of it is written.
    drop(connection.stream.write_all(&vec![b'x'; 0x18_0000]).await);
    let refused = timeout(Duration::from_secs(5), connection.answer()).await.unwrap();
    assert_eq!((refused.status(), refused.closes()), ("406", true));
}

#[tokio::test]
async fn a_client_that_sends_slowly_does_not_hold_its_answer_up() {
    let mut connection = Connection::to(&TestApp::new()).await;
    connection.refused("Content-Length: 1000").await;
    connection.send(b"some").await;
    let asked = Instant::now();
    let refused = connection.answer().await;
    assert_eq!((refused.status(), refused.closes()), ("406", true));
    assert!(asked.elapsed() < Duration::from_secs(3), "{:?}", asked.elapsed());
}

#[tokio::test]
async fn a_client_that_waits_to_be_asked_for_its_body_is_not_asked_for_what_nobody_reads() {
    let app = TestApp::new();
    let mut connection = Connection::to(&app).await;
    connection.refused("Expect: 100-continue\r\nContent-Length: 1000").await;
    let refused = connection.answer().await;
    assert_eq!((refused.status(), refused.closes()), ("406", true));
    let mut connection = Connection::to(&app).await;
    let head = format!(
        "POST {} HTTP/1.1\r\nHost: x\r\nAccept: */*\r\nContent-Type: application/dicom\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n",
        connection.path
    );
    connection.send(head.as_bytes()).await;
    assert_eq!(connection.answer().await.status(), "100");
    connection.send(b"none").await;
    let stored = connection.answer().await;
    assert_eq!((stored.status(), stored.closes()), ("409", false));
    connection.asks_for_health().await;
}
