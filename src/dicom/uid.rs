//! The rule that identifiers follow, in data sets and in routes alike.

/// The longest identifier, in characters (PS3.5 9.1).
const MAX_LENGTH: usize = 64;

/// Whether the service takes this text as an identifier.
///
/// Trailing spaces do not count. What remains is at most 64 characters of `^[0-9.]*[0-9]$`, so leading zeros and empty
/// components are fine here although PS3.5 9.1 forbids them: the service is that lenient.
pub fn is_valid_uid(text: &str) -> bool {
    let text = text.trim_end_matches(' ').as_bytes();
    let ends_in_digit = text.last().is_some_and(u8::is_ascii_digit);
    ends_in_digit && text.len() <= MAX_LENGTH && text.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.')
}

/// How strictly an identifier is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UidGrammar {
    /// What the service accepts: see [`is_valid_uid`].
    Strict,
    /// Also what people write by hand, such as `1.2.3.workitem1`: first a digit, then letters, digits, `.`, `-` and `_`,
    /// at last a letter or a digit.
    Relaxed,
}

impl UidGrammar {
    /// Whether this text is an identifier.
    pub fn accepts(self, text: &str) -> bool {
        let is_named = || {
            let text = text.trim_end_matches(' ').as_bytes();
            let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
            text.len() <= MAX_LENGTH
                && text.first().is_some_and(u8::is_ascii_digit)
                && text.last().is_some_and(u8::is_ascii_alphanumeric)
                && text.iter().all(allowed)
        };
        is_valid_uid(text) || self == Self::Relaxed && is_named()
    }
}

/// What the service says of a text that is no identifier.
pub const RULE: &str = "DICOM Identifier is invalid. \
    Value length should not exceed the maximum length of 64 characters. \
    Value should contain characters in '0'-'9' and '.'. \
    Each component must start with non-zero number.";

/// The same of a named one. Routes say `StudyInstanceUid` where data sets say the keyword, `StudyInstanceUID`.
pub fn invalid_uid_message(name: &str) -> String {
    format!("Dicom element '{name}' failed validation for VR 'UI': {RULE}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_and_dots_that_end_in_a_digit_are_an_identifier() {
        for uid in ["1", "1.2.3", "1.02.3", "1..2", ".1", "1.2  ", &"1".repeat(64), &format!("{} ", "1".repeat(64))] {
            assert!(is_valid_uid(uid), "{uid:?}");
        }
    }

    #[test]
    fn anything_else_is_not() {
        for uid in ["", " ", "1.", "1.2.a", "1-2", "1 2", " 1", "1\0", "1\n", "١", &"1".repeat(65)] {
            assert!(!is_valid_uid(uid), "{uid:?}");
        }
    }

    #[test]
    fn names_are_identifiers_where_the_grammar_is_relaxed() {
        for uid in ["1.2.3.workitem1", "1a", "1.2-3_x", "1.2.3  ", ".1"] {
            assert!(UidGrammar::Relaxed.accepts(uid), "{uid:?}");
        }
        for uid in ["1.2.3.workitem1", "1a"] {
            assert!(!UidGrammar::Strict.accepts(uid), "{uid:?}");
        }
        for uid in ["", "abc", "workitem", "1.2.3.", "1.2.3$", "1.2 3", "1.ü", &format!("1{}", "a".repeat(64))] {
            assert!(!UidGrammar::Relaxed.accepts(uid), "{uid:?}");
        }
    }

    #[test]
    fn the_message_names_the_identifier() {
        assert_eq!(
            invalid_uid_message("StudyInstanceUid"),
            "Dicom element 'StudyInstanceUid' failed validation for VR 'UI': DICOM Identifier is invalid. Value length \
             should not exceed the maximum length of 64 characters. Value should contain characters in '0'-'9' and '.'. \
             Each component must start with non-zero number."
        );
    }
}
