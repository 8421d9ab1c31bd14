//! Dates and times in a query: a moment, or a range of moments with one end open at most (PS3.4 C.2.2.2.5).

use dicom_core::VR;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};

use super::parse::{Matching, SearchRefusal};
use crate::domain::query_tag::moment;

/// What a URL leaves as it is. The service quotes date-times encoded, so that an offset shows its sign.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'*')
    .remove(b'(')
    .remove(b')')
    .remove(b' ');

/// Reads a value for an attribute of VR DA, DT or TM; `name` as messages call the attribute.
pub fn matching(vr: VR, value: &str, name: &str) -> Result<Matching, SearchRefusal> {
    let moment = |text: &str| comparable(vr, text).ok_or_else(|| refusal(vr, text, name));
    let end = |text: &str| if text.is_empty() { Ok(None) } else { moment(text).map(Some) };
    match value.split('-').map(str::trim).collect::<Vec<_>>().as_slice() {
        [first, second] => match (end(first)?, end(second)?) {
            (None, None) => Err(SearchRefusal::EmptyRange),
            (Some(from), Some(to)) if from > to => Err(SearchRefusal::ReversedRange {
                range: value.to_owned(),
                what: word(vr),
                from: (*first).to_owned(),
                to: (*second).to_owned(),
            }),
            (from, to) => Ok(Matching::Between(from, to)),
        },
        _ => moment(value).map(Matching::Equal),
    }
}

/// The moment as it is compared; nothing if the text is none.
fn comparable(vr: VR, text: &str) -> Option<String> {
    match vr {
        VR::DT => moment::date_time(text),
        VR::TM => moment::time(text),
        _ => moment::date_time(text).filter(|_| text.len() == 8).map(|_| text.to_owned()),
    }
}

fn word(vr: VR) -> &'static str {
    match vr {
        VR::DT => "DateTime",
        VR::TM => "time",
        _ => "date",
    }
}

fn refusal(vr: VR, text: &str, name: &str) -> SearchRefusal {
    let (value, name) = (text.to_owned(), name.to_owned());
    match vr {
        // The sign of an offset has become a space, as everywhere in a query.
        VR::DT => {
            let encoded = percent_encode(text.as_bytes(), PLAIN).to_string().replace(' ', "+");
            let moment = moment::without_offset(&encoded);
            match moment.len() < encoded.len() && moment::date_time(moment).is_some() {
                true => SearchRefusal::DateTimeOffset { value: encoded, name },
                false => SearchRefusal::DateTime { value: encoded, name },
            }
        }
        VR::TM => SearchRefusal::Time { value, name },
        _ => SearchRefusal::Date { value, keyword: name },
    }
}
