//! Which content types a store takes, for the request and for its parts.

use axum::{
    extract::FromRequestParts,
    http::{StatusCode, header, request::Parts},
};

use crate::http::{
    context::{Context, Dialect},
    error::{ApiError, bad_request, unsupported_content_type},
    media_type::MediaType,
};

/// The `Content-Type` of a store, which passed the first gate: absent, `application/dicom` or `multipart/related`.
#[derive(Debug, Clone)]
pub struct ContentType {
    text: String,
    media_type: Option<MediaType>,
    dialect: Dialect,
}

/// How a body is to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PartType {
    /// It is one file.
    Single,
    /// It has parts.
    Multipart {
        /// What separates them.
        boundary: String,
        /// The type of the first part, unless it says itself.
        default_type: Option<String>,
    },
}

const DICOM: &str = "application/dicom";

impl FromRequestParts<Context> for ContentType {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, context: &Context) -> Result<Self, ApiError> {
        let Some(value) = parts.headers.get(header::CONTENT_TYPE) else {
            return Ok(Self { text: String::new(), media_type: None, dialect: context.dialect });
        };
        let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
        let media_type = MediaType::parse(&text)
            .filter(|found| found.essence == DICOM || found.essence == "multipart/related")
            .ok_or(ApiError::Empty(StatusCode::UNSUPPORTED_MEDIA_TYPE))?;
        Ok(Self { text, media_type: Some(media_type), dialect: context.dialect })
    }
}

impl ContentType {
    /// How the body is to be read, or why it cannot be.
    pub fn reader(&self) -> Result<PartType, ApiError> {
        let text = &self.text;
        let Some(media_type) = &self.media_type else { return Err(unsupported_content_type("")) };
        if media_type.essence == DICOM {
            return match text.trim().eq_ignore_ascii_case(DICOM) {
                true => Ok(PartType::Single),
                false => Err(unsupported_content_type(text)),
            };
        }
        let boundary = media_type.parameter("boundary").map(str::trim).filter(|boundary| !boundary.is_empty());
        let is_readable = !media_type.is_lenient || self.dialect == Dialect::Extended;
        let Some(boundary) = boundary.filter(|_| is_readable) else {
            let message = format!("The content type '{text}' is either not multipart or is missing boundary.");
            return Err(ApiError::Text(StatusCode::UNSUPPORTED_MEDIA_TYPE, message.into()));
        };
        if media_type.parameter("start").is_some() {
            return Err(bad_request("The start parameter in multipart/related request is not supported."));
        }
        let default_type = media_type.parameter("type").map(str::to_owned);
        Ok(PartType::Multipart { boundary: boundary.to_owned(), default_type })
    }

    /// Whether a part of this type is taken. What curl sends for `-F file=@…` is, although Azure refuses it.
    pub fn accepts_part(&self, content_type: &str) -> Result<(), ApiError> {
        let is_dicom = content_type.eq_ignore_ascii_case(DICOM);
        let is_unnamed = content_type.eq_ignore_ascii_case("application/octet-stream");
        match is_dicom || is_unnamed && self.dialect == Dialect::Extended {
            true => Ok(()),
            false => Err(unsupported_content_type(content_type)),
        }
    }
}
