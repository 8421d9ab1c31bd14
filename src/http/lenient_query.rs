//! What clients write in a query and HTTP libraries refuse: `"`, `<` and `>`.
//!
//! URIs have no place for them (RFC 3986 3.4), and most clients encode them; the service takes them as they come, if only
//! to refuse `<` in its own words. So they are encoded on their way in. Nothing else that a client sends is changed; to
//! know where its requests begin, their bodies are counted.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use axum::serve::Listener;
use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A listener whose connections take such queries.
#[derive(Debug)]
pub struct Lenient<L>(pub L);

impl<L: Listener> Listener for Lenient<L> {
    type Io = Connection<L::Io>;
    type Addr = L::Addr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let (io, address) = self.0.accept().await;
        (Connection { io, requests: Requests::default(), encoded: Bytes::new() }, address)
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.0.local_addr()
    }
}

/// A connection of a [`Lenient`] listener.
#[derive(Debug)]
pub struct Connection<I> {
    io: I,
    requests: Requests,
    /// What was read and had to grow.
    encoded: Bytes,
}

impl<I: AsyncRead + Unpin> AsyncRead for Connection<I> {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, to: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let connection = self.get_mut();
        if connection.encoded.is_empty() {
            let before = to.filled().len();
            ready!(Pin::new(&mut connection.io).poll_read(context, to))?;
            let Some(encoded) = connection.requests.encode(&to.filled()[before..]) else { return Poll::Ready(Ok(())) };
            to.set_filled(before);
            connection.encoded = encoded.into();
        }
        let fits = connection.encoded.len().min(to.remaining());
        to.put_slice(&connection.encoded[..fits]);
        connection.encoded.advance(fits);
        Poll::Ready(Ok(()))
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for Connection<I> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().io).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_shutdown(context)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().io).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}

/// The requests of a connection, as far as they were read (RFC 9112).
#[derive(Debug, Default)]
struct Requests {
    place: Place,
    body: Body,
    /// The beginning of the line that is read, if it says where the body ends.
    line: Vec<u8>,
}

/// What is read.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Nothing of a request yet.
    #[default]
    Start,
    /// The method and the path.
    Path,
    /// The query, and what follows in its line.
    Query,
    /// Header fields.
    Field,
    /// A body of so many further bytes.
    Body(u64),
    /// The size of a chunk.
    Size,
    /// So many further bytes of a chunk.
    Chunk(u64),
    /// The end of the line behind a chunk.
    ChunkEnd,
    /// Fields behind the chunks.
    Trailer,
    /// Something that is no request: the rest passes as it is.
    Lost,
}

/// How the body of the request is delimited.
#[derive(Debug, Default, Clone, Copy)]
enum Body {
    #[default]
    None,
    Length(u64),
    Chunks,
}

impl Requests {
    /// Bytes of a line that are kept.
    const KEPT: usize = 128;

    /// The next bytes as they are to be parsed, if that is not as they are.
    fn encode(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        let mut encoded = None;
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            let step = match &mut self.place {
                Place::Lost => break,
                Place::Body(left) | Place::Chunk(left) => {
                    let step = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len() - at);
                    *left -= step as u64;
                    step
                }
                _ => 1,
            };
            let replacement = match (self.place, byte) {
                (Place::Query, b'"') => Some("%22"),
                (Place::Query, b'<') => Some("%3C"),
                (Place::Query, b'>') => Some("%3E"),
                _ => None,
            };
            if let Some(replacement) = replacement {
                encoded.get_or_insert_with(|| bytes[..at].to_vec()).extend_from_slice(replacement.as_bytes());
            } else if let Some(encoded) = &mut encoded {
                encoded.extend_from_slice(&bytes[at..at + step]);
            }
            self.place = self.after(*byte);
            at += step;
        }
        if let Some(encoded) = &mut encoded {
            encoded.extend_from_slice(&bytes[at..]);
        }
        encoded
    }

    /// What comes behind a byte, or behind what was skipped.
    fn after(&mut self, byte: u8) -> Place {
        match (self.place, byte) {
            (Place::Start, b'\r' | b'\n') => Place::Start,
            (Place::Start, _) => Place::Path,
            (Place::Path, b'?') => Place::Query,
            (Place::Path | Place::Query, b'\n') => {
                self.body = Body::None;
                Place::Field
            }
            (Place::Field | Place::Size | Place::Trailer, b'\n') => {
                let line = std::mem::take(&mut self.line);
                self.behind(line.trim_ascii())
            }
            (Place::Field | Place::Size | Place::Trailer, byte) => {
                if self.line.len() < Self::KEPT {
                    self.line.push(byte);
                }
                self.place
            }
            (Place::Body(0), _) => Place::Start,
            (Place::Chunk(0), _) => Place::ChunkEnd,
            (Place::ChunkEnd, b'\n') => Place::Size,
            (place, _) => place,
        }
    }

    /// What comes behind a line.
    fn behind(&mut self, line: &[u8]) -> Place {
        match (self.place, line) {
            (Place::Field, b"") => match self.body {
                Body::None | Body::Length(0) => Place::Start,
                Body::Length(length) => Place::Body(length),
                Body::Chunks => Place::Size,
            },
            (Place::Field, field) => match delimiter(field) {
                Ok(body) => {
                    // Chunks prevail over a length (RFC 9112 6.3).
                    if !matches!(self.body, Body::Chunks) {
                        self.body = body.unwrap_or(self.body);
                    }
                    Place::Field
                }
                Err(Unknown) => Place::Lost,
            },
            (Place::Size, size) => match chunk_size(size) {
                Some(0) => Place::Trailer,
                Some(size) => Place::Chunk(size),
                None => Place::Lost,
            },
            (_, b"") => Place::Start,
            (place, _) => place,
        }
    }
}

