//! New elements, encoded as the data set around them.

use std::borrow::Cow;

use dicom_core::{
    DataElement, PrimitiveValue, Tag, VR,
    header::{HasLength, Header as _},
};
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;
use dicom_transfer_syntax_registry::entries::{
    EXPLICIT_VR_BIG_ENDIAN, EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN,
};

use super::{Changes, UpdateError, changes::MAX_VALUE_BYTES};
use crate::dicom::{
    charset::{self, CharacterSet},
    dataset::{Dataset, Element, Value},
    image::EXPLICIT_BIG_ENDIAN,
    part10::Part10,
    vr,
};

/// The set that has every character.
const UTF_8: &[u8] = b"ISO_IR 192";

/// The new elements of a file, ascending.
#[derive(Debug)]
pub(super) struct NewElements {
    /// What they hold.
    pub(super) dataset: Dataset,
    /// Each of them, encoded.
    pub(super) encoded: Vec<(Tag, Vec<u8>)>,
}

impl NewElements {
    /// The changes in a character set that the file declares, or declares from now on.
    pub(super) fn of(changes: &Changes, file: &Part10) -> Result<Self, UpdateError> {
        let declared = match file.dataset.element(tags::SPECIFIC_CHARACTER_SET).map(|element| &element.value) {
            Some(Value::Bytes(bytes)) => bytes,
            _ => &Box::default(),
        };
        let elements = match elements(changes, declared) {
            Ok(elements) => elements,
            Err(tag) => {
                let changed: Vec<Tag> = changes.tags().chain([tags::SPECIFIC_CHARACTER_SET]).collect();
                let refusal = || UpdateError::Repertoire { tag, declared: shown(declared) };
                if !reads_the_same_in_utf_8(&file.dataset, &changed) {
                    return Err(refusal());
                }
                let set = Element { tag: tags::SPECIFIC_CHARACTER_SET, vr: VR::CS, value: Value::Bytes(UTF_8.into()) };
                let elements = elements(changes, UTF_8).map_err(|_| refusal())?;
                [set].into_iter().chain(elements).collect()
            }
        };
        let mut dataset = Dataset::with_charset(file.dataset.charset());
        let mut encoded = Vec::with_capacity(elements.len());
        for element in elements {
            if let Value::Bytes(bytes) = &element.value {
                encoded.push((element.tag, encode_text(element.tag, element.vr, bytes, file)?));
            }
            dataset.push(element);
        }
        Ok(Self { dataset, encoded })
    }
}

/// The changed elements in these character sets, or the first attribute for which they lack a character.
fn elements(changes: &Changes, declared: &[u8]) -> Result<Vec<Element>, Tag> {
    let element = |(tag, vr, text): (Tag, VR, String)| {
        let bytes = charset::encode(&text, declared, vr).ok_or(tag)?;
        Ok(Element { tag, vr, value: Value::Bytes(bytes.into()) })
    };
    changes.texts().map(element).collect()
}

/// The character sets as an error names them.
fn shown(declared: &[u8]) -> String {
    let text = String::from_utf8_lossy(declared);
    let text = text.trim_matches([' ', '\0']);
    if text.is_empty() { "ISO_IR 6".to_owned() } else { text.to_owned() }
}

/// Whether all text that the character sets of a data set govern says the same in UTF-8; that of these attributes does
/// not count.
fn reads_the_same_in_utf_8(dataset: &Dataset, except: &[Tag]) -> bool {
    let utf_8 = CharacterSet::from_value(UTF_8);
    dataset.elements().iter().filter(|element| !except.contains(&element.tag)).all(|element| match &element.value {
        Value::Items(items) => items.iter().all(|item| declares_itself(item) || reads_the_same_in_utf_8(item, &[])),
        Value::Bytes(bytes) if vr::uses_character_set(element.vr) => {
            dataset.charset().decode(bytes, element.vr) == utf_8.decode(bytes, element.vr)
        }
        Value::Bytes(_) | Value::Bulk(_) => true,
    })
}

/// Whether an item has character sets of its own (PS3.3 C.12.1.1.2).
fn declares_itself(item: &Dataset) -> bool {
    let element = item.element(tags::SPECIFIC_CHARACTER_SET);
    element.is_some_and(|element| matches!(&element.value, Value::Bytes(bytes) if !bytes.is_empty()))
}

/// An element whose value is text, padded to even length.
fn encode_text(tag: Tag, vr: VR, value: &[u8], file: &Part10) -> Result<Vec<u8>, UpdateError> {
    if value.len() > MAX_VALUE_BYTES {
        return Err(UpdateError::TooLong { tag });
    }
    // The writer takes text, and its default repertoire writes each of the first 256 characters as the byte of that number.
    let text: Cow<'_, str> = encoding_rs::mem::decode_latin1(value);
    encode(DataElement::new(tag, vr, PrimitiveValue::Str(text.into_owned())), file)
}

/// A group length (PS3.5 7.2).
pub(super) fn encode_group_length(group: u16, length: u32, file: &Part10) -> Result<Vec<u8>, UpdateError> {
    encode(DataElement::new(Tag(group, 0), VR::UL, PrimitiveValue::from(length)), file)
}

fn encode(element: DataElement<InMemDicomObject>, file: &Part10) -> Result<Vec<u8>, UpdateError> {
    let tag = element.tag();
    let syntax = match file.transfer_syntax.as_str() {
        _ if file.implicit_vr => IMPLICIT_VR_LITTLE_ENDIAN.erased(),
        EXPLICIT_BIG_ENDIAN => EXPLICIT_VR_BIG_ENDIAN.erased(),
        _ => EXPLICIT_VR_LITTLE_ENDIAN.erased(),
    };
    let mut bytes = Vec::with_capacity(12 + element.length().get().unwrap_or(0) as usize);
    let object = InMemDicomObject::from_element_iter([element]);
    let written = object.write_dataset_with_ts(&mut bytes, &syntax);
    written.map_err(|error| UpdateError::Encode { tag, reason: error.to_string() })?;
    Ok(bytes)
}
