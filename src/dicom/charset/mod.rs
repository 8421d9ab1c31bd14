//! Text by Specific Character Set (0008,0005): PS3.3 C.12.1.1.2 and PS3.5 6.1.
//!
//! Decoding never fails. Bytes that a character set does not define become U+FFFD; where the set is unknown or absent,
//! bytes above 7F are read as UTF-8 if they are, and as Latin-1 otherwise, so that nothing is lost.

mod encode;
mod iso2022;
mod single_byte;

use std::borrow::Cow;

use dicom_core::VR;
use encoding_rs::{Encoding, GB18030, GBK, UTF_8};

pub use self::encode::encode;
use self::iso2022::Repertoire;
use super::vr;

/// The escape character, which begins a switch between character sets.
const ESC: u8 = 0x1B;

/// The character sets of a data set: what text starts with, and whether escape sequences switch to others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CharacterSet(Scheme);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scheme {
    /// The default repertoire, or a set that is not known: UTF-8 if it is, else Latin-1.
    Guessed,
    /// UTF-8, GB18030 or GBK, which know no escape sequences.
    Whole(Multibyte),
    /// Sets of ISO 2022; the one that is in use for bytes above 7F until an escape sequence says otherwise.
    Iso2022(Repertoire),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Multibyte {
    Utf8,
    Gb18030,
    Gbk,
}

impl Default for CharacterSet {
    /// What holds when Specific Character Set is absent: the default repertoire.
    fn default() -> Self {
        Self(Scheme::Guessed)
    }
}

impl CharacterSet {
    /// The character sets that a value of Specific Character Set names, as it stands in the file: defined terms,
    /// separated by backslashes. The first is the one that text starts with; an empty first one is the default repertoire.
    pub fn from_value(value: &[u8]) -> Self {
        let mut terms = value.split(|byte| *byte == b'\\');
        let first = trim(terms.next().unwrap_or_default());
        let several = terms.next().is_some();
        Self(match first {
            b"ISO_IR 192" => Scheme::Whole(Multibyte::Utf8),
            b"GB18030" => Scheme::Whole(Multibyte::Gb18030),
            b"GBK" => Scheme::Whole(Multibyte::Gbk),
            _ => match Repertoire::from_term(first) {
                Some(repertoire) => Scheme::Iso2022(repertoire),
                None if several => Scheme::Iso2022(Repertoire::Unspecified),
                None => Scheme::Guessed,
            },
        })
    }

    /// The text of a value. Values that backslashes separate are decoded together: the result is to be split at `\`,
    /// which by then is no half of a two-byte character.
    pub fn decode<'a>(&self, bytes: &'a [u8], vr: VR) -> Cow<'a, str> {
        if !vr::uses_character_set(vr) {
            return guess(bytes);
        }
        match self.0 {
            Scheme::Guessed => guess(bytes),
            Scheme::Whole(encoding) => encoding.decode(bytes),
            Scheme::Iso2022(_) if is_plain_ascii(bytes) => guess(bytes),
            Scheme::Iso2022(initial) => Cow::Owned(iso2022::decode(bytes, initial, vr)),
        }
    }
}

impl Multibyte {
    fn decode(self, bytes: &[u8]) -> Cow<'_, str> {
        self.encoding().decode_without_bom_handling(bytes).0
    }

    fn encoding(self) -> &'static Encoding {
        match self {
            Self::Utf8 => UTF_8,
            Self::Gb18030 => GB18030,
            Self::Gbk => GBK,
        }
    }
}

/// Without the spaces around it and without a NUL that pads it.
fn trim(term: &[u8]) -> &[u8] {
    let term = term.trim_ascii();
    term.strip_suffix(b"\0").unwrap_or(term)
}

fn is_plain_ascii(bytes: &[u8]) -> bool {
    bytes.is_ascii() && !bytes.contains(&ESC)
}

