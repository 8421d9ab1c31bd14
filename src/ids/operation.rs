//! What identifies a long-running operation.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{Position, ServiceName};

/// What identifies a long-running operation: 128 bits, written as 32 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OperationId(u128);

impl OperationId {
    /// The identifier of the operation that the event at `position` starts: the same on every equal run.
    pub fn new(service: &ServiceName, position: Position) -> Self {
        let digest =
            Sha256::new().chain_update(service.as_str()).chain_update("\0").chain_update(position.0.to_be_bytes());
        Self::from_digest(digest.finalize().into())
    }

    /// The identifier of an operation that must be known before it starts: the `turn`th that was asked for when
    /// `position` was the next one. The same on every equal run, and never one of [`Self::new`].
    pub fn foreseen(service: &ServiceName, position: Position, turn: u64) -> Self {
        let digest = Sha256::new()
            .chain_update(service.as_str())
            .chain_update("\0")
            .chain_update(position.0.to_be_bytes())
            .chain_update(turn.to_be_bytes());
        Self::from_digest(digest.finalize().into())
    }

    fn from_digest(digest: [u8; 32]) -> Self {
        Self(digest.iter().take(16).fold(0, |bits, byte| bits << 8 | u128::from(*byte)))
    }

    /// Reads a GUID: 32 hexadecimal digits of any case, or groups of 8, 4, 4, 4 and 12 with dashes between.
    pub fn parse(text: &str) -> Option<Self> {
        const DASHES: [usize; 4] = [8, 13, 18, 23];
        let digits = match text.len() {
            32 => text.to_owned(),
            36 if DASHES.iter().all(|dash| text.as_bytes()[*dash] == b'-') => text.replace('-', ""),
            _ => return None,
        };
        let is_plain = digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_plain.then(|| u128::from_str_radix(&digits, 16).ok()).flatten().map(Self)
    }
}

impl fmt::Display for OperationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for OperationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for OperationId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for OperationId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("an operation is 32 hexadecimal digits"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_is_known_by_its_service_and_position() {
        let id = |service: &str, position| OperationId::new(&ServiceName::trusted(service), Position(position));
        assert_eq!(id("default", 1), id("default", 1));
        assert_ne!(id("default", 1), id("default", 2));
        assert_ne!(id("default", 1), id("other", 1));
        let foreseen = |turn| OperationId::foreseen(&ServiceName::default_service(), Position(1), turn);
        assert_eq!(foreseen(0), foreseen(0));
        assert_ne!(foreseen(0), foreseen(1));
        assert_ne!(foreseen(0), id("default", 1));
    }

    #[test]
    fn an_operation_may_be_written_with_dashes_and_in_any_case() {
        let id = OperationId(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef);
        assert_eq!(id.to_string(), "0123456789abcdef0123456789abcdef");
        for text in ["0123456789abcdef0123456789ABCDEF", "01234567-89ab-cdef-0123-456789abcdef"] {
            assert_eq!(OperationId::parse(text), Some(id), "{text}");
        }
        for text in [
            "",
            "0123456789abcdef0123456789abcde",
            "+123456789abcdef0123456789abcdef",
            "0123456789-abcdef0123456789abcdef-xx",
        ] {
            assert_eq!(OperationId::parse(text), None, "{text}");
        }
    }
}
