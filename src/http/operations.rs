//! `GET /operations/{id}`, and how answers refer to an operation.

use axum::{
    extract::{Path, rejection::PathRejection},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use serde::Serialize;

use super::{
    error::{ApiError, store_failure},
    json::Json,
    scope::{ReadScope, Scope},
    version::ApiVersion,
};
use crate::{
    blob::export::error_log,
    domain::{
        operation::{Operation, Progress, Status, Task, export, reindex, update},
        query_tag::QueryTag,
    },
    ids::OperationId,
    read::View,
};

/// How an operation is referred to.
#[derive(Debug, Serialize)]
pub struct Reference {
    id: String,
    href: String,
}

impl Reference {
    /// A reference for the client of this request.
    pub fn new(id: OperationId, scope: &Scope) -> Self {
        Self { id: id.to_string(), href: format!("{}/operations/{id}", scope.base) }
    }

    /// Its URL as the value of `Location`.
    pub fn location(&self) -> Result<HeaderValue, ApiError> {
        HeaderValue::from_str(&self.href).map_err(|error| store_failure(&error))
    }
}

/// An operation as it is sent.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    operation_id: String,
    r#type: &'static str,
    created_time: Timestamp,
    last_updated_time: Timestamp,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    percent_complete: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resources: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    results: Option<Results>,
}

/// What an operation has done so far.
#[derive(Serialize)]
#[serde(untagged)]
enum Results {
    Update(update::Progress),
    #[serde(rename_all = "camelCase")]
    Export {
        exported: u64,
        skipped: u64,
        error_href: String,
    },
}

/// How an operation stands: 202 while it is unfinished.
pub async fn get(
    ReadScope { scope, view }: ReadScope,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, ApiError> {
    let missing = ApiError::Empty(StatusCode::NOT_FOUND);
    let Some(id) = id.ok().and_then(|Path(id)| OperationId::parse(&id)) else { return Err(missing) };
    let operation = view.operation(id).await?.ok_or(missing)?;
    let is_unfinished = operation.status.is_unfinished();
    let resources = resources(&operation, &scope, &view).await?;
    let body = Json(body(operation, &scope, resources));
    if is_unfinished {
        let location = Reference::new(id, &scope).location()?;
        return Ok((StatusCode::ACCEPTED, [(header::LOCATION, location)], body).into_response());
    }
    Ok(body.into_response())
}

/// What the operation is about, if it says so: the tags of a reindex that still exist.
async fn resources(operation: &Operation, scope: &Scope, view: &View) -> Result<Option<Vec<String>>, ApiError> {
    let Task::Reindex(_) = operation.task else { return Ok(None) };
    let tags = view.query_tags_of(operation.id).await?;
    let url = |tag: &QueryTag| format!("{}/extendedquerytags/{}", scope.base, tag.definition.path);
    Ok(Some(tags.iter().map(url).collect()))
}

fn body(operation: Operation, scope: &Scope, resources: Option<Vec<String>>) -> Body {
    let Operation { id, task, status, progress, created_at, updated_at } = operation;
    let (r#type, percent_complete, results) = match (&task, progress) {
        (Task::Reindex(_), Progress::Reindex(progress)) => {
            ("reindex", Some(percent_reindexed(status, &progress)), None)
        }
        (Task::Update(task), Progress::Update(progress)) => {
            let percent = percent(progress.study_processed, task.studies.len());
            ("update", Some(percent), Some(Results::Update(progress)))
        }
        (Task::Export(task), Progress::Export(progress)) => {
            let error_href = format!("{}/{}", task.destination.url(), error_log(id));
            let export::Progress { exported, skipped, .. } = progress;
            ("export", None, Some(Results::Export { exported, skipped, error_href }))
        }
        (Task::Reindex(_), _) => ("reindex", None, None),
        (Task::Update(_), _) => ("update", None, None),
        (Task::Export(_), _) => ("export", None, None),
    };
    Body {
        operation_id: id.to_string(),
        r#type,
        created_time: created_at,
        last_updated_time: updated_at,
        status: match (status, scope.version) {
            (Status::Succeeded, ApiVersion::V1) => "completed",
            _ => status.as_str(),
        },
        percent_complete,
        resources,
        results,
    }
}

/// How much of all is done; all of nothing is.
fn percent(done: u64, all: usize) -> u64 {
    let all = u64::try_from(all).unwrap_or(u64::MAX);
    done.saturating_mul(100).checked_div(all).unwrap_or(100).min(100)
}

/// How much of a reindex is done; all of it only when its tags are ready.
fn percent_reindexed(status: Status, progress: &reindex::Progress) -> u64 {
    if status == Status::Succeeded {
        return 100;
    }
    let percent = progress.processed.saturating_mul(100).checked_div(progress.total);
    percent.unwrap_or(0).min(99)
}
