//! What worklist requests are answered: messages come as JSON strings or as plain text, some of them as warnings too.

use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::{
    domain::workitem::WorkitemRejection,
    http::{
        error::ApiError,
        json::{DICOM_JSON, DicomJson},
        media_type::{MediaType, split_list},
        scope::Scope,
    },
    ids::WorkitemUid,
};

/// The status of a refusal.
pub fn status(rejection: WorkitemRejection) -> StatusCode {
    match rejection {
        WorkitemRejection::NotFound => StatusCode::NOT_FOUND,
        WorkitemRejection::AlreadyExists
        | WorkitemRejection::AlreadyCancelled
        | WorkitemRejection::UpdateOfCanceled => StatusCode::CONFLICT,
        WorkitemRejection::NotFoundForUpdate
        | WorkitemRejection::Attributes(_)
        | WorkitemRejection::Change { .. }
        | WorkitemRejection::Cancel(_)
        | WorkitemRejection::TransactionOfUnclaimed
        | WorkitemRejection::NotOwner
        | WorkitemRejection::UpdateOfCompleted => StatusCode::BAD_REQUEST,
    }
}

/// A message as a JSON string.
pub fn json_message(status: StatusCode, message: &str) -> Response {
    (status, DicomJson(message)).into_response()
}

/// A message with a warning; as a JSON string for clients that name JSON in `Accept`, as plain text for others.
pub fn warned_message(scope: &Scope, headers: &HeaderMap, status: StatusCode, message: String) -> Response {
    let warning = warning(scope, &message);
    let response = match names_json(headers) {
        true => json_message(status, &message),
        false => ApiError::Text(status, message.into()).into_response(),
    };
    with_warning(response, warning)
}

/// The same response with a `Warning`.
pub fn with_warning(mut response: Response, warning: Option<HeaderValue>) -> Response {
    if let Some(warning) = warning {
        response.headers_mut().insert(header::WARNING, warning);
    }
    response
}

/// `299 {host}: "{message}"`; the host is that of the request, without its port.
pub fn warning(scope: &Scope, message: &str) -> Option<HeaderValue> {
    let host = match scope.host.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => &scope.host,
    };
    HeaderValue::from_str(&format!("299 {host}: \"{message}\"")).ok()
}

/// Where a workitem is found.
pub fn url(scope: &Scope, workitem: &WorkitemUid) -> HeaderValue {
    let url = scope.url_of(&format!("/workitems/{workitem}"));
    HeaderValue::from_str(&url).unwrap_or(HeaderValue::from_static("/"))
}

/// DICOM JSON as it is stored.
pub fn dicom_json(json: String) -> Response {
    ([(header::CONTENT_TYPE, DICOM_JSON)], json).into_response()
}

fn names_json(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(header::ACCEPT).iter().filter_map(|line| line.to_str().ok());
    let named = lines.flat_map(split_list).filter_map(MediaType::parse);
    named.into_iter().any(|name| matches!(name.essence.as_str(), "application/dicom+json" | "application/json"))
}
