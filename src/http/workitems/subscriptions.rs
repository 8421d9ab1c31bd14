//! Subscriptions to workitems (PS3.18 11.10 to 11.13), which neither Azure nor the emulator has.

use axum::http::StatusCode;

use crate::http::{error::ApiError, scope::Scope};

/// Every request about a subscription, whatever it says. Like all of the worklist, it is about a partition.
pub async fn not_implemented(_: Scope) -> ApiError {
    ApiError::Text(StatusCode::NOT_IMPLEMENTED, "UPS-RS subscriptions are not implemented.".into())
}
