//! The names and numbers that every layer speaks of. Each type can only hold a valid value.

mod query_tag;

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

pub use self::query_tag::{Level, QueryTagId, TagPath};
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

/// What identifies a study inside a service.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StudyKey {
    /// Its data partition.
    pub partition: PartitionName,
    /// Study Instance UID (0020,000D).
    pub study: StudyUid,
}

/// What identifies a series inside a service.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SeriesKey {
    /// Its data partition.
    pub partition: PartitionName,
    /// Study Instance UID (0020,000D).
    pub study: StudyUid,
    /// Series Instance UID (0020,000E).
    pub series: SeriesUid,
}

/// What identifies an instance inside a service: the same SOP Instance UID in another series is another instance.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstanceKey {
    /// Its data partition.
    pub partition: PartitionName,
    /// Study Instance UID (0020,000D).
    pub study: StudyUid,
    /// Series Instance UID (0020,000E).
    pub series: SeriesUid,
    /// SOP Instance UID (0008,0018).
    pub instance: InstanceUid,
}

/// What identifies a workitem inside a service.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WorkitemKey {
    /// Its data partition.
    pub partition: PartitionName,
    /// SOP Instance UID (0008,0018).
    pub workitem: WorkitemUid,
}

impl SeriesKey {
    /// The study that the series belongs to.
    pub fn study_key(&self) -> StudyKey {
        StudyKey { partition: self.partition.clone(), study: self.study.clone() }
    }
}

impl InstanceKey {
    /// The study that the instance belongs to.
    pub fn study_key(&self) -> StudyKey {
        StudyKey { partition: self.partition.clone(), study: self.study.clone() }
    }

    /// The series that the instance belongs to.
    pub fn series_key(&self) -> SeriesKey {
        SeriesKey { partition: self.partition.clone(), study: self.study.clone(), series: self.series.clone() }
    }
}

/// A study, series or instance: what the paths of retrieve and delete name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resource {
    /// All instances of a study.
    Study(StudyKey),
    /// All instances of a series.
    Series(SeriesKey),
    /// One instance.
    Instance(InstanceKey),
}

impl Resource {
    /// The data partition that it lies in.
    pub fn partition(&self) -> &PartitionName {
        match self {
            Self::Study(key) => &key.partition,
            Self::Series(key) => &key.partition,
            Self::Instance(key) => &key.partition,
        }
    }

    /// Its study.
    pub fn study(&self) -> &StudyUid {
        match self {
            Self::Study(key) => &key.study,
            Self::Series(key) => &key.study,
            Self::Instance(key) => &key.study,
        }
    }

    /// Its series, unless it is a study.
    pub fn series(&self) -> Option<&SeriesUid> {
        match self {
            Self::Study(_) => None,
            Self::Series(key) => Some(&key.series),
            Self::Instance(key) => Some(&key.series),
        }
    }

    /// Its SOP Instance UID, if it is one instance.
    pub fn instance(&self) -> Option<&InstanceUid> {
        match self {
            Self::Study(_) | Self::Series(_) => None,
            Self::Instance(key) => Some(&key.instance),
        }
    }

    /// Whether the instance lies in this resource.
    pub fn contains(&self, key: &InstanceKey) -> bool {
        *self.partition() == key.partition
            && *self.study() == key.study
            && self.series().is_none_or(|series| *series == key.series)
            && self.instance().is_none_or(|instance| *instance == key.instance)
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
