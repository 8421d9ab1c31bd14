//! What the data dictionary (PS3.6) says of a tag.

mod multiplicity;

use dicom_core::{
    Tag, VR,
    dictionary::{DataDictionary, DataDictionaryEntry, VirtualVr},
};
use dicom_dictionary_std::StandardDataDictionary;

pub use self::multiplicity::{Attribute, Multiplicity, attribute};

/// How Pixel Representation (0028,0103) of a data set says that samples are to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Samples {
    /// Pixel Representation is 0, or absent.
    Unsigned,
    /// Pixel Representation is 1.
    Signed,
}

/// The value representation of an attribute of the standard, of a private creator or of a group length; nothing for
/// other private attributes and those that the dictionary does not know.
///
/// `samples` is asked only for the attributes that are either US or SS (PS3.3 C.7.6.3.1.1). LUT Data, which is US or
/// OW, is read as US, and what can be OB or OW is read as OW.
pub fn vr_of(tag: Tag, samples: impl FnOnce() -> Samples) -> Option<VR> {
    match StandardDataDictionary.by_tag(tag)?.vr() {
        VirtualVr::Exact(vr) => Some(vr),
        VirtualVr::Xs => Some(match samples() {
            Samples::Unsigned => VR::US,
            Samples::Signed => VR::SS,
        }),
        VirtualVr::Lt => Some(VR::US),
        VirtualVr::Ox | VirtualVr::Px => Some(VR::OW),
        _ => None,
    }
}

/// The keyword of an attribute (PS3.6), e.g. `StudyInstanceUID`.
pub fn keyword(tag: Tag) -> Option<&'static str> {
    StandardDataDictionary.by_tag(tag).map(|entry| entry.alias)
}

/// Whether the tag belongs to a private group (PS3.5 7.8).
pub fn is_private(tag: Tag) -> bool {
    tag.0 % 2 == 1
}

/// Whether the tag reserves a block of private elements for a creator: (gggg,0010) to (gggg,00FF), gggg odd.
pub fn is_private_creator(tag: Tag) -> bool {
    is_private(tag) && (0x10..=0xFF).contains(&tag.1)
}

/// Why a text names no attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoAttribute {
    /// It is the path of an attribute in a sequence, `A.B`.
    Sequence,
    /// It is neither a keyword nor a tag.
    Unknown,
}

/// The attribute that a client names: a keyword as PS3.6 spells it, or eight hexadecimal digits of a tag that PS3.6
/// knows or that is private.
pub fn named(text: &str) -> Result<Tag, NoAttribute> {
    if text.contains('.') {
        return Err(NoAttribute::Sequence);
    }
    if text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        let number = u32::from_str_radix(text, 16).unwrap_or_default();
        let tag = Tag((number >> 16) as u16, number as u16);
        return if is_private(tag) || keyword(tag).is_some() { Ok(tag) } else { Err(NoAttribute::Unknown) };
    }
    let entry = StandardDataDictionary.by_name(text).ok_or(NoAttribute::Unknown)?;
    Ok(entry.tag.inner())
}

/// What messages call an attribute: its keyword, or the eight digits of a private tag.
pub fn name(tag: Tag) -> String {
    match keyword(tag).filter(|_| !is_private(tag)) {
        Some(keyword) => keyword.to_owned(),
        None => format!("{:04X}{:04X}", tag.0, tag.1),
    }
}

/// The value representations that an attribute may have, the usual one first; none of private attributes and those
/// that the dictionary does not know.
pub fn vrs_of(tag: Tag) -> Vec<VR> {
    let Some(entry) = StandardDataDictionary.by_tag(tag) else { return Vec::new() };
    match entry.vr() {
        VirtualVr::Exact(vr) => vec![vr],
        VirtualVr::Xs => vec![VR::US, VR::SS],
        VirtualVr::Lt => vec![VR::US, VR::SS, VR::OW],
        VirtualVr::Ox | VirtualVr::Px => vec![VR::OB, VR::OW],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use dicom_dictionary_std::tags;

    use super::*;

    fn vr(group: u16, element: u16) -> Option<VR> {
        vr_of(Tag(group, element), || Samples::Unsigned)
    }

    #[test]
    fn the_dictionary_knows_standard_attributes_creators_and_group_lengths() {
        assert_eq!(vr(0x0010, 0x0010), Some(VR::PN));
        assert_eq!(vr(0x0009, 0x0010), Some(VR::LO), "private creator");
        assert_eq!(vr(0x0009, 0x1001), None, "private attribute");
        assert_eq!(vr(0x0008, 0x0000), Some(VR::UL), "group length");
        assert_eq!(vr(0x0009, 0x0000), Some(VR::UL), "private group length");
        assert_eq!(vr(0x0008, 0xFFFE), None, "unknown");
    }

    #[test]
    fn attributes_are_named_by_keyword_or_digits() {
        assert_eq!(named("PatientName"), Ok(tags::PATIENT_NAME));
        assert_eq!(named("0020000d"), Ok(tags::STUDY_INSTANCE_UID));
        assert_eq!(named("00091001"), Ok(Tag(0x0009, 0x1001)), "private");
        assert_eq!(named("60120010"), Ok(Tag(0x6012, 0x0010)), "overlays repeat");
        for text in ["patientname", "00080FFE", "0020,000D", "", " PatientName", "0020000", "PrivateCreator"] {
            assert_eq!(named(text), Err(NoAttribute::Unknown), "{text:?}");
        }
        assert_eq!(named("A.B"), Err(NoAttribute::Sequence));
        assert_eq!((name(tags::PATIENT_ID), name(Tag(0x0009, 0x10AB))), ("PatientID".into(), "000910AB".into()));
    }

    #[test]
    fn overlays_and_curves_repeat() {
        assert_eq!(vr(0x6000, 0x3000), Some(VR::OW));
        assert_eq!(vr(0x6012, 0x0010), Some(VR::US));
        assert_eq!(vr(0x5004, 0x0005), Some(VR::US));
    }

    #[test]
    fn pixel_representation_decides_between_signed_and_unsigned() {
        assert_eq!(vr_of(tags::SMALLEST_IMAGE_PIXEL_VALUE, || Samples::Unsigned), Some(VR::US));
        assert_eq!(vr_of(tags::SMALLEST_IMAGE_PIXEL_VALUE, || Samples::Signed), Some(VR::SS));
        assert_eq!(vr_of(tags::LUT_DATA, || Samples::Signed), Some(VR::US));
        assert_eq!(vr_of(tags::PIXEL_DATA, || Samples::Signed), Some(VR::OW));
    }
}
