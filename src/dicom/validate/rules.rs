//! The strict rule for a single text value of each value representation (PS3.5 6.2), with the service's own words.

use dicom_core::VR;

use super::{
    date_time,
    value::{has_control, has_control_except_escape, length},
};

/// What is wrong with a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fault<'a> {
    /// The value, as far as it was looked at.
    pub(super) content: &'a str,
    /// What is wrong.
    pub(super) text: &'static str,
}

const TOO_LONG_16: &str = "value exceeds maximum length of 16 characters";
const TOO_LONG_64: &str = "value exceeds maximum length of 64 characters";
const INVALID_CHARACTER: &str = "value contains invalid character";
const INVALID_CONTROL: &str = "value contains invalid control character";

/// Checks a value. Value representations that are not listed have no rule.
pub(super) fn check(vr: VR, value: &str) -> Result<(), Fault<'_>> {
    // Three of the rules forget the spaces around a value, in what they quote too.
    let content = match vr {
        VR::DS if length(value) <= 16 => value.trim(),
        VR::IS => value.trim_matches(' '),
        VR::UI => value.trim_end_matches(' '),
        _ => value,
    };
    let result = match vr {
        VR::AE => check_ae(value),
        VR::AS => check_as(value),
        VR::CS => check_cs(value),
        VR::DA => date_time::check_date(value),
        VR::DS => check_ds(value),
        VR::DT => date_time::check_date_time(value),
        VR::IS => check_is(value),
        VR::LO => check_lo(value),
        VR::LT if length(value) > 10240 => Err("value exceeds maximum length of 10240 characters"),
        VR::PN => check_pn(value),
        VR::SH => check_sh(value),
        VR::ST if length(value) > 1024 => Err("value exceeds maximum length of 1024 characters"),
        VR::TM => date_time::check_time(value),
        VR::UI => check_ui(content),
        _ => Ok(()),
    };
    result.map_err(|text| Fault { content, text })
}

type Check = Result<(), &'static str>;

fn check_ae(value: &str) -> Check {
    if length(value) > 16 {
        Err(TOO_LONG_16)
    } else if value.trim().is_empty() {
        Err("value may not consist only of spaces")
    } else if value.contains('\\') || has_control(value) {
        Err(INVALID_CONTROL)
    } else {
        Ok(())
    }
}

fn check_as(value: &str) -> Check {
    match value.as_bytes() {
        [] => Ok(()),
        [a, b, c, b'D' | b'W' | b'M' | b'Y'] if [a, b, c].into_iter().all(u8::is_ascii_digit) => Ok(()),
        _ => Err("value does not have pattern 000[DWMY]"),
    }
}

fn check_cs(value: &str) -> Check {
    let is_allowed = |byte: u8| matches!(byte, b'A'..=b'Z' | b'0'..=b'9' | b'_' | b' ');
    if length(value) > 16 {
        Err(TOO_LONG_16)
    } else if !value.bytes().all(is_allowed) {
        Err("value contains invalid character. Only uppercase character, digits, space and underscore alre allowed")
    } else {
        Ok(())
    }
}

fn check_ds(value: &str) -> Check {
    if length(value) > 16 {
        return Err(TOO_LONG_16);
    }
    let value = value.trim();
    let (mantissa, exponent) = value.split_once(['e', 'E']).unwrap_or((value, "0"));
    let (whole, fraction) = unsigned(mantissa).split_once('.').unwrap_or((unsigned(mantissa), ""));
    let has_digits = !whole.is_empty() || !fraction.is_empty();
    match has_digits && is_digits(whole) && is_digits(fraction) && is_number(unsigned(exponent)) {
        true => Ok(()),
        false => Err("value is no decimal string"),
    }
}

fn check_is(value: &str) -> Check {
    let number = value.trim_matches(' ');
    if value.is_empty() {
        Ok(())
    } else if !is_number(unsigned(number)) {
        Err("value is not an integer string")
    } else if number.parse::<i32>().is_err() {
        Err("value too large to fit 32 bit integer")
    } else {
        Ok(())
    }
}

fn check_lo(value: &str) -> Check {
    if length(value) > 64 {
        Err(TOO_LONG_64)
    } else if value.contains('\\') || has_control_except_escape(value) {
        Err(INVALID_CHARACTER)
    } else {
        Ok(())
    }
}

fn check_pn(value: &str) -> Check {
    if value.split('=').count() > 3 {
        return Err("value contains too many groups");
    }
    for group in value.split('=') {
        if length(group) > 64 {
            return Err(TOO_LONG_64);
        }
        if has_control_except_escape(group) {
            return Err(INVALID_CONTROL);
        }
    }
    match value.split('=').any(|group| group.split('^').count() > 5) {
        true => Err("value contains too many components"),
        false => Ok(()),
    }
}

fn check_sh(value: &str) -> Check {
    if value.contains('\\') || has_control_except_escape(value) {
        Err(INVALID_CHARACTER)
    } else if length(value) > 16 {
        Err(TOO_LONG_16)
    } else {
        Ok(())
    }
}

fn check_ui(value: &str) -> Check {
    let components = || value.split('.');
    let has_leading_zero = |component: &str| component.len() > 1 && component.starts_with('0');
    if value.is_empty() {
        Ok(())
    } else if length(value) > 64 {
        Err(TOO_LONG_64)
    } else if !value.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        Err("value contains invalid characters other than '0'-'9' and '.'")
    } else if value.starts_with('0') || components().skip(1).any(has_leading_zero) {
        Err("components must not have leading zeros")
    } else if components().any(str::is_empty) {
        Err("a component can not be empty")
    } else {
        Ok(())
    }
}

/// The text without the sign that it may begin with.
fn unsigned(text: &str) -> &str {
    text.strip_prefix(['+', '-']).unwrap_or(text)
}

/// Whether there is nothing but digits, if anything.
fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && is_digits(text)
}
