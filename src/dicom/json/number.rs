//! Numbers: binary ones, and the decimal text of DS and IS.

use dicom_core::{Tag, VR};

use super::{write_display, write_tag, write_value};
use crate::dicom::vr;

/// Writes `,"Value":[…]` for a binary value in little endian, unless it is empty.
pub(super) fn write(json: &mut String, bytes: &[u8], vr: VR) {
    if bytes.len() < vr::number_size(vr) {
        return;
    }
    match vr {
        VR::US => write_words(json, bytes, |json, word| write_display(json, u16::from_le_bytes(word))),
        VR::SS => write_words(json, bytes, |json, word| write_display(json, i16::from_le_bytes(word))),
        VR::UL => write_words(json, bytes, |json, word| write_display(json, u32::from_le_bytes(word))),
        VR::SL => write_words(json, bytes, |json, word| write_display(json, i32::from_le_bytes(word))),
        VR::UV => write_words(json, bytes, |json, word| write_display(json, u64::from_le_bytes(word))),
        VR::SV => write_words(json, bytes, |json, word| write_display(json, i64::from_le_bytes(word))),
        VR::FL => write_words(json, bytes, |json, word| write_single(json, f32::from_le_bytes(word))),
        VR::FD => write_words(json, bytes, |json, word| write_double(json, f64::from_le_bytes(word))),
        VR::AT => write_words(json, bytes, |json, [a, b, c, d]| {
            json.push('"');
            write_tag(json, Tag(u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d])));
            json.push('"');
        }),
        _ => {}
    }
}

fn write_words<const N: usize>(json: &mut String, bytes: &[u8], write: impl Fn(&mut String, [u8; N])) {
    let (words, _incomplete) = bytes.as_chunks();
    write_value(json, words, |json, word| write(json, *word));
}

/// Writes the shortest number that is read back as the same 32-bit float. Text stands for what JSON has no number for
/// (PS3.18 F.2.5).
fn write_single(json: &mut String, number: f32) {
    match f64::from(number) {
        wide if !wide.is_finite() => write_double(json, wide),
        wide if needs_exponent(wide) => write_display(json, format_args!("{number:e}")),
        _ => write_display(json, number),
    }
}

fn write_double(json: &mut String, number: f64) {
    if number.is_nan() {
        json.push_str(r#""NaN""#);
    } else if number.is_infinite() {
        json.push_str(if number > 0.0 { r#""Infinity""# } else { r#""-Infinity""# });
    } else if needs_exponent(number) {
        write_display(json, format_args!("{number:e}"));
    } else {
        write_display(json, number);
    }
}

/// Whether a number has so many zeros that an exponent is shorter.
fn needs_exponent(number: f64) -> bool {
    number != 0.0 && !(1e-5..1e16).contains(&number.abs())
}

/// Writes an IS value as a number; tells whether it is one of 32 bits (PS3.5 6.2).
pub(super) fn write_integer(json: &mut String, text: &str) -> bool {
    let number: Result<i32, _> = text.trim().parse();
    number.map(|number| write_display(json, number)).is_ok()
}

/// Writes a DS value as a JSON number with the very digits that it has; tells whether it is a decimal number.
pub(super) fn write_decimal(json: &mut String, text: &str) -> bool {
    let text = text.trim();
    let (mantissa, exponent) = text.split_once(['e', 'E']).map_or((text, None), |(a, b)| (a, Some(b)));
    let digits = mantissa.strip_prefix(['+', '-']).unwrap_or(mantissa);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let exponent_digits = exponent.map_or("0", |exponent| exponent.strip_prefix(['+', '-']).unwrap_or(exponent));
    let is_decimal = (!whole.is_empty() || !fraction.is_empty()) && all_digits(whole) && all_digits(fraction);
    if !is_decimal || exponent_digits.is_empty() || !all_digits(exponent_digits) {
        return false;
    }
    // A number that a double cannot hold would make the whole document unreadable for most.
    let is_large = exponent.is_some() || whole.len() > 300;
    if is_large && !text.parse::<f64>().is_ok_and(f64::is_finite) {
        return false;
    }
    if mantissa.starts_with('-') {
        json.push('-');
    }
    let significant = whole.trim_start_matches('0');
    json.push_str(if significant.is_empty() { "0" } else { significant });
    if !fraction.is_empty() {
        json.push('.');
        json.push_str(fraction);
    }
    if let Some(exponent) = exponent {
        json.push('e');
        json.push_str(exponent);
    }
    true
}
