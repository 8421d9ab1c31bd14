//! `GET /changefeed` and `/changefeed/latest`.

use axum::{
    extract::RawQuery,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use futures_util::StreamExt;
use jiff::{Timestamp, fmt::temporal::Pieces, tz::Offset};
use serde::Serialize;

use super::{
    error::{ApiError, store_failure},
    json::{JSON, json_array},
    scope::ReadScope,
    version::ApiVersion,
};
use crate::{
    ids::Sequence,
    read::{
        feed::{Action, Entry, Metadata, Range, State},
        parameters::{self, InvalidParameter, Name},
    },
};

/// An entry as it is sent. The capitalised values are what the service's serializer makes of them.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    sequence: i64,
    partition_name: String,
    study_instance_uid: String,
    series_instance_uid: String,
    sop_instance_uid: String,
    action: &'static str,
    timestamp: String,
    state: &'static str,
}

/// Entries of a window in time (v2), or of a range of sequences (v1).
pub async fn list(scope: ReadScope, RawQuery(query): RawQuery) -> Result<Response, ApiError> {
    let query = Parameters::read(query.as_deref().unwrap_or_default());
    let ReadScope { scope, view } = scope;
    let (range, limit) = match scope.version {
        ApiVersion::V1 => {
            let offset = query.offset(Name { name: "offset", suffix: "" })?;
            let limit = query.limit(Name { name: "limit", suffix: "" }, 10, 100)?;
            (Range { after: Sequence(offset), up_to: Sequence(offset.saturating_add(limit)) }, limit)
        }
        ApiVersion::V2 => {
            let offset = query.offset(Name { name: "Offset", suffix: " for Offset" })?;
            let limit = query.limit(Name { name: "Limit", suffix: " for Limit" }, 100, 200)?;
            let (start, end) = query.window()?;
            let window = view.window(start, end).await?;
            (Range { after: Sequence(window.after.0.saturating_add(offset)), ..window }, limit)
        }
    };
    let entries = view.feed(range, limit, query.metadata()?);
    let texts = entries.map(|entry| json(entry?));
    Ok(([(header::CONTENT_TYPE, JSON)], json_array(texts).await?).into_response())
}

/// The last entry; 204 while there is none.
pub async fn latest(scope: ReadScope, RawQuery(query): RawQuery) -> Result<Response, ApiError> {
    let query = Parameters::read(query.as_deref().unwrap_or_default());
    match scope.view.latest(query.metadata()?).await? {
        None => Ok(StatusCode::NO_CONTENT.into_response()),
        Some(entry) => Ok(([(header::CONTENT_TYPE, JSON)], json(entry)?).into_response()),
    }
}

/// The metadata is text already, and is not parsed again.
fn json(entry: Entry) -> Result<String, ApiError> {
    let metadata = entry.metadata;
    let body = Body {
        sequence: entry.sequence,
        partition_name: entry.partition,
        study_instance_uid: entry.study,
        series_instance_uid: entry.series,
        sop_instance_uid: entry.instance,
        action: match entry.action {
            Action::Create => "Create",
            Action::Update => "Update",
            Action::Delete => "Delete",
        },
        timestamp: entry.at.display_with_offset(Offset::UTC).to_string(),
        state: match entry.state {
            State::Current => "Current",
            State::Replaced => "Replaced",
            State::Deleted => "Deleted",
        },
    };
    let mut json = serde_json::to_string(&body).map_err(|error| store_failure(&error))?;
    if let Some(metadata) = metadata {
        json.pop();
        json.extend([",\"metadata\":", &metadata, "}"]);
    }
    Ok(json)
}

/// Parameters as they were sent; of a repeated one the first counts.
#[derive(Default)]
struct Parameters {
    offset: Option<String>,
    limit: Option<String>,
    start_time: Option<String>,
    end_time: Option<String>,
    include_metadata: Option<String>,
}

impl Parameters {
    fn read(query: &str) -> Self {
        let mut parameters = Self::default();
        for (key, value) in form_urlencoded::parse(query.as_bytes()).into_owned() {
            let slot = match key.to_ascii_lowercase().as_str() {
                "offset" => &mut parameters.offset,
                "limit" => &mut parameters.limit,
                "starttime" => &mut parameters.start_time,
                "endtime" => &mut parameters.end_time,
                "includemetadata" => &mut parameters.include_metadata,
                _ => continue,
            };
            slot.get_or_insert(value);
        }
        parameters
    }

    fn offset(&self, name: Name) -> Result<i64, InvalidParameter> {
        self.offset.as_deref().map_or(Ok(0), |text| parameters::offset(name, text))
    }

    fn limit(&self, name: Name, default: i64, most: i32) -> Result<i64, InvalidParameter> {
        self.limit.as_deref().map_or(Ok(default), |text| parameters::integer(name, text, 1..=most))
    }

    fn metadata(&self) -> Result<Metadata, InvalidParameter> {
        const NAME: Name = Name { name: "includeMetadata", suffix: "" };
        let included = self.include_metadata.as_deref().map_or(Ok(true), |text| parameters::boolean(NAME, text))?;
        Ok(if included { Metadata::Included } else { Metadata::Left })
    }

    fn window(&self) -> Result<(Option<Timestamp>, Option<Timestamp>), InvalidParameter> {
        let start = self.start_time.as_deref().map_or(Ok(None), |text| time("StartTime", text))?;
        let end = self.end_time.as_deref().map_or(Ok(None), |text| time("EndTime", text))?;
        if let (Some(start), Some(end)) = (start, end)
            && end <= start
        {
            let shown = |time: Timestamp| format!("{:.7}", time.display_with_offset(Offset::UTC));
            let (start, end) = (shown(start), shown(end));
            let detail = format!("The start time '{start}' must occur strictly before the end time '{end}'.");
            return Err(InvalidParameter::new("", detail));
        }
        Ok((start, end))
    }
}

/// A time with a zone: ISO 8601 with `Z` or an offset, or RFC 1123 with `GMT`. A blank one counts as absent. What lies
/// beyond the calendar, like the last day that .NET knows, is its end.
fn time(name: &'static str, text: &str) -> Result<Option<Timestamp>, InvalidParameter> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let malformed = || InvalidParameter::new(name, "");
    let no_zone = || InvalidParameter::new(name, "Date and time value must specify a time zone.");
    if text.ends_with(" GMT") {
        let rfc1123 = jiff::fmt::rfc2822::parse(text).map_err(|_| malformed())?;
        return Ok(Some(rfc1123.timestamp()));
    }
    // The parser also knows signs, names of zones and leap seconds.
    let is_plain =
        text.starts_with(|first: char| first.is_ascii_digit()) && !text.contains('[') && !text.contains(":60");
    let pieces = Pieces::parse(text).ok().filter(|pieces| is_plain && pieces.date().year() > 0);
    match (pieces, text.parse::<Timestamp>()) {
        (Some(pieces), _) if pieces.offset().is_none() => Err(no_zone()),
        (Some(_), Ok(time)) => Ok(Some(time)),
        (Some(pieces), Err(_)) if pieces.time().is_some() => Ok(Some(Timestamp::MAX)),
        (None, _) if is_american(text) => Err(no_zone()),
        _ => Err(malformed()),
    }
}

/// `month/day/year`, perhaps with a time: understood, but for the zone that it lacks.
fn is_american(text: &str) -> bool {
    let date = text.split(' ').next().unwrap_or_default();
    jiff::civil::Date::strptime("%m/%d/%Y", date).is_ok()
}
