//! `POST /export`: instances are copied to a place outside.

mod destination;
mod request;

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};

use self::request::InvalidRequest;
use super::{
    body::whole,
    context::Context,
    error::{ApiError, bad_request, store_failure},
    json::Json,
    media_type::MediaType,
    operations::Reference,
    scope::Scope,
};
use crate::{
    blob::{
        azure::AzureError,
        export::{DestinationError, FolderError},
    },
    command::export::{self, ExportError},
    domain::operation::export::{Export, Place},
};

/// Bytes of a request at most, as the service's server has it.
const MAX_BYTES: u64 = 30_000_000;

/// Starts an export, when its destination is ready for it.
pub async fn post(
    State(context): State<Context>,
    scope: Scope,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    if !context.exports.policy.is_on {
        return Err(ApiError::Empty(StatusCode::NOT_FOUND));
    }
    if !is_json(&headers) {
        return Err(ApiError::Empty(StatusCode::UNSUPPORTED_MEDIA_TYPE));
    }
    let body = whole(body, MAX_BYTES.min(context.max_request_bytes)).await?;
    let (source, destination) = request::parse(&body, &context.exports)?;
    let export = Export { partition: scope.partition.clone(), source, destination };
    let place = export.destination.clone();
    let started = export::start(&context.pool, &context.services, &scope.service, &context.exports, export).await;
    let (id, position) = started.map_err(|error| refusal(error, &place))?;
    context.bell.ring();
    scope.position.leave(position);
    let reference = Reference::new(id, &scope);
    let location = reference.location()?;
    Ok((StatusCode::ACCEPTED, [(header::LOCATION, location)], Json(reference)).into_response())
}

fn is_json(headers: &HeaderMap) -> bool {
    MediaType::sent(headers).is_some_and(|media_type| {
        let essence = media_type.essence.as_str();
        matches!(essence, "application/json" | "text/json")
            || essence.starts_with("application/") && essence.ends_with("+json")
    })
}

impl From<InvalidRequest> for ApiError {
    fn from(invalid: InvalidRequest) -> Self {
        bad_request(invalid.to_string())
    }
}

/// What a client hears of a destination that does not take its export.
fn refusal(error: ExportError, place: &Place) -> ApiError {
    let error = match error {
        ExportError::Destination(error) => error,
        ExportError::Command(error) => return error.into(),
        ExportError::Place(error) => return store_failure(&error),
    };
    tracing::debug!(%error, "an export is refused by its destination");
    let account = match place {
        Place::Container { account, .. } => account.as_str(),
        Place::Folder { url, .. } => {
            return bad_request(match error {
                DestinationError::Folder(FolderError::Outside) => {
                    format!("The folder '{url}' lies outside of the folder for exports.")
                }
                _ => format!("Failed to write to the folder '{url}'."),
            });
        }
    };
    let container = place.url().rsplit('/').next().unwrap_or_default();
    let named = format!("Azure Blob Storage container '{container}' in account '{account}'.");
    bad_request(match error {
        DestinationError::Azure(AzureError::Unreachable(_)) => format!("Cannot connect to {named}"),
        DestinationError::Azure(AzureError::Refused { status: 404, .. }) => {
            format!("Azure Blob Storage container '{container}' does not exist in account '{account}'.")
        }
        DestinationError::Azure(AzureError::Refused { status: 401, .. }) => {
            format!("Unable to authenticate for {named}")
        }
        _ => format!("Failed to write to {named}"),
    })
}
