//! Reading a multipart body from a stream of chunks, however they are cut. The bytes of a part are handed out as slices
//! of the chunks that they came in: nothing is copied but what may be the beginning of a delimiter.

use bytes::{Buf, Bytes, BytesMut};
use futures_util::{Stream, StreamExt};
use memchr::memmem::Finder;

/// Headers of one part at most.
const MAX_HEADERS: usize = 16;

/// Bytes of the headers of one part at most.
const MAX_HEADER_BYTES: usize = 16 * 1024;

/// Blanks that may follow a boundary before its line ends.
const MAX_PADDING: usize = 256;

/// Why a body cannot be read on.
#[derive(Debug, thiserror::Error)]
pub enum MultipartError<E> {
    /// No delimiter in the whole body.
    #[error("the body ends before its first delimiter")]
    NoDelimiter,
    /// The body ends inside of a part.
    #[error("the body ends before its closing delimiter")]
    Unterminated,
    /// More headers than a part may have.
    #[error("a part has more than {MAX_HEADERS} headers")]
    TooManyHeaders,
    /// Headers that are none.
    #[error("the headers of a part are malformed")]
    MalformedHeaders,
    /// The body failed.
    #[error(transparent)]
    Body(E),
}

/// Reads the parts of a body one after another.
pub struct MultipartReader<S> {
    chunks: S,
    delimiter: Finder<'static>,
    /// What has been received and not yet handed out.
    buffer: Bytes,
    at_end: bool,
    place: Place,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Preamble,
    Headers,
    Body,
    Epilogue,
}

