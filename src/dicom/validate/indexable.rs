//! What a single text value must be like to be indexed (the lenient rules): only what the index cannot hold is wrong.

use dicom_core::VR;

use super::{
    date_time, rules,
    value::{has_control_except_escape, length},
};
use crate::dicom::uid;

/// Why a value cannot be indexed. What it displays is what a store says, which is given the limits; see
/// [`Self::without_limits`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unindexable {
    /// It has more characters than its value representation allows.
    #[error("Value length exceeds maximum length of {0}.")]
    TooLong(u8),
    /// It has not the number of characters that its value representation asks for.
    #[error("Value length is not {0}.")]
    Length(u8),
    /// It has a character that its value representation does not allow.
    #[error("Value contains invalid character.")]
    Character,
    /// It is no day of the calendar.
    #[error("Value cannot be parsed as a valid date.")]
    Date,
    /// It is no DT.
    #[error("Value cannot be parsed as a valid DateTime.")]
    DateTime,
    /// It is no TM.
    #[error("Value cannot be parsed as a valid Time.")]
    Time,
    /// It is no IS.
    #[error("Value cannot be parsed as a valid integer string.")]
    Integer,
    /// A name with too many components or groups.
    #[error("Value contains more than 5 components.")]
    Components,
    /// A name with a group that is too long. (The service spells it so.)
    #[error("One or more group of person name exceeds maxium length of 64.")]
    NameGroup,
    /// It is no identifier.
    #[error("{}", uid::RULE)]
    Identifier,
}

impl Unindexable {
    /// What is said where no limit is told.
    pub fn without_limits(self) -> String {
        match self {
            Self::TooLong(_) => "Value length exceeds maximum length.".to_owned(),
            Self::Length(_) => "Value length is not expected.".to_owned(),
            other => other.to_string(),
        }
    }
}

/// Checks a value that is not empty. Value representations that are not listed have no rule.
pub fn check(vr: VR, value: &str) -> Result<(), Unindexable> {
    match vr {
        VR::AE | VR::CS | VR::SH if length(value) > 16 => Err(Unindexable::TooLong(16)),
        VR::AS if length(value) != 4 => Err(Unindexable::Length(4)),
        VR::DA if !date_time::is_calendar_date(value) => Err(Unindexable::Date),
        VR::DT => rules::check(vr, value).map_err(|_| Unindexable::DateTime),
        VR::IS => rules::check(vr, value).map_err(|_| Unindexable::Integer),
        VR::TM => rules::check(vr, value).map_err(|_| Unindexable::Time),
        VR::LO if length(value) > 64 => Err(Unindexable::TooLong(64)),
        VR::LO if value.contains('\\') || has_control_except_escape(value) => Err(Unindexable::Character),
        VR::PN => check_name(value),
        VR::UI if !uid::is_valid_uid(value) => Err(Unindexable::Identifier),
        _ => Ok(()),
    }
}

fn check_name(value: &str) -> Result<(), Unindexable> {
    if value.split('=').count() > 3 {
        return Err(Unindexable::Components);
    }
    for group in value.split('=') {
        if length(group) > 64 {
            return Err(Unindexable::NameGroup);
        }
        if has_control_except_escape(group) {
            return Err(Unindexable::Character);
        }
    }
    match value.split('=').any(|group| group.split('^').count() > 5) {
        true => Err(Unindexable::Components),
        false => Ok(()),
    }
}
