//! Subscriptions to workitems (PS3.18 11.10 to 11.13), which neither Azure nor the emulator has.

use axum::http::StatusCode;

use crate::http::error::ApiError;

/// Every request about a subscription, whatever it says.
pub async fn not_implemented() -> ApiError {
    ApiError::Text(StatusCode::NOT_IMPLEMENTED, "UPS-RS subscriptions are not implemented.".into())
}
