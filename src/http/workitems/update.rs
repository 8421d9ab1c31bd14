//! `POST` (as Azure has it) and `PUT` (an extension) of `/workitems/{uid}` (PS3.18 11.6).

use axum::{
    extract::{FromRequestParts, Request, State},
    http::{Method, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};

use super::{
    answer,
    body::{SendsDicomJson, Sent},
    target::{WorkitemPath, named_transaction},
};
use crate::{
    command,
    domain::workitem::{Owner, WorkitemRejection, update::Update},
    http::{
        context::{Context, Dialect},
        error::ApiError,
        scope::Scope,
    },
    ids::WorkitemKey,
};

/// How an update comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpdateMethod {
    /// As Azure has it.
    Post,
    /// An extension, which a strict server does not know.
    Put,
}

impl FromRequestParts<Context> for UpdateMethod {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, context: &Context) -> Result<Self, ApiError> {
        match (&parts.method, context.dialect) {
            (&Method::PUT, Dialect::Extended) => Ok(Self::Put),
            (&Method::PUT, Dialect::Strict) => Err(ApiError::Empty(StatusCode::METHOD_NOT_ALLOWED)),
            _ => Ok(Self::Post),
        }
    }
}

/// Replaces or adds attributes. The query or a header names the Transaction UID; either way goes with either method.
pub async fn update(
    State(context): State<Context>,
    method: UpdateMethod,
    _: SendsDicomJson,
    scope: Scope,
    path: WorkitemPath,
    request: Request,
) -> Result<Response, ApiError> {
    let (Parts { uri, headers, .. }, body) = request.into_parts();
    let sent = Sent::read(&context, body).await?;
    let workitem = path.uid(&context)?;
    let transaction = named_transaction(&context, uri.query(), &headers, sent.grammar())?;
    let update = Update {
        client: transaction.map(|uid| Owner::new(&workitem, &uid)),
        key: WorkitemKey { partition: scope.partition.clone(), workitem: workitem.clone() },
        changes: sent.dataset,
        shape: sent.shape,
    };
    let receipt = command::execute(&context.services, &scope.service, update).await?;
    scope.position.leave(receipt.position);
    match receipt.answer {
        Ok(()) => Ok([(header::CONTENT_LOCATION, answer::url(&scope, &workitem))].into_response()),
        Err(rejection) => {
            let status = match (rejection, method) {
                // The service has no answer of its own for this case.
                (WorkitemRejection::NotFoundForUpdate, UpdateMethod::Put) => StatusCode::NOT_FOUND,
                (other, _) => answer::status(other),
            };
            Ok(answer::warned_message(&scope, &headers, status, rejection.to_string()))
        }
    }
}
