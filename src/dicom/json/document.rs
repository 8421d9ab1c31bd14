//! A data set that came as DICOM JSON and stays what it was: nothing is checked but its form.

use std::collections::{BTreeMap, btree_map};

use dicom_core::{Tag, VR};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
use serde_json::{Number, value::RawValue};

use super::{
    read::{self, MalformedDocument},
    text::{NAME_GROUPS, write_string},
    tree::Tree,
    write_display, write_list, write_tag, write_value,
};
use crate::dicom::vr;

/// A data set, attributes ascending by tag.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Document(pub(super) BTreeMap<Tag, Attribute>);

/// An attribute with what it holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Attribute {
    /// The value representation that the client gave.
    pub vr: VR,
    pub(super) content: Content,
}

/// What an attribute holds.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Content {
    /// Values of any VR but SQ and the bulk ones.
    Values(Vec<Value>),
    /// Items of an SQ.
    Items(Vec<Document>),
    /// `InlineBinary` of a bulk VR, in Base64.
    Inline(String),
    /// `BulkDataURI` of a bulk VR.
    Uri(String),
}

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Null,
    Text(String),
    Number(Number),
    /// The groups of a person name; those that are absent are empty.
    Name([String; 3]),
}

impl Document {
    /// Reads one data set of the DICOM JSON Model.
    pub fn parse(json: &str) -> Result<Self, MalformedDocument> {
        read::document(json)
    }

    /// The attribute with this tag.
    pub fn get(&self, tag: Tag) -> Option<&Attribute> {
        self.0.get(&tag)
    }

    /// Puts an attribute in the place of the one with this tag.
    pub fn set(&mut self, tag: Tag, attribute: Attribute) {
        self.0.insert(tag, attribute);
    }

    /// The same data set with this attribute.
    pub fn with(mut self, tag: Tag, attribute: Attribute) -> Self {
        self.set(tag, attribute);
        self
    }

    /// Takes an attribute out.
    pub fn remove(&mut self, tag: Tag) -> Option<Attribute> {
        self.0.remove(&tag)
    }

    /// Takes over every attribute of another data set, whole.
    pub fn overlay(&mut self, changes: &Self) {
        self.0.extend(changes.0.iter().map(|(tag, attribute)| (*tag, attribute.clone())));
    }

    /// Its attributes, ascending by tag.
    pub fn iter(&self) -> btree_map::Iter<'_, Tag, Attribute> {
        self.0.iter()
    }

    /// DICOM JSON without white space: keys ascending, in upper case; an empty attribute has no `Value`.
    pub fn to_json(&self) -> String {
        let mut json = String::new();
        write_document(&mut json, self);
        json
    }
}

impl Attribute {
    /// An attribute without a value.
    pub fn empty(vr: VR) -> Self {
        let content = if vr == VR::SQ { Content::Items(Vec::new()) } else { Content::Values(Vec::new()) };
        Self { vr, content }
    }

    /// An attribute with one value, which is text.
    pub fn text(vr: VR, text: impl Into<String>) -> Self {
        Self { vr, content: Content::Values(vec![Value::Text(text.into())]) }
    }

    /// A sequence.
    pub fn sequence(items: Vec<Document>) -> Self {
        Self { vr: VR::SQ, content: Content::Items(items) }
    }

    /// The items of a sequence; none of anything else.
    pub fn items(&self) -> &[Document] {
        match &self.content {
            Content::Items(items) => items,
            _ => &[],
        }
    }

    /// How many values there are. A text that cannot have several counts as one, even if it is empty.
    pub fn value_count(&self) -> usize {
        match &self.content {
            Content::Values(values) if vr::is_text(self.vr) && !vr::is_multi_valued_text(self.vr) => {
                values.len().max(1)
            }
            Content::Values(values) => values.len(),
            Content::Items(items) => items.len(),
            Content::Inline(text) | Content::Uri(text) => usize::from(!text.is_empty()),
        }
    }

    /// The values of a text VR as a file would hold them: separated by backslashes. Nothing for other VRs.
    pub fn joined_text(&self) -> Option<String> {
        let Content::Values(values) = &self.content else { return None };
        vr::is_text(self.vr).then(|| values.iter().map(Value::to_text).collect::<Vec<_>>().join("\\"))
    }

    /// The first value as text, if it is not empty. A backslash ends a value.
    pub fn first_value(&self) -> Option<String> {
        let text = self.joined_text()?;
        let first = match vr::is_multi_valued_text(self.vr) {
            true => text.split('\\').next().unwrap_or_default(),
            false => text.as_str(),
        };
        (!first.trim().is_empty()).then(|| first.to_owned())
    }
}

impl Value {
    fn to_text(&self) -> String {
        match self {
            Self::Null => String::new(),
            Self::Text(text) => text.clone(),
            Self::Number(number) => number.to_string(),
            Self::Name(groups) => groups.join("=").trim_end_matches('=').to_owned(),
        }
    }
}

fn write_document(json: &mut String, document: &Document) {
    write_list(json, ['{', '}'], &document.0, |json, (tag, attribute)| {
        json.push('"');
        write_tag(json, *tag);
        json.push_str(r#"":{"vr":""#);
        json.push_str(attribute.vr.to_string());
        json.push('"');
        write_content(json, &attribute.content);
        json.push('}');
    });
}

fn write_content(json: &mut String, content: &Content) {
    match content {
        Content::Values(values) if !values.is_empty() => write_value(json, values, write_one),
        Content::Items(items) if !items.is_empty() => write_value(json, items, write_document),
        Content::Values(_) | Content::Items(_) => {}
        Content::Inline(base64) => write_member(json, "InlineBinary", base64),
        Content::Uri(uri) => write_member(json, "BulkDataURI", uri),
    }
}

fn write_member(json: &mut String, name: &str, text: &str) {
    write_display(json, format_args!(r#","{name}":"#));
    write_string(json, text);
}

fn write_one(json: &mut String, value: &Value) {
    match value {
        Value::Null => json.push_str("null"),
        Value::Text(text) => write_string(json, text),
        Value::Number(number) => write_display(json, number),
        Value::Name(groups) => {
            let given = NAME_GROUPS.iter().zip(groups).filter(|(_, group)| !group.is_empty());
            write_list(json, ['{', '}'], given, |json, (name, group)| {
                write_string(json, name);
                json.push(':');
                write_string(json, group);
            });
        }
    }
}

impl Serialize for Document {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        RawValue::from_string(self.to_json()).map_err(ser::Error::custom)?.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read::dataset(Tree::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}
