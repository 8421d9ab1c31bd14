//! `DELETE` of a study, a series or an instance.

use axum::{extract::State, http::StatusCode};

use super::{context::Context, error::ApiError, path::ResourcePath, scope::Scope};
use crate::command;

/// Deletes all instances that the path names.
pub async fn delete(State(context): State<Context>, scope: Scope, path: ResourcePath) -> Result<StatusCode, ApiError> {
    let resource = path.within(scope.partition.clone());
    let position = command::delete(&context.services, &scope.service, resource).await?;
    scope.position.leave(position);
    Ok(StatusCode::NO_CONTENT)
}
