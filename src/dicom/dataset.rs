//! A data set in memory: its elements, and their values as text, numbers and items.

use std::borrow::Cow;

use dicom_core::{Tag, VR};
use dicom_dictionary_std::tags;

use super::{charset::CharacterSet, dictionary, vr};

/// The elements of a data set or of an item of a sequence, in ascending order of their tags and each tag once. Where a
/// file repeats a tag, the last element counts.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Dataset {
    elements: Vec<Element>,
    charset: CharacterSet,
}

/// One attribute of a data set.
#[derive(Debug, Clone, PartialEq)]
pub struct Element {
    /// What the attribute is.
    pub tag: Tag,
    /// The value representation of the file, or the dictionary's where the file tells none.
    pub vr: VR,
    /// The value, or where it lies.
    pub value: Value,
}

/// The value of an element.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// The bytes of the value field, padding included, numbers in little endian.
    Bytes(Box<[u8]>),
    /// The items of a sequence.
    Items(Vec<Dataset>),
    /// A value that stays in the file.
    Bulk(Extent),
}

/// A run of bytes of the stored file; of the inflated data set where the transfer syntax is a deflated one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// The first byte; 0 is the first of the file, or of the inflated data set.
    pub offset: u64,
    /// Number of bytes.
    pub length: u64,
}

impl Dataset {
    /// A data set without elements, whose text is in these character sets until (0008,0005) names others.
    pub(super) fn with_charset(charset: CharacterSet) -> Self {
        Self { elements: Vec::new(), charset }
    }

    /// Adds an element as it is found in a file; [`Self::sort`] is due once all are there.
    pub(super) fn push(&mut self, element: Element) {
        if let (tags::SPECIFIC_CHARACTER_SET, Value::Bytes(bytes)) = (element.tag, &element.value)
            && !bytes.is_empty()
        {
            self.charset = CharacterSet::from_value(bytes);
        }
        self.elements.push(element);
    }

    /// Establishes the order of tags, and drops what a later element of the same tag replaces.
    pub(super) fn sort(&mut self) {
        if self.elements.is_sorted_by(|a, b| a.tag < b.tag) {
            return;
        }
        self.elements.reverse();
        self.elements.sort_by_key(|element| element.tag);
        self.elements.dedup_by_key(|element| element.tag);
    }

    /// The value of Pixel Representation (0028,0103) among the elements added so far.
    pub(super) fn pixel_representation(&self) -> Option<u64> {
        let element = self.elements.iter().rev().find(|element| element.tag == tags::PIXEL_REPRESENTATION)?;
        element.unsigned()
    }

    /// The elements in ascending order of their tags.
    pub fn elements(&self) -> &[Element] {
        &self.elements
    }

    /// The character sets of the text: those of (0008,0005), or of the data set around this one.
    pub fn charset(&self) -> CharacterSet {
        self.charset
    }

    /// The element with this tag.
    pub fn element(&self, tag: Tag) -> Option<&Element> {
        let index = self.elements.binary_search_by_key(&tag, |element| element.tag).ok()?;
        self.elements.get(index)
    }

    /// The items of a sequence; none if it is absent, empty or no sequence.
    pub fn items(&self, tag: Tag) -> &[Dataset] {
        match self.element(tag).map(|element| &element.value) {
            Some(Value::Items(items)) => items,
            _ => &[],
        }
    }

    /// All values of a text attribute, decoded and without the padding at their ends (spaces and NULs). None if it is
    /// absent, empty or no text. An empty value among others is an empty text.
    pub fn texts(&self, tag: Tag) -> Vec<String> {
        let Some((element, text)) = self.element(tag).and_then(|element| Some((element, self.decode(element)?))) else {
            return Vec::new();
        };
        match trim_padding(&text) {
            "" => Vec::new(),
            text if vr::is_multi_valued_text(element.vr) => {
                text.split('\\').map(|value| trim_padding(value).to_owned()).collect()
            }
            text => vec![text.to_owned()],
        }
    }

    /// The first value of a text attribute, decoded and without the padding at its end (spaces and NULs). Nothing if it
    /// is absent, no text, or empty.
    pub fn first_text(&self, tag: Tag) -> Option<String> {
        self.texts(tag).into_iter().next().filter(|value| !value.is_empty())
    }

    /// The first value of an attribute that holds a whole number, whether it is written in binary or as text.
    pub fn integer(&self, tag: Tag) -> Option<i64> {
        match self.element(tag)? {
            Element { vr: VR::IS | VR::DS, .. } => self.first_text(tag)?.trim().parse().ok(),
            element => element.signed(),
        }
    }

