//! The audit log: two records for each call of the API, when it begins and when it is answered.
//!
//! Names and values are those of the service's diagnostic log. It is off unless somebody wants it, because its `uri` may
//! name patients, which no other line above the debug level does.

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, HeaderName, Method, Uri, header},
    middleware::Next,
    response::Response,
};

use super::{context::Context, front::Route};

/// The target of the records, by which `RUST_LOG` knows them.
pub const TARGET: &str = "audit";

/// What is known of a call before it is routed.
#[derive(Debug, Clone)]
pub struct Call {
    correlation_id: String,
    uri: String,
    custom_headers: String,
}

impl Call {
    /// A call, and the identifier that its answer bears. One that is part of a trace (W3C Trace Context) has that
    /// trace's.
    pub fn new(request: &Request, uri: &str, request_id: &str) -> Self {
        let headers = request.headers();
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
        let host = host.or(request.uri().authority().map(|authority| authority.as_str())).unwrap_or("localhost");
        Self {
            correlation_id: trace_id(headers).unwrap_or(request_id).to_owned(),
            uri: format!("http://{host}{uri}"),
            custom_headers: custom_headers(headers),
        }
    }
}

/// The headers that clients add to the records.
pub fn is_custom(name: &HeaderName) -> bool {
    name.as_str().starts_with("x-ms-azuredicom-audit-")
}

fn custom_headers(headers: &HeaderMap) -> String {
    let custom = headers.iter().filter(|(name, _)| is_custom(name));
    let pairs = custom.map(|(name, value)| format!("{name}={}", String::from_utf8_lossy(value.as_bytes())));
    pairs.collect::<Vec<_>>().join(";")
}

/// The trace that a request belongs to: the second field of `traceparent`.
fn trace_id(headers: &HeaderMap) -> Option<&str> {
    let id = headers.get("traceparent")?.to_str().ok()?.split('-').nth(1)?;
    let is_id =
        id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()) && id.bytes().any(|byte| byte != b'0');
    is_id.then_some(id)
}

/// What may be seen of a URI in a log at all: the query of a write may be a Transaction UID, which is a credential.
pub fn loggable<'u>(method: &Method, uri: &'u Uri) -> &'u str {
    match *method {
        Method::GET | Method::HEAD => uri.path_and_query().map_or(uri.path(), |whole| whole.as_str()),
        _ => uri.path(),
    }
}

/// Runs around every route.
pub async fn audited(State(context): State<Context>, request: Request, next: Next) -> Response {
    let extensions = request.extensions();
    let name = extensions.get::<MatchedPath>().and_then(|path| operation_name(request.method(), path.as_str()));
    let (Some(call), Some(name), Some(route)) = (extensions.get::<Call>(), name, extensions.get::<Route>()) else {
        return next.run(request).await;
    };
    let (call, resource) = (call.clone(), format!("/services/{}", route.service));
    record(&context, &call, &resource, name, "Executing", "Started", "");
    let response = next.run(request).await;
    let status = response.status();
    let result = if status.is_client_error() || status.is_server_error() { "Failed" } else { "Succeeded" };
    record(&context, &call, &resource, name, "Executed", result, status.as_str());
    response
}

fn record(context: &Context, call: &Call, resource: &str, name: &str, action: &str, result: &str, signature: &str) {
    tracing::info!(
        target: TARGET,
        r#type = "MicrosoftHealthcareApisAuditLog",
        time = %context.clock.now(),
        correlationId = call.correlation_id,
        operationName = name,
        action,
        resultType = result,
        resultSignature = signature,
        uri = call.uri,
        resourceId = resource,
        identity = "anonymous",
        location = "local",
        customHeaders = call.custom_headers,
    );
}

