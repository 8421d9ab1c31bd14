//! Which service, partition and moment a request is about.

use std::sync::Arc;

use axum::{
    extract::FromRequestParts,
    http::{
        HeaderName, Method, StatusCode,
        header::{self, AsHeaderName},
        request::Parts,
        uri::{Authority, PathAndQuery},
    },
};
use jiff::Timestamp;

use super::{
    context::{Context, Proxy},
    error::ApiError,
    front::{PositionSlot, Route},
    partitions::{self, Reach},
    version::ApiVersion,
};
use crate::{
    ids::{PartitionName, Position},
    log::Service,
    read::{self, AsOf, View},
};

/// The header that asks for an answer as it was at a position or a time.
pub const AS_OF_HEADER: HeaderName = HeaderName::from_static("x-emulator-as-of");

/// Where a request on the data plane goes. The service comes to be if it is new.
#[derive(Debug, Clone)]
pub struct Scope {
    /// The service.
    pub service: Arc<Service>,
    /// The data partition. On routes of the whole service it means nothing: it is the default one.
    pub partition: PartitionName,
    /// The API version.
    pub version: ApiVersion,
    /// What stands before `/changefeed`, `/operations` and all else that is of the whole service in absolute URLs.
    pub base: String,
    /// What stands before `/studies` and `/workitems` after the base.
    partition_path: String,
    /// The host that the client named, with its port.
    pub host: String,
    /// Where to leave the position that the answer is about.
    pub position: PositionSlot,
}

impl FromRequestParts<Context> for Scope {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, context: &Context) -> Result<Self, ApiError> {
        let mut scope = Self::of_service(parts, context).await?;
        if !matches!(parts.method, Method::GET | Method::HEAD) && parts.headers.contains_key(AS_OF_HEADER) {
            let detail = format!("{AS_OF_HEADER} is for reading: what has happened cannot be changed");
            return Err(ApiError::Problem(StatusCode::BAD_REQUEST, detail));
        }
        scope.enter(parts, context, AsOf::Head).await?;
        Ok(scope)
    }
}

impl Scope {
    /// The absolute URL of a study, a workitem or what is below one; `path` is what stands behind the partition.
    pub fn url_of(&self, path: &str) -> String {
        format!("{}{}{path}", self.base, self.partition_path)
    }

    /// The request without its partition.
    async fn of_service(parts: &Parts, context: &Context) -> Result<Self, ApiError> {
        let missing = || ApiError::Empty(StatusCode::NOT_FOUND);
        let route = parts.extensions.get::<Route>().ok_or_else(missing)?;
        let host = header_text(parts, header::HOST).filter(|host| is_host(host));
        let host = host.or(parts.uri.authority().map(Authority::as_str)).unwrap_or("localhost");
        let base = match context.proxy {
            Proxy::None => format!("http://{host}{}", route.prefix),
            Proxy::Trusted => forwarded_base(parts, host, &route.prefix),
        };
        Ok(Self {
            service: context.services.get_or_create(&route.service).await?,
            partition: PartitionName::default_partition(),
            version: route.version,
            base,
            partition_path: String::new(),
            host: host.to_owned(),
            position: parts.extensions.get::<PositionSlot>().cloned().unwrap_or_default(),
        })
    }

    /// Finds the partition that the request is about, as it was at a moment. If there is none, another process may have
    /// put another service in the place of the one that is known here.
    async fn enter(&mut self, parts: &Parts, context: &Context, as_of: AsOf) -> Result<(), ApiError> {
        let reach = parts.extensions.get::<Reach>().copied().unwrap_or(Reach::Partition);
        let named = parts.extensions.get::<Route>().and_then(|route| route.partition.as_deref());
        let entered = match partitions::enter(context, self, &self.view(context, as_of), reach, named).await {
            Err(refusal @ ApiError::Text(..)) => {
                let fresh = context.services.find(&self.service.name).await?;
                match fresh.filter(|fresh| fresh.id != self.service.id) {
                    None => return Err(refusal),
                    Some(fresh) => self.service = fresh,
                }
                partitions::enter(context, self, &self.view(context, as_of), reach, named).await?
            }
            entered => entered?,
        };
        self.partition = entered;
        if named.is_some() {
            self.partition_path = format!("/partitions/{}", self.partition);
        }
        Ok(())
    }

