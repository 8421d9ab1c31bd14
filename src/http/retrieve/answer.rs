//! Binary answers: one body or parts, each a run of a stored file or bytes that were made for it.

use std::ops::Range;

use axum::{
    body::Body,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_util::{StreamExt, stream};

use crate::{
    blob::{self, BlobName, Blobs, Run},
    http::{error::ApiError, multipart::Boundary, negotiate::Form},
};

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
    /// Both, one behind the other.
    Mixed(Vec<Run>),
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
            Self::Mixed(runs) => runs.iter().map(Run::length).sum(),
        }
    }

    fn runs(self) -> Vec<Run> {
        match self {
            Self::Made(bytes) => vec![Run::Bytes(bytes)],
            Self::Mixed(runs) => runs,
            Self::Stored(name, ranges) => ranges.into_iter().map(|range| Run::File(name.clone(), range)).collect(),
        }
    }
}

/// The answer in this form. Several parts never come as a single one: negotiation saw to that.
pub async fn respond(blobs: &Blobs, form: Form, mut parts: Vec<Part>) -> Result<Response, ApiError> {
    match (form, parts.pop()) {
        (Form::Single, Some(part)) => {
            let Part { content_type, content } = part;
            binary(blobs, &content_type, content.length(), content.runs()).await
        }
        (_, last) => {
            parts.extend(last);
            multipart(blobs, parts).await
        }
    }
}

async fn multipart(blobs: &Blobs, parts: Vec<Part>) -> Result<Response, ApiError> {
    let boundary = Boundary::random();
    let mut length = 0;
    let mut runs = Vec::with_capacity(parts.len() * 2 + 1);
    for (index, part) in parts.into_iter().enumerate() {
        let before = boundary.before_part(index, &part.content_type);
        length += before.len() as u64 + part.content.length();
        runs.push(Run::Bytes(before.into()));
        runs.extend(part.content.runs());
    }
    let after = boundary.after_parts();
    length += after.len() as u64;
    runs.push(Run::Bytes(after.into()));
    binary(blobs, &boundary.content_type(), length, runs).await
}

/// Sends the runs one behind the other. Before the status is sent the first piece is there and the files of all others are
/// looked for, so that a file which is lost is an error of its own; one piece is read ahead of the client.
async fn binary(blobs: &Blobs, content_type: &str, length: u64, runs: Vec<Run>) -> Result<Response, ApiError> {
    let content_type = HeaderValue::from_str(content_type).unwrap_or(HeaderValue::from_static("application/dicom"));
    let headers = [(header::CONTENT_TYPE, content_type), (header::CONTENT_LENGTH, HeaderValue::from(length))];
    let mut pieces = blob::pieces(runs).into_iter();
    let first = blobs.gather(pieces.next().unwrap_or_default()).await?;
    if pieces.len() == 0 {
        return Ok((headers, first).into_response());
    }
    blobs.check(pieces.as_slice().iter().flatten()).await?;
    let blobs = blobs.clone();
    let later = stream::iter(pieces).map(move |piece| {
        let blobs = blobs.clone();
        async move { blobs.gather(piece).await }
    });
    let later = later.buffered(1).inspect(|piece| {
        if let Err(error) = piece {
            tracing::error!(%error, "an answer breaks off: a stored file cannot be read");
        }
    });
    let body = Body::from_stream(stream::iter([Ok(first)]).chain(later));
    Ok((headers, body).into_response())
}
