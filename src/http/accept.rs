//! `Accept` where the answer is DICOM JSON: search, metadata and store.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, StatusCode, header, request::Parts},
};

use super::{
    context::Context,
    error::ApiError,
    media_type::{MediaType, split_list},
};

/// The client takes `application/dicom+json`. Otherwise 406 without a body.
#[derive(Debug, Clone, Copy)]
pub struct AcceptsDicomJson;

impl FromRequestParts<Context> for AcceptsDicomJson {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &Context) -> Result<Self, ApiError> {
        Self::check(&parts.headers)
    }
}

impl AcceptsDicomJson {
    /// For requests that have to be looked at before: asks these headers.
    pub fn check(headers: &HeaderMap) -> Result<Self, ApiError> {
        match accepts_dicom_json(headers) {
            true => Ok(Self),
            false => Err(ApiError::Empty(StatusCode::NOT_ACCEPTABLE)),
        }
    }
}

/// Whether any alternative covers `application/dicom+json`. One that is malformed spoils them all, and none at all is
/// no yes.
fn accepts_dicom_json(headers: &HeaderMap) -> bool {
    let lines: Option<Vec<&str>> = headers.get_all(header::ACCEPT).iter().map(|line| line.to_str().ok()).collect();
    let Some(lines) = lines else { return false };
    let alternatives: Option<Vec<MediaType>> = lines
        .into_iter()
        .flat_map(split_list)
        .map(|text| MediaType::parse(text).filter(|found| !found.is_lenient))
        .collect();
    let covers = |alternative: &MediaType| {
        matches!(
            alternative.essence.as_str(),
            "application/dicom+json" | "application/json" | "application/*" | "*/*" | "application/*+json"
        )
    };
    alternatives.is_some_and(|alternatives| alternatives.iter().any(covers))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepts(lines: &[&'static str]) -> bool {
        let headers = lines.iter().map(|line| (header::ACCEPT, header::HeaderValue::from_static(line)));
        accepts_dicom_json(&headers.collect())
    }

    #[test]
    fn anything_that_covers_dicom_json_is_a_yes() {
        for line in [
            "application/dicom+json",
            "APPLICATION/DICOM+JSON; q=0.1; x=y",
            "application/json",
            "application/*",
            "*/*",
            "application/*+json",
            "text/html, application/dicom+json",
            r#"application/dicom+json, multipart/related; type="application/octet-stream""#,
        ] {
            assert!(accepts(&[line]), "{line}");
        }
        assert!(accepts(&["text/html", "*/*"]));
    }

    #[test]
    fn anything_else_is_a_no() {
        for line in [
            "",
            "application/dicom",
            "multipart/related; type=\"application/dicom+json\"",
            "text/html",
            "application",
            "application/dicom+json, multipart/related; type=application/octet-stream",
        ] {
            assert!(!accepts(&[line]), "{line:?}");
        }
        assert!(!accepts(&[]));
    }
}
