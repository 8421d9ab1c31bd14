//! `POST /studies/$bulkUpdate`: attributes of all instances of some studies are changed, by an operation.

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::value::RawValue;

use super::{
    body::whole,
    context::Context,
    error::{ApiError, bad_request, malformed_uid},
    json::{JSON, Json},
    media_type::MediaType,
    operations::Reference,
    scope::Scope,
    version::ApiVersion,
};
use crate::{
    command::update::start,
    dicom::{
        json::{self, Document, MalformedDocument},
        update::{Changes, Failure, failures_to_json},
    },
    domain::operation::update::Update,
    ids::StudyUid,
    read::parameters::InvalidParameter,
};

/// Studies that one update may change.
const MAX_STUDIES: usize = 50;

/// Bytes of a body at most: it is kept in memory whole.
const MAX_BYTES: u64 = 16 << 20;

/// Starts an update. Versions before 2 have none.
pub async fn post(
    State(context): State<Context>,
    scope: Scope,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    if scope.version == ApiVersion::V1 {
        return Err(ApiError::Empty(StatusCode::NOT_FOUND));
    }
    check_content_type(&headers)?;
    let sent = Sent::read(&whole(body, MAX_BYTES.min(context.max_request_bytes)).await?)?;
    let changes = sent.changes()?;
    let studies = sent.studies()?;
    let changes = match Changes::check(changes) {
        Ok(changes) => changes,
        Err(failures) => return Ok(refusal(&failures)),
    };
    let task = Update { partition: scope.partition.clone(), studies, changes };
    let (id, position) = start(&context.services, &scope.service, task).await?;
    context.bell.ring();
    scope.position.leave(position);
    Ok((StatusCode::ACCEPTED, Json(Reference::new(id, &scope))).into_response())
}

/// JSON, or nothing said.
fn check_content_type(headers: &HeaderMap) -> Result<(), ApiError> {
    let is_json = || MediaType::sent(headers).is_some_and(|found| found.essence == "application/json");
    match !headers.contains_key(header::CONTENT_TYPE) || is_json() {
        true => Ok(()),
        false => Err(ApiError::Empty(StatusCode::UNSUPPORTED_MEDIA_TYPE)),
    }
}

/// The members of a body that count, as they were sent.
#[derive(Debug, Default)]
struct Sent {
    studies: Option<Box<RawValue>>,
    changes: Option<Box<RawValue>>,
}

impl Sent {
    /// Names of members may be written in any case; of several alike the last counts.
    fn read(body: &[u8]) -> Result<Self, ApiError> {
        if body.iter().all(u8::is_ascii_whitespace) {
            return Err(InvalidParameter::new("", "A non-empty request body is required.").into());
        }
        let mut sent = Self::default();
        for (name, value) in json::members(body).map_err(|error| invalid("$", &error))? {
            let slot = match name.to_ascii_lowercase().as_str() {
                "studyinstanceuids" => &mut sent.studies,
                "changedataset" => &mut sent.changes,
                _ => continue,
            };
            *slot = Some(value).filter(|value| value.get() != "null");
        }
        Ok(sent)
    }

    fn changes(&self) -> Result<Document, ApiError> {
        let Some(changes) = &self.changes else {
            return Err(InvalidParameter::new("ChangeDataset", "The ChangeDataset field is required.").into());
        };
        Document::parse(changes.get()).map_err(|error| invalid("$.changeDataset", &error))
    }

    fn studies(&self) -> Result<Vec<StudyUid>, ApiError> {
        let texts: Vec<Option<String>> = match &self.studies {
            None => Vec::new(),
            Some(studies) => serde_json::from_str(studies.get()).map_err(|_| {
                InvalidParameter::new("$.studyInstanceUids", "The JSON value is not an array of strings.")
            })?,
        };
        if texts.is_empty() {
            return Err(bad_request("The required field 'StudyInstanceUids' is missing or empty."));
        }
        if texts.len() > MAX_STUDIES {
            return Err(bad_request(format!("StudyInstanceUids count exceeded maximum length '{MAX_STUDIES}'")));
        }
        let study = |text: Option<String>| StudyUid::parse(&text.unwrap_or_default());
        let studies: Result<Vec<StudyUid>, _> = texts.into_iter().map(study).collect();
        studies.map_err(|_| malformed_uid("StudyInstanceUid"))
    }
}

fn invalid(path: &'static str, error: &MalformedDocument) -> ApiError {
    InvalidParameter::new(path, error.to_string()).into()
}

/// Attributes that cannot be changed so, as DICOM JSON.
fn refusal(failures: &[Failure]) -> Response {
    (StatusCode::BAD_REQUEST, [(header::CONTENT_TYPE, JSON)], failures_to_json(failures)).into_response()
}
