//! The front door: what happens to every request before routing, and to every answer on its way out.
//!
//! It takes the service and the API version out of the path, so that the router sees `/v/studies/…` whatever stands
//! before; it refuses what no route may see; it writes the one log line.

use std::{
    borrow::Cow,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use axum::{
    extract::{MatchedPath, OriginalUri, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header, uri::PathAndQuery},
    middleware::Next,
    response::{IntoResponse, Response},
};
use percent_encoding::percent_decode_str;

use super::{
    audit,
    context::Context,
    error::{ApiError, bad_request},
    leftover,
    multipart::Boundary,
    version::{ApiVersion, Version},
};
use crate::ids::{Position, ServiceName};

/// Where the data plane is mounted for the router. No client can name it: the front door lets nothing through to it
/// but what it has put there.
pub const DATA_PLANE: &str = "/v";

/// The same for what lies below `/partitions/{partition}`.
pub const PARTITION: &str = "/p";

/// The header that tells a position: of the last event of a write, or the one that time travel looked at.
pub const POSITION_HEADER: HeaderName = HeaderName::from_static("x-emulator-position");

/// Path segments that the service compares without case.
const LITERALS: [&str; 22] = [
    "studies",
    "$bulkUpdate",
    "series",
    "instances",
    "metadata",
    "frames",
    "rendered",
    "changefeed",
    "latest",
    "operations",
    "partitions",
    "export",
    "workitems",
    "state",
    "cancelrequest",
    "extendedquerytags",
    "errors",
    "subscribers",
    "subscriptions",
    "suspend",
    "api.json",
    "api.yaml",
];

/// What the front door took out of the path.
#[derive(Debug, Clone)]
pub struct Route {
    /// The service.
    pub service: ServiceName,
    /// The API version.
    pub version: ApiVersion,
    /// The path up to and including the version, as the client wrote it.
    pub prefix: String,
    /// The data partition, if the path names one.
    pub partition: Option<String>,
    /// What the client wrote after the prefix to name it; otherwise nothing.
    pub partition_path: String,
}

/// Where a handler leaves the position that its answer is about.
#[derive(Debug, Clone, Default)]
pub struct PositionSlot(Arc<Mutex<Option<Position>>>);

impl PositionSlot {
    /// Leaves a position, if there is one; the last counts.
    pub fn leave(&self, position: impl Into<Option<Position>>) {
        if let Some(position) = position.into() {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(position);
        }
    }

    /// What was left.
    fn position(&self) -> Option<Position> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs around the router.
pub async fn front_door(State(context): State<Context>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let request_id = RequestId::random();
    let method = request.method().clone();
    let client_request_id = request.headers().get(CLIENT_REQUEST_ID).cloned();
    let position = PositionSlot::default();
    request.extensions_mut().insert(position.clone());
    let uri = audit::loggable(&method, request.uri());
    tracing::debug!(request_id = request_id.as_str(), %method, uri, "request");
    if context.audit {
        let call = audit::Call::new(&request, uri, request_id.as_str());
        request.extensions_mut().insert(call);
    }

    // For those who speak of the URI as the client wrote it.
    let original = OriginalUri(request.uri().clone());
    request.extensions_mut().insert(original);

    let loan = leftover::lend(&mut request);
    let mut response = answer(&context, request, next).await;
    if let Some(loan) = loan {
        loan.settle(&mut response).await;
    }

    let headers = response.headers_mut();
    for (name, value) in SECURITY_HEADERS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    headers.insert(REQUEST_ID, request_id.0.clone());
    if let Some(id) = client_request_id {
        headers.insert(CLIENT_REQUEST_ID, id);
    }
    if let Some(position) = position.position() {
        headers.insert(POSITION_HEADER, position.0.into());
    }
    log(&method, &response, &request_id, started);
    response
}

/// What a request is answered, before it is marked as every answer is.
async fn answer(context: &Context, mut request: Request, next: Next) -> Response {
    if let Some(answer) = context.cors.preflight(&request) {
        return answer;
    }
    let origin = request.headers().get(header::ORIGIN).cloned();
    let mut response = match admit(&mut request) {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    };
    context.cors.mark(origin.as_ref(), response.headers_mut());
    response
}

/// Runs around every route: tells the log line which one it was.
pub async fn note_route(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let mut response = next.run(request).await;
    if let Some(route) = route {
        response.extensions_mut().insert(route);
    }
    response
}

/// One line a request. The path itself may name a patient: only its pattern is shown.
fn log(method: &Method, response: &Response, request_id: &RequestId, started: Instant) {
    let route = response.extensions().get::<MatchedPath>().map_or("-", |path| path.as_str());
    let below = |mount: &str| route.strip_prefix(mount).filter(|rest| rest.starts_with('/'));
    let route = match (below(DATA_PLANE), below(PARTITION)) {
        (Some(rest), _) => Cow::Borrowed(rest),
        (_, Some(rest)) => Cow::Owned(format!("/partitions/{{partition}}{rest}")),
        (None, None) => Cow::Borrowed(route),
    };
    let status = response.status().as_u16();
    let duration_ms = started.elapsed().as_secs_f64() * 1e3;
    let request_id = request_id.as_str();
    tracing::info!(%method, %route, status, duration_ms = format_args!("{duration_ms:.1}"), request_id, "answered");
}

const REQUEST_ID: HeaderName = HeaderName::from_static("x-ms-request-id");
const CLIENT_REQUEST_ID: HeaderName = HeaderName::from_static("x-ms-client-request-id");

/// On every answer.
const SECURITY_HEADERS: [(HeaderName, &str); 3] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "SAMEORIGIN"),
    (header::CONTENT_SECURITY_POLICY, "frame-src 'self';"),
];

