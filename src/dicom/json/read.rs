//! From JSON to a [`Document`]: what is checked is the form (PS3.18 F.2), never what a value says.

use dicom_core::{Tag, VR, dictionary::DataDictionary};
use dicom_dictionary_std::StandardDataDictionary;
use serde_json::{Number, error::Category, value::RawValue};

use super::{
    document::{Attribute, Content, Document, Value},
    lenient::lenient,
    number::write_decimal,
    text::NAME_GROUPS,
    tree::{Members, Tree},
};
use crate::dicom::vr;

/// Why a text is no data set. Says where, never what stood there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MalformedDocument {
    /// It is no JSON.
    #[error("The JSON value could not be read at line {line}, column {column}.")]
    Json {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// A data set was expected, but not found.
    #[error("A dataset is a JSON object.")]
    NoObject,
    /// The array holds no data set.
    #[error("The array holds no dataset.")]
    NoDataset,
    /// The name is neither a tag nor a keyword.
    #[error("An attribute is named by eight hexadecimal digits or a keyword.")]
    Name,
    /// Two attributes have one tag.
    #[error("The attribute ({:04x},{:04x}) is there twice.", .0.0, .0.1)]
    Twice(Tag),
    /// The attribute says no value representation, or one that there is not.
    #[error("The attribute ({:04x},{:04x}) has no valid vr.", .0.0, .0.1)]
    NoVr(Tag),
    /// The value is not of the form that its VR has.
    #[error("The value of ({:04x},{:04x}) is not of the form that its vr asks for.", .0.0, .0.1)]
    Value(Tag),
}

/// What a body holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// One data set.
    One(Document),
    /// An array of data sets; only the first is looked at.
    Array(Document),
}

/// Reads a data set, or an array of some.
pub fn body(json: &[u8]) -> Result<Body, MalformedDocument> {
    let text = str::from_utf8(json).map_err(|_| MalformedDocument::Json { line: 1, column: 1 })?;
    match tree(text)? {
        Tree::Array(datasets) => {
            dataset(datasets.into_iter().next().ok_or(MalformedDocument::NoDataset)?).map(Body::Array)
        }
        one => dataset(one).map(Body::One),
    }
}

/// The members of a JSON object in their order, each as it is written, but for what the service forgives.
pub fn members(json: &[u8]) -> Result<Vec<(String, Box<RawValue>)>, MalformedDocument> {
    let text = str::from_utf8(json).map_err(|_| MalformedDocument::Json { line: 1, column: 1 })?;
    lenient(text).map(|Members(members)| members).map_err(|error| match error.classify() {
        Category::Data => MalformedDocument::NoObject,
        _ => MalformedDocument::Json { line: error.line(), column: error.column() },
    })
}

/// Reads a data set.
pub(super) fn document(json: &str) -> Result<Document, MalformedDocument> {
    dataset(tree(json)?)
}

fn tree(text: &str) -> Result<Tree, MalformedDocument> {
    lenient(text).map_err(|error| MalformedDocument::Json { line: error.line(), column: error.column() })
}

/// What a JSON object says of a data set.
pub(super) fn dataset(tree: Tree) -> Result<Document, MalformedDocument> {
    let Tree::Object(members) = tree else { return Err(MalformedDocument::NoObject) };
    let mut document = Document::default();
    for (name, element) in members {
        let tag = tag(&name).ok_or(MalformedDocument::Name)?;
        if document.0.insert(tag, attribute(tag, element)?).is_some() {
            return Err(MalformedDocument::Twice(tag));
        }
    }
    Ok(document)
}

/// Eight hexadecimal digits, or a keyword of PS3.6.
fn tag(name: &str) -> Option<Tag> {
    if name.len() == 8 && name.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        let number = u32::from_str_radix(name, 16).ok()?;
        return Some(Tag((number >> 16) as u16, number as u16));
    }
    StandardDataDictionary.by_name(name).map(|entry| entry.tag.inner())
}

fn attribute(tag: Tag, element: Tree) -> Result<Attribute, MalformedDocument> {
    let Tree::Object(members) = element else { return Err(MalformedDocument::NoVr(tag)) };
    let (mut code, mut values, mut inline, mut uri) = (None, None, None, None);
    for (name, member) in members {
        let slot = match name.as_str() {
            "vr" => &mut code,
            "Value" => &mut values,
            "InlineBinary" => &mut inline,
            "BulkDataURI" => &mut uri,
            _ => continue,
        };
        if slot.replace(member).is_some() {
            return Err(MalformedDocument::Twice(tag));
        }
    }
    let Some(Tree::Text(code)) = code else { return Err(MalformedDocument::NoVr(tag)) };
    let vr = code.as_bytes().try_into().ok().and_then(vr::parse).ok_or(MalformedDocument::NoVr(tag))?;
    let values = match values {
        None | Some(Tree::Null) => Vec::new(),
        Some(Tree::Array(values)) => values,
        Some(_) => return Err(MalformedDocument::Value(tag)),
    };
    let content = match (inline, uri) {
        (None, None) => content(tag, vr, values)?,
        (Some(Tree::Text(base64)), None) if is_bulk(vr, &values) && is_base64(&base64) => Content::Inline(base64),
        (None, Some(Tree::Text(uri))) if is_bulk(vr, &values) => Content::Uri(uri),
        _ => return Err(MalformedDocument::Value(tag)),
    };
    Ok(Attribute { vr, content })
}

