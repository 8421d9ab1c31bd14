//! `limit` and `offset` of lists.

use axum::{extract::FromRequestParts, http::request::Parts};

use crate::{
    http::{context::Context, error::ApiError},
    read::{
        parameters::{self, Name},
        query_tags::Page,
    },
};

const LIMIT: Name = Name { name: "Limit", suffix: " for Limit" };
const OFFSET: Name = Name { name: "Offset", suffix: " for Offset" };

/// The page that a client asks for: 100 entries from the first on unless it says otherwise. Of a repeated parameter the
/// first counts.
#[derive(Debug, Clone, Copy)]
pub struct RequestedPage(pub Page);

impl FromRequestParts<Context> for RequestedPage {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &Context) -> Result<Self, ApiError> {
        let query = parts.uri.query().unwrap_or_default();
        let (mut limit, mut offset) = (None, None);
        for (key, value) in form_urlencoded::parse(query.as_bytes()) {
            match key.trim().to_ascii_lowercase().as_str() {
                "limit" => _ = limit.get_or_insert(value),
                "offset" => _ = offset.get_or_insert(value),
                _ => {}
            }
        }
        Ok(Self(Page {
            limit: limit.map_or(Ok(100), |text| parameters::integer(LIMIT, &text, 1..=200))?,
            offset: offset.map_or(Ok(0), |text| parameters::offset(OFFSET, &text))?,
        }))
    }
}
