//! The body of an export: shape first, then the source, then the destination.

use serde_json::{Map, Value};

use super::destination::{self, InvalidDestination};
use crate::{
    command::export::Exports,
    dicom::json::lenient,
    domain::operation::export::{Identifier, Place, Source},
};

/// Why a body is refused, in the words of the service.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRequest {
    /// There is none.
    #[error("The field '' in request body is invalid: A non-empty request body is required.")]
    Empty,
    /// A member is not what it must be.
    #[error("The field '{0}' in request body is invalid: {1}")]
    Field(String, &'static str),
    /// No identifiers are named.
    #[error("Missing value for property 'Values'.")]
    NoValues,
    /// The destination contradicts itself, or is none.
    #[error(transparent)]
    Destination(#[from] InvalidDestination),
}

const NO_JSON: &str = "The JSON value is malformed.";
const OTHER_TYPE: &str = "The JSON value could not be converted.";
const REQUIRED: &str = "The Destination field is required.";
const NO_IDENTIFIER: &str = "The value is not a DICOM identifier.";

/// A JSON object, whose members are found in any letter case, and where it stands in the body.
pub struct Object<'v> {
    members: &'v Map<String, Value>,
    path: String,
}

impl<'v> Object<'v> {
    fn new(value: &'v Value, path: String) -> Result<Self, InvalidRequest> {
        match value {
            Value::Object(members) => Ok(Self { members, path }),
            _ => Err(InvalidRequest::Field(path, OTHER_TYPE)),
        }
    }

    /// Says that a member is not what it must be.
    pub fn invalid(&self, name: &str, detail: &'static str) -> InvalidRequest {
        InvalidRequest::Field(format!("{}.{name}", self.path), detail)
    }

    /// A member; null is like none. Of several that differ in case alone, the last counts.
    fn member(&self, name: &str) -> Option<&'v Value> {
        let found = self.members.iter().rfind(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value).filter(|value| !value.is_null())
    }

    fn object(&self, name: &str) -> Result<Option<Object<'v>>, InvalidRequest> {
        let value = self.member(name);
        value.map(|value| Object::new(value, format!("{}.{name}", self.path))).transpose()
    }

    /// A text.
    pub fn text(&self, name: &str) -> Result<Option<&'v str>, InvalidRequest> {
        let text = |value: &'v Value| value.as_str().ok_or_else(|| self.invalid(name, OTHER_TYPE));
        self.member(name).map(text).transpose()
    }

    /// A truth value.
    pub fn flag(&self, name: &str) -> Result<bool, InvalidRequest> {
        let flag = |value: &Value| value.as_bool().ok_or_else(|| self.invalid(name, OTHER_TYPE));
        self.member(name).map_or(Ok(false), flag)
    }

    /// The settings, if the type is this one.
    fn settings(&self, kind: &str) -> Result<Object<'v>, InvalidRequest> {
        match self.text("type")? {
            Some(text) if text.eq_ignore_ascii_case(kind) => {}
            _ => return Err(self.invalid("type", OTHER_TYPE)),
        }
        self.object("settings")?.ok_or_else(|| self.invalid("settings", OTHER_TYPE))
    }
}

/// Reads a body.
pub fn parse(body: &[u8], exports: &Exports) -> Result<(Source, Place), InvalidRequest> {
    let malformed = || InvalidRequest::Field("$".to_owned(), NO_JSON);
    let text = std::str::from_utf8(body).map_err(|_| malformed())?;
    if text.trim_start_matches('\u{feff}').trim().is_empty() {
        return Err(InvalidRequest::Empty);
    }
    let json: Value = lenient(text).map_err(|_| malformed())?;
    if json.is_null() {
        return Err(InvalidRequest::Empty);
    }
    let request = Object::new(&json, "$".to_owned())?;
    let source = request.object("source")?.map(|source| source.settings("identifiers")).transpose()?;
    let values = source.as_ref().map(values).transpose()?;
    let destination = request.object("destination")?.map(|found| found.settings("azureblob")).transpose()?;
    let destination = destination.as_ref().map(destination::read).transpose()?;
    let Some(destination) = destination else {
        return Err(InvalidRequest::Field("Destination".to_owned(), REQUIRED));
    };
    let source = match values {
        None => Source::Everything,
        Some(values) if values.is_empty() => return Err(InvalidRequest::NoValues),
        Some(values) => Source::Identifiers(values),
    };
    Ok((source, destination.place(exports)?))
}

fn values(settings: &Object<'_>) -> Result<Vec<Identifier>, InvalidRequest> {
    let Some(values) = settings.member("values") else { return Ok(Vec::new()) };
    let values = values.as_array().ok_or_else(|| settings.invalid("values", OTHER_TYPE))?;
    let identifier = |(index, value): (usize, &Value)| {
        let invalid = |detail| InvalidRequest::Field(format!("{}.values[{index}]", settings.path), detail);
        let text = value.as_str().ok_or_else(|| invalid(OTHER_TYPE))?;
        Identifier::parse(text).map_err(|_| invalid(NO_IDENTIFIER))
    };
    values.iter().enumerate().map(identifier).collect()
}
