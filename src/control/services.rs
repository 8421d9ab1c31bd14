//! `/_emulator/services`

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};

use super::{
    extract::{JsonBody, Named, bad_request, unknown_service},
    reset::place,
};
use crate::{
    blob::{BlobError, BlobName, Blobs},
    http::{context::Context, error::ApiError, json::Json},
    ids::{Digest, InstanceKey, ServiceName},
    log::{CopyError, ServiceSummary, Settings, Target},
    read,
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    name: ServiceName,
    position: i64,
    sequence: i64,
    partitions: bool,
    created_at: String,
}

impl From<ServiceSummary> for Summary {
    fn from(summary: ServiceSummary) -> Self {
        Self {
            name: summary.name,
            position: summary.position.0,
            sequence: summary.sequence.0,
            partitions: summary.settings.partitions,
            created_at: summary.created_at.to_string(),
        }
    }
}

/// What a service may be created with.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Wanted {
    /// Whether it shall have data partitions. Unsaid, a new one has none, and one that is there has what it has.
    partitions: Option<bool>,
    copy_of: Option<Origin>,
}

/// A service as it was.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Origin {
    service: String,
    snapshot: Option<String>,
    position: Option<i64>,
}

/// All services by name.
pub async fn list(State(context): State<Context>) -> Result<Json<Vec<Summary>>, ApiError> {
    let services = context.services.list().await?;
    Ok(Json(services.into_iter().map(Summary::from).collect()))
}

/// One service.
pub async fn get(State(context): State<Context>, Named(name): Named) -> Result<Json<Summary>, ApiError> {
    summary(&context, &name).await.map(Json)
}

/// Creates a service: 201, or 200 if it is there with the same settings.
pub async fn put(
    State(context): State<Context>,
    Named(name): Named,
    JsonBody(wanted): JsonBody<Wanted>,
) -> Result<Response, ApiError> {
    if let Some(origin) = &wanted.copy_of {
        copy(&context, &name, origin, wanted.partitions).await?;
        return Ok((StatusCode::CREATED, Json(summary(&context, &name).await?)).into_response());
    }
    let settings = Settings { partitions: wanted.partitions.unwrap_or_default() };
    let (service, is_new) = context.services.create(&name, settings).await?;
    if wanted.partitions.is_some_and(|partitions| partitions != service.settings.partitions) {
        let detail = format!("the service `{name}` exists with other settings");
        return Err(ApiError::Problem(StatusCode::CONFLICT, detail));
    }
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(summary(&context, &name).await?)).into_response())
}

/// Makes a new service that begins as another was; as it is, if no place is named.
async fn copy(
    context: &Context,
    name: &ServiceName,
    origin: &Origin,
    partitions: Option<bool>,
) -> Result<(), ApiError> {
    let source = ServiceName::parse(&origin.service).ok_or_else(|| bad_request(ServiceName::RULE))?;
    let source = context.services.find(&source).await?.ok_or_else(|| unknown_service(&source))?;
    if partitions.is_some_and(|partitions| partitions != source.settings.partitions) {
        return Err(bad_request("a copy has data partitions if the other service has them"));
    }
    let target = match place(origin.snapshot.as_deref(), origin.position)? {
        Some(target) => target,
        None => Target::Position(read::head(&context.pool, source.id).await?.0),
    };
    let copy_files = |files| copy_files(context.blobs.clone(), source.name.clone(), name.clone(), files);
    context.services.copy(name, &source, &target, copy_files).await.map_err(|error| match error {
        CopyError::Exists(_) => ApiError::Problem(StatusCode::CONFLICT, error.to_string()),
        CopyError::Place(error) => error.into(),
        CopyError::Files(error) => error.into(),
    })?;
    context.bell.ring(); // the copy may have an unfinished operation
    Ok(())
}

async fn copy_files(
    blobs: Blobs,
    source: ServiceName,
    copy: ServiceName,
    files: Vec<(InstanceKey, Digest)>,
) -> Result<(), BlobError> {
    for (key, digest) in files {
        let from = BlobName { service: source.clone(), key, digest };
        let to = BlobName { service: copy.clone(), ..from.clone() };
        blobs.copy(&from, &to).await?;
    }
    Ok(())
}

/// Deletes a service with its events, rows and files; `default` comes back empty at once.
pub async fn delete(State(context): State<Context>, Named(name): Named) -> Result<StatusCode, ApiError> {
    let remove_files = async {
        if let Err(error) = context.blobs.delete_service(&name).await {
            tracing::warn!(%error, service = %name, "files of a deleted service are left for the next sweep");
        }
    };
    let service = context.services.find(&name).await?;
    if !context.services.delete(&name, remove_files).await? {
        return Err(unknown_service(&name));
    }
    if let Some(service) = service {
        context.names.forget(service.id);
    }
    if name.is_default() {
        context.services.get_or_create(&name).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

async fn summary(context: &Context, name: &ServiceName) -> Result<Summary, ApiError> {
    let services = context.services.list().await?;
    let found = services.into_iter().find(|service| service.name == *name);
    found.map(Summary::from).ok_or_else(|| unknown_service(name))
}
