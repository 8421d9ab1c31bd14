//! From the query string to a [`Query`], or the refusal that the service gives.

use std::collections::BTreeSet;

use dicom_core::{Tag, VR};

use super::{
    Scope,
    attributes::{self, Searchable},
    moments,
};
use crate::{
    dicom::dictionary::{self, NoAttribute},
    domain::{
        Dialect,
        attributes::fold,
        query_tag::{QueryStatus, Status, index::comparable},
    },
    read::{
        names::words,
        parameters::{self, InvalidParameter, Name},
        query_tags::Entry,
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
    /// Keys of extended query tags that are searched for though some values could not be indexed, as the client wrote
    /// them.
    pub erroneous: Vec<String>,
}

/// A condition on one attribute.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// The attribute.
    pub attribute: Searchable,
    /// What its folded value must be like.
    pub matching: Matching,
}

/// What a folded value must be like.
#[derive(Debug, Clone, PartialEq)]
pub enum Matching {
    /// Equal to this.
    Equal(String),
    /// Equal to one of these.
    AnyOf(Vec<String>),
    /// Between these, ends included (PS3.4 C.2.2.2.5.1).
    Between(Option<String>, Option<String>),
    /// Like this, where `*` is any text and `?` one character (PS3.4 C.2.2.2.4).
    Like(String),
    /// These are beginnings of words that follow one another.
    Words(Vec<String>),
}

/// `includefield`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Include {
    /// These, beside the defaults.
    Fields(BTreeSet<Tag>),
    /// Everything that the service has a name for.
    All,
}

/// Why a search is refused; the whole text for the client.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)] // each says it itself
pub enum SearchRefusal {
    #[error(transparent)]
    Parameter(#[from] InvalidParameter),
    #[error("Invalid QIDO-RS query. Duplicate AttributeId '{0}'. Each attribute is only allowed to be specified once.")]
    Duplicate(String),
    #[error(
        "Invalid query: unknown query parameter '{0}'. If the parameter is an attribute keyword, check the casing as they are case-sensitive. The conformance statement has a list of supported query parameters, attributes and the levels."
    )]
    Unknown(String),
    #[error(
        "Invalid query: AttributeId {0} is not queryable.  If the parameter is an attribute keyword, check the casing as they are case-sensitive. The conformance statement has a list of supported query parameters, attributes and the levels."
    )]
    NotQueryable(String),
    #[error("Query is disabled on specified attribute '{0}'.")]
    Disabled(String),
    #[error("Invalid query: AttributeId '{0}' has empty string value that is not supported.")]
    Empty(String),
    #[error(
        "Invalid query: attribute '{0}' has been specified more than once using different ID formats. Each attribute is only allowed to be specified once."
    )]
    TwoSpellings(String),
    #[error("Dicom element '{0}' failed validation for VR 'SQ': Sequential dicom tags are currently not supported.")]
    Sequence(String),
    #[error("Invalid query: IncludeField has unknown attribute '{0}'.")]
    UnknownField(String),
    #[error("Invalid query: cannot specify included fields in addition to 'all'.")]
    FieldsBesideAll,
    #[error(
        "Invalid query: specified Date value '{value}' is invalid for attribute '{keyword}'. Date should be valid and formatted as yyyyMMdd."
    )]
    Date { value: String, keyword: String },
    #[error(
        "Invalid query: specified DateTime value '{value}' for attribute {name} contains offset which is not supported."
    )]
    DateTimeOffset { value: String, name: String },
    #[error(
        "Invalid query: specified DateTime value '{value}' is invalid for attribute '{name}'. DateTime should be valid and formatted as yyyyMMddHHmmss.FFFFFF where yyyy is mandatory."
    )]
    DateTime { value: String, name: String },
    #[error(
        "Invalid query: specified Time value '{value}' is invalid for parameter '{name}'. Time should be valid and formatted as HHmmss.FFFFFF where HH is mandatory."
    )]
    Time { value: String, name: String },
    #[error(
        "Invalid query: specified value '{value}' extended query tag with path '{name}' is not a valid {kind} value."
    )]
    Number { value: String, name: String, kind: &'static str },
    #[error("Invalid query: specified range is invalid.\nBoth parts in the range cannot be empty.")]
    EmptyRange,
    #[error(
        "Invalid query: specified date range '{range}' is invalid.\nThe first part {what} {from} should be lesser than or equal to the second part {what} {to}."
    )]
    ReversedRange { range: String, what: &'static str, from: String, to: String },
    #[error(
        "Invalid query: specified tag '{keyword}' value '{value}' contains unsupported character '\"'. Character is not supported with Fuzzy match, try exact match or removing the invalid character. "
    )]
    QuoteInFuzzy { keyword: String, value: String },
}

const LIMIT: Name = Name { name: "Limit", suffix: " for Limit" };
const OFFSET: Name = Name { name: "Offset", suffix: " for Offset" };
const FUZZY: Name = Name { name: "FuzzyMatching", suffix: " for FuzzyMatching" };

/// Whether a query string searches for more than the attributes that can always be searched: then the extended query
/// tags must be known to read it.
pub fn needs_query_tags(raw: &str) -> bool {
    let names_other = |key: &str| dictionary::named(key.trim()).is_ok_and(|tag| attributes::find(tag).is_none());
    form_urlencoded::parse(raw.as_bytes()).any(|(key, _)| names_other(&key))
}

