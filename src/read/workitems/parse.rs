//! From the query string of a worklist search to a [`Query`], or the refusal that the service gives.

use std::collections::BTreeSet;

use dicom_core::{Tag, VR, dictionary::DataDictionary};
use dicom_dictionary_std::StandardDataDictionary;

use crate::{
    dicom::dictionary::{is_private, keyword},
    domain::{
        attributes::fold,
        workitem::searchable::{Searchable, instant},
    },
    read::{
        names::words,
        parameters::{self, InvalidParameter, Name},
        search::Include,
    },
};

/// What is searched for.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// All of them must hold.
    pub conditions: Vec<Condition>,
    /// What else the answer shall have.
    pub include: Include,
    /// Entries at most.
    pub limit: i64,
    /// Entries to skip.
    pub offset: i64,
}

/// A condition on one attribute.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// The attribute.
    pub attribute: Searchable,
    /// What its value must be like.
    pub matching: Matching,
}

/// What a value must be like.
#[derive(Debug, Clone, PartialEq)]
pub enum Matching {
    /// Equal to this, folded; of an attribute of items, in any of them.
    Equal(String),
    /// These are beginnings of words that follow one another.
    Words(Vec<String>),
    /// This instant.
    At(i64),
    /// Between these instants, ends included.
    Between(Option<i64>, Option<i64>),
}

/// Why a search is refused; the whole text for the client.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)] // each says it itself
pub enum WorklistRefusal {
    #[error("Invalid QIDO-RS query. Duplicate AttributeId '{0}'. Each attribute is only allowed to be specified once.")]
    Duplicate(String),
    #[error(
        "Dicom element '{0}' failed validation for VR 'SQ': Nested Dicom sequence tags are currently not supported."
    )]
    Nested(String),
    #[error(
        "Invalid query: AttributeId {0} is not queryable.  If the parameter is an attribute keyword, check the casing as they are case-sensitive. The conformance statement has a list of supported query parameters, attributes and the levels."
    )]
    NotQueryable(String),
    #[error("Invalid query: AttributeId '{0}' has empty string value that is not supported.")]
    Empty(String),
    #[error(
        "Invalid query: attribute '{0}' has been specified more than once using different ID formats. Each attribute is only allowed to be specified once."
    )]
    TwoSpellings(String),
    #[error("Invalid query: IncludeField has unknown attribute '{0}'.")]
    UnknownField(String),
    #[error("Sequential dicom tags are currently not supported.")]
    FieldOfItems,
    #[error("Invalid query: cannot specify included fields in addition to 'all'.")]
    FieldsBesideAll,
    #[error(
        "Invalid query: specified DateTime value '{0}' is invalid for attribute 'ScheduledProcedureStepStartDateTime'. DateTime should be valid and formatted as yyyyMMddHHmmss.FFFFFF where yyyy is mandatory."
    )]
    DateTime(String),
    #[error(
        "Invalid query: specified DateTime value '{0}' for attribute ScheduledProcedureStepStartDateTime contains offset which is not supported."
    )]
    Offset(String),
    #[error(
        "Invalid query: specified range is invalid.\nBoth parts in the range cannot be empty.\nFor details on valid range queries, see the conformance statement."
    )]
    EmptyRange,
    #[error(
        "Invalid query: specified date range '{range}' is invalid.\nThe first part DateTime {from} should be lesser than or equal to the second part DateTime {to}."
    )]
    ReversedRange { range: String, from: String, to: String },
    #[error(
        "Invalid query: specified tag 'PatientName' value '{0}' contains unsupported character '\"'. Character is not supported with Fuzzy match, try exact match or removing the invalid character. "
    )]
    QuoteInFuzzy(String),
}

const LIMIT: Name = Name { name: "Limit", suffix: " for Limit" };
const OFFSET: Name = Name { name: "Offset", suffix: " for Offset" };
const FUZZY: Name = Name { name: "FuzzyMatching", suffix: " for FuzzyMatching" };

/// A query string of which the options are read; its filters and fields are judged by [`Parameters::query`].
#[derive(Debug, Clone, PartialEq)]
pub struct Parameters {
    filters: Vec<(String, String)>,
    fields: Vec<String>,
    names: Names,
    limit: i64,
    offset: i64,
}

/// How person names are matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Names {
    Exact,
    Fuzzy,
}

impl Parameters {
    /// Takes a raw query string apart.
    pub fn read(raw: &str) -> Result<Self, InvalidParameter> {
        let mut filters: Vec<(String, String)> = Vec::new();
        let (mut limit, mut offset, mut fuzzy) = (None, None, None);
        let mut fields: Vec<String> = Vec::new();
        for (key, value) in form_urlencoded::parse(raw.as_bytes()).into_owned() {
            let key = key.trim().to_owned();
            match key.to_ascii_lowercase().as_str() {
                "limit" => _ = limit.get_or_insert(value),
                "offset" => _ = offset.get_or_insert(value),
                "fuzzymatching" => _ = fuzzy.get_or_insert(value),
                "includefield" => fields.extend(value.split(',').map(|field| field.trim().to_owned())),
                "" if value.is_empty() => {}
                _ => filters.push((key, value.trim().to_owned())),
            }
        }
        let limit = limit.map_or(Ok(100), |text| parameters::integer(LIMIT, &text, 1..=200))?;
        let offset = offset.map_or(Ok(0), |text| parameters::offset(OFFSET, &text))?;
        let names = match fuzzy.map_or(Ok(false), |text| parameters::boolean(FUZZY, &text))? {
            true => Names::Fuzzy,
            false => Names::Exact,
        };
        Ok(Self { filters, fields, names, limit, offset })
    }

