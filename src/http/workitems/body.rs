//! Bodies of worklist requests: DICOM JSON, in one of two shapes.

use axum::{
    body::Body,
    extract::FromRequestParts,
    http::{StatusCode, header, request::Parts},
};

use crate::{
    dicom::{
        json::{self, Document},
        uid::UidGrammar,
    },
    domain::workitem::Shape,
    http::{
        body::whole,
        context::{Context, Dialect},
        error::{ApiError, bad_request},
        media_type::MediaType,
    },
};

/// Bytes of a body at most: it is kept in memory whole, and a data set without pixel data is far smaller.
const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// The client sends `application/dicom+json`. Otherwise 415 without a body.
#[derive(Debug, Clone, Copy)]
pub struct SendsDicomJson;

/// The client sends `application/dicom+json`, or does not say what it sends. Otherwise 415 without a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MaySendDicomJson {
    /// It does.
    Yes,
    /// It does not say.
    Unsaid,
}

const UNSUPPORTED: ApiError = ApiError::Empty(StatusCode::UNSUPPORTED_MEDIA_TYPE);

impl FromRequestParts<Context> for SendsDicomJson {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, context: &Context) -> Result<Self, ApiError> {
        match MaySendDicomJson::from_request_parts(parts, context).await? {
            MaySendDicomJson::Yes => Ok(Self),
            MaySendDicomJson::Unsaid => Err(UNSUPPORTED),
        }
    }
}

impl FromRequestParts<Context> for MaySendDicomJson {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &Context) -> Result<Self, ApiError> {
        if !parts.headers.contains_key(header::CONTENT_TYPE) {
            return Ok(Self::Unsaid);
        }
        match MediaType::sent(&parts.headers).is_some_and(|found| found.essence == "application/dicom+json") {
            true => Ok(Self::Yes),
            false => Err(UNSUPPORTED),
        }
    }
}

/// The data set of a request.
#[derive(Debug, Clone)]
pub struct Sent {
    /// The data set.
    pub dataset: Document,
    /// How it came.
    pub shape: Shape,
}

impl Sent {
    /// What a request without a body says.
    pub fn nothing() -> Self {
        Self { dataset: Document::default(), shape: Shape::Object }
    }

    /// Reads a body.
    pub async fn read(context: &Context, body: Body) -> Result<Self, ApiError> {
        Self::parse(context, &bytes(context, body).await?)
    }

    /// Reads a body that is in memory already.
    pub fn parse(context: &Context, bytes: &[u8]) -> Result<Self, ApiError> {
        match (json::body(bytes), context.dialect) {
            (Ok(json::Body::Array(dataset)), _) => Ok(Self { dataset, shape: Shape::Array }),
            (Ok(json::Body::One(dataset)), Dialect::Extended) => Ok(Self { dataset, shape: Shape::Object }),
            (Ok(json::Body::One(_)), Dialect::Strict) => Err(unreadable("An array of datasets is expected.")),
            (Err(error), _) => Err(unreadable(&error.to_string())),
        }
    }

    /// How its client spells identifiers.
    pub fn grammar(&self) -> UidGrammar {
        match self.shape {
            Shape::Array => UidGrammar::Strict,
            Shape::Object => UidGrammar::Relaxed,
        }
    }
}

/// The whole body.
pub async fn bytes(context: &Context, body: Body) -> Result<Vec<u8>, ApiError> {
    Ok(whole(body, context.max_request_bytes.min(MAX_BYTES)).await?)
}

fn unreadable(detail: &str) -> ApiError {
    bad_request(format!("The query parameter '$' is invalid. {detail}"))
}
