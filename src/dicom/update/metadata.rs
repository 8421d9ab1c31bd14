//! The same changes in DICOM JSON.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use crate::dicom::{dataset::Dataset, json::to_json};

/// The DICOM JSON of a data set with every attribute of another put in its place. All else stays as it was written.
pub fn merge(json: &str, changed: &Dataset) -> Result<String, serde_json::Error> {
    let changed = to_json(changed, &[]);
    // Keys are tags of equal length, so their order is that of the tags.
    let mut attributes: BTreeMap<&str, &RawValue> = serde_json::from_str(json)?;
    attributes.extend(serde_json::from_str::<BTreeMap<&str, &RawValue>>(&changed)?);
    serde_json::to_string(&attributes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use dicom_core::VR;
    use dicom_dictionary_std::tags;

    use super::*;
    use crate::dicom::testing::*;

    #[test]
    fn attributes_are_replaced_or_added_and_all_else_stays_byte_for_byte() {
        let json = r#"{"00080005":{"vr":"CS","Value":["ISO_IR 100"]},"00100010":{"vr":"PN","Value":[{"Alphabetic":"A"}]},"00101030":{"vr":"DS","Value":[1.50,1e-7]},"00204000":{"vr":"LT","Value":["\u0000\"}"]}}"#;
        let changed = part10(&[
            text(tags::ACCESSION_NUMBER, VR::SH, "1"),
            text(tags::PATIENT_NAME, VR::PN, ""),
            text(tags::PATIENT_COMMENTS, VR::LT, "new"),
        ]);
        assert_eq!(
            merge(json, &changed.dataset).unwrap(),
            r#"{"00080005":{"vr":"CS","Value":["ISO_IR 100"]},"00080050":{"vr":"SH","Value":["1"]},"00100010":{"vr":"PN"},"00101030":{"vr":"DS","Value":[1.50,1e-7]},"00104000":{"vr":"LT","Value":["new"]},"00204000":{"vr":"LT","Value":["\u0000\"}"]}}"#
        );
    }
}
