//! Retrieving studies, series, instances and frames (WADO-RS, PS3.18 10.4): ranges of the stored files, streamed.

mod answer;
mod frame_list;
pub mod frames;
pub mod rendered;
mod transcoded;
mod work;

use std::{error::Error, iter};

use axum::{extract::State, http::HeaderMap, response::Response};

use self::{
    answer::{Content, Part, respond},
    transcoded::transcoded,
    work::{MAX_FILE_BYTES, StoredFile, WorkError},
};
use super::{
    context::Context,
    error::{ApiError, not_acceptable},
    negotiate::{Choice, Kind, Syntax, choose},
    original::RequestedVersion,
    path::ResourcePath,
    scope::ReadScope,
};
use crate::{
    blob::BlobName,
    dicom::transcode::Target,
    domain::Rejection,
    ids::{Resource, ServiceName},
    read::instances::StoredInstance,
};

/// All instances that the path names, in the version that the client asks for.
pub async fn instances(
    State(context): State<Context>,
    scope: ReadScope,
    path: ResourcePath,
    RequestedVersion(kept): RequestedVersion,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let kind = match path {
        ResourcePath::Instance(..) => Kind::Instance,
        ResourcePath::Study(_) | ResourcePath::Series(..) => Kind::Instances,
    };
    let choice = acceptable(kind, &headers)?;
    let ReadScope { scope, view } = scope;
    let resource = path.within(scope.partition.clone());
    let found = view.instances(&resource, kept).await?;
    if found.is_empty() {
        return Err(nothing_there(&resource).into());
    }
    let target = target(&choice.syntax, &found)?;
    let mut parts = Vec::with_capacity(found.len());
    for instance in found {
        parts.push(match target {
            None => {
                let name = blob_name(&scope.service.name, &instance);
                let whole = Content::Stored(name, iter::once(0..instance.length).collect());
                Part::new(choice.media_type, &instance.transfer_syntax, whole)
            }
            Some(target) => {
                check_size(instance.length)?;
                let file = StoredFile::of(&context.blobs, &scope.service.name, &instance);
                let runs = transcoded(&file, target).await.map_err(transcoding_error)?;
                Part::new(choice.media_type, target.uid(), Content::Mixed(runs))
            }
        });
    }
    respond(&context.blobs, choice.form, parts).await
}

/// What is said of a resource without instances.
pub fn nothing_there(resource: &Resource) -> Rejection {
    match resource {
        Resource::Study(_) => Rejection::StudyNotFound,
        Resource::Series(_) => Rejection::SeriesNotFound,
        Resource::Instance(_) => Rejection::InstanceNotFound,
    }
}

fn acceptable(kind: Kind, headers: &HeaderMap) -> Result<Choice, ApiError> {
    choose(kind, headers).ok_or_else(|| not_acceptable("The request headers are not acceptable"))
}

fn blob_name(service: &ServiceName, instance: &StoredInstance) -> BlobName {
    BlobName { service: service.clone(), key: instance.key.clone(), digest: instance.digest }
}

/// What the instances are to be transcoded to; nothing if they go as they are stored. Several never are transcoded.
fn target(syntax: &Syntax, found: &[StoredInstance]) -> Result<Option<Target>, ApiError> {
    match (syntax, found) {
        (Syntax::AsStored, _) => Ok(None),
        (Syntax::Named(uid), [one]) if one.transfer_syntax == *uid => Ok(None),
        (Syntax::Named(uid), [_]) => Target::of(uid).map(Some).ok_or_else(cannot_transcode),
        (Syntax::Named(uid), _) => Err(not_acceptable(format!(
            "Accept transfer syntax '{uid}' is not supported when multiple instances are matched. Matching instances can be retrieved with their original transfer syntax by specifying 'transfer-syntax=*' in the Accept header."
        ))),
    }
}

fn cannot_transcode() -> ApiError {
    not_acceptable("The specified transcoding is not supported.")
}

/// Files above the limit are not transcoded.
fn check_size(length: u64) -> Result<(), ApiError> {
    if length <= MAX_FILE_BYTES {
        return Ok(());
    }
    Err(not_acceptable(format!(
        "Requested DICOM instance size is above the supported limit of {MAX_FILE_BYTES}. The entire instance can be retrieved with the original transfer syntax by specifying 'transfer-syntax=*' in the Accept header."
    )))
}

/// What is said of a file that cannot be transcoded: the reason is logged.
fn transcoding_error<E: Error>(error: WorkError<E>) -> ApiError {
    match error {
        WorkError::Blob(error) => error.into(),
        WorkError::File(_) | WorkError::Panicked(_) => {
            tracing::info!(%error, "an instance cannot be transcoded");
            cannot_transcode()
        }
    }
}