/// A body whose end cannot be told.
struct Unknown;

/// What a header field says of the end of the body.
fn delimiter(field: &[u8]) -> Result<Option<Body>, Unknown> {
    let text = str::from_utf8(field).unwrap_or_default();
    let Some((name, value)) = text.split_once(':') else { return Ok(None) };
    if name.eq_ignore_ascii_case("content-length") {
        return value.trim().parse().map(|length| Some(Body::Length(length))).map_err(|_| Unknown);
    }
    if name.eq_ignore_ascii_case("transfer-encoding") {
        return if value.trim().eq_ignore_ascii_case("chunked") { Ok(Some(Body::Chunks)) } else { Err(Unknown) };
    }
    Ok(None)
}

fn chunk_size(line: &[u8]) -> Option<u64> {
    let digits = line.split(|byte| *byte == b';').next().unwrap_or_default();
    u64::from_str_radix(str::from_utf8(digits).ok()?.trim(), 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is parsed when the bytes come in pieces of such a length.
    fn encoded(sent: &str, length: usize) -> String {
        let mut requests = Requests::default();
        let pieces = sent.as_bytes().chunks(length);
        let parsed = pieces.flat_map(|piece| requests.encode(piece).unwrap_or_else(|| piece.to_vec()));
        String::from_utf8_lossy(&parsed.collect::<Vec<u8>>()).into_owned()
    }

    #[test]
    fn queries_are_encoded_and_nothing_else() {
        let bodies = "POST /a<b?c<d HTTP/1.1\r\nX: ?<\r\nContent-Length: 12\r\n\r\n\r\nG /?<\r\n\r\n\
                      \r\nPOST /?\">&?= HTTP/1.1\r\nTransfer-Encoding: Chunked\r\nContent-Length: 3\r\n\r\n\
                      a;x=\"\r\nGET /?<\r\n<\r\n1\r\n<\r\n0\r\nT: <\r\n\r\n\
                      GET /?<";
        let expected = "POST /a<b?c%3Cd HTTP/1.1\r\nX: ?<\r\nContent-Length: 12\r\n\r\n\r\nG /?<\r\n\r\n\
                        \r\nPOST /?%22%3E&?= HTTP/1.1\r\nTransfer-Encoding: Chunked\r\nContent-Length: 3\r\n\r\n\
                        a;x=\"\r\nGET /?<\r\n<\r\n1\r\n<\r\n0\r\nT: <\r\n\r\n\
                        GET /?%3C";
        for length in [1, 2, 3, 7, 64, 1_000] {
            assert_eq!(encoded(bodies, length), expected, "{length}");
        }
    }

    #[test]
    fn what_is_no_request_passes_as_it_is() {
        for sent in [
            "POST / HTTP/1.1\r\nContent-Length: many\r\n\r\nGET /?< HTTP/1.1\r\n",
            "POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\nGET /?< HTTP/1.1\r\n",
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nx\r\nGET /?< HTTP/1.1\r\n",
            "\u{16}\u{3}\u{1}<>\"",
        ] {
            assert_eq!(encoded(sent, 5), sent);
        }
    }
}
