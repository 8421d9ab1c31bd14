//! The values of an element as validation sees them.

use std::borrow::Cow;

use dicom_core::VR;

use crate::dicom::{
    dataset::{Dataset, Element, Value},
    vr,
};

/// The decoded text of an element without its padding: NULs in UI, spaces elsewhere (PS3.5 6.2). Nothing if it is no
/// text.
pub(super) fn text<'a>(dataset: &Dataset, element: &'a Element) -> Option<Cow<'a, str>> {
    let padding = if element.vr == VR::UI { '\0' } else { ' ' };
    Some(match dataset.decode(element)? {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim_end_matches(padding)),
        Cow::Owned(text) => Cow::Owned(text.trim_end_matches(padding).to_owned()),
    })
}

/// The values of such a text; an empty one has none.
pub(super) fn split(text: &str, vr: VR) -> impl Iterator<Item = &str> {
    let separates = vr::is_multi_valued_text(vr);
    text.split(move |character| separates && character == '\\').filter(move |_| !text.is_empty())
}

/// How many values an element has; none if it is a sequence or stays in the file.
pub(super) fn count(dataset: &Dataset, element: &Element) -> usize {
    match (&element.value, text(dataset, element)) {
        (_, Some(text)) => split(&text, element.vr).count(),
        (Value::Bytes(bytes), None) => bytes.len().checked_div(vr::number_size(element.vr)).unwrap_or(0),
        (Value::Items(_) | Value::Bulk(_), None) => 0,
    }
}

/// Length in UTF-16 code units, which is what the service counts as characters.
pub(super) fn length(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.encode_utf16().count() }
}

/// Whether there is a control character (PS3.5 6.1.3).
pub(super) fn has_control(text: &str) -> bool {
    text.chars().any(char::is_control)
}

/// Whether there is a control character other than ESC, which switches between character sets.
pub(super) fn has_control_except_escape(text: &str) -> bool {
    text.chars().any(|character| character.is_control() && character != '\u{1B}')
}
