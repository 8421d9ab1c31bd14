//! `GET …/metadata` (PS3.18 10.4.1.1.2): the datasets as they were written at store time, never parsed again.

use std::convert::Infallible;

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_util::{TryStreamExt, stream};

use super::{
    accept::AcceptsDicomJson,
    error::ApiError,
    json::{DICOM_JSON, json_array},
    original::RequestedVersion,
    path::ResourcePath,
    retrieve::nothing_there,
    scope::ReadScope,
};
use crate::{ids::Resource, read::instances::Revision};

/// The metadata of all instances that the path names; 304 if the client has it.
pub async fn metadata(
    ReadScope { scope, view }: ReadScope,
    _: AcceptsDicomJson,
    path: ResourcePath,
    RequestedVersion(kept): RequestedVersion,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let resource = path.within(scope.partition);
    let Some(revision) = view.revision(&resource).await? else { return Err(nothing_there(&resource).into()) };
    let etag = etag(&resource, revision);
    let known = headers.get(header::IF_NONE_MATCH).and_then(|known| known.to_str().ok());
    if known.is_some_and(|known| known.eq_ignore_ascii_case(&etag)) {
        return Ok(not_modified());
    }
    let etag = HeaderValue::from_str(&etag).unwrap_or(HeaderValue::from_static("0"));
    let headers = [(header::CONTENT_TYPE, DICOM_JSON), (header::ETAG, etag)];
    let array = json_array(view.metadata(&resource, kept).map_err(ApiError::from)).await?;
    Ok((headers, array).into_response())
}

/// With `Content-Length: 0`, as the service answers. The server leaves the length out where it knows that the body is
/// empty, so this one is a stream that ends at once.
fn not_modified() -> Response {
    let nothing = Body::from_stream(stream::empty::<Result<Bytes, Infallible>>());
    (StatusCode::NOT_MODIFIED, [(header::CONTENT_LENGTH, "0")], nothing).into_response()
}

/// Without quotes: the service sends none. The original version has that of the latest.
fn etag(resource: &Resource, Revision { watermark, count }: Revision) -> String {
    match resource {
        Resource::Instance(_) => watermark.0.to_string(),
        Resource::Study(_) | Resource::Series(_) => format!("{}-{count}", watermark.0),
    }
}
