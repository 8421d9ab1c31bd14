//! `clock`: the time of one service.

use axum::extract::State;
use jiff::{
    SignedDuration, Span, Timestamp,
    fmt::temporal::{Pieces, SpanParser},
    tz::Offset,
};
use serde::{Deserialize, Serialize};

use super::extract::{JsonBody, Of, bad_request};
use crate::{
    clock::ClockMode,
    command,
    domain::move_clock::MoveClock,
    http::{context::Context, error::ApiError, json::Json},
};

#[derive(Serialize)]
pub struct Shown {
    mode: &'static str,
    now: String,
}

fn shown(mode: ClockMode, now: Timestamp) -> Shown {
    let mode = match mode {
        ClockMode::System => "system",
        ClockMode::Frozen(_) => "frozen",
        ClockMode::Shifted(_) => "shifted",
    };
    Shown { mode, now: now.to_string() }
}

/// How to set the clock.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    mode: Option<String>,
    now: Option<String>,
    advance: Option<String>,
}

/// How the clock stands.
pub async fn get(State(context): State<Context>, of: Of) -> Result<Json<Shown>, ApiError> {
    let (mode, now) = context.services.clock(&of.service).await?;
    Ok(Json(shown(mode, now)))
}

/// Sets the clock. What is due by then happens before the answer.
pub async fn put(
    State(context): State<Context>,
    of: Of,
    JsonBody(wanted): JsonBody<Wanted>,
) -> Result<Json<Shown>, ApiError> {
    let moved = parse(&wanted)?;
    let receipt = command::execute(&context.services, &of.service, moved).await?;
    let mode = receipt.answer?;
    of.position.leave(receipt.position);
    let now = mode.now(context.clock.now());
    command::expire::expire(&context.pool, &context.services, &of.service, now).await?;
    Ok(Json(shown(mode, now)))
}

fn parse(wanted: &Wanted) -> Result<MoveClock, ApiError> {
    match (wanted.mode.as_deref(), wanted.now.as_deref(), wanted.advance.as_deref()) {
        (Some("system"), None, None) => Ok(MoveClock::Follow),
        (Some("frozen"), now, None) => now.map(time).transpose().map(MoveClock::Freeze),
        (None, None, Some(by)) => duration(by).map(MoveClock::Advance),
        (Some(mode), ..) if mode != "system" && mode != "frozen" => {
            Err(bad_request(format!("`{mode}` is no mode that a clock can be set to: `system` or `frozen` are")))
        }
        _ => Err(bad_request(
            r#"a clock is set by {"mode":"system"}, {"mode":"frozen","now":"2026-01-01T00:00:00Z"} or {"advance":"PT1H"}"#,
        )),
    }
}

/// An RFC 3339 time, which has a year of four digits.
fn time(text: &str) -> Result<Timestamp, ApiError> {
    let malformed = || bad_request(format!("`{text}` is no RFC 3339 time"));
    if !text.starts_with(|first: char| first.is_ascii_digit()) {
        return Err(malformed());
    }
    text.parse().map_err(|_| match is_late(text) {
        true => bad_request(format!(
            "`{text}` lies beyond the last time that a clock can show, which is {:.6}",
            Timestamp::MAX
        )),
        false => malformed(),
    })
}

/// Whether this is a time after the last one that can be represented, of which the calendar knows the day.
fn is_late(text: &str) -> bool {
    Pieces::parse(text).is_ok_and(|pieces| {
        pieces.time().is_some()
            && pieces.offset().is_some()
            && pieces.date() >= Offset::UTC.to_datetime(Timestamp::MAX).date()
    })
}

/// An ISO 8601 duration. A day has 24 hours; months and years have no fixed length and are refused.
fn duration(text: &str) -> Result<SignedDuration, ApiError> {
    let parsed: Result<Span, _> = SpanParser::new().parse_span(text);
    let span = parsed.map_err(|error| match error.is_range() {
        true => bad_request(format!("`{text}` is longer than any two times can be apart")),
        false => bad_request(format!("`{text}` is no ISO 8601 duration")),
    })?;
    let days = jiff::SpanRelativeTo::days_are_24_hours();
    span.to_duration(days).map_err(|_| bad_request(format!("`{text}` is no duration of a fixed length")))
}
