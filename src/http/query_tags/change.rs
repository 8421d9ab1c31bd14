//! `PATCH` and `DELETE` of `/extendedquerytags/{tag}`

use axum::{body::Body, extract::State, http::StatusCode};

use super::{
    answer::Shown,
    body::{self, SendsJson},
    target::Target,
};
use crate::{
    command,
    domain::query_tag::{
        QueryTagRejection,
        change::{ChangeQueryStatus, Delete},
    },
    http::{context::Context, error::ApiError, json::Json, scope::Scope},
    read::View,
};

/// Allows or forbids to search a tag.
pub async fn change(
    State(context): State<Context>,
    _: SendsJson,
    scope: Scope,
    Target(path): Target,
    body: Body,
) -> Result<Json<Shown>, ApiError> {
    let query_status = body::query_status(&body::text(&context, body).await?)?;
    let change = ChangeQueryStatus { path, query_status };
    let receipt = command::execute(&context.services, &scope.service, change).await?;
    receipt.answer?;
    scope.position.leave(receipt.position);
    let view = View::now(&context.pool, scope.service.id);
    let entry = view.query_tag(path).await?.ok_or(QueryTagRejection::NotFound(path))?;
    Ok(Json(Shown::new(entry, &scope)))
}

/// Deletes a tag.
pub async fn delete(
    State(context): State<Context>,
    scope: Scope,
    Target(path): Target,
) -> Result<StatusCode, ApiError> {
    let receipt = command::execute(&context.services, &scope.service, Delete { path }).await?;
    receipt.answer?;
    scope.position.leave(receipt.position);
    Ok(StatusCode::NO_CONTENT)
}
