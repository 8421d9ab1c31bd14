//! `log`: the events themselves, as an array or as lines.

use axum::{
    body::Body,
    extract::{RawQuery, State},
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_util::{Stream, StreamExt, TryStreamExt};
use serde::Serialize;
use serde_json::value::RawValue;

use super::extract::{Of, bad_request};
use crate::{
    domain::{event::kind, operation::export::without_secrets},
    http::{context::Context, error::ApiError, json::Json},
    ids::Position,
    log::{
        LogError,
        reader::{self, Entry, Filter},
    },
};

/// Events of an array unless a limit says otherwise, and at most.
const DEFAULT_LIMIT: i64 = 100;
const MAX_LIMIT: i64 = 10_000;

#[derive(Serialize)]
struct Shown {
    position: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    sequence: Option<i64>,
    at: String,
    kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    partition: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    study: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    series: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    instance: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    workitem: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    operation: Option<String>,
    body: Box<RawValue>,
}

/// The events from a position on. Lines (`application/x-ndjson`) stream the whole range.
pub async fn list(
    State(context): State<Context>,
    of: Of,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let mut filter = filter(query.as_deref().unwrap_or_default())?;
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    if accept.contains("application/x-ndjson") {
        let lines = lines(reader::read(context.pool.clone(), &of.service, filter));
        return Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], Body::from_stream(lines)).into_response());
    }
    filter.limit.get_or_insert(DEFAULT_LIMIT);
    let entries = reader::read(context.pool.clone(), &of.service, filter);
    let shown: Vec<Shown> = entries.and_then(|entry| async { shown(entry) }).try_collect().await?;
    Ok(Json(shown).into_response())
}

fn filter(query: &str) -> Result<Filter, ApiError> {
    let mut filter = Filter::default();
    for (key, value) in form_urlencoded::parse(query.as_bytes()).into_owned() {
        match key.as_str() {
            "from" => filter.from = Position(number("from", &value, 0..=i64::MAX)?),
            "limit" => filter.limit = Some(number("limit", &value, 1..=MAX_LIMIT)?),
            "kind" if !kind::ALL.contains(&value.as_str()) => {
                return Err(bad_request(format!("there are no events of the kind `{value}`")));
            }
            "kind" => filter.kind = Some(value),
            "study" => filter.study = Some(identifier(&key, value)?),
            "instance" => filter.instance = Some(identifier(&key, value)?),
            "workitem" => filter.workitem = Some(identifier(&key, value)?),
            "operation" => filter.operation = Some(identifier(&key, value)?),
            _ => return Err(bad_request(format!("`{key}` is no parameter of the log"))),
        }
    }
    Ok(filter)
}

/// A text that the database can compare: no text there has a NUL.
fn identifier(name: &str, text: String) -> Result<String, ApiError> {
    if text.contains('\0') {
        Err(bad_request(format!("`{name}` has a NUL, which no identifier has")))
    } else {
        Ok(text)
    }
}

fn number(name: &str, text: &str, range: std::ops::RangeInclusive<i64>) -> Result<i64, ApiError> {
    let number = text.parse().ok().filter(|number| range.contains(number));
    number.ok_or_else(|| {
        bad_request(format!("`{name}` is a number from {} to {}, not `{text}`", range.start(), range.end()))
    })
}

fn lines(
    entries: impl Stream<Item = Result<Entry, LogError>>,
) -> impl Stream<Item = Result<Bytes, Box<dyn std::error::Error + Send + Sync>>> {
    entries.map(|entry| {
        let mut line = serde_json::to_vec(&shown(entry?)?)?;
        line.push(b'\n');
        Ok(Bytes::from(line))
    })
}

fn shown(entry: Entry) -> Result<Shown, LogError> {
    let body = match entry.kind.as_str() {
        kind::OPERATION_STARTED => without_secrets(entry.body),
        _ => entry.body,
    };
    Ok(Shown {
        position: entry.position,
        sequence: entry.sequence,
        at: entry.at.to_string(),
        kind: entry.kind,
        partition: entry.partition,
        study: entry.study,
        series: entry.series,
        instance: entry.instance,
        workitem: entry.workitem,
        operation: entry.operation,
        body: RawValue::from_string(body)?,
    })
}