    /// Judges the filters, in their order, and then the fields.
    pub fn query(self) -> Result<Query, WorklistRefusal> {
        let mut keys = BTreeSet::new();
        if let Some((twice, _)) = self.filters.iter().find(|(key, _)| !keys.insert(key.to_lowercase())) {
            return Err(WorklistRefusal::Duplicate(twice.clone()));
        }
        let mut conditions: Vec<Condition> = Vec::new();
        for (key, value) in self.filters {
            let attribute = attribute(&key)?;
            if value.is_empty() {
                return Err(WorklistRefusal::Empty(key));
            }
            let matching = matching(attribute, &value, self.names)?;
            if conditions.iter().any(|condition| condition.attribute == attribute) {
                return Err(WorklistRefusal::TwoSpellings(key));
            }
            conditions.push(Condition { attribute, matching });
        }
        Ok(Query { conditions, include: include(self.fields)?, limit: self.limit, offset: self.offset })
    }
}

/// One or two tags, joined by a dot.
fn attribute(key: &str) -> Result<Searchable, WorklistRefusal> {
    let parts: Vec<&str> = key.split('.').collect();
    if parts.len() > 2 {
        return Err(WorklistRefusal::Nested(key.to_owned()));
    }
    let path: Option<Vec<Tag>> = parts.into_iter().map(tag).collect();
    let found = path.and_then(|path| Searchable::ALL.into_iter().find(|attribute| attribute.path() == path));
    found.ok_or_else(|| WorklistRefusal::NotQueryable(key.to_owned()))
}

/// A keyword of the dictionary, as it is spelled there, or eight hexadecimal digits.
fn tag(text: &str) -> Option<Tag> {
    if text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        let number = u32::from_str_radix(text, 16).ok()?;
        let tag = Tag((number >> 16) as u16, number as u16);
        return (is_private(tag) || keyword(tag).is_some()).then_some(tag);
    }
    StandardDataDictionary.by_name(text).map(|entry| entry.tag.inner())
}

fn include(fields: Vec<String>) -> Result<Include, WorklistRefusal> {
    if fields.iter().any(|field| field.eq_ignore_ascii_case("all")) {
        return if fields.len() == 1 { Ok(Include::All) } else { Err(WorklistRefusal::FieldsBesideAll) };
    }
    let field = |text: String| match tag(&text) {
        Some(tag) => Ok(tag),
        None if text.contains('.') => Err(WorklistRefusal::FieldOfItems),
        None => Err(WorklistRefusal::UnknownField(text)),
    };
    fields.into_iter().map(field).collect::<Result<_, _>>().map(Include::Fields)
}

/// Wildcards and lists mean nothing here: every character stands for itself.
fn matching(attribute: Searchable, value: &str, names: Names) -> Result<Matching, WorklistRefusal> {
    match attribute.vr() {
        VR::DT => date_time(value),
        VR::PN if names == Names::Fuzzy && value.contains('"') => Err(WorklistRefusal::QuoteInFuzzy(value.to_owned())),
        VR::PN if names == Names::Fuzzy => Ok(Matching::Words(words(&fold(value, VR::PN)))),
        vr => Ok(Matching::Equal(fold(value, vr))),
    }
}

/// An instant; or a range of instants, with one end open at most, if there is exactly one hyphen.
fn date_time(value: &str) -> Result<Matching, WorklistRefusal> {
    let end = |text: &str| match text.trim() {
        "" => Ok(None),
        text => one_instant(text).map(Some),
    };
    match value.split('-').collect::<Vec<_>>().as_slice() {
        [from, to] => match (end(from)?, end(to)?) {
            (None, None) => Err(WorklistRefusal::EmptyRange),
            (Some(first), Some(second)) if first > second => Err(WorklistRefusal::ReversedRange {
                range: value.to_owned(),
                from: from.trim().to_owned(),
                to: to.trim().to_owned(),
            }),
            (from, to) => Ok(Matching::Between(from, to)),
        },
        _ => one_instant(value).map(Matching::At),
    }
}

fn one_instant(text: &str) -> Result<i64, WorklistRefusal> {
    if let Some(instant) = instant(text) {
        return Ok(instant);
    }
    let shown: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
    // The plus sign of an offset came as a space.
    let has_offset = text.split_once(' ').is_some_and(|(time, offset)| {
        instant(time).is_some() && offset.len() == 4 && offset.bytes().all(|byte| byte.is_ascii_digit())
    });
    Err(if has_offset { WorklistRefusal::Offset(shown) } else { WorklistRefusal::DateTime(shown) })
}
