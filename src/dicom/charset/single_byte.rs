//! Bytes 80 to FF of the single-byte sets.

use encoding_rs::{Encoding, ISO_8859_2, ISO_8859_3, ISO_8859_4, ISO_8859_5, ISO_8859_6, ISO_8859_7, ISO_8859_8};
use encoding_rs::{ISO_8859_15, WINDOWS_874, WINDOWS_1254};

/// A set of 96 characters at A0 to FF.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SingleByte {
    Latin1,
    Latin2,
    Latin3,
    Latin4,
    Latin5,
    Latin9,
    Cyrillic,
    Arabic,
    Greek,
    Hebrew,
    Thai,
}

impl SingleByte {
    /// Appends the characters of bytes that are all above 7F.
    pub(super) fn decode(self, bytes: &[u8], text: &mut String) {
        match self.encoding() {
            None => text.extend(bytes.iter().copied().map(char::from)),
            Some(encoding) => {
                // Encoders of the web put letters where ISO 8859 and TIS 620 have the control characters 80 to 9F.
                for run in bytes.chunk_by(|a, b| (*a < 0xA0) == (*b < 0xA0)) {
                    if run.first().is_some_and(|byte| *byte < 0xA0) {
                        text.extend(run.iter().copied().map(char::from));
                    } else {
                        text.push_str(&encoding.decode_without_bom_handling(run).0);
                    }
                }
            }
        }
    }

    /// The encoding, unless code points are the bytes themselves.
    pub(super) fn encoding(self) -> Option<&'static Encoding> {
        Some(match self {
            Self::Latin1 => return None,
            Self::Latin2 => ISO_8859_2,
            Self::Latin3 => ISO_8859_3,
            Self::Latin4 => ISO_8859_4,
            Self::Latin5 => WINDOWS_1254,
            Self::Latin9 => ISO_8859_15,
            Self::Cyrillic => ISO_8859_5,
            Self::Arabic => ISO_8859_6,
            Self::Greek => ISO_8859_7,
            Self::Hebrew => ISO_8859_8,
            Self::Thai => WINDOWS_874,
        })
    }
}
