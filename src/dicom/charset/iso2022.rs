//! Code extension techniques: escape sequences that switch between character sets (PS3.5 6.1.2.5, PS3.3 tables C.12-2 to
//! C.12-4).

use dicom_core::VR;
use encoding_rs::{EUC_JP, EUC_KR, GBK};

use super::{ESC, guess, single_byte::SingleByte};

/// What bytes above 7F mean (the code element G1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repertoire {
    /// Nothing was said: as text without Specific Character Set.
    Unspecified,
    /// A set of one byte a character.
    SingleByte(SingleByte),
    /// JIS X 0201: half-width katakana.
    Katakana,
    /// KS X 1001.
    Korean,
    /// GB 2312.
    SimplifiedChinese,
}

/// What bytes below 80 mean (the code element G0).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lower {
    /// ASCII, or JIS X 0201, whose yen sign and overline are read as the ASCII characters that they replace.
    Ascii,
    /// JIS X 0208.
    Kanji,
    /// JIS X 0212.
    SupplementaryKanji,
}

enum Switch {
    Lower(Lower),
    Upper(Repertoire),
}

impl Repertoire {
    /// The repertoire that a defined term starts with; nothing if the term is unknown or empty.
    pub(super) fn from_term(term: &[u8]) -> Option<Self> {
        let number = term.strip_prefix(b"ISO_IR ").or_else(|| term.strip_prefix(b"ISO 2022 IR "))?;
        Some(match number {
            b"6" | b"87" | b"159" => Self::Unspecified,
            b"13" => Self::Katakana,
            b"58" => Self::SimplifiedChinese,
            b"149" => Self::Korean,
            b"100" => Self::SingleByte(SingleByte::Latin1),
            b"101" => Self::SingleByte(SingleByte::Latin2),
            b"109" => Self::SingleByte(SingleByte::Latin3),
            b"110" => Self::SingleByte(SingleByte::Latin4),
            b"126" => Self::SingleByte(SingleByte::Greek),
            b"127" => Self::SingleByte(SingleByte::Arabic),
            b"138" => Self::SingleByte(SingleByte::Hebrew),
            b"144" => Self::SingleByte(SingleByte::Cyrillic),
            b"148" => Self::SingleByte(SingleByte::Latin5),
            b"166" => Self::SingleByte(SingleByte::Thai),
            b"203" => Self::SingleByte(SingleByte::Latin9),
            _ => return None,
        })
    }

    fn decode(self, bytes: &[u8], text: &mut String) {
        match self {
            Self::Unspecified => text.push_str(&guess(bytes)),
            Self::SingleByte(set) => set.decode(bytes, text),
            Self::Katakana => text.extend(bytes.iter().map(|byte| match byte {
                // JIS X 0201 and the half-width forms of Unicode have the same order.
                0xA1..=0xDF => char::from_u32(0xFF61 + u32::from(byte - 0xA1)).unwrap_or(char::REPLACEMENT_CHARACTER),
                _ => char::REPLACEMENT_CHARACTER,
            })),
            Self::Korean => text.push_str(&EUC_KR.decode_without_bom_handling(bytes).0),
            Self::SimplifiedChinese => text.push_str(&GBK.decode_without_bom_handling(bytes).0),
        }
    }
}

impl Switch {
    /// The escape sequence that `bytes` begin with, and its length.
    fn read(bytes: &[u8]) -> Option<(Self, usize)> {
        use SingleByte::*;
        let single = |set| Some((Self::Upper(Repertoire::SingleByte(set)), 3));
        match bytes {
            [ESC, b'(', b'B' | b'J', ..] => Some((Self::Lower(Lower::Ascii), 3)),
            [ESC, b')', b'I', ..] => Some((Self::Upper(Repertoire::Katakana), 3)),
            [ESC, b'-', b'A', ..] => single(Latin1),
            [ESC, b'-', b'B', ..] => single(Latin2),
            [ESC, b'-', b'C', ..] => single(Latin3),
            [ESC, b'-', b'D', ..] => single(Latin4),
            [ESC, b'-', b'F', ..] => single(Greek),
            [ESC, b'-', b'G', ..] => single(Arabic),
            [ESC, b'-', b'H', ..] => single(Hebrew),
            [ESC, b'-', b'L', ..] => single(Cyrillic),
            [ESC, b'-', b'M', ..] => single(Latin5),
            [ESC, b'-', b'T', ..] => single(Thai),
            [ESC, b'-', b'b', ..] => single(Latin9),
            [ESC, b'$', b'B', ..] => Some((Self::Lower(Lower::Kanji), 3)),
            [ESC, b'$', b'(', b'D', ..] => Some((Self::Lower(Lower::SupplementaryKanji), 4)),
            [ESC, b'$', b')', b'A', ..] => Some((Self::Upper(Repertoire::SimplifiedChinese), 4)),
            [ESC, b'$', b')', b'C', ..] => Some((Self::Upper(Repertoire::Korean), 4)),
            _ => None,
        }
    }
}

/// Decodes text that may switch between character sets. Each delimiter switches back to the `initial` state (PS3.5
/// 6.1.2.5.3); which characters delimit depends on the value representation.
pub(super) fn decode(bytes: &[u8], initial: Repertoire, vr: VR) -> String {
    let mut text = String::with_capacity(bytes.len());
    let (mut lower, mut upper) = (Lower::Ascii, initial);
    let mut rest = bytes;
    while let Some(first) = rest.first().copied() {
        let length = match Switch::read(rest) {
            Some((Switch::Lower(set), length)) => {
                lower = set;
                length
            }
            Some((Switch::Upper(set), length)) => {
                upper = set;
                length
            }
            None if first >= 0x80 => {
                let length = run(rest, |byte| byte >= 0x80);
                upper.decode(rest.get(..length).unwrap_or_default(), &mut text);
                length
            }
            None if lower != Lower::Ascii && first > b' ' => kanji(rest, lower, &mut text),
            None => {
                text.push(char::from(first));
                1
            }
        };
        if length == 1 && is_delimiter(first, vr) {
            (lower, upper) = (Lower::Ascii, initial);
        }
        rest = rest.get(length..).unwrap_or_default();
    }
    text
}

/// How many bytes at the start satisfy the condition.
fn run(bytes: &[u8], condition: impl Fn(u8) -> bool) -> usize {
    bytes.iter().position(|byte| !condition(*byte)).unwrap_or(bytes.len())
}

/// Appends the character of a pair of bytes and tells how many bytes it took.
fn kanji(bytes: &[u8], set: Lower, text: &mut String) -> usize {
    let [first, second @ 0x21..=0x7E, ..] = *bytes else {
        text.extend(bytes.first().copied().map(char::from));
        return 1;
    };
    // EUC-JP writes the same tables with the high bits set, and puts 8F before those of JIS X 0212.
    let pair = [0x8F, first | 0x80, second | 0x80];
    let pair = if set == Lower::Kanji { pair.get(1..).unwrap_or_default() } else { &pair };
    text.push_str(&EUC_JP.decode_without_bom_handling(pair).0);
    2
}

/// Whether a character switches back to the initial sets (PS3.5 6.1.2.5.3).
pub(super) fn is_delimiter(byte: u8, vr: VR) -> bool {
    match byte {
        b'\t' | b'\n' | 0x0C | b'\r' => true,
        b'\\' => super::vr::is_multi_valued_text(vr),
        b'^' | b'=' => vr == VR::PN,
        _ => false,
    }
}
