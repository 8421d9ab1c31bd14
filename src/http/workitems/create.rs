//! `POST /workitems` (PS3.18 11.4).

use axum::{
    body::Body,
    extract::{RawQuery, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use dicom_dictionary_std::tags;

use super::{
    answer,
    body::{SendsDicomJson, Sent},
    target::{named_workitem, workitem_uid},
};
use crate::{
    command,
    domain::{
        partition::Within,
        workitem::{create::Create, requirements::Violation},
    },
    http::{
        accept::AcceptsDicomJson,
        context::Context,
        error::{ApiError, bad_request},
        scope::Scope,
    },
    ids::WorkitemKey,
};

/// Creates a workitem, whose UID is in the query or in the data set.
pub async fn create(
    State(context): State<Context>,
    _: SendsDicomJson,
    scope: Scope,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let sent = Sent::read(&context, body).await?;
    AcceptsDicomJson::check(&headers)?;
    let named = named_workitem(&context, query.as_deref());
    let Some(uid) = uid(named, &sent)? else {
        let missing = Violation::Missing(tags::SOP_INSTANCE_UID);
        return Ok(answer::json_message(StatusCode::BAD_REQUEST, &missing.to_string()));
    };
    let workitem = workitem_uid(&uid, sent.grammar())?;
    let url = answer::url(&scope, &workitem);
    let key = WorkitemKey { partition: scope.partition.clone(), workitem };
    let command = Create { key, dataset: sent.dataset, shape: sent.shape };
    let create = Within { partition: scope.partition, command };
    let receipt = command::execute(&context.services, &scope.service, create).await?;
    scope.position.leave(receipt.position);
    match receipt.answer? {
        Ok(()) => {
            let headers = [(header::LOCATION, url.clone()), (header::CONTENT_LOCATION, url)];
            Ok((StatusCode::CREATED, headers).into_response())
        }
        Err(rejection) => Ok(answer::json_message(answer::status(rejection), &rejection.to_string())),
    }
}

/// The UID of the query, or else that of the data set; if both are there they must be the same.
fn uid(named: Option<String>, sent: &Sent) -> Result<Option<String>, ApiError> {
    let own = sent.dataset.get(tags::SOP_INSTANCE_UID);
    let own = own.map(|attribute| attribute.joined_text().unwrap_or_default().trim_end_matches(' ').to_owned());
    match (named, own) {
        (Some(named), Some(own)) if named != own => {
            workitem_uid(&named, sent.grammar())?;
            Err(bad_request("SOPInstanceUID in the payload does not match the workitem query parameter."))
        }
        (Some(named), _) => Ok(Some(named)),
        (None, own) => Ok(own.filter(|text| !text.trim().is_empty())),
    }
}
