//! DICOM JSON (PS3.18 F): written for a data set, as metadata are answered; read and kept, as workitems are sent.

mod document;
mod lenient;
mod number;
mod pick;
mod read;
mod text;
mod tree;

use std::fmt::Write;

use dicom_core::Tag;

use super::{
    dataset::{Dataset, Element, Value},
    vr,
};

pub use self::{
    document::{Attribute, Document},
    lenient::lenient,
    pick::pick,
    read::{Body, MalformedDocument, body, members},
    tree::Tree,
};

/// The group of file meta information.
const META_GROUP: u16 = 0x0002;

/// Writes a data set as one JSON object without white space, keys ascending.
///
/// Elements of the bulk VRs, group lengths and file meta information are left out at every level, the tags of `omit`
/// at top level only. An attribute without a value has no `Value`; an empty value among others is `null`.
pub fn to_json(dataset: &Dataset, omit: &[Tag]) -> String {
    let mut json = String::with_capacity(64 * dataset.elements().len());
    write_dataset(&mut json, dataset, omit);
    json
}

fn write_dataset(json: &mut String, dataset: &Dataset, omit: &[Tag]) {
    let shown = |element: &&Element| {
        let Tag(group, number) = element.tag;
        group != META_GROUP && number != 0 && !vr::is_bulk(element.vr) && !omit.contains(&element.tag)
    };
    write_list(json, ['{', '}'], dataset.elements().iter().filter(shown), |json, element| {
        write_key(json, element);
        match &element.value {
            Value::Items(items) if !items.is_empty() => write_value(json, items, |json, item| {
                write_dataset(json, item, &[]);
            }),
            Value::Bytes(bytes) if vr::is_text(element.vr) => {
                text::write(json, &dataset.charset().decode(bytes, element.vr), element.vr);
            }
            Value::Bytes(bytes) => number::write(json, bytes, element.vr),
            Value::Items(_) | Value::Bulk(_) => {}
        }
        json.push('}');
    });
}

/// Writes `"GGGGEEEE":{"vr":"XX"`.
fn write_key(json: &mut String, element: &Element) {
    json.push('"');
    write_tag(json, element.tag);
    json.push_str(r#"":{"vr":""#);
    json.push_str(element.vr.to_string());
    json.push('"');
}

/// Writes the eight hexadecimal digits of a tag.
fn write_tag(json: &mut String, Tag(group, element): Tag) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for word in [group, element] {
        for shift in [12, 8, 4, 0] {
            json.push(char::from(DIGITS[usize::from(word >> shift & 0xF)]));
        }
    }
}

/// Writes `,"Value":[…]`.
fn write_value<T>(json: &mut String, values: impl IntoIterator<Item = T>, write: impl FnMut(&mut String, T)) {
    json.push_str(r#","Value":"#);
    write_list(json, ['[', ']'], values, write);
}

fn write_list<T>(
    json: &mut String,
    [open, close]: [char; 2],
    values: impl IntoIterator<Item = T>,
    mut write: impl FnMut(&mut String, T),
) {
    json.push(open);
    let mut separator = "";
    for value in values {
        json.push_str(separator);
        write(json, value);
        separator = ",";
    }
    json.push(close);
}

/// Writes something that cannot fail to be written into a string.
fn write_display(json: &mut String, value: impl std::fmt::Display) {
    let _infallible = write!(json, "{value}");
}

#[cfg(test)]
mod document_tests;
#[cfg(test)]
mod tests;