/// UTF-8 if it is, Latin-1 otherwise; ASCII is both.
fn guess(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => encoding_rs::mem::decode_latin1(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(set: &[u8], bytes: &[u8], vr: VR) -> String {
        CharacterSet::from_value(set).decode(bytes, vr).into_owned()
    }

    fn name(set: &[u8], bytes: &[u8]) -> String {
        decode(set, bytes, VR::PN)
    }

    #[test]
    fn single_byte_sets() {
        assert_eq!(name(b"ISO_IR 100", b"Buc^J\xE9r\xF4me"), "Buc^Jérôme");
        assert_eq!(name(b"ISO_IR 101", b"W\xB3adys\xB3aw"), "Władysław");
        assert_eq!(name(b"ISO_IR 109", b"\xA1"), "Ħ");
        assert_eq!(name(b"ISO_IR 110", b"\xA2"), "ĸ");
        assert_eq!(name(b"ISO_IR 126", b"\xC4\xE9\xEF"), "Διο");
        assert_eq!(name(b"ISO_IR 127", b"\xE2\xC8\xC7"), "قبا");
        assert_eq!(name(b"ISO_IR 138", b"\xF9\xF8\xE5\xEF"), "שרון");
        assert_eq!(name(b"ISO_IR 144", b"\xBB\xEE\xDA"), "Люк");
        assert_eq!(name(b"ISO_IR 148", b"\xDD\xFE"), "İş");
        assert_eq!(name(b"ISO_IR 166", b"\xA1"), "ก");
        assert_eq!(name(b"ISO_IR 203", b"\xA4"), "€");
        assert_eq!(name(b"ISO_IR 13", b"\xD4\xCF\xC0\xDE^\xC0\xDB\xB3"), "ﾔﾏﾀﾞ^ﾀﾛｳ");
        assert_eq!(name(b"ISO_IR 100", b"\x85"), "\u{85}", "C1 controls stay what they are");
    }

    #[test]
    fn multibyte_sets_without_escape_sequences() {
        assert_eq!(name(b"ISO_IR 192", "Wang^XiaoDong=王^小東".as_bytes()), "Wang^XiaoDong=王^小東");
        assert_eq!(name(b"GB18030", b"Wang^XiaoDong=\xCD\xF5^\xD0\xA1\xB6\xAB"), "Wang^XiaoDong=王^小东");
        assert_eq!(name(b"GBK", b"\xCD\xF5"), "王");
        assert_eq!(decode(b"GB18030", b"\x81\x5C\\b", VR::LO), "乗\\b", "a backslash byte inside a character");
    }

    // PS3.5 H.3.1 and H.3.2
    #[test]
    fn japanese_by_escape_sequences() {
        let kanji = b"Yamada^Tarou=\x1B$B;3ED\x1B(B^\x1B$BB@O:\x1B(B=\x1B$B$d$^$@\x1B(B^\x1B$B$?$m$&\x1B(B";
        assert_eq!(name(b"\\ISO 2022 IR 87", kanji), "Yamada^Tarou=山田^太郎=やまだ^たろう");
        let katakana =
            b"\xD4\xCF\xC0\xDE^\xC0\xDB\xB3=\x1B$B;3ED\x1B(J^\x1B$BB@O:\x1B(J=\x1B$B$d$^$@\x1B(J^\x1B$B$?$m$&\x1B(J";
        assert_eq!(name(b"ISO 2022 IR 13\\ISO 2022 IR 87", katakana), "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう");
        assert_eq!(name(b"\\ISO 2022 IR 159", b"\x1B$(D\x30\x21\x1B(B"), "丂", "JIS X 0212");
    }

    // PS3.5 I.2 and I.3
    #[test]
    fn korean_by_escape_sequences() {
        let hong = b"Hong^Gildong=\x1B$)C\xFB\xF3^\x1B$)C\xD1\xCE\xD4\xD7=\x1B$)C\xC8\xAB^\x1B$)C\xB1\xE6\xB5\xBF";
        assert_eq!(name(b"\\ISO 2022 IR 149", hong), "Hong^Gildong=洪^吉洞=홍^길동");
        let text = b"\x1B$)CThe first line includes \xC8\xAB.\r\n\x1B$)C\xB1\xE6\xB5\xBF, too.";
        assert_eq!(decode(b"\\ISO 2022 IR 149", text, VR::LT), "The first line includes 홍.\r\n길동, too.");
        assert_eq!(name(b"ISO 2022 IR 149", b"\xC8\xAB"), "홍", "as the first set it needs no escape sequence");
    }

    // PS3.5 K.2
    #[test]
    fn chinese_by_escape_sequences() {
        let zhang = b"Zhang^XiaoDong=\x1B$)A\xD5\xC5^\x1B$)A\xD0\xA1\xB6\xAB=";
        assert_eq!(name(b"\\ISO 2022 IR 58", zhang), "Zhang^XiaoDong=张^小东=");
    }

    #[test]
    fn escape_sequences_switch_between_single_byte_sets() {
        let text = b"Dionysios is \x1B-F\xC4\xE9\xEF\xED\xF5\xF3\xE9\xEF\xF2 and \x1B-L\xBB\xEE\xDA";
        assert_eq!(decode(b"\\ISO 2022 IR 126\\ISO 2022 IR 144", text, VR::LO), "Dionysios is Διονυσιος and Люк");
    }

    #[test]
    fn delimiters_switch_back() {
        assert_eq!(decode(b"ISO 2022 IR 100\\ISO 2022 IR 144", b"\x1B-L\xBB\\\xE9", VR::LO), "Л\\é");
        assert_eq!(
            decode(b"ISO 2022 IR 100\\ISO 2022 IR 144", b"\x1B-L\xBB\\\xEE", VR::LT),
            "Л\\ю",
            "no delimiter in LT"
        );
        assert_eq!(name(b"ISO 2022 IR 100\\ISO 2022 IR 144", b"\x1B-L\xBB^\xE9"), "Л^é");
    }

    #[test]
    fn a_backslash_byte_inside_a_kanji_is_no_delimiter() {
        let kanji = encoding_rs::EUC_JP.decode(b"\xB0\xDC").0;
        assert_eq!(decode(b"\\ISO 2022 IR 87", b"\x1B$B\x30\x5C\x1B(B\\b", VR::LO), format!("{kanji}\\b"));
    }

    #[test]
    fn unknown_sets_lose_nothing() {
        assert_eq!(name(b"ISO_IR 999", "é".as_bytes()), "é");
        assert_eq!(name(b"ISO_IR 999", b"\xE9"), "é");
        assert_eq!(name(b"", b"\xE9"), "é");
        assert_eq!(name(b"", "é".as_bytes()), "é");
        assert_eq!(name(b"ISO_IR 192", b"a\xE9"), "a\u{FFFD}");
        assert_eq!(name(b"\\ISO 2022 IR 87", b"\x1B%Ga\x1B"), "\u{1B}%Ga\u{1B}", "unknown escape sequences stay");
    }

    #[test]
    fn only_text_of_people_is_governed_by_the_set() {
        assert_eq!(decode(b"ISO_IR 144", b"\xE9", VR::CS), "é");
    }
}
