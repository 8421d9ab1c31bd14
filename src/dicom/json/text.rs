//! Text values.

use dicom_core::VR;

use super::{number, write_list, write_value};
use crate::dicom::vr;

/// Names of the groups of a person name, in the order that `=` separates them (PS3.18 F.2.2).
pub(super) const NAME_GROUPS: [&str; 3] = ["Alphabetic", "Ideographic", "Phonetic"];

/// Writes `,"Value":[…]` for the decoded text of an element, unless it is empty.
pub(super) fn write(json: &mut String, text: &str, vr: VR) {
    let text = trim(text, vr);
    if text.is_empty() {
        return;
    }
    match vr {
        VR::PN => write_value(json, text.split('\\'), write_name),
        VR::DS => write_numbers(json, text, |json, value| match value {
            "" => {
                json.push_str("null");
                true
            }
            _ => number::write_decimal(json, value),
        }),
        VR::IS => write_numbers(json, text, number::write_integer),
        _ if vr::is_multi_valued_text(vr) => write_value(json, text.split('\\'), write_text),
        _ => write_value(json, [text], write_text),
    }
}

/// The text without the padding at its end. NULs are padding only where the standard pads with them, and in numbers.
fn trim(text: &str, vr: VR) -> &str {
    match vr {
        VR::UI => text.trim_end_matches('\0'),
        VR::DS | VR::IS => text.trim_end_matches([' ', '\0']),
        _ => text.trim_end_matches(' '),
    }
}

/// Writes all values as numbers if each of them is one, and all of them as text otherwise.
fn write_numbers(json: &mut String, text: &str, write_number: impl Fn(&mut String, &str) -> bool) {
    let start = json.len();
    let mut all_numbers = true;
    write_value(json, text.split('\\'), |json, value| all_numbers = all_numbers && write_number(json, value));
    if !all_numbers {
        json.truncate(start);
        write_value(json, text.split('\\'), write_text);
    }
}

/// Writes a person name as an object of its groups, without those that are blank.
fn write_name(json: &mut String, name: &str) {
    let groups = || NAME_GROUPS.iter().zip(name.split('=')).filter(|(_, group)| !group.trim().is_empty());
    if groups().next().is_none() {
        json.push_str("null");
        return;
    }
    write_list(json, ['{', '}'], groups(), |json, (name, group)| {
        write_string(json, name);
        json.push(':');
        write_string(json, group);
    });
}

fn write_text(json: &mut String, text: &str) {
    match text {
        "" => json.push_str("null"),
        _ => write_string(json, text),
    }
}

/// Writes a JSON string (RFC 8259 7).
pub(super) fn write_string(json: &mut String, text: &str) {
    json.push('"');
    let mut rest = text;
    while let Some(index) = rest.bytes().position(|byte| byte < b' ' || byte == b'"' || byte == b'\\') {
        let (plain, special) = rest.split_at(index);
        json.push_str(plain);
        let mut characters = special.chars();
        match characters.next() {
            Some(character @ ('"' | '\\')) => json.extend(['\\', character]),
            Some('\n') => json.push_str("\\n"),
            Some('\r') => json.push_str("\\r"),
            Some('\t') => json.push_str("\\t"),
            Some(control) => super::write_display(json, format_args!("\\u{:04x}", u32::from(control))),
            None => {}
        }
        rest = characters.as_str();
    }
    json.push_str(rest);
    json.push('"');
}
