//! Refusals as the service words them. The only place that turns errors into answers.
//!
//! Handlers return `Result<_, ApiError>`. What the service says is plain text; what only the emulator says (its control
//! API and its own headers) is a problem document (RFC 9457). What went wrong inside is logged, never sent.

use std::borrow::Cow;

use axum::{
    Json,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;

use crate::{
    blob::BlobError,
    command::CommandError,
    dicom::uid::invalid_uid_message,
    domain::{Rejection, query_tag::QueryTagRejection},
    log::{LogError, snapshot::PlaceError},
    projection::ProjectionError,
    read::{ReadError, parameters::InvalidParameter, search::SearchRefusal, workitems::WorklistRefusal},
};

/// An answer that is no success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApiError {
    /// The bare message as plain text.
    Text(StatusCode, Cow<'static, str>),
    /// A status and nothing else.
    Empty(StatusCode),
    /// A problem document.
    Problem(StatusCode, String),
}

/// `400` with a message.
pub fn bad_request(message: impl Into<Cow<'static, str>>) -> ApiError {
    ApiError::Text(StatusCode::BAD_REQUEST, message.into())
}

/// `404` with a message.
pub fn not_found(message: &'static str) -> ApiError {
    ApiError::Text(StatusCode::NOT_FOUND, message.into())
}

/// `406` with a message.
pub fn not_acceptable(message: impl Into<Cow<'static, str>>) -> ApiError {
    ApiError::Text(StatusCode::NOT_ACCEPTABLE, message.into())
}

/// `400` for a UID in a path; `name` as routes spell it.
pub fn malformed_uid(name: &str) -> ApiError {
    bad_request(invalid_uid_message(name))
}

/// `413` in the words of the service.
pub fn too_large(limit: u64) -> ApiError {
    let message = format!("The request exceeded the allowed limit of {limit} bytes.");
    ApiError::Text(StatusCode::PAYLOAD_TOO_LARGE, message.into())
}

/// `415` for a content type, in the words of the service.
pub fn unsupported_content_type(content_type: &str) -> ApiError {
    let message = format!("The specified content type '{content_type}' is not supported.");
    ApiError::Text(StatusCode::UNSUPPORTED_MEDIA_TYPE, message.into())
}

/// What is said of everything that fails inside.
pub const STORE_FAILURE: &str = "The data store operation failed.";

/// `503` in the words of the service; the cause is logged.
pub fn store_failure(cause: &dyn std::error::Error) -> ApiError {
    tracing::error!(error = %cause, "a request failed");
    tracing::debug!(error = ?cause, "a request failed");
    ApiError::Text(StatusCode::SERVICE_UNAVAILABLE, STORE_FAILURE.into())
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        match self {
            Self::Text(status, message) => {
                (status, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], message).into_response()
            }
            Self::Empty(status) => status.into_response(),
            Self::Problem(status, detail) => {
                let title = status.canonical_reason().unwrap_or("Error");
                let body = json!({ "title": title, "status": status.as_u16(), "detail": detail });
                let mut response = (status, Json(body)).into_response();
                response.headers_mut().insert(header::CONTENT_TYPE, PROBLEM_JSON);
                response
            }
        }
    }
}

const PROBLEM_JSON: header::HeaderValue = header::HeaderValue::from_static("application/problem+json");

impl From<Rejection> for ApiError {
    fn from(rejection: Rejection) -> Self {
        match rejection {
            Rejection::StudyNotFound => not_found("The specified study cannot be found."),
            Rejection::SeriesNotFound => not_found("The specified series cannot be found."),
            Rejection::InstanceNotFound => not_found("The specified instance cannot be found."),
            Rejection::PartitionsDisabled => bad_request("Data partitions feature is disabled."),
            Rejection::PartitionNotFound => bad_request("Specified PartitionName does not exist."),
            Rejection::ActiveUpdate(id) => Self::Text(
                StatusCode::CONFLICT,
                format!("There is already an active update operation with ID '{id}'.").into(),
            ),
            Rejection::ClockBehindLastEvent { .. } => Self::Problem(StatusCode::CONFLICT, rejection.to_string()),
            Rejection::ClockOutOfRange => Self::Problem(StatusCode::BAD_REQUEST, rejection.to_string()),
        }
    }
}

impl From<QueryTagRejection> for ApiError {
    fn from(rejection: QueryTagRejection) -> Self {
        let status = match rejection {
            QueryTagRejection::Invalid(_) | QueryTagRejection::TooMany => StatusCode::BAD_REQUEST,
            QueryTagRejection::Reindexing(_) | QueryTagRejection::AlreadyExists => StatusCode::CONFLICT,
            QueryTagRejection::NotFound(_) => StatusCode::NOT_FOUND,
        };
        Self::Text(status, rejection.to_string().into())
    }
}

impl From<CommandError> for ApiError {
    fn from(error: CommandError) -> Self {
        match error {
            CommandError::Rejected(rejection) => rejection.into(),
            CommandError::Log(error) => error.into(),
        }
    }
}

impl From<LogError> for ApiError {
    fn from(error: LogError) -> Self {
        store_failure(&error)
    }
}

impl From<ReadError> for ApiError {
    fn from(error: ReadError) -> Self {
        store_failure(&error)
    }
}

impl From<BlobError> for ApiError {
    fn from(error: BlobError) -> Self {
        store_failure(&error)
    }
}

impl From<ProjectionError> for ApiError {
    fn from(error: ProjectionError) -> Self {
        store_failure(&error)
    }
}

impl From<PlaceError> for ApiError {
    fn from(error: PlaceError) -> Self {
        match error {
            PlaceError::UnknownSnapshot(_) => Self::Problem(StatusCode::NOT_FOUND, error.to_string()),
            PlaceError::BeyondHead { .. } => Self::Problem(StatusCode::BAD_REQUEST, error.to_string()),
            PlaceError::Log(error) => error.into(),
        }
    }
}

impl From<InvalidParameter> for ApiError {
    fn from(invalid: InvalidParameter) -> Self {
        bad_request(invalid.to_string())
    }
}

impl From<SearchRefusal> for ApiError {
    fn from(refusal: SearchRefusal) -> Self {
        bad_request(refusal.to_string())
    }
}

impl From<WorklistRefusal> for ApiError {
    fn from(refusal: WorklistRefusal) -> Self {
        bad_request(refusal.to_string())
    }
}