impl<S, E> MultipartReader<S>
where
    S: Stream<Item = Result<Bytes, E>> + Unpin,
{
    /// Reads `chunks`, whose parts are separated by `boundary`.
    pub fn new(boundary: &str, chunks: S) -> Self {
        Self {
            chunks,
            delimiter: Finder::new(&format!("\r\n--{boundary}")).into_owned(),
            // As if a line ended before the body: its first line may be a delimiter.
            buffer: Bytes::from_static(b"\r\n"),
            at_end: false,
            place: Place::Preamble,
        }
    }

    /// Goes to the next part, skipping what is left of this one; answers its `Content-Type`, or nothing if there are
    /// no more parts.
    pub async fn next_part(&mut self) -> Result<Option<PartHeaders>, MultipartError<E>> {
        while matches!(self.place, Place::Preamble | Place::Body) {
            self.next_bytes().await?;
        }
        if self.place == Place::Epilogue {
            while self.receive().await? {
                self.buffer.clear();
            }
            return Ok(None);
        }
        let headers = self.headers().await?;
        self.place = Place::Body;
        Ok(Some(headers))
    }

    /// The next bytes of the part; nothing at its end.
    pub async fn next_bytes(&mut self) -> Result<Option<Bytes>, MultipartError<E>> {
        if !matches!(self.place, Place::Preamble | Place::Body) {
            return Ok(None);
        }
        let mut from = 0;
        loop {
            match self.delimiter.find(&self.buffer[from..]).map(|found| found + from) {
                Some(0) => {
                    if self.pass_delimiter().await? {
                        return Ok(None);
                    }
                    from = 1; // it only looked like one
                }
                Some(found) => return Ok(Some(self.buffer.split_to(found))),
                None => {
                    let kept = self.possible_delimiter(from);
                    let plain = self.buffer.len() - kept;
                    if plain > 0 {
                        return Ok(Some(self.buffer.split_to(plain)));
                    }
                    if !self.receive().await? {
                        return Err(match self.place {
                            Place::Preamble => MultipartError::NoDelimiter,
                            _ => MultipartError::Unterminated,
                        });
                    }
                    from = 0;
                }
            }
        }
    }

    /// With a delimiter at the start of the buffer: consumes its line and goes on, or finds that it is none. Only line
    /// ends and blanks may follow the boundary, or the two hyphens that close the body.
    async fn pass_delimiter(&mut self) -> Result<bool, MultipartError<E>> {
        let length = self.delimiter.needle().len();
        loop {
            let rest = &self.buffer[length..];
            if rest.starts_with(b"--") {
                self.buffer.advance(length + 2);
                self.place = Place::Epilogue;
                return Ok(true);
            }
            let padding = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
            let end = &rest[padding..];
            if end.starts_with(b"\r\n") {
                self.buffer.advance(length + padding + 2);
                self.place = Place::Headers;
                return Ok(true);
            }
            let undecided = end.is_empty() || end == b"\r" || padding == 0 && end == b"-";
            if !undecided || padding > MAX_PADDING || !self.receive().await? {
                return Ok(false);
            }
        }
    }

    async fn headers(&mut self) -> Result<PartHeaders, MultipartError<E>> {
        loop {
            let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
            match httparse::parse_headers(&self.buffer, &mut headers) {
                Ok(httparse::Status::Complete((length, headers))) => {
                    let content_type = headers.iter().find(|header| header.name.eq_ignore_ascii_case("content-type"));
                    let content_type =
                        content_type.map(|header| String::from_utf8_lossy(header.value).trim().to_owned());
                    self.buffer.advance(length);
                    return Ok(PartHeaders { content_type });
                }
                Ok(httparse::Status::Partial) if self.buffer.len() > MAX_HEADER_BYTES => {
                    return Err(MultipartError::MalformedHeaders);
                }
                Ok(httparse::Status::Partial) => {
                    if !self.receive().await? {
                        return Err(MultipartError::Unterminated);
                    }
                }
                Err(httparse::Error::TooManyHeaders) => return Err(MultipartError::TooManyHeaders),
                Err(_) => return Err(MultipartError::MalformedHeaders),
            }
        }
    }

    /// How many bytes at the end of the buffer may be the beginning of a delimiter; those before `from` are known not
    /// to be.
    fn possible_delimiter(&self, from: usize) -> usize {
        let needle = self.delimiter.needle();
        let longest = needle.len().min(self.buffer.len().saturating_sub(from));
        (1..=longest).rev().find(|length| self.buffer.ends_with(&needle[..*length])).unwrap_or(0)
    }

    /// Appends the next chunk to the buffer; false at the end of the body.
    async fn receive(&mut self) -> Result<bool, MultipartError<E>> {
        while !self.at_end {
            match self.chunks.next().await {
                None => self.at_end = true,
                Some(Err(error)) => return Err(MultipartError::Body(error)),
                Some(Ok(chunk)) if chunk.is_empty() => {}
                Some(Ok(chunk)) if self.buffer.is_empty() => {
                    self.buffer = chunk;
                    return Ok(true);
                }
                Some(Ok(chunk)) => {
                    let mut joined = BytesMut::with_capacity(self.buffer.len() + chunk.len());
                    joined.extend_from_slice(&self.buffer);
                    joined.extend_from_slice(&chunk);
                    self.buffer = joined.freeze();
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }
}

/// What is known of a part before its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartHeaders {
    /// Its `Content-Type`.
    pub content_type: Option<String>,
}

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::*;

    type Parts = Vec<(Option<String>, Vec<u8>)>;

    /// All parts, and whether the body ended as it should, with the body cut into chunks of this size.
    async fn read(body: &[u8], chunk: usize) -> (Parts, Result<(), String>) {
        let chunks = body.chunks(chunk).map(|chunk| Ok::<_, std::convert::Infallible>(Bytes::copy_from_slice(chunk)));
        let mut reader = MultipartReader::new("b", stream::iter(chunks.collect::<Vec<_>>()));
        let mut parts = Parts::new();
        loop {
            match reader.next_part().await {
                Ok(None) => return (parts, Ok(())),
                Err(error) => return (parts, Err(error.to_string())),
                Ok(Some(headers)) => {
                    let mut bytes = Vec::new();
                    loop {
                        match reader.next_bytes().await {
                            Ok(Some(piece)) => bytes.extend_from_slice(&piece),
                            Ok(None) => break,
                            Err(error) => return (parts, Err(error.to_string())),
                        }
                    }
                    parts.push((headers.content_type, bytes));
                }
            }
        }
    }

    async fn assert_reads(body: &[u8], expected: &[(Option<&str>, &[u8])], end: Result<(), &str>) {
        let expected: Parts = expected.iter().map(|(kind, bytes)| (kind.map(str::to_owned), bytes.to_vec())).collect();
        for chunk in 1..=body.len().max(1) {
            let found = read(body, chunk).await;
            assert_eq!(found, (expected.clone(), end.map_err(str::to_owned)), "chunks of {chunk}");
        }
    }

    #[tokio::test]
    async fn parts_are_read_however_the_body_is_cut() {
        let body = b"preamble\r\n--b\r\nContent-Type: application/dicom\r\n\r\none\r\n--b \t\r\nX: y\r\n\r\n\r\n--b\r\n\r\nthree\r\n--b--\r\nepilogue";
        assert_reads(body, &[(Some("application/dicom"), b"one"), (None, b""), (None, b"three")], Ok(())).await;
    }

    #[tokio::test]
    async fn what_looks_like_a_delimiter_belongs_to_the_part() {
        let body = b"--b\r\n\r\nx\r\n--b-\r\n--bb\r\n--b x\r\n--\r\r\n--b--";
        assert_reads(body, &[(None, b"x\r\n--b-\r\n--bb\r\n--b x\r\n--\r")], Ok(())).await;
    }

    #[tokio::test]
    async fn a_body_may_have_no_parts() {
        assert_reads(b"--b--", &[], Ok(())).await;
        assert_reads(b"--b\r\n\r\n--b--", &[], Err("the body ends before its closing delimiter")).await;
    }

    #[tokio::test]
    async fn an_unterminated_part_is_an_error_after_those_before_it() {
        let end = Err("the body ends before its closing delimiter");
        assert_reads(b"--b\r\n\r\none\r\n--b\r\n\r\ntwo", &[(None, b"one")], end).await;
        assert_reads(b"--b\r\n\r\none\r\n--b", &[], end).await;
    }

    #[tokio::test]
    async fn a_body_without_delimiter_is_an_error() {
        for body in [b"".as_slice(), b"--", b"nothing here", b"--c--"] {
            assert_reads(body, &[], Err("the body ends before its first delimiter")).await;
        }
    }

    #[tokio::test]
    async fn too_many_or_malformed_headers_are_errors() {
        let many = "A: b\r\n".repeat(17);
        let body = format!("--b\r\n{many}\r\nx\r\n--b--");
        assert_eq!(read(body.as_bytes(), 7).await.1, Err("a part has more than 16 headers".to_owned()));
        assert_eq!(
            read(b"--b\r\n: x\r\n\r\n\r\n--b--", 3).await.1,
            Err("the headers of a part are malformed".to_owned())
        );
        let long = format!("--b\r\nA: {}", "x".repeat(MAX_HEADER_BYTES));
        assert_eq!(read(long.as_bytes(), 1000).await.1, Err("the headers of a part are malformed".to_owned()));
    }
}
