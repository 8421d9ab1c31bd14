//! What extended query tags are named by.

use std::fmt;

use dicom_core::Tag;
use serde::{Deserialize, Serialize};

use super::Position;

/// What an attribute describes, or what is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Level {
    /// A study.
    Study,
    /// A series.
    Series,
    /// An instance.
    Instance,
}

impl Level {
    /// As the log and the service spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Study => "study",
            Self::Series => "series",
            Self::Instance => "instance",
        }
    }

    /// Reads what [`Self::as_str`] wrote, in any letter case.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Study, Self::Series, Self::Instance].into_iter().find(|level| level.as_str().eq_ignore_ascii_case(text))
    }
}

/// What identifies an extended query tag: the event that added it, so that one that is added again starts afresh.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct QueryTagId(pub Position);

impl QueryTagId {
    /// Reads what [`fmt::Display`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        text.parse().ok().map(|position| Self(Position(position)))
    }
}

impl fmt::Display for QueryTagId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0.0, f)
    }
}

/// An attribute as paths name it: eight upper-case hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TagPath(pub Tag);

impl TagPath {
    /// Reads eight hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != 8 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let number = u32::from_str_radix(text, 16).ok()?;
        Some(Self(Tag((number >> 16) as u16, number as u16)))
    }
}

impl fmt::Display for TagPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04X}{:04X}", self.0.0, self.0.1)
    }
}

impl Serialize for TagPath {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TagPath {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("a tag is eight hexadecimal digits"))
    }
}