const MAX_AUDIT_HEADERS: usize = 10;
const MAX_AUDIT_LENGTH: usize = 2048;

struct RequestId(HeaderValue);

impl RequestId {
    fn random() -> Self {
        let id = Boundary::random();
        Self(HeaderValue::from_str(id.as_str()).unwrap_or(HeaderValue::from_static("-")))
    }

    fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }
}

/// Refuses what no route may see, and gives the request the path that the router knows.
fn admit(request: &mut Request) -> Result<(), ApiError> {
    let query = request.uri().query().unwrap_or_default();
    if query.contains('<') || query.to_ascii_lowercase().contains("%3c") {
        return Err(bad_request("The query string included invalid characters."));
    }
    check_audit_headers(request.headers())?;
    let path = request.uri().path();
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    let first = segments.first().copied().unwrap_or_default();
    if matches!(first, "" | "_emulator") {
        return Ok(());
    }
    if ["docs", "health"].iter().any(|literal| literal.eq_ignore_ascii_case(first)) {
        let lower =
            with_path(request.uri(), path.to_ascii_lowercase()).ok_or(ApiError::Empty(StatusCode::NOT_FOUND))?;
        *request.uri_mut() = lower;
        return Ok(());
    }
    let (service, rest) = match segments.as_slice() {
        [literal, name, rest @ ..] if literal.eq_ignore_ascii_case("services") => (service_name(name)?, rest),
        rest => (ServiceName::default_service(), rest),
    };
    let [version, rest @ ..] = rest else { return Err(ApiError::Empty(StatusCode::NOT_FOUND)) };
    let parsed = Version::parse(version).ok_or(ApiError::Empty(StatusCode::NOT_FOUND))?;
    let (named, rest) = match rest {
        [literal, name, rest @ ..]
            if literal.eq_ignore_ascii_case("partitions") && !name.is_empty() && !rest.is_empty() =>
        {
            (Some((literal, name)), rest)
        }
        rest => (None, rest),
    };
    let mount = if named.is_some() { PARTITION } else { DATA_PLANE };
    let rewritten = rewrite(request.uri(), mount, rest).ok_or(ApiError::Empty(StatusCode::NOT_FOUND))?;
    let consumed = segments.len() - rest.len() - named.map_or(0, |_| 2);
    let route = Route {
        service,
        version: parsed.api,
        prefix: segments[..consumed].iter().flat_map(|segment| ["/", segment]).collect(),
        partition: named.map(|(_, name)| percent_decode_str(name).decode_utf8_lossy().into_owned()),
        partition_path: named.map(|(literal, name)| format!("/{literal}/{name}")).unwrap_or_default(),
    };
    *request.uri_mut() = rewritten;
    request.extensions_mut().insert(route);
    request.extensions_mut().insert(parsed);
    Ok(())
}

/// The limits of the headers that clients may add to the audit log.
fn check_audit_headers(headers: &HeaderMap) -> Result<(), ApiError> {
    let audit: Vec<_> = headers.iter().filter(|(name, _)| audit::is_custom(name)).collect();
    if audit.len() > MAX_AUDIT_HEADERS {
        return Err(bad_request(format!(
            "The maximum number of custom audit headers allowed is {MAX_AUDIT_HEADERS}. The number of custom audit headers supplied is {}.",
            audit.len()
        )));
    }
    match audit.into_iter().find(|(_, value)| value.len() > MAX_AUDIT_LENGTH) {
        None => Ok(()),
        Some((name, value)) => Err(bad_request(format!(
            "The maximum length of a custom audit header value is {MAX_AUDIT_LENGTH}. The supplied custom audit header '{name}' has length of {}.",
            value.len()
        ))),
    }
}

fn service_name(text: &str) -> Result<ServiceName, ApiError> {
    ServiceName::parse(text).ok_or_else(|| ApiError::Problem(StatusCode::BAD_REQUEST, ServiceName::RULE.to_owned()))
}

/// The path that the router knows: literals in lower case, everything else as it was. A slash at its end means nothing.
fn rewrite(uri: &Uri, mount: &str, segments: &[&str]) -> Option<Uri> {
    let mut path = String::with_capacity(uri.path().len() + 8);
    path.push_str(mount);
    let segments = match segments {
        [before @ .., ""] if !before.is_empty() => before,
        all => all,
    };
    for segment in segments {
        path.push('/');
        let decoded = percent_decode_str(segment).decode_utf8_lossy();
        let literal = LITERALS.iter().find(|literal| literal.eq_ignore_ascii_case(&decoded));
        path.push_str(literal.unwrap_or(segment));
    }
    with_path(uri, path)
}

fn with_path(uri: &Uri, mut path: String) -> Option<Uri> {
    if let Some(query) = uri.query() {
        path.push('?');
        path.push_str(query);
    }
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(path).ok()?);
    Uri::from_parts(parts).ok()
}
