//! The emulator's own API under `/_emulator`: services, snapshots, reset, log, verify, clock, wait.
//!
//! JSON in camelCase, times RFC 3339 with `Z`, errors as problem documents (RFC 9457).

mod clock;
mod docs;
mod extract;
mod log;
mod reset;
mod services;
mod snapshots;
mod verify;
mod wait;

use axum::{
    Router,
    http::StatusCode,
    middleware,
    response::{IntoResponse, Response},
    routing::{get, post},
};

use crate::http::{
    context::Context,
    error::{ApiError, STORE_FAILURE},
};

/// What is served below `/_emulator`. Without a service in the path, `default` is meant.
pub fn router() -> Router<Context> {
    Router::new()
        .route("/api.json", get(docs::as_json))
        .route("/services", get(services::list))
        .route("/services/{service}", get(services::get).put(services::put).delete(services::delete))
        .nest("/services/{service}", of_service())
        .merge(of_service())
        .method_not_allowed_fallback(|| async {
            ApiError::Problem(StatusCode::METHOD_NOT_ALLOWED, "the resource does not have this method".to_owned())
        })
        .fallback(|| async {
            ApiError::Problem(StatusCode::NOT_FOUND, "the control API has no such resource".to_owned())
        })
        .layer(middleware::map_response(worded))
}

/// What failed inside comes in the words of the data plane; here it is a problem document, as every error is.
async fn worded(response: Response) -> Response {
    match response.status() {
        status @ StatusCode::SERVICE_UNAVAILABLE => ApiError::Problem(status, STORE_FAILURE.to_owned()).into_response(),
        _ => response,
    }
}

/// What is served of one service.
fn of_service() -> Router<Context> {
    Router::new()
        .route("/snapshots", get(snapshots::list))
        .route("/snapshots/{name}", get(snapshots::get).put(snapshots::put).delete(snapshots::delete))
        .route("/reset", post(reset::reset))
        .route("/log", get(log::list))
        .route("/verify", post(verify::verify))
        .route("/clock", get(clock::get).put(clock::put))
        .route("/wait", get(wait::wait))
}
