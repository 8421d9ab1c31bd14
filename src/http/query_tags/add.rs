//! `POST /extendedquerytags`

use axum::{
    body::Body,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

use super::body::{self, SendsJson};
use crate::{
    command,
    domain::query_tag::{QueryTagRejection, add::Add},
    http::{context::Context, error::ApiError, json::Json, operations::Reference, scope::Scope},
};

/// Adds tags; an operation looks through what is stored.
pub async fn add(State(context): State<Context>, _: SendsJson, scope: Scope, body: Body) -> Result<Response, ApiError> {
    let entries = body::entries(&body::text(&context, body).await?)?;
    let receipt = command::execute(&context.services, &scope.service, Add { entries }).await?;
    scope.position.leave(receipt.position);
    match receipt.answer {
        Ok(operation) => {
            context.bell.ring();
            let reference = Reference::new(operation, &scope);
            let location = reference.location()?;
            Ok((StatusCode::ACCEPTED, [(header::LOCATION, location)], Json(reference)).into_response())
        }
        Err(rejection @ QueryTagRejection::Reindexing(running)) => {
            let location = Reference::new(running, &scope).location()?;
            Ok(([(header::LOCATION, location)], ApiError::from(rejection)).into_response())
        }
        Err(rejection) => Err(rejection.into()),
    }
}
