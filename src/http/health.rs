//! `GET /health` and `/health/check`.

use std::time::Duration;

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Serialize;

use super::{context::Context, json::Json};
use crate::read;

/// How long the database may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Health {
    status: &'static str,
    overall_status: &'static str,
    details: [Detail; 1],
}

#[derive(Serialize)]
struct Detail {
    name: &'static str,
    status: &'static str,
    description: &'static str,
}

/// 200 while the database answers, 503 otherwise.
pub async fn check(State(context): State<Context>) -> Response {
    let answer = tokio::time::timeout(PATIENCE, read::ping(&context.pool)).await;
    let is_healthy = matches!(answer, Ok(Ok(())));
    let (code, status, overall_status, description) = match is_healthy {
        true => (StatusCode::OK, "healthy", "Healthy", "Successfully connected."),
        false => (StatusCode::SERVICE_UNAVAILABLE, "unhealthy", "Unhealthy", "Failed to connect."),
    };
    let details = [Detail { name: "SqlServerHealthCheck", status: overall_status, description }];
    (code, Json(Health { status, overall_status, details })).into_response()
}
