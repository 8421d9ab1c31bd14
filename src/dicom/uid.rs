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

/// What the service says of an identifier that is none. Routes say `StudyInstanceUid` where data sets say the keyword,
/// `StudyInstanceUID`.
pub fn invalid_uid_message(name: &str) -> String {
    format!(
        "Dicom element '{name}' failed validation for VR 'UI': DICOM Identifier is invalid. \
         Value length should not exceed the maximum length of 64 characters. \
         Value should contain characters in '0'-'9' and '.'. \
         Each component must start with non-zero number."
    )
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
    fn the_message_names_the_identifier() {
        assert_eq!(
            invalid_uid_message("StudyInstanceUid"),
            "Dicom element 'StudyInstanceUid' failed validation for VR 'UI': DICOM Identifier is invalid. Value length \
             should not exceed the maximum length of 64 characters. Value should contain characters in '0'-'9' and '.'. \
             Each component must start with non-zero number."
        );
    }
}
