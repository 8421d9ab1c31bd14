//! Cross-origin requests: what pages of other origins may do (the Fetch standard, section 3.2, "CORS protocol").
//!
//! One policy for everything that is served. A preflight is answered before anything else looks at the request; every
//! other answer says who may read it and which of its headers.

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};

/// Headers of answers that pages may read, beside those that every page may.
const EXPOSED: &str = "Allow, api-supported-versions, Content-Disposition, Content-Encoding, Content-Location, \
     erroneous-dicom-attributes, ETag, Location, Retry-After, Warning, WWW-Authenticate, x-emulator-position, \
     x-ms-client-request-id, x-ms-request-id";

/// Who may use the service from a page of another origin.
#[derive(Debug, Clone)]
pub struct Policy {
    origins: List<HeaderValue>,
    methods: List<HeaderValue>,
    headers: List<HeaderValue>,
    max_age: HeaderValue,
    credentials: bool,
}

/// Everything, or what is named.
#[derive(Debug, Clone, PartialEq, Eq)]
enum List<T> {
    Any,
    These(Vec<T>),
}

/// A policy as it is set: lists with commas, in which `*` is everything and nothing is nothing.
#[derive(Debug, Clone, Copy)]
pub struct Wish<'w> {
    /// Origins, as in `https://viewer.example:8443`.
    pub origins: &'w str,
    /// Methods.
    pub methods: &'w str,
    /// Request headers.
    pub headers: &'w str,
    /// How long browsers may remember the answer to a preflight, in seconds.
    pub max_age_seconds: u32,
    /// Whether browsers may send cookies and client certificates.
    pub credentials: bool,
}

/// Why a policy cannot be.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// Any page could act in the name of whoever looks at it.
    #[error("CORS_CREDENTIALS cannot be on while CORS_ORIGINS is `*`: name the origins")]
    CredentialsForAll,
    /// Not scheme, host and port.
    #[error(
        "`{0}` in CORS_ORIGINS is no origin: it has a scheme, a host and perhaps a port, like https://viewer.example:8443"
    )]
    NoOrigin(String),
    /// Not a word that HTTP allows there.
    #[error("`{0}` is no name of a method or a header: look at CORS_METHODS and CORS_HEADERS")]
    NoToken(String),
}

impl Policy {
    /// The policy that is wished for, if it can be.
    pub fn new(wish: Wish<'_>) -> Result<Self, PolicyError> {
        let origins = list(wish.origins, origin)?;
        if wish.credentials && origins == List::Any {
            return Err(PolicyError::CredentialsForAll);
        }
        Ok(Self {
            origins,
            methods: list(wish.methods, token)?,
            headers: list(wish.headers, token)?,
            max_age: wish.max_age_seconds.into(),
            credentials: wish.credentials,
        })
    }

    /// The answer to a preflight; nothing if the request is none. Of an origin that is not allowed the answer does not
    /// speak: the browser then refuses.
    pub fn preflight(&self, request: &Request) -> Option<Response> {
        let asked = request.headers();
        let method = asked.get(header::ACCESS_CONTROL_REQUEST_METHOD)?;
        if *request.method() != Method::OPTIONS {
            return None;
        }
        let origin = asked.get(header::ORIGIN)?;
        let mut response = StatusCode::NO_CONTENT.into_response();
        let headers = response.headers_mut();
        if self.let_in(origin, headers) {
            set(headers, header::ACCESS_CONTROL_ALLOW_METHODS, self.methods.answer(Some(method)));
            let wanted = asked.get(header::ACCESS_CONTROL_REQUEST_HEADERS);
            set(headers, header::ACCESS_CONTROL_ALLOW_HEADERS, self.headers.answer(wanted));
            headers.insert(header::ACCESS_CONTROL_MAX_AGE, self.max_age.clone());
        }
        Some(response)
    }

    /// Says on an answer whether the page may read it.
    pub fn mark(&self, origin: Option<&HeaderValue>, headers: &mut HeaderMap) {
        if origin.is_some_and(|origin| self.let_in(origin, headers)) {
            headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
        }
    }

