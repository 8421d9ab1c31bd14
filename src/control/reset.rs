//! `reset`: back to a snapshot, a position, or the beginning.

use axum::extract::State;
use serde::{Deserialize, Serialize};

use super::extract::{JsonBody, Of, bad_request};
use crate::{
    http::{context::Context, error::ApiError, json::Json},
    ids::{Position, SnapshotName},
    log::Target,
};

/// Where to go back to.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    snapshot: Option<String>,
    position: Option<i64>,
}

#[derive(Serialize)]
pub struct Done {
    position: i64,
    sequence: i64,
    undone: i64,
}

/// Forgets what came after the place.
pub async fn reset(
    State(context): State<Context>,
    of: Of,
    JsonBody(wanted): JsonBody<Wanted>,
) -> Result<Json<Done>, ApiError> {
    let target = place(wanted.snapshot.as_deref(), wanted.position)?;
    let target = target.unwrap_or(Target::Position(Position(0)));
    let undone = of.service.reset(&context.pool, &target).await?;
    of.position.leave(undone.position);
    context.bell.ring(); // an operation may be unfinished again
    tracing::info!(service = %of.service.name, position = undone.position.0, undone = undone.events, "reset");
    Ok(Json(Done { position: undone.position.0, sequence: undone.sequence.0, undone: undone.events }))
}

/// The place that a request names, if it names one.
pub fn place(snapshot: Option<&str>, position: Option<i64>) -> Result<Option<Target>, ApiError> {
    match (snapshot, position) {
        (Some(_), Some(_)) => Err(bad_request("name a snapshot or a position, not both")),
        (Some(name), None) => {
            let name = SnapshotName::parse(name).ok_or_else(|| bad_request(SnapshotName::RULE))?;
            Ok(Some(Target::Snapshot(name)))
        }
        (None, Some(position)) if position < 0 => Err(bad_request("a position is not negative")),
        (None, position) => Ok(position.map(|position| Target::Position(Position(position)))),
    }
}
