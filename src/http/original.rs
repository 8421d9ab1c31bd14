//! Which version of an updated instance a client wants.

use std::convert::Infallible;

use axum::{
    extract::FromRequestParts,
    http::{HeaderName, request::Parts},
};

use super::context::Context;
use crate::read::instances::Kept;

/// The header that asks for what was there before the first bulk update: `true` in any case does, anything else does
/// not, and of several values the first counts.
const REQUEST_ORIGINAL: HeaderName = HeaderName::from_static("msdicom-request-original");

/// The version that a client asks for.
#[derive(Debug, Clone, Copy)]
pub struct RequestedVersion(pub Kept);

impl FromRequestParts<Context> for RequestedVersion {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &Context) -> Result<Self, Infallible> {
        let first = parts.headers.get(REQUEST_ORIGINAL);
        let is_original = first.is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"true"));
        Ok(Self(if is_original { Kept::Original } else { Kept::Latest }))
    }
}
