//! Request bodies: streamed, and bounded.

use axum::body::Body;
use bytes::Bytes;
use futures_util::{Stream, StreamExt};

use super::error::{ApiError, bad_request, too_large};

/// Why a body could not be read to its end.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// It is larger than allowed.
    #[error("the body has more than {0} bytes")]
    TooLarge(u64),
    /// The client went away, or sent what is no HTTP.
    #[error("the body broke off: {0}")]
    Broken(#[from] axum::Error),
}

impl From<BodyError> for ApiError {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::TooLarge(limit) => too_large(limit),
            BodyError::Broken(_) => bad_request("The request body could not be read."),
        }
    }
}

/// The chunks of a body, up to `limit` bytes.
pub fn limited(body: Body, limit: u64) -> impl Stream<Item = Result<Bytes, BodyError>> + Unpin {
    let mut received = 0;
    body.into_data_stream().map(move |chunk| {
        let chunk = chunk?;
        received += chunk.len() as u64;
        if received > limit { Err(BodyError::TooLarge(limit)) } else { Ok(chunk) }
    })
}

/// A whole small body.
pub async fn whole(body: Body, limit: u64) -> Result<Vec<u8>, BodyError> {
    let mut chunks = limited(body, limit);
    let mut bytes = Vec::new();
    while let Some(chunk) = chunks.next().await {
        bytes.extend_from_slice(&chunk?);
    }
    Ok(bytes)
}
