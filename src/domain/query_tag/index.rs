//! What an instance has for a tag, by its DICOM JSON.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use dicom_core::{Tag, VR};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Definition, event::TagValues, moment};
use crate::{
    dicom::{
        dataset::trim_padding,
        json::pick,
        validate::{Unindexable, check_indexable},
    },
    domain::attributes::fold,
    ids::TagPath,
};

/// What an instance has for a tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// No such attribute, or not of that creator; or one without a value.
    Nothing,
    /// A value, without NULs; only the first counts.
    Value(String),
    /// A value that cannot be indexed.
    Fault(Fault),
}

/// Why a value cannot be indexed, as the log spells it. It displays what clients read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)] // see Unindexable
pub enum Fault {
    /// The file encodes the attribute otherwise than the tag declares it.
    UnexpectedVr,
    TooLong,
    Length,
    Character,
    Date,
    DateTime,
    Time,
    Integer,
    Components,
    NameGroup,
    Identifier,
}

impl From<Unindexable> for Fault {
    fn from(reason: Unindexable) -> Self {
        match reason {
            Unindexable::TooLong(_) => Self::TooLong,
            Unindexable::Length(_) => Self::Length,
            Unindexable::Character => Self::Character,
            Unindexable::Date => Self::Date,
            Unindexable::DateTime => Self::DateTime,
            Unindexable::Time => Self::Time,
            Unindexable::Integer => Self::Integer,
            Unindexable::Components => Self::Components,
            Unindexable::NameGroup => Self::NameGroup,
            Unindexable::Identifier => Self::Identifier,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reason = match self {
            Self::UnexpectedVr => return f.write_str("The extended query tag VR is not expected."),
            Self::TooLong => Unindexable::TooLong(0),
            Self::Length => Unindexable::Length(0),
            Self::Character => Unindexable::Character,
            Self::Date => Unindexable::Date,
            Self::DateTime => Unindexable::DateTime,
            Self::Time => Unindexable::Time,
            Self::Integer => Unindexable::Integer,
            Self::Components => Unindexable::Components,
            Self::NameGroup => Unindexable::NameGroup,
            Self::Identifier => Unindexable::Identifier,
        };
        f.write_str(&reason.without_limits())
    }
}

/// Looks for some tags.
#[derive(Debug)]
pub struct Lookup<'t> {
    definitions: Vec<&'t Definition>,
    /// The attributes to read: those of the tags, and the private creators of their blocks.
    wanted: BTreeSet<Tag>,
}

impl<'t> Lookup<'t> {
    /// A lookup for these tags.
    pub fn new(definitions: impl IntoIterator<Item = &'t Definition>) -> Self {
        let definitions: Vec<&Definition> = definitions.into_iter().collect();
        let blocks = definitions.iter().filter_map(|definition| definition.block());
        let wanted = definitions.iter().map(|definition| definition.path.0).chain(blocks).collect();
        Self { definitions, wanted }
    }

    /// What the data set has for each of the tags.
    pub fn find(&self, dataset: &str) -> serde_json::Result<BTreeMap<TagPath, Finding>> {
        let attributes = pick(dataset, &self.wanted)?;
        let find_one = |definition: &&Definition| Ok((definition.path, find(&attributes, definition)?));
        self.definitions.iter().map(find_one).collect()
    }

    /// The values that can be indexed.
    pub fn values(&self, dataset: &str) -> serde_json::Result<TagValues> {
        let value = |(path, finding)| match finding {
            Finding::Value(value) => Some((path, value)),
            Finding::Nothing | Finding::Fault(_) => None,
        };
        Ok(self.find(dataset)?.into_iter().filter_map(value).collect())
    }
}

impl Definition {
    /// The attribute that says who reserved the block of a private attribute (PS3.5 7.8.1).
    fn block(&self) -> Option<Tag> {
        self.private_creator.as_ref().map(|_| Tag(self.path.0.0, self.path.0.1 >> 8))
    }
}

/// An attribute in DICOM JSON.
#[derive(Deserialize)]
struct Attribute {
    vr: String,
    #[serde(default, rename = "Value")]
    values: Vec<Value>,
}

fn find(attributes: &BTreeMap<Tag, String>, definition: &Definition) -> serde_json::Result<Finding> {
    let read = |tag: Tag| attributes.get(&tag).map(|json| serde_json::from_str::<Attribute>(json)).transpose();
    let Some(attribute) = read(definition.path.0)? else { return Ok(Finding::Nothing) };
    if let Some(block) = definition.block() {
        let creator = read(block)?.map(|creator| creator.first());
        let reserved = creator.as_deref().map(trim_padding);
        if reserved != definition.private_creator.as_deref().map(trim_padding) {
            return Ok(Finding::Nothing);
        }
    }
    if attribute.vr != definition.vr.to_string() {
        return Ok(Finding::Fault(Fault::UnexpectedVr));
    }
    let first = attribute.first();
    let value = trim_padding(&first);
    if value.is_empty() {
        return Ok(Finding::Nothing);
    }
    Ok(match check_indexable(definition.vr, value) {
        Err(reason) => Finding::Fault(reason.into()),
        // What follows the rules but means no single moment or number cannot be searched for.
        Ok(()) if comparable(definition.vr, value).is_none() => Finding::Nothing,
        Ok(()) => Finding::Value(value.replace('\0', "")),
    })
}

impl Attribute {
    /// The first value as a file would hold it.
    fn first(&self) -> String {
        match self.values.first() {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            Some(Value::Object(groups)) => {
                let group = |name| groups.get(name).and_then(Value::as_str).unwrap_or_default();
                let name = ["Alphabetic", "Ideographic", "Phonetic"].map(group).join("=");
                name.trim_end_matches('=').to_owned()
            }
            _ => String::new(),
        }
    }
}

/// A value as it is compared: equal values are equal texts, and moments are in the order of their texts. Nothing if the
/// value means nothing.
pub fn comparable(vr: VR, value: &str) -> Option<String> {
    match vr {
        VR::DT => moment::date_time(moment::without_offset(value.trim())),
        VR::TM => moment::time(value.trim()),
        VR::IS | VR::SL | VR::SS | VR::UL | VR::US => value.trim().parse::<i64>().ok().map(|number| number.to_string()),
        VR::FL => value.trim().parse::<f32>().ok().map(|number| float(number.into())),
        VR::FD => value.trim().parse::<f64>().ok().map(float),
        _ => Some(fold(value, vr)).filter(|folded| !folded.is_empty()),
    }
}

/// The shortest text that is read back as this number; both zeros are one.
fn float(number: f64) -> String {
    if number == 0.0 { "0e0".to_owned() } else { format!("{number:e}") }
}