    /// Names the origin if it is allowed, and tells whether it is. An answer that depends on the origin says so to caches.
    fn let_in(&self, origin: &HeaderValue, headers: &mut HeaderMap) -> bool {
        let allowed = match &self.origins {
            List::Any => HeaderValue::from_static("*"),
            List::These(origins) if origins.contains(origin) => origin.clone(),
            List::These(origins) => {
                if !origins.is_empty() {
                    headers.append(header::VARY, HeaderValue::from_static("Origin"));
                }
                return false;
            }
        };
        if self.origins != List::Any {
            headers.append(header::VARY, HeaderValue::from_static("Origin"));
        }
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
        if self.credentials {
            headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        }
        true
    }
}

impl List<HeaderValue> {
    /// What is allowed, given what is asked for. `*` would not do for everything: it leaves `Authorization` out.
    fn answer(&self, asked: Option<&HeaderValue>) -> Option<HeaderValue> {
        match self {
            Self::Any => asked.cloned(),
            Self::These(names) => {
                let names: Vec<&[u8]> = names.iter().map(HeaderValue::as_bytes).collect();
                HeaderValue::from_bytes(&names.join(&b","[..])).ok().filter(|list| !list.is_empty())
            }
        }
    }
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: Option<HeaderValue>) {
    if let Some(value) = value {
        headers.insert(name, value);
    }
}

fn list<T>(text: &str, read: fn(&str) -> Result<T, PolicyError>) -> Result<List<T>, PolicyError> {
    let entries: Vec<&str> = text.split(',').map(str::trim).filter(|entry| !entry.is_empty()).collect();
    match entries.contains(&"*") {
        true => Ok(List::Any),
        false => entries.into_iter().map(read).collect::<Result<_, _>>().map(List::These),
    }
}

/// An origin as browsers write it: in lower case, without the port that goes without saying.
fn origin(text: &str) -> Result<HeaderValue, PolicyError> {
    let malformed = || PolicyError::NoOrigin(text.to_owned());
    let lower = text.to_ascii_lowercase();
    // Pages from a file and sandboxed frames have this one.
    if lower == "null" {
        return Ok(HeaderValue::from_static("null"));
    }
    let uri: Uri = lower.parse().map_err(|_| malformed())?;
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else { return Err(malformed()) };
    if lower != format!("{scheme}://{authority}") || authority.as_str().contains('@') || authority.host().is_empty() {
        return Err(malformed());
    }
    let needless = match scheme {
        "http" => ":80",
        "https" => ":443",
        _ => "",
    };
    let shown = if needless.is_empty() { &lower } else { lower.strip_suffix(needless).unwrap_or(&lower) };
    HeaderValue::from_str(shown).map_err(|_| malformed())
}

fn token(text: &str) -> Result<HeaderValue, PolicyError> {
    let is_token = HeaderName::from_bytes(text.as_bytes()).is_ok();
    let value = is_token.then(|| HeaderValue::from_str(text).ok()).flatten();
    value.ok_or_else(|| PolicyError::NoToken(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const WISH: Wish<'_> = Wish { origins: "*", methods: "*", headers: "*", max_age_seconds: 600, credentials: false };

    #[test]
    fn an_origin_is_a_scheme_a_host_and_a_port() {
        for (text, shown) in [
            ("https://viewer.example", "https://viewer.example"),
            ("HTTPS://Viewer.Example:443", "https://viewer.example"),
            ("http://localhost:3000", "http://localhost:3000"),
            ("http://localhost:80", "http://localhost"),
            ("null", "null"),
        ] {
            assert_eq!(origin(text), Ok(HeaderValue::from_static(shown)), "{text}");
        }
        for text in
            ["viewer.example", "https://viewer.example/", "https://viewer.example/app", "//x", "http://a@b", "a b"]
        {
            assert_eq!(origin(text), Err(PolicyError::NoOrigin(text.to_owned())), "{text}");
        }
    }

    #[test]
    fn credentials_want_named_origins() {
        let refused = Policy::new(Wish { credentials: true, ..WISH }).map(|_| ());
        assert_eq!(refused, Err(PolicyError::CredentialsForAll));
        assert!(Policy::new(Wish { origins: "https://a, https://b", credentials: true, ..WISH }).is_ok());
    }

    #[test]
    fn methods_and_headers_are_tokens() {
        assert!(Policy::new(Wish { methods: "GET, POST", headers: "accept,x-a", ..WISH }).is_ok());
        for wish in [Wish { methods: "GE T", ..WISH }, Wish { headers: "x:y", ..WISH }] {
            assert!(matches!(Policy::new(wish), Err(PolicyError::NoToken(_))));
        }
    }
}
