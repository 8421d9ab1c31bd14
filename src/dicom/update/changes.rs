//! What is to be changed, once it was found valid.

use dicom_core::{Tag, VR};
use dicom_dictionary_std::tags;
use serde::{Deserialize, Serialize};

use super::attributes;
use crate::dicom::{
    json::{Attribute, Document},
    validate,
};

/// Most bytes of a value whose length has 16 bits (PS3.5 table 7.1-2), and is even.
pub(super) const MAX_VALUE_BYTES: usize = 65_534;

/// New values of attributes that may change. Whole attributes are replaced; one without a value becomes empty.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Changes(Document);

/// An attribute that cannot be changed so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The attribute.
    pub tag: Tag,
    /// What a client is told, complete: `DICOM100: (gggg,eeee) - …`.
    pub message: String,
}

impl Changes {
    /// Takes a data set whose attributes may all change and have valid values; else what is wrong with each, ascending.
    pub fn check(dataset: Document) -> Result<Self, Vec<Failure>> {
        let failure = |(tag, attribute): (&Tag, &Attribute)| {
            let message = validate::message(*tag, &fault(*tag, attribute)?);
            Some(Failure { tag: *tag, message })
        };
        let failures: Vec<Failure> = dataset.iter().filter_map(failure).collect();
        if failures.is_empty() { Ok(Self(dataset)) } else { Err(failures) }
    }

    /// The attributes with the text of their values as files hold it, ascending.
    pub(super) fn texts(&self) -> impl Iterator<Item = (Tag, VR, String)> {
        self.0.iter().map(|(tag, attribute)| (*tag, attribute.vr, attribute.joined_text().unwrap_or_default()))
    }

    /// The attributes, ascending.
    pub fn tags(&self) -> impl Iterator<Item = Tag> {
        self.0.iter().map(|(tag, _)| *tag)
    }
}

/// What is wrong with a change.
fn fault(tag: Tag, attribute: &Attribute) -> Option<String> {
    let Some(vr) = attributes::vr_of(tag) else { return Some("Updating the tag is not supported".to_owned()) };
    if attribute.vr != vr {
        return Some(format!("The attribute has VR {}, not {}", vr.to_string(), attribute.vr.to_string()));
    }
    let text = attribute.joined_text().unwrap_or_default();
    if text.len() > MAX_VALUE_BYTES {
        return Some(format!("The values have more than {MAX_VALUE_BYTES} bytes"));
    }
    validate::text_fault(tag, vr, &text)
}

/// The body that tells what is wrong with a request: an item of Failed Attributes Sequence (0074,1048) for each.
pub fn failures_to_json(failures: &[Failure]) -> String {
    let item = |failure: &Failure| {
        Document::default().with(tags::ERROR_COMMENT, Attribute::text(VR::LO, failure.message.clone()))
    };
    let items = failures.iter().map(item).collect();
    Document::default().with(tags::FAILED_ATTRIBUTES_SEQUENCE, Attribute::sequence(items)).to_json()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn check(json: &str) -> Result<Changes, Vec<Failure>> {
        Changes::check(Document::parse(json).unwrap())
    }

    #[test]
    fn failures_are_collected_ascending() {
        let failures = check(
            r#"{"0020000D":{"vr":"UI","Value":["1.2"]},"00100010":{"vr":"PN","Value":[{"Alphabetic":"A"}]},
                "00100030":{"vr":"DA","Value":["x"]},"00091001":{"vr":"LO"},"00102160":{"vr":"LO"}}"#,
        )
        .unwrap_err();
        assert_eq!(
            failures_to_json(&failures),
            r#"{"00741048":{"vr":"SQ","Value":[{"00000902":{"vr":"LO","Value":["DICOM100: (0009,1001) - Updating the tag is not supported"]}},{"00000902":{"vr":"LO","Value":["DICOM100: (0010,0030) - Content \"x\" does not validate VR DA: one of the date values does not match the pattern YYYYMMDD"]}},{"00000902":{"vr":"LO","Value":["DICOM100: (0010,2160) - The attribute has VR SH, not LO"]}},{"00000902":{"vr":"LO","Value":["DICOM100: (0020,000d) - Updating the tag is not supported"]}}]}}"#
        );
    }

    #[test]
    fn values_keep_the_rules_of_their_vr_and_their_number() {
        let long = "x".repeat(65);
        for (json, fault) in [
            (r#"{"00101010":{"vr":"AS","Value":["35"]}}"#.to_owned(), "does not validate VR AS"),
            (format!(r#"{{"00100020":{{"vr":"LO","Value":["{long}"]}}}}"#), "exceeds maximum length of 64"),
            (r#"{"00100020":{"vr":"LO","Value":["a","b"]}}"#.to_owned(), "Number of items 2 does not match"),
            (r#"{"00101030":{"vr":"DS","Value":["heavy"]}}"#.to_owned(), "does not validate VR DS"),
            (r#"{"00101000":{"vr":"LO","Value":["a\\b"]}}"#.to_owned(), ""),
        ] {
            match check(&json) {
                Ok(_) => assert_eq!(fault, "", "{json}"),
                Err(failures) => assert!(failures[0].message.contains(fault), "{}", failures[0].message),
            }
        }
        let many = vec![r#""0123456789""#; 6_000].join(",");
        assert!(check(&format!(r#"{{"00101000":{{"vr":"LO","Value":[{many}]}}}}"#)).is_err(), "no length can tell it");
    }

    #[test]
    fn nothing_is_a_change_too_and_empty_values_are_values() {
        assert_eq!(check("{}").unwrap().tags().count(), 0);
        let changes = check(
            r#"{"00100010":{"vr":"PN"},"00101030":{"vr":"DS","Value":[70.5]},"00101001":{"vr":"PN",
            "Value":[{"Alphabetic":"A^B","Phonetic":"C"},{"Alphabetic":"D"}]}}"#,
        )
        .unwrap();
        let texts: Vec<String> = changes.texts().map(|(.., text)| text).collect();
        assert_eq!(texts, ["", "A^B==C\\D", "70.5"]);
        let json = serde_json::to_string(&changes).unwrap();
        assert_eq!(serde_json::from_str::<Changes>(&json).unwrap(), changes);
    }
}
