//! From text to bytes: the inverse of decoding, within the repertoire that a data set declares.

use dicom_core::VR;
use encoding_rs::{EUC_JP, EUC_KR, Encoding, GBK};

use super::{
    CharacterSet, ESC, Scheme,
    iso2022::{Repertoire, is_delimiter},
    vr,
};

/// Bytes of a value whose VR and Specific Character Set are these, so that [`CharacterSet::decode`] gives the text back.
/// Nothing if the sets have no characters for it.
///
/// `declared` is the value of Specific Character Set (0008,0005) as it stands in the file, empty if it is absent. Without
/// it, and where it names what is not known, there is ASCII only.
pub fn encode(text: &str, declared: &[u8], vr: VR) -> Option<Vec<u8>> {
    let set = CharacterSet::from_value(declared);
    let bytes = match set.0 {
        _ if text.is_ascii() => text.as_bytes().to_vec(),
        _ if !vr::uses_character_set(vr) => return None,
        Scheme::Guessed => return None,
        Scheme::Whole(multibyte) => whole(text, multibyte.encoding())?,
        Scheme::Iso2022(initial) => extended(text, initial, declared, vr)?,
    };
    (set.decode(&bytes, vr) == text).then_some(bytes)
}

/// The text in an encoding that has characters for all of it.
fn whole(text: &str, encoding: &'static Encoding) -> Option<Vec<u8>> {
    let (bytes, _, has_unmappable) = encoding.encode(text);
    (!has_unmappable).then(|| bytes.into_owned())
}

/// Text that may switch between the declared sets: each fragment between delimiters, which switch back, is in the initial
/// set if that can be, else in the first that can.
fn extended(text: &str, initial: Repertoire, declared: &[u8], vr: VR) -> Option<Vec<u8>> {
    let is_delimiter = |character: char| u8::try_from(character).is_ok_and(|byte| is_delimiter(byte, vr));
    let mut bytes = Vec::with_capacity(text.len());
    for fragment in text.split_inclusive(is_delimiter) {
        let plain = fragment.trim_end_matches(is_delimiter);
        bytes.extend(in_upper(plain, initial).or_else(|| switched(plain, declared))?);
        bytes.extend_from_slice(fragment.get(plain.len()..).unwrap_or_default().as_bytes());
    }
    Some(bytes)
}

/// A fragment behind the escape sequence of a declared set.
fn switched(fragment: &str, declared: &[u8]) -> Option<Vec<u8>> {
    declared.split(|byte| *byte == b'\\').map(super::trim).find_map(|term| {
        let number = term.strip_prefix(b"ISO 2022 IR ").or_else(|| term.strip_prefix(b"ISO_IR "))?;
        if number == b"87" {
            return in_kanji(fragment);
        }
        let repertoire = Repertoire::from_term(term)?;
        let escape: &[u8] = match number {
            b"13" => b")I",
            b"58" => b"$)A",
            b"100" => b"-A",
            b"101" => b"-B",
            b"109" => b"-C",
            b"110" => b"-D",
            b"126" => b"-F",
            b"127" => b"-G",
            b"138" => b"-H",
            b"144" => b"-L",
            b"148" => b"-M",
            b"149" => b"$)C",
            b"166" => b"-T",
            b"203" => b"-b",
            _ => return None,
        };
        let text = in_upper(fragment, repertoire)?;
        Some([&[ESC], escape, text.as_slice()].concat())
    })
}

/// A fragment with ASCII below 80 and the characters of a set above 7F.
fn in_upper(fragment: &str, repertoire: Repertoire) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(fragment.len());
    for run in runs(fragment) {
        if run.is_ascii() {
            bytes.extend_from_slice(run.as_bytes());
            continue;
        }
        match repertoire {
            Repertoire::Unspecified => return None,
            Repertoire::Korean => bytes.extend(upper_only(whole(run, EUC_KR)?)?),
            Repertoire::SimplifiedChinese => bytes.extend(upper_only(whole(run, GBK)?)?),
            Repertoire::SingleByte(set) => match set.encoding() {
                Some(encoding) => bytes.extend(upper_only(whole(run, encoding)?)?),
                None => {
                    let latin1 = run.chars().map(|character| u8::try_from(character).ok());
                    bytes.extend(upper_only(latin1.collect::<Option<_>>()?)?);
                }
            },
            Repertoire::Katakana => {
                for character in run.chars() {
                    let index = u32::from(character).checked_sub(0xFF61).filter(|index| *index < 0x3F)?;
                    bytes.push(0xA1 + u8::try_from(index).ok()?);
                }
            }
        }
    }
    Some(bytes)
}

/// A fragment that switches to JIS X 0208 for all but ASCII, and back.
fn in_kanji(fragment: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(fragment.len() + 6);
    for run in runs(fragment) {
        if run.is_ascii() {
            bytes.extend_from_slice(run.as_bytes());
            continue;
        }
        // EUC-JP writes the same table with the high bits set; what has other lead bytes is of other tables.
        let pairs = upper_only(whole(run, EUC_JP)?)?;
        bytes.extend_from_slice(b"\x1B$B");
        bytes.extend(pairs.iter().map(|byte| byte & 0x7F));
        bytes.extend_from_slice(b"\x1B(B");
    }
    Some(bytes)
}

