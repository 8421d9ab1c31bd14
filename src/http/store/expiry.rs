//! The headers that say how long the study of a store shall live.

use axum::http::HeaderMap;
use jiff::SignedDuration;

use crate::http::error::{ApiError, bad_request};

const TIME: &str = "msdicom-expiry-time-milliseconds";
const OPTION: &str = "msdicom-expiry-option";
const LEVEL: &str = "msdicom-expiry-level";

/// Longest lifetime: what is longer has no end that a calendar could show.
const LONGEST: SignedDuration = SignedDuration::from_hours(24 * 366 * 1_000);

/// The lifetime that the headers ask for, if they do. Option and level have one value each, and mean nothing without a
/// time.
pub fn lifetime(headers: &HeaderMap) -> Result<Option<SignedDuration>, ApiError> {
    let value = |name| headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).trim().to_owned());
    for (name, only) in [(OPTION, "RelativeToNow"), (LEVEL, "Study")] {
        if let Some(given) = value(name).filter(|given| !given.eq_ignore_ascii_case(only)) {
            return Err(bad_request(format!("The header '{name}' has the value '{given}'. It must be '{only}'.")));
        }
    }
    let Some(time) = value(TIME) else {
        return match [OPTION, LEVEL].into_iter().find(|name| headers.contains_key(*name)) {
            Some(name) => Err(bad_request(format!("The header '{name}' needs the header '{TIME}'."))),
            None => Ok(None),
        };
    };
    let refusal = |rule: &str| bad_request(format!("The header '{TIME}' has the value '{time}'. It must {rule}."));
    if time.bytes().all(|byte| byte == b'0') || !time.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(refusal("be a number of milliseconds"));
    }
    // What is no number is too large to be one.
    let lifetime = time.parse().ok().map(SignedDuration::from_millis).filter(|lifetime| *lifetime <= LONGEST);
    lifetime.map(Some).ok_or_else(|| refusal(&format!("not be more than {}", LONGEST.as_millis())))
}
