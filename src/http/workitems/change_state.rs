//! `PUT /workitems/{uid}/state` (PS3.18 11.7).

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use dicom_dictionary_std::tags;

use super::{
    answer,
    body::{SendsDicomJson, Sent},
    target::WorkitemPath,
};
use crate::{
    command,
    dicom::json::Document,
    domain::workitem::{
        Owner,
        change_state::ChangeState,
        rejection::Changed,
        requirements::{Violation, require},
        state::Target,
    },
    http::{context::Context, error::ApiError, scope::Scope},
    ids::WorkitemKey,
};

/// Claims, completes or gives up a workitem.
pub async fn change_state(
    State(context): State<Context>,
    _: SendsDicomJson,
    scope: Scope,
    path: WorkitemPath,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let sent = Sent::read(&context, body).await?;
    let workitem = path.uid(&context)?;
    let wish = match Wish::read(&sent.dataset) {
        Ok(wish) => wish,
        Err(refusal) => {
            return Ok(answer::warned_message(&scope, &headers, StatusCode::BAD_REQUEST, refusal.to_string()));
        }
    };
    let change = ChangeState {
        client: Owner::new(&workitem, &wish.transaction),
        key: WorkitemKey { partition: scope.partition.clone(), workitem },
        target: wish.target,
        shape: sent.shape,
    };
    let receipt = command::execute(&context.services, &scope.service, change).await?;
    scope.position.leave(receipt.position);
    match receipt.answer {
        Ok(Changed::Yes) => Ok(StatusCode::OK.into_response()),
        Ok(Changed::AlreadyFinal { state, code }) => {
            let message = format!("The workitem instance is already in the final state '{state}'. {code}.");
            Ok(answer::warned_message(&scope, &headers, StatusCode::OK, message))
        }
        Err(rejection) => {
            Ok(answer::warned_message(&scope, &headers, answer::status(rejection), rejection.to_string()))
        }
    }
}

/// What the body says; its other attributes mean nothing.
struct Wish {
    /// The Transaction UID, as it was sent.
    transaction: String,
    target: Target,
}

/// Why it says nothing that can be done.
#[derive(Debug, thiserror::Error)]
enum Unwishable {
    #[error(transparent)]
    Attribute(#[from] Violation),
    #[error("Expected value '(0074,1000)' to be one of the following values: [IN PROGRESS,CANCELED,COMPLETED]")]
    Target,
}

impl Wish {
    fn read(dataset: &Document) -> Result<Self, Unwishable> {
        let text = |tag| {
            let attribute = require(dataset, tag)?;
            attribute.joined_text().ok_or(Violation::NoValue(tag))
        };
        let transaction = text(tags::TRANSACTION_UID)?;
        let target = text(tags::PROCEDURE_STEP_STATE)?;
        Ok(Self { transaction, target: Target::parse(&target).ok_or(Unwishable::Target)? })
    }
}
