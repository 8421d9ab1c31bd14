//! What a control request is about.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{FromRequest, FromRequestParts, RawPathParams, Request},
    http::{Method, StatusCode, request::Parts},
};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::{
    http::{
        body::{self, BodyError},
        context::Context,
        error::ApiError,
        front::PositionSlot,
    },
    ids::{ServiceName, SnapshotName},
    log::Service,
};

/// Bytes of a control request at most.
const MAX_BODY: u64 = 1024 * 1024;

/// `400` as a problem document.
pub fn bad_request(detail: impl Into<String>) -> ApiError {
    ApiError::Problem(StatusCode::BAD_REQUEST, detail.into())
}

/// `404` for a service.
pub fn unknown_service(name: &ServiceName) -> ApiError {
    ApiError::Problem(StatusCode::NOT_FOUND, format!("there is no service `{name}`"))
}

/// The service that a path names; `default` if it names none.
#[derive(Debug, Clone)]
pub struct Named(pub ServiceName);

impl FromRequestParts<Context> for Named {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, context: &Context) -> Result<Self, ApiError> {
        match parameter(parts, context, "service").await? {
            None => Ok(Self(ServiceName::default_service())),
            Some(text) => ServiceName::parse(&text).map(Self).ok_or_else(|| bad_request(ServiceName::RULE)),
        }
    }
}

/// The service that a path names. A `GET` or `DELETE` finds it or answers 404; anything else creates it.
#[derive(Debug, Clone)]
pub struct Of {
    /// The service.
    pub service: Arc<Service>,
    /// Where to leave the position that the answer is about.
    pub position: PositionSlot,
}

impl FromRequestParts<Context> for Of {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, context: &Context) -> Result<Self, ApiError> {
        let Named(name) = Named::from_request_parts(parts, context).await?;
        let only_looks = matches!(parts.method, Method::GET | Method::HEAD | Method::DELETE);
        let service = match context.services.find(&name).await? {
            Some(service) => service,
            None if only_looks && !name.is_default() => return Err(unknown_service(&name)),
            None => context.services.get_or_create(&name).await?,
        };
        Ok(Self { service, position: parts.extensions.get::<PositionSlot>().cloned().unwrap_or_default() })
    }
}

/// The snapshot that a path names.
#[derive(Debug, Clone)]
pub struct NamedSnapshot(pub SnapshotName);

impl FromRequestParts<Context> for NamedSnapshot {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, context: &Context) -> Result<Self, ApiError> {
        let text = parameter(parts, context, "name").await?.unwrap_or_default();
        SnapshotName::parse(&text).map(Self).ok_or_else(|| bad_request(SnapshotName::RULE))
    }
}

async fn parameter(parts: &mut Parts, context: &Context, wanted: &str) -> Result<Option<String>, ApiError> {
    let parameters = RawPathParams::from_request_parts(parts, context).await;
    let parameters = parameters.map_err(|_| bad_request("the path is not valid UTF-8"))?;
    Ok(parameters.iter().find(|(name, _)| *name == wanted).map(|(_, text)| text.to_owned()))
}

/// A JSON body, whatever its content type; an empty one is `{}`.
#[derive(Debug, Clone)]
pub struct JsonBody<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Context> for JsonBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request<Body>, _: &Context) -> Result<Self, ApiError> {
        let bytes = body::whole(request.into_body(), MAX_BODY).await.map_err(|error| match error {
            BodyError::TooLarge(_) => ApiError::Problem(StatusCode::PAYLOAD_TOO_LARGE, error.to_string()),
            BodyError::Broken(_) => bad_request(error.to_string()),
        })?;
        let malformed = |error: serde_json::Error| bad_request(format!("the body is malformed: {error}"));
        let members: Map<String, Value> = match bytes.trim_ascii() {
            b"" => Map::new(),
            text => serde_json::from_slice(text).map_err(malformed)?,
        };
        // A variable that a script forgot to set must not mean "everything".
        if let Some((name, _)) = members.iter().find(|(_, value)| value.is_null()) {
            return Err(bad_request(format!("`{name}` is null: leave it out or give it a value")));
        }
        serde_json::from_value(Value::Object(members)).map(Self).map_err(malformed)
    }
}
