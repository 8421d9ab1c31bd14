//! `GET /workitems/{uid}` (PS3.18 11.5): one object, as the service answers, not an array.

use axum::{extract::State, http::StatusCode, response::Response};

use super::{answer, target::WorkitemPath};
use crate::{
    domain::workitem::WorkitemRejection,
    http::{accept::AcceptsDicomJson, context::Context, error::ApiError, scope::ReadScope},
    ids::WorkitemKey,
};

/// Retrieves a workitem.
pub async fn retrieve(
    State(context): State<Context>,
    ReadScope { scope, view }: ReadScope,
    _: AcceptsDicomJson,
    path: WorkitemPath,
) -> Result<Response, ApiError> {
    let key = WorkitemKey { partition: scope.partition, workitem: path.uid(&context)? };
    match view.workitem(&key).await? {
        Some(dataset) => Ok(answer::dicom_json(dataset)),
        None => Ok(answer::json_message(StatusCode::NOT_FOUND, &WorkitemRejection::NotFound.to_string())),
    }
}
