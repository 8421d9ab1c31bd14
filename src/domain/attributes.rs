//! The attributes that are indexed for search, and how their values compare.

use std::collections::BTreeMap;

use dicom_core::{Tag, VR};
use dicom_dictionary_std::tags;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser::SerializeMap};
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Study attributes with a column of their own, in the order of the columns of `projections/studies.sql`.
pub const STUDY_ATTRIBUTES: [(Tag, VR); 7] = [
    (tags::STUDY_DATE, VR::DA),
    (tags::STUDY_DESCRIPTION, VR::LO),
    (tags::ACCESSION_NUMBER, VR::SH),
    (tags::PATIENT_ID, VR::LO),
    (tags::PATIENT_NAME, VR::PN),
    (tags::PATIENT_BIRTH_DATE, VR::DA),
    (tags::REFERRING_PHYSICIAN_NAME, VR::PN),
];

/// Series attributes with a column of their own, in the order of the columns of `projections/series.sql`.
pub const SERIES_ATTRIBUTES: [(Tag, VR); 3] = [
    (tags::MODALITY, VR::CS),
    (tags::PERFORMED_PROCEDURE_STEP_START_DATE, VR::DA),
    (tags::MANUFACTURER_MODEL_NAME, VR::LO),
];

/// First values of indexed attributes, by tag; in JSON `{"00100020":"P1"}`. Never holds an empty value, nor a NUL: the
/// database reads such JSON, and none of its texts can hold one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IndexedAttributes(BTreeMap<Tag, String>);

impl IndexedAttributes {
    /// Remembers a value, unless it is empty or a date that is none.
    pub fn insert(&mut self, tag: Tag, vr: VR, value: &str) {
        let value = trim_padding(value).replace('\0', "");
        let indexable = !value.is_empty() && (vr != VR::DA || is_calendar_date(&value));
        if indexable {
            self.0.insert(tag, value);
        }
    }

    /// The value as it was stored.
    pub fn get(&self, tag: Tag) -> Option<&str> {
        self.0.get(&tag).map(String::as_str)
    }

    /// Takes over the values of a newer instance; where it has none, the older value stays.
    pub fn overlay(&mut self, newer: &Self, among: &[(Tag, VR)]) {
        for (tag, _) in among {
            if let Some(value) = newer.0.get(tag) {
                self.0.insert(*tag, value.clone());
            }
        }
    }

    /// The part of the attributes that is `among` those given.
    pub fn only(&self, among: &[(Tag, VR)]) -> Self {
        let mut part = Self::default();
        part.overlay(self, among);
        part
    }

    /// The value as it is compared, if there is one.
    pub fn folded(&self, tag: Tag, vr: VR) -> Option<String> {
        self.get(tag).map(|value| fold(value, vr))
    }
}

impl Serialize for IndexedAttributes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (tag, value) in &self.0 {
            map.serialize_entry(&format_args!("{:04X}{:04X}", tag.0, tag.1), value)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for IndexedAttributes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let texts = BTreeMap::<String, String>::deserialize(deserializer)?;
        let parse = |(key, value): (String, String)| {
            let number = u32::from_str_radix(&key, 16).map_err(de::Error::custom)?;
            Ok((Tag((number >> 16) as u16, number as u16), value))
        };
        texts.into_iter().map(parse).collect::<Result<_, _>>().map(Self)
    }
}

/// How a value compares: without trailing spaces and NULs, without case, and a person name without accents.
pub fn fold(value: &str, vr: VR) -> String {
    let value = trim_padding(value);
    if value.is_ascii() {
        return value.chars().filter(|c| *c != '\0').map(|c| c.to_ascii_lowercase()).collect();
    }
    let characters = value.chars().filter(|c| *c != '\0');
    match vr {
        // Composed again, so that a character which is no letter with an accent stays one.
        VR::PN => characters.nfkd().filter(|c| !is_combining_mark(*c)).map(caseless).nfc().collect(),
        _ => characters.map(caseless).collect(),
    }
}

/// One character for one: so a wildcard for a character means one of those that were stored.
fn caseless(character: char) -> char {
    let mut lower = character.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some('\u{3c2}'), None) => '\u{3c3}', // sigma at the end of a word
        (Some(lower), None) => lower,
        _ => character,
    }
}

/// Padding says nothing: trailing spaces and NULs.
fn trim_padding(value: &str) -> &str {
    value.trim_end_matches([' ', '\0'])
}

/// Exactly `yyyyMMdd`, and a day that exists.
fn is_calendar_date(value: &str) -> bool {
    value.len() == 8
        && value.bytes().all(|c| c.is_ascii_digit())
        && jiff::civil::Date::strptime("%Y%m%d", value).is_ok_and(|date| date.year() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_compare_without_case_and_padding_and_names_without_accents() {
        assert_eq!(fold("ABC \0", VR::LO), "abc");
        assert_eq!(fold("Tá", VR::PN), "ta");
        assert_eq!(fold("Tá", VR::LO), "tá");
        assert_eq!(fold("A\0B", VR::LO), "ab");
        for vr in [VR::LO, VR::PN] {
            assert_eq!(fold("\u{39a}\u{3a3}", vr), fold("\u{3ba}\u{3c2}", vr), "sigma has two forms");
            assert_eq!(fold("\u{130}x", vr).chars().count(), 2, "a letter whose small form is two characters");
            assert_eq!(fold("\u{ae40}", vr), "\u{ae40}", "a syllable of three letters is one character");
        }
    }

    #[test]
    fn what_is_no_date_is_not_indexed() {
        let mut attributes = IndexedAttributes::default();
        attributes.insert(tags::STUDY_DATE, VR::DA, "20230230");
        attributes.insert(tags::STUDY_DATE, VR::DA, "00000101");
        attributes.insert(tags::PATIENT_BIRTH_DATE, VR::DA, "20240229");
        assert_eq!(attributes.get(tags::STUDY_DATE), None);
        assert_eq!(attributes.get(tags::PATIENT_BIRTH_DATE), Some("20240229"));
    }

    #[test]
    fn nuls_are_not_indexed() {
        let mut attributes = IndexedAttributes::default();
        attributes.insert(tags::MODALITY, VR::CS, "O\0T\0");
        attributes.insert(tags::ACCESSION_NUMBER, VR::SH, "\0");
        assert_eq!(attributes.get(tags::MODALITY), Some("OT"));
        assert_eq!(attributes.get(tags::ACCESSION_NUMBER), None);
    }

    #[test]
    fn a_missing_value_never_clears_an_older_one() {
        let mut older = IndexedAttributes::default();
        older.insert(tags::PATIENT_ID, VR::LO, "P1");
        older.insert(tags::STUDY_DESCRIPTION, VR::LO, "old");
        let mut newer = IndexedAttributes::default();
        newer.insert(tags::PATIENT_ID, VR::LO, "");
        newer.insert(tags::STUDY_DESCRIPTION, VR::LO, "new");
        older.overlay(&newer, &STUDY_ATTRIBUTES);
        assert_eq!(older.get(tags::PATIENT_ID), Some("P1"));
        assert_eq!(older.get(tags::STUDY_DESCRIPTION), Some("new"));
    }

    #[test]
    fn json_names_the_tags() -> Result<(), serde_json::Error> {
        let mut attributes = IndexedAttributes::default();
        attributes.insert(tags::PATIENT_ID, VR::LO, "P1");
        let text = serde_json::to_string(&attributes)?;
        assert_eq!(text, r#"{"00100020":"P1"}"#);
        assert_eq!(serde_json::from_str::<IndexedAttributes>(&text)?, attributes);
        Ok(())
    }
}
