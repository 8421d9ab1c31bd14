//! The names and numbers that every layer speaks of. Each type can only hold a valid value.

mod key;
mod operation;
mod query_tag;

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

pub use self::{
    key::{InstanceKey, Resource, SeriesKey, StudyKey, WorkitemKey},
    operation::OperationId,
    query_tag::{Level, QueryTagId, TagPath},
};
use crate::dicom::uid::{UidGrammar, is_valid_uid};

/// Dense number of an event inside its service: 1, 2, 3 … It orders everything; 0 is "before the first event".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Position(pub i64);

/// Dense number of an *instance* event inside its service: the change feed's `sequence`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sequence(pub i64);

impl Position {
    /// The position of the next event.
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl Sequence {
    /// The sequence of the next instance event.
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// How many times a service was reset: positions mean the same only within one epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Epoch(pub i64);

/// The number in an instance's `ETag`: grows with every store, is equal on equal reruns, and differs from that of an
/// undone future unless the content is the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Watermark(pub i64);

impl Watermark {
    /// Bits of the content's digest below the position.
    const DIGEST_BITS: u32 = 20;

    /// The watermark of the version that the event at `position` made of the content `digest`.
    pub fn new(position: Position, digest: &Digest) -> Self {
        let [a, b, c, ..] = digest.0;
        let bits = i64::from(a) << 12 | i64::from(b) << 4 | i64::from(c) >> 4;
        Self(position.0 << Self::DIGEST_BITS | bits)
    }
}

/// SHA-256 of a stored file; the name of its blob. Written as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// Reads the 64 hexadecimal digits that [`fmt::Display`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        if text.len() != 64 || !text.is_ascii() {
            return None;
        }
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        Some(Self(bytes))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = String::with_capacity(64);
        for byte in self.0 {
            text.push(char::from(DIGITS[usize::from(byte >> 4)]));
            text.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
        f.write_str(&text)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Digest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("a digest is 64 hexadecimal digits"))
    }
}

macro_rules! text_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The text itself.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// A value read back from where only valid ones were written.
            pub(crate) fn trusted(text: &str) -> Self {
                Self(text.into())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_type!(
    /// A Study Instance UID without trailing spaces.
    StudyUid
);
text_type!(
    /// A Series Instance UID without trailing spaces.
    SeriesUid
);
text_type!(
    /// A SOP Instance UID without trailing spaces.
    InstanceUid
);
text_type!(
    /// The SOP Instance UID of a workitem.
    WorkitemUid
);
text_type!(
    /// The name of a service: 3 to 24 characters, `^[a-z0-9]+(-[a-z0-9]+)*$`.
    ServiceName
);
text_type!(
    /// The name of a data partition inside a service.
    PartitionName
);
text_type!(
    /// The name of a data partition in lower case: two names that differ in case alone mean one partition.
    CaselessName
);
text_type!(
    /// A name for a position: 1 to 64 letters, digits, dots, hyphens and underscores.
    SnapshotName
);

/// A text that is no DICOM identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a DICOM identifier")]
pub struct MalformedUid;

macro_rules! uid_type {
    ($name:ident) => {
        impl $name {
            /// Accepts what the service accepts as an identifier; trailing spaces are dropped.
            pub fn parse(text: &str) -> Result<Self, MalformedUid> {
                let text = text.trim_end_matches(' ');
                if text.is_empty() || !is_valid_uid(text) {
                    return Err(MalformedUid);
                }
                Ok(Self(text.into()))
            }
        }
    };
}

uid_type!(StudyUid);
uid_type!(SeriesUid);
uid_type!(InstanceUid);

impl WorkitemUid {
    /// Accepts what the grammar does; trailing spaces are dropped.
    pub fn parse(text: &str, grammar: UidGrammar) -> Result<Self, MalformedUid> {
        let text = text.trim_end_matches(' ');
        if grammar.accepts(text) { Ok(Self(text.into())) } else { Err(MalformedUid) }
    }
}

impl ServiceName {
    /// The rule, in words fit for an error message.
    pub const RULE: &str =
        "a service name has 3 to 24 characters: lower-case letters and digits, in groups separated by single hyphens";

    /// The service at the root of the server.
    pub fn default_service() -> Self {
        Self::trusted("default")
    }

    /// Accepts a name that follows [`Self::RULE`].
    pub fn parse(text: &str) -> Option<Self> {
        let alphanumeric = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit();
        let well_formed = text.split('-').all(|group| !group.is_empty() && group.bytes().all(alphanumeric));
        ((3..=24).contains(&text.len()) && well_formed).then(|| Self::trusted(text))
    }

    /// Whether this is the service at the root of the server.
    pub fn is_default(&self) -> bool {
        self.as_str() == "default"
    }
}

impl PartitionName {
    /// The rule, in words fit for an error message.
    pub const RULE: &str = "a partition name has 1 to 64 letters, digits, dots, hyphens and underscores";

    /// The partition of everything while data partitions are off.
    pub fn default_partition() -> Self {
        Self::trusted("Microsoft.Default")
    }

    /// Accepts a name that follows [`Self::RULE`]. Two texts that do name no partition: in a path, `.` and `..` mean
    /// other places.
    pub fn parse(text: &str) -> Option<Self> {
        let allowed = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'-' | b'_');
        let well_formed = (1..=64).contains(&text.len()) && text.bytes().all(allowed);
        (well_formed && !matches!(text, "." | "..")).then(|| Self::trusted(text))
    }

    /// The name as it is compared.
    pub fn caseless(&self) -> CaselessName {
        CaselessName::trusted(&self.0.to_ascii_lowercase())
    }

    /// Whether this is the partition that always exists.
    pub fn is_default(&self) -> bool {
        self.0.eq_ignore_ascii_case("Microsoft.Default")
    }
}

impl SnapshotName {
    /// The rule, in words fit for an error message.
    pub const RULE: &str = "a snapshot name has 1 to 64 letters, digits, dots, hyphens and underscores";

    /// Accepts a name that follows [`Self::RULE`].
    pub fn parse(text: &str) -> Option<Self> {
        let allowed = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'-' | b'_');
        ((1..=64).contains(&text.len()) && text.bytes().all(allowed)).then(|| Self::trusted(text))
    }
}

/// The row number of a service in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ServiceId(pub i64);

/// Number of a data partition inside its service: 1 is the default one, those that come to be count on from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PartitionKey(pub i64);

impl PartitionKey {
    /// The key of the partition that always exists.
    pub const DEFAULT: Self = Self(1);

    /// The key of the next partition.
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}
