//! Data partitions: what a route has to do with them, and `GET /partitions`.

use axum::extract::State;
use jiff::tz::Offset;
use serde::Serialize;

use super::{
    context::Context,
    error::{ApiError, bad_request},
    json::Json,
    scope::{ReadScope, Scope},
};
use crate::{
    command,
    domain::Rejection,
    ids::{PartitionKey, PartitionName},
    log::LogError,
    read::{View, partitions::Partition},
};

/// What a route has to do with partitions. The router says it of each; what is nearest to the route counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// It is about the whole service, with partitions or without.
    Service,
    /// It is about the whole service, which must have partitions.
    Partitions,
    /// It lies in a partition, which must exist.
    Partition,
    /// It lies in a partition, which comes to be if it does not exist.
    NewPartition,
}

/// The partition that a request is about: refused in the order of the service, before anything in the partition is
/// looked at. `named` is the name in its path.
pub async fn enter(
    context: &Context,
    scope: &Scope,
    view: &View,
    reach: Reach,
    named: Option<&str>,
) -> Result<PartitionName, ApiError> {
    let text = match (reach, scope.service.settings.partitions, named) {
        (Reach::Service, _, _)
        | (Reach::Partitions, true, _)
        | (Reach::Partition | Reach::NewPartition, false, None) => {
            return Ok(PartitionName::default_partition());
        }
        (_, false, _) => return Err(Rejection::PartitionsDisabled.into()),
        (_, true, None) => return Err(bad_request("PartitionName value is missing in the route segment.")),
        (_, true, Some(text)) => text,
    };
    let name = PartitionName::parse(text).ok_or_else(|| bad_request("The specified PartitionName is invalid. "))?;
    match view.partition(&name).await? {
        Some(known) => Ok(known),
        None if reach == Reach::NewPartition => {
            let (name, position) = command::create_partition(&context.services, &scope.service, name).await?;
            scope.position.leave(position);
            Ok(name)
        }
        None => Err(Rejection::PartitionNotFound.into()),
    }
}

/// A partition as it is sent.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    partition_key: PartitionKey,
    partition_name: PartitionName,
    created_date: String,
}

impl From<Partition> for Entry {
    fn from(partition: Partition) -> Self {
        Self {
            partition_key: partition.key,
            partition_name: partition.name,
            created_date: partition.created_at.display_with_offset(Offset::UTC).to_string(),
        }
    }
}

/// All partitions of the service, ascending by key. There is always the default one.
pub async fn list(
    State(context): State<Context>,
    ReadScope { scope, view }: ReadScope,
) -> Result<Json<Vec<Entry>>, ApiError> {
    let Some(partitions) = view.partitions().await? else {
        context.services.forget(&scope.service); // another process has deleted it: the next request finds what is there
        return Err(LogError::ServiceGone.into());
    };
    Ok(Json(partitions.into_iter().map(Entry::from).collect()))
}
