//! `POST` and `PUT` of `/studies` and `/studies/{study}` (STOW-RS, PS3.18 10.5).

mod content_type;
mod expiry;
mod response;

use std::sync::Arc;

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, header},
    response::Response,
};
use bytes::Bytes;
use futures_util::{Stream, StreamExt};

use self::content_type::{ContentType, PartType};
use super::{
    accept::AcceptsDicomJson,
    body::{BodyError, limited},
    context::Context,
    error::{ApiError, bad_request, too_large},
    multipart::{MultipartError, MultipartReader},
    path::Uids,
    scope::Scope,
    version::ApiVersion,
};
use crate::{
    command::store::{Judge, StoreRequest},
    domain::{query_tag::Definition, store::IfExists},
    read::{View, query_tags::Page},
};

/// `POST`: an instance that exists is a conflict.
pub async fn post(
    State(context): State<Context>,
    content_type: ContentType,
    scope: Scope,
    _: AcceptsDicomJson,
    path: Uids,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    store(&context, content_type, scope, path, &headers, body, IfExists::Refuse).await
}

/// `PUT`: an instance that exists is replaced.
pub async fn put(
    State(context): State<Context>,
    content_type: ContentType,
    scope: Scope,
    _: AcceptsDicomJson,
    path: Uids,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    store(&context, content_type, scope, path, &headers, body, IfExists::Replace).await
}

async fn store(
    context: &Context,
    content_type: ContentType,
    scope: Scope,
    path: Uids,
    headers: &HeaderMap,
    body: Body,
    if_exists: IfExists,
) -> Result<Response, ApiError> {
    let judge = match scope.version {
        ApiVersion::V1 => Judge::V1(query_tags(context, &scope).await?),
        ApiVersion::V2 => Judge::V2,
    };
    let lifetime = match scope.version {
        ApiVersion::V1 => None,
        ApiVersion::V2 => expiry::lifetime(headers)?,
    };
    let part_type = content_type.reader()?;
    let limit = context.max_request_bytes;
    if declared_length(headers).is_some_and(|length| length > limit) {
        return Err(too_large(limit));
    }
    let study = path.study;
    let mut request =
        StoreRequest::begin(&scope.service, &context.blobs, scope.partition.clone(), study.clone(), judge, lifetime)
            .await;
    read_parts(&content_type, part_type, limited(body, limit), &mut request).await?;
    let (outcomes, position) = request.commit(&context.services, if_exists).await?;
    scope.position.leave(position);
    Ok(response::respond(&scope, study.as_ref(), outcomes))
}

/// The extended query tags of the service.
async fn query_tags(context: &Context, scope: &Scope) -> Result<Arc<[Definition]>, ApiError> {
    let view = View::now(&context.pool, scope.service.id);
    let entries = view.query_tags(Page::ALL_TAGS).await?;
    Ok(entries.into_iter().map(|entry| entry.tag.definition).collect())
}

/// Reads the whole body, part by part; nothing is stored before its end.
async fn read_parts<S>(
    content_type: &ContentType,
    part_type: PartType,
    mut chunks: S,
    request: &mut StoreRequest<'_>,
) -> Result<(), ApiError>
where
    S: Stream<Item = Result<Bytes, BodyError>> + Unpin,
{
    let (boundary, mut default_type) = match part_type {
        PartType::Single => {
            let mut intake = request.part();
            while let Some(chunk) = chunks.next().await {
                intake.push(chunk?).await;
            }
            request.add(intake).await?;
            return Ok(());
        }
        PartType::Multipart { boundary, default_type } => (boundary, default_type),
    };
    let mut reader = MultipartReader::new(&boundary, chunks);
    loop {
        match read_part(&mut reader, content_type, default_type.take(), request).await {
            Ok(true) => {}
            Ok(false) | Err(PartError::Multipart(MultipartError::Unterminated)) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
    }
}

/// Reads one part; false if there is none. One that is not terminated is not taken.
async fn read_part<S>(
    reader: &mut MultipartReader<S>,
    content_type: &ContentType,
    default_type: Option<String>,
    request: &mut StoreRequest<'_>,
) -> Result<bool, PartError>
where
    S: Stream<Item = Result<Bytes, BodyError>> + Unpin,
{
    let Some(headers) = reader.next_part().await? else { return Ok(false) };
    let part_type = headers.content_type.or(default_type).unwrap_or_default();
    content_type.accepts_part(&part_type)?;
    let mut intake = request.part();
    while let Some(bytes) = reader.next_bytes().await? {
        intake.push(bytes).await;
    }
    request.add(intake).await.map_err(ApiError::from)?;
    Ok(true)
}

fn declared_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Why a part, and with it the whole request, is refused.
enum PartError {
    Refused(ApiError),
    Multipart(MultipartError<BodyError>),
}

impl From<ApiError> for PartError {
    fn from(error: ApiError) -> Self {
        Self::Refused(error)
    }
}

impl From<MultipartError<BodyError>> for PartError {
    fn from(error: MultipartError<BodyError>) -> Self {
        Self::Multipart(error)
    }
}

impl From<PartError> for ApiError {
    fn from(error: PartError) -> Self {
        match error {
            PartError::Refused(refusal) => refusal,
            PartError::Multipart(MultipartError::Body(error)) => error.into(),
            PartError::Multipart(MultipartError::NoDelimiter) => {
                bad_request("Unexpected end of Stream, the content may have already been read by another component. ")
            }
            PartError::Multipart(error) => bad_request(format!("The multipart body cannot be read: {error}.")),
        }
    }
}
