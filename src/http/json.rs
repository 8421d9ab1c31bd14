//! JSON answers with the content types that the service sends.

use axum::{
    body::Body,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use serde::Serialize;

use super::error::{ApiError, store_failure};

/// `application/json; charset=utf-8`.
#[derive(Debug)]
pub struct Json<T>(pub T);

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        serialize(&self.0, "application/json; charset=utf-8")
    }
}

/// `application/dicom+json; charset=utf-8`.
#[derive(Debug)]
pub struct DicomJson<T>(pub T);

/// The media type of everything else that is JSON.
pub const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");

/// The media type of the DICOM JSON Model (PS3.18 F).
pub const DICOM_JSON: HeaderValue = HeaderValue::from_static("application/dicom+json; charset=utf-8");

impl<T: Serialize> IntoResponse for DicomJson<T> {
    fn into_response(self) -> Response {
        serialize(&self.0, "application/dicom+json; charset=utf-8")
    }
}

fn serialize(value: &impl Serialize, content_type: &'static str) -> Response {
    match serde_json::to_string(value) {
        Ok(text) => ([(header::CONTENT_TYPE, content_type)], text).into_response(),
        Err(error) => store_failure(&error).into_response(),
    }
}

/// Bytes that are gathered before they are sent.
const PIECE: usize = 64 * 1024;

/// A JSON array of JSON texts, sent as they come. What fails before the first of them is an answer of its own; what
/// fails later breaks the answer off.
pub async fn json_array(
    texts: impl Stream<Item = Result<String, ApiError>> + Send + 'static,
) -> Result<Body, ApiError> {
    let mut texts = Box::pin(texts);
    let mut next = texts.next().await.transpose()?;
    let pieces = async_stream::stream! {
        let mut piece = String::from("[");
        while let Some(text) = next {
            piece.push_str(&text);
            next = match texts.next().await.transpose() {
                Ok(next) => next,
                Err(_) => {
                    yield Err(std::io::Error::other("the answer cannot be completed"));
                    return;
                }
            };
            if next.is_some() {
                piece.push(',');
            }
            if piece.len() >= PIECE {
                yield Ok(Bytes::from(std::mem::take(&mut piece)));
            }
        }
        piece.push(']');
        yield Ok(Bytes::from(piece));
    };
    Ok(Body::from_stream(pieces))
}

/// An element of the DICOM JSON Model.
#[derive(Debug, Clone, Serialize)]
pub struct Element<V> {
    vr: &'static str,
    #[serde(rename = "Value", skip_serializing_if = "Vec::is_empty")]
    value: Vec<V>,
}

impl<V> Element<V> {
    /// An element with these values; without any it is present but empty.
    pub fn new(vr: &'static str, value: Vec<V>) -> Self {
        Self { vr, value }
    }

    /// An element with one value.
    pub fn one(vr: &'static str, value: V) -> Self {
        Self::new(vr, vec![value])
    }
}
