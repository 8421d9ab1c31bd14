//! Retrieving studies, series and instances (WADO-RS, PS3.18 10.4): ranges of the stored files, streamed.

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};

use super::{
    context::Context,
    error::{ApiError, not_acceptable},
    multipart::Boundary,
    negotiate::{Choice, Form, Kind, Syntax, choose},
    path::ResourcePath,
    scope::{ReadScope, Scope},
};
use crate::{
    blob::{BlobError, BlobName, Blobs},
    domain::Rejection,
    ids::{Resource, ServiceName},
    read::instances::StoredInstance,
};

/// Files that are opened ahead of the one that is sent.
const READ_AHEAD: usize = 4;

/// All instances that the path names.
pub async fn instances(
    State(context): State<Context>,
    path: ResourcePath,
    scope: ReadScope,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let kind = match path {
        ResourcePath::Instance(..) => Kind::Instance,
        ResourcePath::Study(_) | ResourcePath::Series(..) => Kind::Instances,
    };
    let Some(choice) = choose(kind, &headers) else {
        return Err(not_acceptable("The request headers are not acceptable"));
    };
    let ReadScope { scope, view } = scope;
    let resource = path.within(scope.partition.clone());
    let found = view.instances(&resource).await?;
    if found.is_empty() {
        return Err(nothing_there(&resource).into());
    }
    check_syntax(&choice.syntax, &found)?;
    Ok(respond(&context, &scope, &choice, found))
}

/// What is said of a resource without instances.
pub fn nothing_there(resource: &Resource) -> Rejection {
    match resource {
        Resource::Study(_) => Rejection::StudyNotFound,
        Resource::Series(_) => Rejection::SeriesNotFound,
        Resource::Instance(_) => Rejection::InstanceNotFound,
    }
}

/// Several instances come only as they are stored, and one only in the syntax that it is stored in.
fn check_syntax(syntax: &Syntax, found: &[StoredInstance]) -> Result<(), ApiError> {
    match (syntax, found) {
        (Syntax::AsStored, _) => Ok(()),
        (Syntax::Named(uid), [one]) if one.transfer_syntax == *uid => Ok(()),
        (Syntax::Named(_), [_]) => Err(not_acceptable("The specified transcoding is not supported.")),
        (Syntax::Named(uid), _) => Err(not_acceptable(format!(
            "Accept transfer syntax '{uid}' is not supported when multiple instances are matched. Matching instances can be retrieved with their original transfer syntax by specifying 'transfer-syntax=*' in the Accept header."
        ))),
    }
}

fn respond(context: &Context, scope: &Scope, choice: &Choice, found: Vec<StoredInstance>) -> Response {
    let service = scope.service.name.clone();
    match (choice.form, found.as_slice()) {
        (Form::Single, [one]) => {
            let content_type = part_type(one);
            let length = one.length;
            binary(&content_type, length, file(&context.blobs, &service, one.clone()))
        }
        _ => multipart(context.blobs.clone(), service, found),
    }
}

fn multipart(blobs: Blobs, service: ServiceName, found: Vec<StoredInstance>) -> Response {
    let boundary = Boundary::random();
    let content_type = boundary.content_type();
    let before = |(index, instance): (usize, &StoredInstance)| boundary.before_part(index, &part_type(instance));
    let headers: Vec<String> = found.iter().enumerate().map(before).collect();
    let end = boundary.after_parts();
    let framing: usize = headers.iter().map(String::len).sum::<usize>() + end.len();
    let length = framing as u64 + found.iter().map(|instance| instance.length).sum::<u64>();
    // Small files are read a few ahead, large ones piece by piece: memory stays bounded either way.
    let parts = stream::iter(headers.into_iter().zip(found))
        .map(move |(header, instance)| {
            let mut pieces = Box::pin(file(&blobs, &service, instance));
            async move {
                let first = pieces.next().await;
                stream::iter([Ok(Bytes::from(header))]).chain(stream::iter(first)).chain(pieces)
            }
        })
        .buffered(READ_AHEAD)
        .flatten();
    binary(&content_type, length, parts.chain(stream::iter([Ok(Bytes::from(end))])))
}

/// The bytes of a stored file.
fn file(
    blobs: &Blobs,
    service: &ServiceName,
    instance: StoredInstance,
) -> impl Stream<Item = Result<Bytes, BlobError>> + Send + use<> {
    let StoredInstance { key, digest, length, .. } = instance;
    blobs.read(&BlobName { service: service.clone(), key, digest }, 0..length)
}

fn part_type(instance: &StoredInstance) -> String {
    format!("application/dicom; transfer-syntax={}", instance.transfer_syntax)
}

fn binary(
    content_type: &str,
    length: u64,
    bytes: impl Stream<Item = Result<Bytes, BlobError>> + Send + 'static,
) -> Response {
    let bytes = bytes.inspect(|piece| {
        if let Err(error) = piece {
            tracing::error!(%error, "an answer breaks off: a stored file cannot be read");
        }
    });
    let content_type = HeaderValue::from_str(content_type).unwrap_or(HeaderValue::from_static("application/dicom"));
    let headers = [(header::CONTENT_TYPE, content_type), (header::CONTENT_LENGTH, HeaderValue::from(length))];
    (headers, Body::from_stream(bytes)).into_response()
}
