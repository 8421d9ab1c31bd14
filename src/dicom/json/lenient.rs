//! JSON as the service reads it: forgivingly.

use serde::de::DeserializeOwned;

/// Reads a document, forgiving what the service forgives: a byte order mark, comments, and commas before a closing
/// bracket.
pub fn lenient<T: DeserializeOwned>(text: &str) -> serde_json::Result<T> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    serde_json::from_str(text).or_else(|_| serde_json::from_str(&plain_json(text)))
}

/// The text as plain JSON: comments become spaces, and commas before a closing bracket go. What is wrong with it
/// otherwise stays wrong.
fn plain_json(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let length = match character {
            '"' => string_length(rest),
            '/' => comment_length(rest).unwrap_or(1),
            _ => character.len_utf8(),
        };
        let (token, behind) = rest.split_at_checked(length).unwrap_or((rest, ""));
        rest = behind;
        match character {
            '/' if length > 1 => plain.push(' '),
            ']' | '}' => {
                drop_trailing_comma(&mut plain);
                plain.push(character);
            }
            _ => plain.push_str(token),
        }
    }
    plain
}

/// Bytes of the string that the text begins with, its quotes included.
fn string_length(text: &str) -> usize {
    let mut is_escaped = false;
    for (index, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => return index + 1,
            _ => {}
        }
    }
    text.len()
}

/// Bytes of the comment that the text begins with, if it does.
fn comment_length(text: &str) -> Option<usize> {
    if text.starts_with("//") {
        return Some(text.find(['\n', '\r']).unwrap_or(text.len()));
    }
    let behind = text.strip_prefix("/*")?;
    Some(behind.find("*/")? + 4)
}

fn drop_trailing_comma(plain: &mut String) {
    let kept = plain.trim_end_matches([' ', '\t', '\n', '\r']);
    if let Some(kept) = kept.strip_suffix(',')
        && !kept.trim_end().ends_with(['[', '{', ','])
    {
        plain.truncate(kept.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_trailing_commas_are_read_over() {
        for (text, plain) in [
            (r#"{"a": [1, 2, ], /* b */ "c": 3,}"#, r#"{"a": [1, 2],   "c": 3}"#),
            ("[1, // one\n2]", "[1,  \n2]"),
            (r#"["// no comment, ]", "\",]"]"#, r#"["// no comment, ]", "\",]"]"#),
            ("[,]", "[,]"),
            ("[1,,]", "[1,,]"),
            ("/", "/"),
            ("/* open", "/* open"),
            (r#"["open"#, r#"["open"#),
            ("é,]", "é]"),
        ] {
            assert_eq!(plain_json(text), plain, "{text}");
        }
    }
}
