//! `wait`: an answer when something has happened, so that nobody needs to poll.

use std::time::Duration;

use axum::{
    extract::{RawQuery, State},
    http::StatusCode,
};
use serde::Serialize;
use tokio::time::{Instant, timeout_at};

use super::extract::{Of, bad_request};
use crate::{
    domain::operation::Status,
    http::{context::Context, error::ApiError, json::Json},
    ids::{OperationId, Position, Sequence},
    log::Service,
    read::{self, AsOf, View},
};

/// Seconds unless the request says otherwise, and at most.
const DEFAULT_TIMEOUT: f64 = 30.0;
const MAX_TIMEOUT: f64 = 300.0;

/// What other processes do is noticed after this time at most.
const LOOK_AROUND: Duration = Duration::from_millis(250);

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Awaited {
    /// The log has this position.
    Position(Position),
    /// The change feed has this sequence.
    Sequence(Sequence),
    /// The operation has ended.
    Operation(OperationId),
}

/// How the service stands.
#[derive(Debug, Serialize)]
pub struct Reached {
    position: Position,
    sequence: Sequence,
    #[serde(skip_serializing_if = "Option::is_none")]
    operation: Option<ReachedOperation>,
}

#[derive(Debug, Serialize)]
struct ReachedOperation {
    id: String,
    status: Status,
}

/// Answers when what is awaited has come; 408 if it does not in time.
pub async fn wait(
    State(context): State<Context>,
    of: Of,
    RawQuery(query): RawQuery,
) -> Result<Json<Reached>, ApiError> {
    let (awaited, timeout) = parse(query.as_deref().unwrap_or_default())?;
    let deadline = Instant::now() + timeout;
    let mut changes = of.service.changes();
    loop {
        changes.mark_unchanged();
        let reached = look(&context, &of.service, awaited).await?;
        if awaited.is_satisfied_by(&reached) {
            return Ok(Json(reached));
        }
        if Instant::now() >= deadline {
            return Err(ApiError::Problem(StatusCode::REQUEST_TIMEOUT, reached.late(awaited)));
        }
        // Either something changed, or it is time to look whether another process changed something.
        _ = timeout_at(deadline.min(Instant::now() + LOOK_AROUND), changes.changed()).await;
    }
}

async fn look(context: &Context, service: &Service, awaited: Awaited) -> Result<Reached, ApiError> {
    let (position, sequence) = read::head(&context.pool, service.id).await?;
    let Awaited::Operation(id) = awaited else { return Ok(Reached { position, sequence, operation: None }) };
    let view =
        View { pool: context.pool.clone(), service: service.id, as_of: AsOf::Head, names: context.names.clone() };
    let unknown = || ApiError::Problem(StatusCode::NOT_FOUND, format!("there is no operation `{id}`"));
    let operation = view.operation(id).await?.ok_or_else(unknown)?;
    let operation = ReachedOperation { id: id.to_string(), status: operation.status };
    Ok(Reached { position, sequence, operation: Some(operation) })
}

impl Awaited {
    fn is_satisfied_by(self, reached: &Reached) -> bool {
        match self {
            Self::Position(position) => reached.position >= position,
            Self::Sequence(sequence) => reached.sequence >= sequence,
            Self::Operation(_) => reached.operation.as_ref().is_some_and(|operation| !operation.status.is_unfinished()),
        }
    }
}

impl Reached {
    fn late(&self, awaited: Awaited) -> String {
        let Self { position, sequence, .. } = self;
        match awaited {
            Awaited::Position(Position(wanted)) => {
                format!("position {wanted} was not reached in time: the head is {}", position.0)
            }
            Awaited::Sequence(Sequence(wanted)) => {
                format!("sequence {wanted} was not reached in time: the last one is {}", sequence.0)
            }
            Awaited::Operation(id) => format!("operation `{id}` did not end in time"),
        }
    }
}

fn parse(query: &str) -> Result<(Awaited, Duration), ApiError> {
    let (mut awaited, mut timeout) = (None, DEFAULT_TIMEOUT);
    for (key, value) in form_urlencoded::parse(query.as_bytes()) {
        let number = || {
            let number = value.parse::<i64>().ok().filter(|number| *number >= 0);
            number.ok_or_else(|| bad_request(format!("`{key}` is a number that is not negative, not `{value}`")))
        };
        let one = match &*key {
            "position" => Awaited::Position(Position(number()?)),
            "sequence" => Awaited::Sequence(Sequence(number()?)),
            "operation" => {
                let malformed = || bad_request(format!("`{value}` is no identifier of an operation"));
                Awaited::Operation(OperationId::parse(&value).ok_or_else(malformed)?)
            }
            "timeout" => {
                timeout =
                    value.parse().ok().filter(|seconds| (0.0..=MAX_TIMEOUT).contains(seconds)).ok_or_else(|| {
                        bad_request(format!("`timeout` is a number of seconds from 0 to {MAX_TIMEOUT}, not `{value}`"))
                    })?;
                continue;
            }
            _ => return Err(bad_request(format!("`{key}` is no parameter of wait"))),
        };
        if awaited.replace(one).is_some() {
            return Err(bad_request("one thing can be waited for at a time"));
        }
    }
    let awaited = awaited.ok_or_else(|| bad_request("wait for a `position`, a `sequence` or an `operation`"))?;
    Ok((awaited, Duration::from_secs_f64(timeout)))
}
