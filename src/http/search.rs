//! Search (QIDO-RS, PS3.18 10.6) at its six resources.

use axum::{
    extract::{RawQuery, State},
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{
    accept::AcceptsDicomJson,
    context::{Context, Dialect},
    error::ApiError,
    json::DICOM_JSON,
    path::Uids,
    scope::ReadScope,
    version::ApiVersion,
};
use crate::read::{
    query_tags::Page,
    search::{self, Defaults, Level},
};

/// `/studies`
pub async fn studies(
    State(context): State<Context>,
    scope: ReadScope,
    accept: AcceptsDicomJson,
    path: Uids,
    query: RawQuery,
) -> Result<Response, ApiError> {
    search(context.dialect, scope, accept, path, query, Level::Study).await
}

/// `/series` and `/studies/{study}/series`
pub async fn series(
    State(context): State<Context>,
    scope: ReadScope,
    accept: AcceptsDicomJson,
    path: Uids,
    query: RawQuery,
) -> Result<Response, ApiError> {
    search(context.dialect, scope, accept, path, query, Level::Series).await
}

/// `/instances`, `/studies/{study}/instances` and `/studies/{study}/series/{series}/instances`
pub async fn instances(
    State(context): State<Context>,
    scope: ReadScope,
    accept: AcceptsDicomJson,
    path: Uids,
    query: RawQuery,
) -> Result<Response, ApiError> {
    search(context.dialect, scope, accept, path, query, Level::Instance).await
}

async fn search(
    dialect: Dialect,
    ReadScope { scope, view }: ReadScope,
    _: AcceptsDicomJson,
    path: Uids,
    RawQuery(query): RawQuery,
    level: Level,
) -> Result<Response, ApiError> {
    let defaults = match scope.version {
        ApiVersion::V1 => Defaults::V1,
        ApiVersion::V2 => Defaults::V2,
    };
    let scope = search::Scope { partition: scope.partition, level, study: path.study, series: path.series, defaults };
    let raw = query.unwrap_or_default();
    let tags = match search::needs_query_tags(&raw) {
        true => view.query_tags(Page::ALL_TAGS).await?,
        false => Vec::new(),
    };
    let query = search::parse(&raw, &scope, dialect, &tags)?;
    let mut response = match view.search(&scope, &query).await? {
        None => StatusCode::NO_CONTENT.into_response(),
        Some(json) => ([(header::CONTENT_TYPE, DICOM_JSON)], json).into_response(),
    };
    if !query.erroneous.is_empty()
        && let Ok(keys) = HeaderValue::from_str(&query.erroneous.join(","))
    {
        response.headers_mut().insert(ERRONEOUS_ATTRIBUTES, keys);
    }
    Ok(response)
}

/// The keys of a search for which some values could not be indexed.
const ERRONEOUS_ATTRIBUTES: HeaderName = HeaderName::from_static("erroneous-dicom-attributes");
