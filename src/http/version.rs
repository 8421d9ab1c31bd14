//! API versions: `/v1.0-prerelease`, `/v1`, `/v2`, and what those get that name another.

use std::fmt;

use axum::{
    extract::{OriginalUri, Request},
    http::{HeaderName, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::json::Json;

/// A version of the API that the service supports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApiVersion {
    /// 1.0-prerelease and 1, which answer alike but for a few newer resources.
    V1,
    /// 2.
    V2,
}

/// A version as the client wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// The version whose behaviour the client gets.
    pub api: ApiVersion,
    standing: Standing,
}

/// Which resources a version has.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Standing {
    /// All.
    Released,
    /// Those that were there before the first release.
    Prerelease(Number),
    /// None: no such version is supported.
    Unsupported(Number),
}

/// `major[.minor][-status]`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Number {
    major: u32,
    minor: Option<u32>,
    status: Option<String>,
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.major)?;
        if let Some(minor) = self.minor {
            write!(f, ".{minor}")?;
        }
        match &self.status {
            Some(status) => write!(f, "-{status}"),
            None => Ok(()),
        }
    }
}

impl Version {
    /// Whether there is such a version.
    pub fn is_supported(&self) -> bool {
        !matches!(self.standing, Standing::Unsupported(_))
    }

    /// Reads a path segment; nothing if it is no version at all.
    pub fn parse(segment: &str) -> Option<Self> {
        let text = segment.strip_prefix(['v', 'V'])?;
        let (number, status) = match text.split_once('-') {
            Some((number, status)) => (number, Some(status.to_ascii_lowercase())),
            None => (text, None),
        };
        let (major, minor) = match number.split_once('.') {
            Some((major, minor)) => (major, Some(digits(minor)?)),
            None => (number, None),
        };
        let is_word = |status: &String| !status.is_empty() && status.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !status.as_ref().is_none_or(is_word) {
            return None;
        }
        let number = Number { major: digits(major)?, minor, status };
        let (api, standing) = match (number.major, number.minor, number.status.as_deref()) {
            (1, None | Some(0), None) => (ApiVersion::V1, Standing::Released),
            (1, None | Some(0), Some("prerelease")) => (ApiVersion::V1, Standing::Prerelease(number)),
            (2, None | Some(0), None) => (ApiVersion::V2, Standing::Released),
            _ => (ApiVersion::V2, Standing::Unsupported(number)),
        };
        Some(Self { api, standing })
    }
}

fn digits(text: &str) -> Option<u32> {
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

const SUPPORTED_VERSIONS: HeaderName = HeaderName::from_static("api-supported-versions");

/// Runs around the routes that every version has: refuses versions that are not supported, and says which are.
pub async fn versioned(request: Request, next: Next) -> Response {
    let unsupported = standing(&request, |standing| match standing {
        Standing::Released | Standing::Prerelease(_) => None,
        Standing::Unsupported(number) => Some(number),
    });
    answer(request, next, unsupported, "1.0-prerelease, 1, 2").await
}

/// The same for routes that 1.0-prerelease lacks.
pub async fn released(request: Request, next: Next) -> Response {
    let unsupported = standing(&request, |standing| match standing {
        Standing::Released => None,
        Standing::Prerelease(number) | Standing::Unsupported(number) => Some(number),
    });
    answer(request, next, unsupported, "1, 2").await
}

fn standing(request: &Request, unsupported: fn(&Standing) -> Option<&Number>) -> Option<Number> {
    request.extensions().get::<Version>().and_then(|version| unsupported(&version.standing)).cloned()
}

async fn answer(request: Request, next: Next, lacks: Option<Number>, supported: &'static str) -> Response {
    let mut response = match lacks {
        Some(number) => unsupported(&request, &number),
        None => next.run(request).await,
    };
    if response.status() != StatusCode::METHOD_NOT_ALLOWED {
        response.headers_mut().insert(SUPPORTED_VERSIONS, HeaderValue::from_static(supported));
    }
    response
}

fn unsupported(request: &Request, number: &Number) -> Response {
    let path = request.extensions().get::<OriginalUri>().map(|original| original.path()).unwrap_or_default();
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    let message = format!(
        "The HTTP resource that matches the request URI 'http://{host}{path}' does not support the API version '{number}'."
    );
    let body = json!({ "error": { "code": "UnsupportedApiVersion", "message": message } });
    (StatusCode::BAD_REQUEST, Json(body)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_may_have_a_minor_number_and_a_status() {
        for (segment, api) in [
            ("v1", ApiVersion::V1),
            ("V1.0", ApiVersion::V1),
            ("v1.0-prerelease", ApiVersion::V1),
            ("v2", ApiVersion::V2),
            ("v2.0", ApiVersion::V2),
        ] {
            let version = Version::parse(segment);
            let is_taken =
                version.as_ref().is_some_and(|version| !matches!(version.standing, Standing::Unsupported(_)));
            assert_eq!((version.map(|version| version.api), is_taken), (Some(api), true), "{segment}");
        }
    }

    #[test]
    fn other_numbers_are_versions_that_are_not_supported() {
        for (segment, shown) in [("v3", "3"), ("v1.1", "1.1"), ("v2.0-beta", "2.0-beta")] {
            let number = Version::parse(segment).and_then(|version| match version.standing {
                Standing::Unsupported(number) => Some(number.to_string()),
                _ => None,
            });
            assert_eq!(number.as_deref(), Some(shown));
        }
    }

    #[test]
    fn other_words_are_no_versions() {
        for segment in ["", "v", "vfoo", "2", "v2x", "v2.", "v-1", "v1.0-", "v99999999999"] {
            assert_eq!(Version::parse(segment), None, "{segment:?}");
        }
    }
}