fn is_bulk(vr: VR, values: &[Tree]) -> bool {
    vr::is_bulk(vr) && values.is_empty()
}

fn is_base64(text: &str) -> bool {
    let digits = text.trim_end_matches('=');
    let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    text.len().is_multiple_of(4) && text.len() - digits.len() <= 2 && digits.bytes().all(is_digit)
}

fn content(tag: Tag, vr: VR, values: Vec<Tree>) -> Result<Content, MalformedDocument> {
    if vr == VR::SQ {
        return values.into_iter().map(dataset).collect::<Result<_, _>>().map(Content::Items);
    }
    let holds_one = vr::is_text(vr) && !vr::is_multi_valued_text(vr);
    if vr::is_bulk(vr) && !values.is_empty() || holds_one && values.len() > 1 {
        return Err(MalformedDocument::Value(tag));
    }
    let values: Option<Vec<Value>> = values.into_iter().map(|tree| value(vr, tree)).collect();
    let mut values = values.ok_or(MalformedDocument::Value(tag))?;
    if values == [Value::Null] {
        values.clear();
    }
    Ok(Content::Values(values))
}

/// One value; nothing if it is not of the form that the VR has.
fn value(vr: VR, tree: Tree) -> Option<Value> {
    match (vr, tree) {
        (VR::PN, Tree::Object(groups)) => name(groups),
        (VR::PN | VR::SV | VR::UV, Tree::Null) => Some(Value::Null),
        (VR::IS | VR::DS | VR::SV | VR::UV, Tree::Number(number)) => Some(Value::Number(number)),
        (VR::IS | VR::DS | VR::SV | VR::UV, Tree::Text(text)) => Some(number_or_text(text)),
        (VR::US, Tree::Number(number)) => integer(number, 0..=u16::MAX.into()),
        (VR::SS, Tree::Number(number)) => integer(number, i16::MIN.into()..=i16::MAX.into()),
        (VR::UL, Tree::Number(number)) => integer(number, 0..=u32::MAX.into()),
        (VR::SL, Tree::Number(number)) => integer(number, i32::MIN.into()..=i32::MAX.into()),
        (VR::FL | VR::FD, Tree::Number(number)) => Some(Value::Number(number)),
        (VR::FL | VR::FD, Tree::Text(text)) => {
            matches!(text.as_str(), "NaN" | "Infinity" | "-Infinity").then_some(Value::Text(text))
        }
        (VR::AT, Tree::Text(text)) => {
            let is_tag = text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
            is_tag.then(|| Value::Text(text.to_ascii_uppercase()))
        }
        (VR::PN | VR::AT, _) => None,
        (_, Tree::Null) if vr::is_text(vr) => Some(Value::Null),
        (_, Tree::Text(text)) if vr::is_text(vr) => Some(if text.is_empty() { Value::Null } else { Value::Text(text) }),
        _ => None,
    }
}

fn integer(number: Number, range: std::ops::RangeInclusive<i64>) -> Option<Value> {
    let whole = number.as_i64()?;
    range.contains(&whole).then_some(Value::Number(number))
}

/// A number that was sent as text is kept as a number, so that it is written as one.
fn number_or_text(text: String) -> Value {
    let mut decimal = String::new();
    let number = write_decimal(&mut decimal, &text).then(|| serde_json::from_str::<Number>(&decimal).ok()).flatten();
    match number {
        Some(number) => Value::Number(number),
        None if text.is_empty() => Value::Null,
        None => Value::Text(text),
    }
}

fn name(members: Vec<(String, Tree)>) -> Option<Value> {
    let mut groups = [const { String::new() }; 3];
    for (name, member) in members {
        let Some(index) = NAME_GROUPS.iter().position(|known| *known == name) else { continue };
        match member {
            Tree::Text(text) => *groups.get_mut(index)? = text,
            Tree::Null => {}
            _ => return None,
        }
    }
    Some(if groups.iter().all(String::is_empty) { Value::Null } else { Value::Name(groups) })
}