    fn view(&self, context: &Context, as_of: AsOf) -> View {
        View { pool: context.pool.clone(), service: self.service.id, as_of, names: context.names.clone() }
    }
}

fn header_text(parts: &Parts, name: impl AsHeaderName) -> Option<&str> {
    parts.headers.get(name)?.to_str().ok().map(str::trim).filter(|text| !text.is_empty())
}

/// What stands before `/studies` as the clients of a proxy see it. Of a list, the first entry is the client's. What is no
/// scheme, host or path is not believed.
fn forwarded_base(parts: &Parts, host: &str, prefix: &str) -> String {
    let first = |name| header_text(parts, name).and_then(|list| list.split(',').next()).map(str::trim);
    let is_secure = first("x-forwarded-proto").is_some_and(|scheme| scheme.eq_ignore_ascii_case("https"));
    let scheme = if is_secure { "https" } else { "http" };
    let host = first("x-forwarded-host").filter(|host| is_host(host)).unwrap_or(host);
    let prefix = first("x-forwarded-prefix").and_then(as_prefix).unwrap_or_else(|| prefix.to_owned());
    format!("{scheme}://{host}{prefix}")
}

/// Whether this is a host, with its port or without (RFC 9110 7.2).
fn is_host(text: &str) -> bool {
    let Ok(authority) = text.parse::<Authority>() else { return false };
    text == authority.host() || authority.port().is_some_and(|port| text == format!("{}:{port}", authority.host()))
}

/// The path as it stands before another: with a slash at its beginning and none at its end.
fn as_prefix(path: &str) -> Option<String> {
    let path = path.trim_matches('/');
    let prefix = if path.is_empty() { String::new() } else { format!("/{path}") };
    let is_path = !prefix.contains(['?', '#']) && PathAndQuery::try_from(format!("{prefix}/")).is_ok();
    is_path.then_some(prefix)
}

/// A [`Scope`] to read from, at the moment that the client asks for.
#[derive(Debug, Clone)]
pub struct ReadScope {
    /// Where the request goes.
    pub scope: Scope,
    /// What it sees there.
    pub view: View,
}

impl FromRequestParts<Context> for ReadScope {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, context: &Context) -> Result<Self, ApiError> {
        let mut scope = Scope::of_service(parts, context).await?;
        let as_of = match parts.headers.get(AS_OF_HEADER) {
            None => AsOf::Head,
            Some(value) => {
                let position = requested_position(value.to_str().unwrap_or_default(), &scope, context).await?;
                scope.position.leave(position);
                AsOf::Position(position)
            }
        };
        scope.enter(parts, context, as_of).await?;
        let view = scope.view(context, as_of);
        Ok(Self { scope, view })
    }
}

async fn requested_position(text: &str, scope: &Scope, context: &Context) -> Result<Position, ApiError> {
    let problem = |detail: String| ApiError::Problem(StatusCode::BAD_REQUEST, detail);
    if let Ok(number) = text.parse::<i64>() {
        let (head, _) = read::head(&context.pool, scope.service.id).await?;
        if !(0..=head.0).contains(&number) {
            return Err(problem(format!("position {number} is not between 0 and the head, which is {}", head.0)));
        }
        return Ok(Position(number));
    }
    let time: Timestamp =
        text.parse().map_err(|_| problem(format!("{AS_OF_HEADER} is neither a position nor an RFC 3339 time")))?;
    let (_, now) = context.services.clock(&scope.service).await?;
    if time > now {
        return Err(problem(format!("{time} lies in the future: it is {now}")));
    }
    Ok(read::position_at(&context.pool, scope.service.id, time).await?)
}
