//! `snapshots`: names for positions.

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};

use super::extract::{JsonBody, NamedSnapshot, Of, bad_request};
use crate::{
    http::{context::Context, error::ApiError, json::Json},
    ids::{Position, SnapshotName},
    log::snapshot::{Snapshot, Taken},
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Shown {
    name: SnapshotName,
    position: i64,
    sequence: i64,
    created_at: String,
}

impl From<Snapshot> for Shown {
    fn from(snapshot: Snapshot) -> Self {
        Self {
            name: snapshot.name,
            position: snapshot.position.0,
            sequence: snapshot.sequence.0,
            created_at: snapshot.created_at.to_string(),
        }
    }
}

/// Where a snapshot shall point.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    position: Option<i64>,
}

/// All snapshots, oldest first.
pub async fn list(State(context): State<Context>, of: Of) -> Result<Json<Vec<Shown>>, ApiError> {
    let snapshots = of.service.snapshots(&context.pool).await?;
    Ok(Json(snapshots.into_iter().map(Shown::from).collect()))
}

/// One snapshot.
pub async fn get(
    State(context): State<Context>,
    of: Of,
    NamedSnapshot(name): NamedSnapshot,
) -> Result<Json<Shown>, ApiError> {
    Ok(Json(of.service.snapshot(&context.pool, &name).await?.into()))
}

/// Takes a snapshot, or moves its name.
pub async fn put(
    State(context): State<Context>,
    of: Of,
    NamedSnapshot(name): NamedSnapshot,
    JsonBody(wanted): JsonBody<Wanted>,
) -> Result<Response, ApiError> {
    if wanted.position.is_some_and(|position| position < 0) {
        return Err(bad_request("a position is not negative"));
    }
    let position = wanted.position.map(Position);
    let (snapshot, taken) = of.service.take_snapshot(&context.pool, &name, position, context.clock.now()).await?;
    let status = match taken {
        Taken::New => StatusCode::CREATED,
        Taken::Moved => StatusCode::OK,
    };
    Ok((status, Json(Shown::from(snapshot))).into_response())
}

/// Forgets a name.
pub async fn delete(
    State(context): State<Context>,
    of: Of,
    NamedSnapshot(name): NamedSnapshot,
) -> Result<StatusCode, ApiError> {
    of.service.drop_snapshot(&context.pool, &name).await?;
    Ok(StatusCode::NO_CONTENT)
}
