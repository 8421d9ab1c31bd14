//! Bodies of requests about tags: JSON with names in any letter case, read as forgivingly as the service does.

use axum::{
    body::Body,
    extract::FromRequestParts,
    http::{StatusCode, request::Parts},
};

use crate::{
    dicom::json::{Tree, lenient},
    domain::query_tag::{QueryStatus, definition::Entry},
    http::{
        body::whole,
        context::Context,
        error::{ApiError, bad_request},
        media_type::MediaType,
    },
    ids::Level,
};

/// Bytes of a body at most: the largest number of tags takes far fewer.
const MAX_BYTES: u64 = 1024 * 1024;

/// The client sends `application/json`. Otherwise 415 without a body.
#[derive(Debug, Clone, Copy)]
pub struct SendsJson;

impl FromRequestParts<Context> for SendsJson {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &Context) -> Result<Self, ApiError> {
        match MediaType::sent(&parts.headers) {
            Some(found) if found.essence == "application/json" => Ok(Self),
            _ => Err(ApiError::Empty(StatusCode::UNSUPPORTED_MEDIA_TYPE)),
        }
    }
}

/// The whole body.
pub async fn text(context: &Context, body: Body) -> Result<String, ApiError> {
    let bytes = whole(body, context.max_request_bytes.min(MAX_BYTES)).await?;
    String::from_utf8(bytes).map_err(|_| invalid("$", "The body is not encoded in UTF-8."))
}

/// The tags of a `POST`.
pub fn entries(body: &str) -> Result<Vec<Entry>, ApiError> {
    let Tree::Array(members) = read(body)? else { return Err(invalid("$", "An array of tags is expected.")) };
    // The service converts all of them before it checks the first one, and reports the last that it finds fault with.
    let drafts: Vec<Draft> = members.into_iter().enumerate().map(Draft::read).collect::<Result<_, _>>()?;
    let mut fault = None;
    let mut entries = Vec::with_capacity(drafts.len());
    for (index, draft) in drafts.into_iter().enumerate() {
        let path = draft.path.filter(|path| !path.trim().is_empty());
        for (property, is_missing) in [("Path", path.is_none()), ("Level", draft.level.is_none())] {
            if is_missing {
                let what = format!(
                    "The Dicom Tag Property {property} must be specified and must not be null, empty or whitespace"
                );
                fault = Some(invalid(&format!("[{index}].{property}"), &what));
            }
        }
        if let (Some(path), Some(level)) = (path, draft.level) {
            entries.push(Entry { path, vr: draft.vr, private_creator: draft.private_creator, level });
        }
    }
    fault.map_or(Ok(entries), Err)
}

/// The status of a `PATCH`.
pub fn query_status(body: &str) -> Result<QueryStatus, ApiError> {
    let Tree::Object(members) = read(body)? else { return Err(invalid("$", "An object is expected.")) };
    let (mut status, mut unsupported) = (None, None);
    for (name, value) in members {
        match value {
            _ if !name.eq_ignore_ascii_case("queryStatus") => unsupported = Some(name),
            Tree::Null => status = None,
            value => {
                let parsed = if let Tree::Text(text) = &value { QueryStatus::parse(text) } else { None };
                let what = r#"The value is not valid. It need to be one of "Disabled","Enabled"."#;
                status = Some(parsed.ok_or_else(|| invalid(&format!("$.{name}"), what))?);
            }
        }
    }
    let status = status.ok_or_else(|| invalid("QueryStatus", "The QueryStatus field is required."))?;
    match unsupported {
        Some(name) => Err(invalid(&name, &format!("The field is not supported: \"{name}\"."))),
        None => Ok(status),
    }
}

/// A tag as far as it is there.
#[derive(Default)]
struct Draft {
    path: Option<String>,
    vr: Option<String>,
    private_creator: Option<String>,
    level: Option<Level>,
}

impl Draft {
    fn read((index, member): (usize, Tree)) -> Result<Self, ApiError> {
        let Tree::Object(members) = member else {
            return Err(invalid(&format!("$[{index}]"), "An object is expected."));
        };
        let mut draft = Self::default();
        for (name, value) in members {
            let field = || format!("$[{index}].{name}");
            let slot = match name.to_ascii_lowercase().as_str() {
                "path" => &mut draft.path,
                "vr" => &mut draft.vr,
                "privatecreator" => &mut draft.private_creator,
                "level" => {
                    draft.level = level(value).map_err(|what| invalid(&field(), &what))?;
                    continue;
                }
                _ => continue,
            };
            *slot = match value {
                Tree::Text(text) => Some(text),
                Tree::Null => None,
                _ => return Err(invalid(&field(), "The JSON value could not be converted to a string.")),
            };
        }
        Ok(draft)
    }
}

/// A level in any letter case.
fn level(value: Tree) -> Result<Option<Level>, String> {
    let text = match value {
        Tree::Null => return Ok(None),
        Tree::Text(text) => text,
        other => return Err(format!("Expected token type 'String' but read '{}' instead.", token(&other))),
    };
    let expected =
        || format!("Expected value '{text}' to be one of the following values: ['Instance', 'Series', 'Study']");
    Level::parse(&text).map(Some).ok_or_else(expected)
}

/// What the service calls the token that a value begins with.
fn token(value: &Tree) -> &'static str {
    match value {
        Tree::Null => "Null",
        Tree::Bool(true) => "True",
        Tree::Bool(false) => "False",
        Tree::Number(_) => "Number",
        Tree::Text(_) => "String",
        Tree::Array(_) => "StartArray",
        Tree::Object(_) => "StartObject",
    }
}

fn read(body: &str) -> Result<Tree, ApiError> {
    lenient(body).map_err(|error: serde_json::Error| {
        let (line, column) = (error.line(), error.column());
        invalid("$", &format!("The JSON value could not be read at line {line}, column {column}."))
    })
}

fn invalid(field: &str, what: &str) -> ApiError {
    bad_request(format!("The field '{field}' in request body is invalid: {what}"))
}
