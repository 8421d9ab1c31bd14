//! Binary answers: one body or parts, each a run of a stored file or bytes that were made for it.

use std::ops::Range;

use axum::{
    body::Body,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_util::{
    Stream, StreamExt,
    stream::{self, BoxStream},
};

use crate::{
    blob::{BlobError, BlobName, Blobs},
    http::{multipart::Boundary, negotiate::Form},
};

/// Parts that are opened ahead of the one that is sent.
const READ_AHEAD: usize = 4;

/// What is sent as a body of its own or as a part.
#[derive(Debug)]
pub struct Part {
    /// Its `Content-Type`.
    pub content_type: String,
    /// Its bytes.
    pub content: Content,
}

/// The bytes of a part.
#[derive(Debug)]
pub enum Content {
    /// Runs of a stored file, one behind the other.
    Stored(BlobName, Vec<Range<u64>>),
    /// Bytes in memory.
    Made(Bytes),
}

impl Part {
    /// A part of this media type in this transfer syntax.
    pub fn new(media_type: &str, transfer_syntax: &str, content: Content) -> Self {
        Self { content_type: format!("{media_type}; transfer-syntax={transfer_syntax}"), content }
    }
}

impl Content {
    fn length(&self) -> u64 {
        match self {
            Self::Stored(_, ranges) => ranges.iter().map(|range| range.end.saturating_sub(range.start)).sum(),
            Self::Made(bytes) => bytes.len() as u64,
        }
    }

    /// The bytes, read as they are asked for.
    fn stream(self, blobs: &Blobs) -> BoxStream<'static, Result<Bytes, BlobError>> {
        match self {
            Self::Made(bytes) => stream::iter([Ok(bytes)]).boxed(),
            Self::Stored(name, ranges) => {
                let blobs = blobs.clone();
                stream::iter(ranges).flat_map(move |range| blobs.read(&name, range)).boxed()
            }
        }
    }
}

/// The answer in this form. Several parts never come as a single one: negotiation saw to that.
pub fn respond(blobs: &Blobs, form: Form, mut parts: Vec<Part>) -> Response {
    match (form, parts.pop()) {
        (Form::Single, Some(part)) => {
            let Part { content_type, content } = part;
            binary(&content_type, content.length(), content.stream(blobs))
        }
        (_, last) => {
            parts.extend(last);
            multipart(blobs.clone(), parts)
        }
    }
}

fn multipart(blobs: Blobs, parts: Vec<Part>) -> Response {
    let boundary = Boundary::random();
    let content_type = boundary.content_type();
    let before = |(index, part): (usize, &Part)| boundary.before_part(index, &part.content_type);
    let headers: Vec<String> = parts.iter().enumerate().map(before).collect();
    let end = boundary.after_parts();
    let framing: usize = headers.iter().map(String::len).sum::<usize>() + end.len();
    let length = framing as u64 + parts.iter().map(|part| part.content.length()).sum::<u64>();
    // Small parts are read a few ahead, large ones piece by piece: memory stays bounded either way.
    let pieces = stream::iter(headers.into_iter().zip(parts))
        .map(move |(header, part)| {
            let mut pieces = part.content.stream(&blobs);
            async move {
                let first = pieces.next().await;
                stream::iter([Ok(Bytes::from(header))]).chain(stream::iter(first)).chain(pieces)
            }
        })
        .buffered(READ_AHEAD)
        .flatten();
    binary(&content_type, length, pieces.chain(stream::iter([Ok(Bytes::from(end))])))
}

fn binary(
    content_type: &str,
    length: u64,
    bytes: impl Stream<Item = Result<Bytes, BlobError>> + Send + 'static,
) -> Response {
    let bytes = bytes.inspect(|piece| {
        if let Err(error) = piece {
            tracing::error!(%error, "an answer breaks off: a stored file cannot be read");
        }
    });
    let content_type = HeaderValue::from_str(content_type).unwrap_or(HeaderValue::from_static("application/dicom"));
    let headers = [(header::CONTENT_TYPE, content_type), (header::CONTENT_LENGTH, HeaderValue::from(length))];
    (headers, Body::from_stream(bytes)).into_response()
}
