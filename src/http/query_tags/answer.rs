//! Tags and their errors as they are sent.

use jiff::tz::Offset;
use serde::Serialize;

use crate::{
    domain::query_tag::Status,
    http::{operations::Reference, scope::Scope},
    projection::QueryTagErrorRow,
    read::query_tags::Entry,
};

/// A tag.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Shown {
    path: String,
    vr: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    private_creator: Option<String>,
    status: &'static str,
    level: &'static str,
    query_status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    errors: Option<Errors>,
    #[serde(skip_serializing_if = "Option::is_none")]
    operation: Option<Reference>,
}

/// How many errors a tag has, and where they are.
#[derive(Serialize)]
struct Errors {
    count: i64,
    href: String,
}

/// What is wrong with the value of an instance.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ShownError {
    partition_name: String,
    study_instance_uid: String,
    series_instance_uid: String,
    sop_instance_uid: String,
    /// UTC, though it does not say so.
    created_time: String,
    error_message: String,
}

impl Shown {
    /// A tag for the client of this request.
    pub fn new(Entry { tag, errors }: Entry, scope: &Scope) -> Self {
        let path = tag.definition.path.to_string();
        let href = format!("{}/extendedquerytags/{path}/errors", scope.base);
        Self {
            path,
            vr: tag.definition.vr.to_string(),
            private_creator: tag.definition.private_creator,
            status: tag.status.as_str(),
            level: tag.definition.level.as_str(),
            query_status: tag.query_status.as_str(),
            errors: (errors > 0).then_some(Errors { count: errors, href }),
            operation: (tag.status == Status::Adding).then(|| Reference::new(tag.operation, scope)),
        }
    }
}

impl From<QueryTagErrorRow> for ShownError {
    fn from(error: QueryTagErrorRow) -> Self {
        Self {
            partition_name: error.instance.partition.to_string(),
            study_instance_uid: error.instance.study.to_string(),
            series_instance_uid: error.instance.series.to_string(),
            sop_instance_uid: error.instance.instance.to_string(),
            created_time: Offset::UTC.to_datetime(error.created_at).to_string(),
            error_message: error.fault.to_string(),
        }
    }
}
