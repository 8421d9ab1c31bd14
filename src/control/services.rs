//! `/_emulator/services`

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};

use super::extract::{JsonBody, Named, bad_request, unknown_service};
use crate::{
    http::{context::Context, error::ApiError, json::Json},
    ids::ServiceName,
    log::{ServiceSummary, Settings},
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
#[serde(deny_unknown_fields)]
pub struct Wanted {
    #[serde(default)]
    partitions: bool,
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
    if wanted.partitions {
        return Err(bad_request("data partitions are not available in this version of the emulator"));
    }
    let settings = Settings { partitions: wanted.partitions };
    let (service, is_new) = context.services.create(&name, settings).await?;
    if service.settings != settings {
        let detail = format!("the service `{name}` exists with other settings");
        return Err(ApiError::Problem(StatusCode::CONFLICT, detail));
    }
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(summary(&context, &name).await?)).into_response())
}

/// Deletes a service with its events, rows and files; `default` comes back empty at once.
pub async fn delete(State(context): State<Context>, Named(name): Named) -> Result<StatusCode, ApiError> {
    let remove_files = async {
        if let Err(error) = context.blobs.delete_service(&name).await {
            tracing::warn!(%error, service = %name, "files of a deleted service are left for the next sweep");
        }
    };
    if !context.services.delete(&name, remove_files).await? {
        return Err(unknown_service(&name));
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
