//! `POST /workitems/{uid}/cancelrequest` (PS3.18 11.8).

use axum::{body::Body, extract::State, http::StatusCode, response::Response};

use super::{
    answer,
    body::{self, MaySendDicomJson, Sent},
    target::WorkitemPath,
};
use crate::{
    command,
    domain::workitem::{WorkitemRejection, cancel::Cancel},
    http::{
        context::{Context, Dialect},
        error::ApiError,
        scope::Scope,
    },
    ids::WorkitemKey,
};

/// Cancels a workitem that nobody has claimed. The body, which says why, may be absent.
pub async fn cancel(
    State(context): State<Context>,
    content_type: MaySendDicomJson,
    scope: Scope,
    path: WorkitemPath,
    body: Body,
) -> Result<Response, ApiError> {
    let sent = information(&context, content_type, body).await?;
    let workitem = path.uid(&context)?;
    let key = WorkitemKey { partition: scope.partition.clone(), workitem };
    let cancel = Cancel { key, information: sent.dataset, shape: sent.shape };
    let receipt = command::execute(&context.services, &scope.service, cancel).await?;
    scope.position.leave(receipt.position);
    let Err(rejection) = receipt.answer else {
        return Ok(answer::json_message(StatusCode::ACCEPTED, "The workitem instance has been cancelled."));
    };
    let message = rejection.to_string();
    let response = answer::json_message(answer::status(rejection), &message);
    Ok(match rejection {
        WorkitemRejection::AlreadyCancelled => answer::with_warning(response, answer::warning(&scope, &message)),
        _ => response,
    })
}

/// What the body says. A client that sends none need not say what it would be; a strict server insists on both.
async fn information(context: &Context, content_type: MaySendDicomJson, body: Body) -> Result<Sent, ApiError> {
    let unsupported = || ApiError::Empty(StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let bytes = body::bytes(context, body).await?;
    match (content_type, context.dialect, bytes.is_empty()) {
        (MaySendDicomJson::Unsaid, Dialect::Strict, _) | (MaySendDicomJson::Unsaid, _, false) => Err(unsupported()),
        (_, Dialect::Extended, true) => Ok(Sent::nothing()),
        (MaySendDicomJson::Yes, _, _) => Sent::parse(context, &bytes),
    }
}
