//! From the query string to a [`Query`], or the refusal that the service gives.

use std::collections::BTreeSet;

use dicom_core::{Tag, VR};
use jiff::civil::Date;

use super::{
    Scope,
    attributes::{self, Searchable},
};
use crate::{
    dicom::dictionary::{self, NoAttribute, keyword},
    domain::{Dialect, attributes::fold},
    read::parameters::{self, InvalidParameter, Name},
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
    #[error("Invalid query: specified range is invalid.\nBoth parts in the range cannot be empty.")]
    EmptyRange,
    #[error(
        "Invalid query: specified date range '{range}' is invalid.\nThe first part date {from} should be lesser than or equal to the second part date {to}."
    )]
    ReversedRange { range: String, from: String, to: String },
    #[error(
        "Invalid query: specified tag '{keyword}' value '{value}' contains unsupported character '\"'. Character is not supported with Fuzzy match, try exact match or removing the invalid character. "
    )]
    QuoteInFuzzy { keyword: String, value: String },
}

const LIMIT: Name = Name { name: "Limit", suffix: " for Limit" };
const OFFSET: Name = Name { name: "Offset", suffix: " for Offset" };
const FUZZY: Name = Name { name: "FuzzyMatching", suffix: " for FuzzyMatching" };

/// Reads the raw query string of a search.
pub fn parse(raw: &str, scope: &Scope, dialect: Dialect) -> Result<Query, SearchRefusal> {
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
    let conditions = conditions(parameters, scope, (names, dialect))?;
    Ok(Query { conditions, include: include(fields)?, limit, offset })
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
) -> Result<Vec<Condition>, SearchRefusal> {
    let mut keys = BTreeSet::new();
    let mut conditions: Vec<Condition> = Vec::new();
    for (key, value) in parameters {
        if !keys.insert(key.to_lowercase()) {
            return Err(SearchRefusal::Duplicate(key));
        }
        let Some(tag) = tag(&key)? else { return Err(SearchRefusal::Unknown(key)) };
        let queryable = attributes::find(tag).filter(|found| scope.levels().any(|level| level == found.level));
        let Some(attribute) = queryable else { return Err(SearchRefusal::NotQueryable(key)) };
        if value.is_empty() {
            return Err(SearchRefusal::Empty(key));
        }
        let matching = matching(attribute, &key, &value, reading)?;
        if conditions.iter().any(|condition| condition.attribute == attribute) {
            return Err(SearchRefusal::TwoSpellings(key));
        }
        conditions.push(Condition { attribute, matching });
    }
    Ok(conditions)
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
    let named = || keyword(attribute.tag).unwrap_or(key).to_owned();
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
        VR::DA => date(value, named),
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

/// The words of a folded name.
pub fn words(name: &str) -> Vec<String> {
    let words = name.split(|c: char| c.is_whitespace() || c.is_ascii_punctuation());
    words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// A day, or a range of days with one end open at most.
fn date(value: &str, named: impl Fn() -> String) -> Result<Matching, SearchRefusal> {
    let day = |text: &str| -> Result<String, SearchRefusal> {
        let digits = text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit());
        match digits && Date::strptime("%Y%m%d", text).is_ok() {
            true => Ok(text.to_owned()),
            false => Err(SearchRefusal::Date { value: text.to_owned(), keyword: named() }),
        }
    };
    let end = |text: &str| match text.trim() {
        "" => Ok(None),
        text => day(text).map(Some),
    };
    match value.split('-').collect::<Vec<_>>().as_slice() {
        [from, to] => match (end(from)?, end(to)?) {
            (None, None) => Err(SearchRefusal::EmptyRange),
            (Some(from), Some(to)) if from > to => {
                Err(SearchRefusal::ReversedRange { range: value.to_owned(), from, to })
            }
            (from, to) => Ok(Matching::Between(from, to)),
        },
        _ => day(value).map(Matching::Equal),
    }
}
