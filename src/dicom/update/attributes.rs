//! The attributes that may change.

use dicom_core::{Tag, VR};
use dicom_dictionary_std::tags;

/// The attributes of the patient identification, patient demographic and general study modules that a bulk update may
/// change, ascending, with their value representations. All of them are text.
const ATTRIBUTES: [(Tag, VR); 36] = [
    (tags::ACCESSION_NUMBER, VR::SH),
    (tags::REFERRING_PHYSICIAN_NAME, VR::PN),
    (tags::STUDY_DESCRIPTION, VR::LO),
    (tags::PATIENT_NAME, VR::PN),
    (tags::PATIENT_ID, VR::LO),
    (tags::ISSUER_OF_PATIENT_ID, VR::LO),
    (tags::TYPE_OF_PATIENT_ID, VR::CS),
    (tags::PATIENT_BIRTH_DATE, VR::DA),
    (tags::PATIENT_BIRTH_TIME, VR::TM),
    (tags::PATIENT_SEX, VR::CS),
    (tags::QUALITY_CONTROL_SUBJECT, VR::CS),
    (Tag(0x0010, 0x1000), VR::LO), // Other Patient IDs, retired
    (tags::OTHER_PATIENT_NAMES, VR::PN),
    (tags::PATIENT_BIRTH_NAME, VR::PN),
    (tags::PATIENT_AGE, VR::AS),
    (tags::PATIENT_SIZE, VR::DS),
    (tags::PATIENT_WEIGHT, VR::DS),
    (tags::PATIENT_ADDRESS, VR::LO),
    (tags::PATIENT_MOTHER_BIRTH_NAME, VR::PN),
    (tags::MILITARY_RANK, VR::LO),
    (tags::BRANCH_OF_SERVICE, VR::LO),
    (Tag(0x0010, 0x1090), VR::LO), // Medical Record Locator, retired
    (tags::COUNTRY_OF_RESIDENCE, VR::LO),
    (tags::REGION_OF_RESIDENCE, VR::LO),
    (tags::PATIENT_TELEPHONE_NUMBERS, VR::SH),
    (Tag(0x0010, 0x2160), VR::SH), // Ethnic Group, retired
    (tags::OCCUPATION, VR::SH),
    (tags::PATIENT_RELIGIOUS_PREFERENCE, VR::LO),
    (tags::PATIENT_SPECIES_DESCRIPTION, VR::LO),
    (tags::PATIENT_BREED_DESCRIPTION, VR::LO),
    (tags::BREED_REGISTRATION_NUMBER, VR::LO),
    (tags::RESPONSIBLE_PERSON, VR::PN),
    (tags::RESPONSIBLE_PERSON_ROLE, VR::CS),
    (tags::RESPONSIBLE_ORGANIZATION, VR::LO),
    (tags::PATIENT_COMMENTS, VR::LT),
    (tags::CONFIDENTIALITY_CONSTRAINT_ON_PATIENT_DATA_DESCRIPTION, VR::LO),
];

/// The value representation of an attribute that may change.
pub(super) fn vr_of(tag: Tag) -> Option<VR> {
    let index = ATTRIBUTES.binary_search_by_key(&tag, |(tag, _)| *tag).ok()?;
    ATTRIBUTES.get(index).map(|(_, vr)| *vr)
}

#[cfg(test)]
pub(super) fn all() -> &'static [(Tag, VR)] {
    &ATTRIBUTES
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::dicom::{
        dictionary::{self, Samples},
        vr,
    };

    #[test]
    fn they_are_text_ascending_and_have_the_vr_of_the_dictionary() {
        assert!(ATTRIBUTES.is_sorted_by(|a, b| a.0 < b.0));
        for (tag, vr) in ATTRIBUTES {
            assert_eq!(dictionary::vr_of(tag, || Samples::Unsigned), Some(vr), "{tag}");
            assert!(vr::is_text(vr), "{tag}");
            assert_eq!(vr_of(tag), Some(vr));
        }
        assert_eq!(vr_of(tags::STUDY_INSTANCE_UID), None);
    }
}