/// What the service calls a request to a route; nothing for what it does not audit.
fn operation_name(method: &Method, route: &str) -> Option<&'static str> {
    // The first segment is where the front door mounts what it lets in.
    let segments: Vec<&str> = route.split('/').skip(2).collect();
    let (first, rest) = segments.split_first()?;
    let last = rest.last().copied();
    let method = if method == Method::HEAD { &Method::GET } else { method };
    Some(match (method.as_str(), *first, last) {
        ("POST", "studies", Some("$bulkUpdate")) => "update-study",
        ("POST" | "PUT", "studies", None | Some("{study}")) => "store",
        ("DELETE", "studies", Some("{study}" | "{series}" | "{instance}")) => "delete",
        ("GET", "studies", Some("metadata")) => "retrieve-metadata",
        ("GET", "studies", Some("rendered")) => "retrieve-rendered",
        ("GET", "studies", None | Some("series" | "instances")) => "query",
        ("GET", "studies", Some("{study}" | "{series}" | "{instance}" | "{frames}")) => "retrieve",
        ("GET", "series" | "instances", None) => "query",
        ("GET", "changefeed", None | Some("latest")) => "change-feed",
        ("GET", "partitions", None) => "partition",
        ("GET", "operations", Some("{operation}")) => "operation",
        ("POST", "export", None) => "export",
        ("POST", "extendedquerytags", None) => "add-extended-query-tag",
        ("GET", "extendedquerytags", None) => "get-all-extended-query-tag",
        ("GET", "extendedquerytags", Some("{tag}")) => "get-extended-query-tag",
        ("GET", "extendedquerytags", Some("errors")) => "get-extended-query-tag-errors",
        ("PATCH", "extendedquerytags", Some("{tag}")) => "update-extended-query-tag",
        ("DELETE", "extendedquerytags", Some("{tag}")) => "remove-extended-query-tag",
        ("POST", "workitems", None) => "add-workitem",
        ("GET", "workitems", None) => "query-workitem",
        ("GET", "workitems", Some("{workitem}")) => "retrieve-workitem",
        ("POST" | "PUT", "workitems", Some("{workitem}")) => "update-workitem",
        ("PUT", "workitems", Some("state")) => "change-state-workitem",
        ("POST", "workitems", Some("cancelrequest")) => "cancel-workitem",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn routes_are_called_as_the_service_calls_them() {
        for (method, route, name) in [
            (Method::GET, "/v/studies", Some("query")),
            (Method::HEAD, "/v/studies/{study}/series", Some("query")),
            (Method::POST, "/v/studies", Some("store")),
            (Method::PUT, "/v/studies/{study}", Some("store")),
            (Method::POST, "/v/studies/$bulkUpdate", Some("update-study")),
            (Method::GET, "/v/studies/{study}/series/{series}", Some("retrieve")),
            (Method::GET, "/p/studies/{study}/series/{series}/instances/{instance}/frames/{frames}", Some("retrieve")),
            (Method::GET, "/v/studies/{study}/metadata", Some("retrieve-metadata")),
            (Method::DELETE, "/v/studies/{study}/series/{series}", Some("delete")),
            (Method::PATCH, "/v/extendedquerytags/{tag}", Some("update-extended-query-tag")),
            (Method::PUT, "/v/workitems/{workitem}/state", Some("change-state-workitem")),
            (Method::GET, "/v/workitems/subscriptions", None),
            (Method::DELETE, "/v/studies", None),
            (Method::GET, "/v/api.json", None),
            (Method::GET, "/health/check", None),
            (Method::GET, "/_emulator/services/{service}", None),
        ] {
            assert_eq!(operation_name(&method, route), name, "{method} {route}");
        }
    }

    #[test]
    fn a_call_that_is_part_of_a_trace_has_its_identifier() {
        let traced = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert("traceparent", HeaderValue::from_static(text));
            trace_id(&headers).map(str::to_owned)
        };
        let id = "4bf92f3577b34da6a3ce929d0e0e4736";
        assert_eq!(traced("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01").as_deref(), Some(id));
        for malformed in ["", "00", "00-xyz-1-1", "00-00000000000000000000000000000000-00f067aa0ba902b7-01"] {
            assert_eq!(traced(malformed), None);
        }
    }
}
