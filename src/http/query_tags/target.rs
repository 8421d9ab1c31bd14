//! The tag in a path.

use axum::{
    extract::{FromRequestParts, RawPathParams},
    http::request::Parts,
};

use crate::{
    domain::query_tag::{QueryTagRejection, definition},
    http::{context::Context, error::ApiError},
    ids::TagPath,
};

/// The tag that a path names by keyword or digits.
#[derive(Debug, Clone, Copy)]
pub struct Target(pub TagPath);

impl FromRequestParts<Context> for Target {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, context: &Context) -> Result<Self, ApiError> {
        // Without parameters, the path held what is no UTF-8, which names nothing.
        let parameters = RawPathParams::from_request_parts(parts, context).await.ok();
        let named = parameters.iter().flatten().find(|(name, _)| *name == "tag").map(|(_, text)| text);
        definition::path(named.unwrap_or_default()).map(Self).map_err(|error| QueryTagRejection::from(error).into())
    }
}
