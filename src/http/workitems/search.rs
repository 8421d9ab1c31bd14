//! `GET /workitems` (PS3.18 11.9).

use axum::{
    extract::RawQuery,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};

use super::answer;
use crate::{
    http::{accept::AcceptsDicomJson, error::ApiError, scope::ReadScope},
    read::workitems::Parameters,
};

/// Searches the worklist.
pub async fn search(
    ReadScope { scope, view }: ReadScope,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let parameters = Parameters::read(query.as_deref().unwrap_or_default())?;
    AcceptsDicomJson::check(&headers)?;
    match view.search_workitems(&scope.partition, &parameters.query()?).await? {
        None => Ok(StatusCode::NO_CONTENT.into_response()),
        Some(json) => Ok(answer::dicom_json(json)),
    }
}