    /// The creator that reserved the block of a private element in this data set, if one did (PS3.5 7.8.1).
    pub fn private_creator(&self, tag: Tag) -> Option<String> {
        let block = tag.1 >> 8;
        if !dictionary::is_private(tag) || block < 0x10 {
            return None;
        }
        let creator = self.element(Tag(tag.0, block)).filter(|element| element.vr == VR::LO)?;
        Some(trim_padding(&self.decode(creator)?).to_owned())
    }

    /// The text of an element as it stands: values and their separators, padding included. Nothing if it is no text.
    pub fn decode<'a>(&self, element: &'a Element) -> Option<Cow<'a, str>> {
        match &element.value {
            Value::Bytes(bytes) if vr::is_text(element.vr) => Some(self.charset.decode(bytes, element.vr)),
            _ => None,
        }
    }
}

impl Element {
    /// The first binary number of the value, unless it is negative.
    fn unsigned(&self) -> Option<u64> {
        self.signed().and_then(|number| number.try_into().ok())
    }

    /// The first binary number of the value.
    fn signed(&self) -> Option<i64> {
        let Value::Bytes(bytes) = &self.value else {
            return None;
        };
        match self.vr {
            VR::US => bytes.first_chunk().map(|word| u16::from_le_bytes(*word).into()),
            VR::SS => bytes.first_chunk().map(|word| i16::from_le_bytes(*word).into()),
            VR::UL => bytes.first_chunk().map(|word| u32::from_le_bytes(*word).into()),
            VR::SL => bytes.first_chunk().map(|word| i32::from_le_bytes(*word).into()),
            VR::SV => bytes.first_chunk().map(|word| i64::from_le_bytes(*word)),
            VR::UV => bytes.first_chunk().and_then(|word| u64::from_le_bytes(*word).try_into().ok()),
            _ => None,
        }
    }
}

/// The text without the spaces and NULs at its end.
pub fn trim_padding(text: &str) -> &str {
    text.trim_end_matches([' ', '\0'])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::dicom::testing::*;

    #[test]
    fn texts_are_decoded_split_and_without_the_padding_at_their_ends() {
        let dataset = part10(&[
            text(tags::SPECIFIC_CHARACTER_SET, VR::CS, "ISO_IR 100"),
            text(tags::IMAGE_TYPE, VR::CS, "ORIGINAL \\PRIMARY\\\\AXIAL "),
            element(tags::PATIENT_ID, VR::LO, b" P1 \0\0\0"),
            element(tags::PATIENT_NAME, VR::PN, b"M\xFCller "),
            text(tags::PATIENT_COMMENTS, VR::LT, "a\\b"),
            text(tags::PATIENT_BIRTH_DATE, VR::DA, ""),
            text(tags::PATIENT_SEX, VR::CS, "  "),
            text(tags::MEDICAL_ALERTS, VR::LO, "\\P3"),
        ])
        .dataset;
        assert_eq!(dataset.texts(tags::IMAGE_TYPE), ["ORIGINAL", "PRIMARY", "", "AXIAL"]);
        assert_eq!(dataset.first_text(tags::IMAGE_TYPE).as_deref(), Some("ORIGINAL"));
        assert_eq!(dataset.first_text(tags::PATIENT_ID).as_deref(), Some(" P1"));
        assert_eq!(dataset.first_text(tags::PATIENT_NAME).as_deref(), Some("Müller"));
        assert_eq!(dataset.texts(tags::PATIENT_COMMENTS), ["a\\b"], "a backslash is text in LT");
        assert_eq!(dataset.texts(tags::MEDICAL_ALERTS), ["", "P3"]);
        for tag in [tags::PATIENT_BIRTH_DATE, tags::PATIENT_SEX, tags::MEDICAL_ALERTS, tags::MODALITY] {
            assert_eq!(dataset.first_text(tag), None);
        }
    }

    #[test]
    fn integers_are_read_from_numbers_and_from_text() {
        let dataset = part10(&[
            short(tags::ROWS, 512),
            element(tags::PIXEL_PADDING_VALUE, VR::SS, &(-2000_i16).to_le_bytes()),
            text(tags::NUMBER_OF_FRAMES, VR::IS, " 12"),
            text(tags::INSTANCE_NUMBER, VR::IS, "1A"),
            element(tags::COLUMNS, VR::US, &[1]),
        ])
        .dataset;
        assert_eq!(dataset.integer(tags::ROWS), Some(512));
        assert_eq!(dataset.integer(tags::PIXEL_PADDING_VALUE), Some(-2000));
        assert_eq!(dataset.integer(tags::NUMBER_OF_FRAMES), Some(12));
        for tag in [tags::INSTANCE_NUMBER, tags::COLUMNS, tags::BITS_ALLOCATED] {
            assert_eq!(dataset.integer(tag), None);
        }
    }
}