/// Reads the raw query string of a search; `tags` are the extended query tags of the service, if they are needed.
pub fn parse(raw: &str, scope: &Scope, dialect: Dialect, tags: &[Entry]) -> Result<Query, SearchRefusal> {
    let mut parameters: Vec<(String, String)> = Vec::new();
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
            _ => parameters.push((key, value.trim().to_owned())),
        }
    }
    let limit = limit.map_or(Ok(100), |text| parameters::integer(LIMIT, &text, 1..=200))?;
    let offset = offset.map_or(Ok(0), |text| parameters::offset(OFFSET, &text))?;
    let names = match fuzzy.map_or(Ok(false), |text| parameters::boolean(FUZZY, &text))? {
        true => Names::Fuzzy,
        false => Names::Exact,
    };
    let (conditions, erroneous) = conditions(parameters, scope, (names, dialect), tags)?;
    Ok(Query { conditions, include: include(fields)?, limit, offset, erroneous })
}

/// How person names are matched.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Names {
    Exact,
    Fuzzy,
}

fn conditions(
    parameters: Vec<(String, String)>,
    scope: &Scope,
    reading: (Names, Dialect),
    tags: &[Entry],
) -> Result<(Vec<Condition>, Vec<String>), SearchRefusal> {
    let mut keys = BTreeSet::new();
    let mut conditions: Vec<Condition> = Vec::new();
    let mut erroneous = Vec::new();
    for (key, value) in parameters {
        if !keys.insert(key.to_lowercase()) {
            return Err(SearchRefusal::Duplicate(key));
        }
        let Some(tag) = tag(&key)? else { return Err(SearchRefusal::Unknown(key)) };
        let extended = tags.iter().find(|entry| entry.tag.definition.path.0 == tag);
        let extended = extended.filter(|entry| entry.tag.status == Status::Ready);
        let found = attributes::find(tag).or_else(|| extended.map(|entry| Searchable::from(&entry.tag)));
        let queryable = found.filter(|found| scope.levels().any(|level| level == found.level));
        let Some(attribute) = queryable else { return Err(SearchRefusal::NotQueryable(key)) };
        if extended.is_some_and(|entry| entry.tag.query_status == QueryStatus::Disabled) {
            return Err(SearchRefusal::Disabled(key));
        }
        if value.is_empty() {
            return Err(SearchRefusal::Empty(key));
        }
        let matching = matching(attribute, &key, &value, reading)?;
        if conditions.iter().any(|condition| condition.attribute == attribute) {
            return Err(SearchRefusal::TwoSpellings(key));
        }
        conditions.push(Condition { attribute, matching });
        if extended.is_some_and(|entry| entry.errors > 0) {
            erroneous.push(key);
        }
    }
    Ok((conditions, erroneous))
}

/// The attribute that a key or field names, if it names one.
fn tag(text: &str) -> Result<Option<Tag>, SearchRefusal> {
    match dictionary::named(text) {
        Ok(tag) => Ok(Some(tag)),
        Err(NoAttribute::Sequence) => Err(SearchRefusal::Sequence(text.to_owned())),
        Err(NoAttribute::Unknown) => Ok(None),
    }
}

fn include(fields: Vec<String>) -> Result<Include, SearchRefusal> {
    if fields.iter().any(|field| field.eq_ignore_ascii_case("all")) {
        return if fields.len() == 1 { Ok(Include::All) } else { Err(SearchRefusal::FieldsBesideAll) };
    }
    let field = |text: String| tag(&text)?.ok_or(SearchRefusal::UnknownField(text));
    fields.into_iter().map(field).collect::<Result<_, _>>().map(Include::Fields)
}

fn matching(
    attribute: Searchable,
    key: &str,
    value: &str,
    (names, dialect): (Names, Dialect),
) -> Result<Matching, SearchRefusal> {
    let fold = |text: &str| fold(text, attribute.vr);
    let named = || dictionary::name(attribute.tag);
    match attribute.vr {
        VR::UI if dialect == Dialect::Extended => {
            let uids = value.split([',', '\\']).map(str::trim).filter(|uid| !uid.is_empty());
            let mut uids: Vec<String> = uids.map(fold).collect();
            match uids.len() {
                0 => Err(SearchRefusal::Empty(key.to_owned())),
                1 => Ok(Matching::Equal(uids.swap_remove(0))),
                _ => Ok(Matching::AnyOf(uids)),
            }
        }
        VR::DA | VR::DT | VR::TM => moments::matching(attribute.vr, value, &named()),
        VR::IS | VR::SL | VR::SS | VR::UL | VR::US | VR::FL | VR::FD => {
            let number = comparable(attribute.vr, value).map(Matching::Equal);
            number.ok_or_else(|| SearchRefusal::Number {
                value: value.to_owned(),
                name: named(),
                kind: if matches!(attribute.vr, VR::FL | VR::FD) { "double" } else { "long" },
            })
        }
        VR::PN if names == Names::Fuzzy => {
            if value.contains('"') {
                return Err(SearchRefusal::QuoteInFuzzy { keyword: named(), value: value.to_owned() });
            }
            Ok(Matching::Words(words(&fold(value))))
        }
        VR::AE | VR::CS | VR::LO | VR::PN | VR::SH if dialect == Dialect::Extended && value.contains(['*', '?']) => {
            Ok(Matching::Like(fold(value)))
        }
        _ => Ok(Matching::Equal(fold(value))),
    }
}
