//! Which service, partition and moment a request is about.

use std::sync::Arc;

use axum::{
    extract::FromRequestParts,
    http::{
        HeaderName, Method, StatusCode,
        header::{self, AsHeaderName},
        request::Parts,
        uri::Authority,
    },
};
use jiff::Timestamp;

use super::{
    context::{Context, Proxy},
    error::{ApiError, bad_request},
    front::{PositionSlot, Route},
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
    /// The data partition.
    pub partition: PartitionName,
    /// The API version.
    pub version: ApiVersion,
    /// What stands before `/studies` in absolute URLs.
    pub base: String,
    /// The host that the client named, with its port.
    pub host: String,
    /// Where to leave the position that the answer is about.
    pub position: PositionSlot,
}

impl FromRequestParts<Context> for Scope {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, context: &Context) -> Result<Self, ApiError> {
        let missing = || ApiError::Empty(StatusCode::NOT_FOUND);
        let route = parts.extensions.get::<Route>().cloned().ok_or_else(missing)?;
        if route.partition.is_some() {
            return Err(bad_request("Data partitions feature is disabled."));
        }
        if !matches!(parts.method, Method::GET | Method::HEAD) && parts.headers.contains_key(AS_OF_HEADER) {
            let detail = format!("{AS_OF_HEADER} is for reading: what has happened cannot be changed");
            return Err(ApiError::Problem(StatusCode::BAD_REQUEST, detail));
        }
        let host = header_text(parts, header::HOST);
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
            host: host.to_owned(),
            position: parts.extensions.get::<PositionSlot>().cloned().unwrap_or_default(),
        })
    }
}

fn header_text(parts: &Parts, name: impl AsHeaderName) -> Option<&str> {
    parts.headers.get(name)?.to_str().ok().map(str::trim).filter(|text| !text.is_empty())
}

/// What stands before `/studies` as the clients of a proxy see it. Of a list, the first entry is the client's.
fn forwarded_base(parts: &Parts, host: &str, prefix: &str) -> String {
    let first = |name| header_text(parts, name).and_then(|list| list.split(',').next()).map(str::trim);
    let scheme = first("x-forwarded-proto").unwrap_or("http");
    let host = first("x-forwarded-host").unwrap_or(host);
    let prefix = first("x-forwarded-prefix").map_or(prefix, |prefix| prefix.trim_end_matches('/'));
    format!("{scheme}://{host}{prefix}")
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
        let scope = Scope::from_request_parts(parts, context).await?;
        let as_of = match parts.headers.get(AS_OF_HEADER) {
            None => AsOf::Head,
            Some(value) => {
                let position = requested_position(value.to_str().unwrap_or_default(), &scope, context).await?;
                scope.position.leave(position);
                AsOf::Position(position)
            }
        };
        let view = View { pool: context.pool.clone(), service: scope.service.id, as_of };
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