/// Runs of ASCII and of other characters.
fn runs(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let is_ascii = rest.chars().next()?.is_ascii();
        let length = rest.find(|character: char| character.is_ascii() != is_ascii).unwrap_or(rest.len());
        let (run, after) = rest.split_at(length);
        rest = after;
        Some(run)
    })
}

/// The bytes, if all are in the upper half of a code table; encoders of the web know more than the sets do.
fn upper_only(bytes: Vec<u8>) -> Option<Vec<u8>> {
    bytes.iter().all(|byte| *byte >= 0xA0).then_some(bytes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    fn name(declared: &str, text: &str) -> Option<Vec<u8>> {
        encode(text, declared.as_bytes(), VR::PN)
    }

    #[test]
    fn what_a_set_has_is_written_and_what_it_has_not_is_refused() {
        for (declared, text, bytes) in [
            ("", "Doe^John", Some(&b"Doe^John"[..])),
            ("", "J\u{e9}r\u{f4}me", None),
            ("ISO_IR 6", "\u{e9}", None),
            ("ISO_IR 999", "\u{e9}", None),
            ("ISO_IR 100", "J\u{e9}r\u{f4}me", Some(b"J\xE9r\xF4me")),
            ("ISO_IR 100", "\u{394}", None),
            ("ISO_IR 100", "\u{20ac}", None),
            ("ISO_IR 126", "\u{394}\u{3b9}\u{3bf}", Some(b"\xC4\xE9\xEF")),
            ("ISO_IR 144", "\u{41b}\u{44e}\u{43a}", Some(b"\xBB\xEE\xDA")),
            ("ISO_IR 148", "\u{130}\u{15f}", Some(b"\xDD\xFE")),
            ("ISO_IR 148", "\u{20ac}", None),
            ("ISO_IR 203", "\u{20ac}", Some(b"\xA4")),
            ("ISO_IR 13", "\u{ff94}\u{ff8f}", Some(b"\xD4\xCF")),
            ("ISO_IR 192", "\u{738b}", Some("\u{738b}".as_bytes())),
            ("GB18030", "\u{738b}", Some(b"\xCD\xF5")),
            ("GBK", "\u{738b}", Some(b"\xCD\xF5")),
            ("GBK", "\u{1f600}", None),
        ] {
            assert_eq!(name(declared, text).as_deref(), bytes, "{text} in {declared}");
        }
    }

    // PS3.5 H.3.1, I.2 and K.2
    #[test]
    fn escape_sequences_switch_as_the_examples_of_the_standard_do() {
        assert_eq!(
            name("\\ISO 2022 IR 87", "Yamada^Tarou=\u{5c71}\u{7530}^\u{592a}\u{90ce}").unwrap(),
            b"Yamada^Tarou=\x1B$B;3ED\x1B(B^\x1B$BB@O:\x1B(B"
        );
        assert_eq!(
            name("\\ISO 2022 IR 149", "Hong^Gildong=\u{6d2a}^\u{5409}\u{6d1e}").unwrap(),
            b"Hong^Gildong=\x1B$)C\xFB\xF3^\x1B$)C\xD1\xCE\xD4\xD7"
        );
        assert_eq!(name("\\ISO 2022 IR 58", "\u{5f20}^\u{5c0f}").unwrap(), b"\x1B$)A\xD5\xC5^\x1B$)A\xD0\xA1");
        assert_eq!(
            name("ISO 2022 IR 100\\ISO 2022 IR 144", "\u{e9}^\u{41b}").unwrap(),
            b"\xE9^\x1B-L\xBB",
            "the initial set needs none"
        );
    }

    #[test]
    fn only_text_of_people_may_leave_ascii() {
        assert_eq!(encode("\u{e9}", b"ISO_IR 100", VR::CS), None);
        assert_eq!(encode("\u{e9}", b"ISO_IR 100", VR::LO).unwrap(), b"\xE9");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(
            text in "[ -\\[\\]-~\u{e9}\u{df}\u{3b1}\u{416}\u{5d0}\u{e01}\u{ff71}\u{5c71}\u{6d2a}\u{c815}\u{5f20}\u{1f600}]{0,12}",
            declared in prop::sample::select(vec![
                "", "ISO_IR 100", "ISO_IR 101", "ISO_IR 126", "ISO_IR 138", "ISO_IR 144", "ISO_IR 166", "ISO_IR 13", "ISO_IR 192",
                "GB18030", "GBK", "\\ISO 2022 IR 87", "\\ISO 2022 IR 149", "\\ISO 2022 IR 58",
                "ISO 2022 IR 13\\ISO 2022 IR 87", "ISO 2022 IR 100\\ISO 2022 IR 126\\ISO 2022 IR 144\\ISO 2022 IR 149",
            ]),
            vr in prop::sample::select(vec![VR::PN, VR::LO, VR::LT, VR::SH]),
        ) {
            if let Some(bytes) = encode(&text, declared.as_bytes(), vr) {
                let decoded = CharacterSet::from_value(declared.as_bytes()).decode(&bytes, vr).into_owned();
                prop_assert_eq!(decoded, text);
            }
        }
    }
}
