//! The attributes by which workitems are searched, and what of their values is compared.

use dicom_core::{Tag, VR};
use dicom_dictionary_std::tags;
use jiff::civil::DateTime;

use crate::{
    dicom::json::{Attribute, Document},
    domain::attributes::fold,
};

/// An attribute by which workitems are searched (conformance statement, "Search for Workitems").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // each is its keyword
pub enum Searchable {
    PatientName,
    PatientId,
    StudyInstanceUid,
    ProcedureStepState,
    ScheduledProcedureStepStartDateTime,
    AccessionNumber,
    RequestedProcedureId,
    StationNameCode,
    StationClassCode,
    StationLocationCode,
}

impl Searchable {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::PatientName,
        Self::PatientId,
        Self::StudyInstanceUid,
        Self::ProcedureStepState,
        Self::ScheduledProcedureStepStartDateTime,
        Self::AccessionNumber,
        Self::RequestedProcedureId,
        Self::StationNameCode,
        Self::StationClassCode,
        Self::StationLocationCode,
    ];

    /// Its tag, behind that of the sequence that has it in its items.
    pub fn path(self) -> &'static [Tag] {
        match self {
            Self::PatientName => &[tags::PATIENT_NAME],
            Self::PatientId => &[tags::PATIENT_ID],
            Self::StudyInstanceUid => &[tags::STUDY_INSTANCE_UID],
            Self::ProcedureStepState => &[tags::PROCEDURE_STEP_STATE],
            Self::ScheduledProcedureStepStartDateTime => &[tags::SCHEDULED_PROCEDURE_STEP_START_DATE_TIME],
            Self::AccessionNumber => &[tags::REFERENCED_REQUEST_SEQUENCE, tags::ACCESSION_NUMBER],
            Self::RequestedProcedureId => &[tags::REFERENCED_REQUEST_SEQUENCE, tags::REQUESTED_PROCEDURE_ID],
            Self::StationNameCode => &[tags::SCHEDULED_STATION_NAME_CODE_SEQUENCE, tags::CODE_VALUE],
            Self::StationClassCode => &[tags::SCHEDULED_STATION_CLASS_CODE_SEQUENCE, tags::CODE_VALUE],
            Self::StationLocationCode => &[tags::SCHEDULED_STATION_GEOGRAPHIC_LOCATION_CODE_SEQUENCE, tags::CODE_VALUE],
        }
    }

    /// How its values compare.
    pub fn vr(self) -> VR {
        match self {
            Self::PatientName => VR::PN,
            Self::PatientId => VR::LO,
            Self::StudyInstanceUid => VR::UI,
            Self::ProcedureStepState => VR::CS,
            Self::ScheduledProcedureStepStartDateTime => VR::DT,
            _ => VR::SH,
        }
    }

    /// Its first values in a data set, folded: one, or one of each item.
    pub fn values(self, dataset: &Document) -> Vec<String> {
        let of = |dataset: &Document, tag: Tag| {
            let value = dataset.get(tag).and_then(Attribute::first_value)?;
            Some(fold(&value, self.vr())).filter(|value| !value.is_empty())
        };
        match self.path() {
            [sequence, tag] => {
                let items = dataset.get(*sequence).map(Attribute::items).unwrap_or_default();
                items.iter().filter_map(|item| of(item, *tag)).collect()
            }
            path => path.iter().filter_map(|tag| of(dataset, *tag)).collect(),
        }
    }
}

/// The first instant of a date and time of at least a year and at most six digits of a second's fraction, as
/// microseconds since 1970 were it UTC.
pub fn instant(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').map_or((text, None), |(whole, fraction)| (whole, Some(fraction)));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let is_whole = matches!(whole.len(), 4 | 6 | 8 | 10 | 12 | 14) && digits(whole);
    let is_fraction = fraction.is_none_or(|text| whole.len() == 14 && (1..=6).contains(&text.len()) && digits(text));
    if !is_whole || !is_fraction {
        return None;
    }
    let number = |from: usize, length: usize, default: i8| match whole.get(from..from + length) {
        Some(text) => text.parse::<i8>().ok(),
        None => Some(default),
    };
    let year: i16 = whole.get(..4)?.parse().ok().filter(|year| *year > 0)?;
    let nanoseconds: i32 = format!("{:0<9}", fraction.unwrap_or_default()).parse().ok()?;
    let (month, day) = (number(4, 2, 1)?, number(6, 2, 1)?);
    let (hour, minute, second) = (number(8, 2, 0)?, number(10, 2, 0)?, number(12, 2, 0)?);
    let time = DateTime::new(year, month, day, hour, minute, second, nanoseconds).ok()?;
    // Without a `Timestamp`, for which the last day of the year 9999 is too late.
    let since = time.duration_since(DateTime::constant(1970, 1, 1, 0, 0, 0, 0));
    i64::try_from(since.as_micros()).ok()
}

/// The instant of a stored value. An offset from UTC behind it is not applied.
pub fn stored_instant(text: &str) -> Option<i64> {
    let text = text.trim_end_matches([' ', '\0']);
    let without_offset = text.len().checked_sub(5).and_then(|at| text.split_at_checked(at)).filter(|(_, offset)| {
        let mut bytes = offset.bytes();
        matches!(bytes.next(), Some(b'+' | b'-')) && bytes.all(|byte| byte.is_ascii_digit())
    });
    instant(without_offset.map_or(text, |(time, _)| time))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_stands_for_its_first_instant() {
        let start_of_2024 = instant("2024");
        assert_eq!(start_of_2024, Some(1_704_067_200_000_000));
        for text in ["202401", "20240101", "2024010100", "202401010000", "20240101000000", "20240101000000.0"] {
            assert_eq!(instant(text), start_of_2024, "{text}");
        }
        assert_eq!(instant("20240101000001.000002"), Some(1_704_067_201_000_002));
        for text in ["", "24", "202", "20241", "20241301", "20240230", "2024010124", "2024-01-01", "20240101.5", "0000"]
        {
            assert_eq!(instant(text), None, "{text}");
        }
        assert_eq!(instant("20240101000000.1234567"), None);
        assert_eq!(instant("19691231235959.5"), Some(-500_000));
        assert!(instant("99991231235959.999999") > instant("99991231"));
        assert!(instant("0001") < instant("0002"));
    }

    #[test]
    fn stored_values_may_have_an_offset_which_is_not_applied() {
        for text in ["20240101+0500", "2024-0100", "20240101 "] {
            assert_eq!(stored_instant(text), instant("2024"), "{text}");
        }
        assert_eq!(stored_instant("soon"), None);
        assert_eq!(stored_instant("ü+0500"), None);
    }
}
