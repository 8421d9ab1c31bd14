//! What a tag is, and whether it can be one.

use std::collections::BTreeSet;

use dicom_core::VR;
use dicom_dictionary_std::tags;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{
    dicom::{
        dictionary::{self, NoAttribute, is_private, is_private_creator},
        validate::check_indexable,
        vr,
    },
    domain::attributes::{SERIES_ATTRIBUTES, STUDY_ATTRIBUTES},
    ids::{Level, TagPath},
};

/// The value representations that can be indexed.
const SUPPORTED: [VR; 17] = [
    VR::AE,
    VR::AS,
    VR::CS,
    VR::DA,
    VR::DT,
    VR::FD,
    VR::FL,
    VR::IS,
    VR::LO,
    VR::PN,
    VR::SH,
    VR::SL,
    VR::SS,
    VR::TM,
    VR::UI,
    VR::UL,
    VR::US,
];

/// What makes a tag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Definition {
    /// The attribute.
    pub path: TagPath,
    /// Its value representation.
    #[serde(serialize_with = "write_vr", deserialize_with = "read_vr")]
    pub vr: VR,
    /// Who reserved the block of a private attribute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub private_creator: Option<String>,
    /// What it describes.
    pub level: Level,
}

/// A tag as a client asks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Keyword or tag, as the client wrote it.
    pub path: String,
    /// Value representation, as the client wrote it.
    pub vr: Option<String>,
    /// Private creator.
    pub private_creator: Option<String>,
    /// What it describes.
    pub level: Level,
}

/// Why a tag cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)] // each says it itself
pub enum InvalidDefinition {
    #[error("The extended query tag '{0}' is invalid as it cannot be parsed into a valid Dicom Tag.")]
    NoTag(String),
    #[error("Dicom element '{0}' failed validation for VR 'SQ': Sequential dicom tags are currently not supported.")]
    Sequence(String),
    #[error("The query tag '{0}' is already supported.")]
    Core(String),
    #[error("The private creator is not empty for standard tag '{0}'.")]
    CreatorOfStandard(String),
    #[error("The private creator is not empty for private identification code '{0}'.")]
    CreatorOfCreator(String),
    #[error("The private creator for private tag '{0}' is missing.")]
    NoCreator(String),
    #[error("The private creator for tag '{0}' is not a valid LO attribute.")]
    InvalidCreator(String),
    #[error("The VR code '{vr}' for tag '{path}' is invalid.")]
    NoVr { vr: String, path: String },
    #[error(
        "The VR code '{vr}' is incorrectly specified for '{path}'. The expected VR code for it is '{expected}'. Retry this request either with the correct VR code or without specifying it."
    )]
    OtherVr { vr: String, path: String, expected: &'static str },
    #[error("The vr for tag '{0}' is missing.")]
    MissingVr(String),
    #[error("The VR code '{vr}' specified for tag '{path}' is not supported.")]
    UnsupportedVr { vr: &'static str, path: String },
    #[error("The extended query tag '{0}' has been specified before.")]
    Duplicate(String),
    #[error("The extended query tag(s) is missing.")]
    Nothing,
}

/// Reads the path of a tag: a keyword or eight digits.
pub fn path(text: &str) -> Result<TagPath, InvalidDefinition> {
    match dictionary::named(text) {
        Ok(tag) => Ok(TagPath(tag)),
        Err(NoAttribute::Sequence) => Err(InvalidDefinition::Sequence(text.to_owned())),
        Err(NoAttribute::Unknown) => Err(InvalidDefinition::NoTag(text.to_owned())),
    }
}

/// What the entries of a request define; the first fault counts.
pub fn define(entries: &[Entry]) -> Result<Vec<Definition>, InvalidDefinition> {
    let mut paths = BTreeSet::new();
    let mut define_one = |entry: &Entry| {
        let definition = entry.define()?;
        match paths.insert(definition.path) {
            true => Ok(definition),
            false => Err(InvalidDefinition::Duplicate(entry.path.clone())),
        }
    };
    let definitions: Vec<Definition> = entries.iter().map(&mut define_one).collect::<Result<_, _>>()?;
    if definitions.is_empty() { Err(InvalidDefinition::Nothing) } else { Ok(definitions) }
}

impl Entry {
    fn define(&self) -> Result<Definition, InvalidDefinition> {
        let path = path(&self.path)?;
        if is_core(path) {
            return Err(InvalidDefinition::Core(self.path.clone()));
        }
        let private_creator = self.creator(path)?;
        let vr = self.vr(path)?;
        Ok(Definition { path, vr, private_creator, level: self.level })
    }

    fn creator(&self, TagPath(tag): TagPath) -> Result<Option<String>, InvalidDefinition> {
        let named = || self.path.clone();
        match self.private_creator.as_deref().filter(|creator| !creator.trim().is_empty()) {
            Some(_) if !is_private(tag) => Err(InvalidDefinition::CreatorOfStandard(named())),
            Some(_) if is_private_creator(tag) => Err(InvalidDefinition::CreatorOfCreator(named())),
            Some(creator) if check_indexable(VR::LO, creator).is_err() => {
                Err(InvalidDefinition::InvalidCreator(named()))
            }
            None if is_private(tag) && !is_private_creator(tag) => Err(InvalidDefinition::NoCreator(named())),
            creator => Ok(creator.map(str::to_owned)),
        }
    }

    fn vr(&self, TagPath(tag): TagPath) -> Result<VR, InvalidDefinition> {
        let path = || self.path.clone();
        let parse = |code: &str| {
            let upper = code.to_ascii_uppercase();
            let parsed = upper.as_bytes().try_into().ok().and_then(vr::parse);
            parsed.ok_or_else(|| InvalidDefinition::NoVr { vr: code.to_owned(), path: path() })
        };
        let given = self.vr.as_deref().filter(|code| !code.trim().is_empty());
        let asked = given.map(parse).transpose()?;
        let known = dictionary::vrs_of(tag);
        let vr = match (asked, known.first()) {
            (Some(vr), Some(first)) if !known.contains(&vr) => {
                let vr = given.unwrap_or_default().to_owned();
                return Err(InvalidDefinition::OtherVr { vr, path: path(), expected: (*first).to_string() });
            }
            (Some(vr), _) => vr,
            (None, Some(first)) => *first,
            (None, None) => return Err(InvalidDefinition::MissingVr(path())),
        };
        match SUPPORTED.contains(&vr) {
            true => Ok(vr),
            false => Err(InvalidDefinition::UnsupportedVr { vr: vr.to_string(), path: path() }),
        }
    }
}

/// Whether the attribute can be searched anyway.
fn is_core(TagPath(tag): TagPath) -> bool {
    const OTHERS: [dicom_core::Tag; 4] =
        [tags::STUDY_INSTANCE_UID, tags::SERIES_INSTANCE_UID, tags::SOP_INSTANCE_UID, tags::MODALITIES_IN_STUDY];
    let indexed = STUDY_ATTRIBUTES.iter().chain(&SERIES_ATTRIBUTES);
    OTHERS.contains(&tag) || indexed.into_iter().any(|(known, _)| *known == tag)
}

fn write_vr<S: Serializer>(vr: &VR, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str((*vr).to_string())
}

fn read_vr<'de, D: Deserializer<'de>>(deserializer: D) -> Result<VR, D::Error> {
    let code = String::deserialize(deserializer)?;
    parse_vr(&code).ok_or_else(|| de::Error::custom("no value representation"))
}

/// Reads the two letters of a value representation.
pub fn parse_vr(code: &str) -> Option<VR> {
    code.as_bytes().try_into().ok().and_then(vr::parse)
}
