//! Media types as clients write them: RFC 9110 8.3.1, and the unquoted `type=application/dicom` that it forbids.

use std::borrow::Cow;

use axum::http::{HeaderMap, header};

/// A media type with its parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaType {
    /// `type/subtype` in lower case.
    pub essence: String,
    /// Parameters in order; names in lower case, values without quotes.
    parameters: Vec<(String, String)>,
    /// Whether a value that must be quoted was not.
    pub is_lenient: bool,
}

impl MediaType {
    /// The `Content-Type` of a request; nothing if it says none, or none that can be read.
    pub fn sent(headers: &HeaderMap) -> Option<Self> {
        headers.get(header::CONTENT_TYPE)?.to_str().ok().and_then(Self::parse)
    }

    /// Reads one media type; nothing if it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let mut rest = text.trim();
        let end = rest.find(';').unwrap_or(rest.len());
        let essence = rest[..end].trim().to_ascii_lowercase();
        let (kind, subtype) = essence.split_once('/')?;
        if !is_token(kind) || !is_token(subtype) {
            return None;
        }
        rest = &rest[end..];
        let mut parameters = Vec::new();
        let mut is_lenient = false;
        while let Some(after) = rest.strip_prefix(';') {
            let after = after.trim_start();
            if after.is_empty() || after.starts_with(';') {
                rest = after;
                continue;
            }
            let (name, value) = after.split_once('=')?;
            let name = name.trim().to_ascii_lowercase();
            if !is_token(&name) {
                return None;
            }
            let (value, after) = match value.strip_prefix('"') {
                Some(quoted) => quoted_string(quoted)?,
                None => {
                    let end = value.find(';').unwrap_or(value.len());
                    let token = value[..end].trim();
                    is_lenient |= !is_token(token);
                    (token.to_owned(), &value[end..])
                }
            };
            parameters.push((name, value));
            rest = after.trim_start();
        }
        rest.trim().is_empty().then_some(Self { essence, parameters, is_lenient })
    }

    /// The first parameter of this name.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// All lines of `Accept`. A byte that is no text becomes a character of no token: it spoils no more than the alternative
/// that it stands in.
pub fn accept_lines(headers: &HeaderMap) -> Vec<Cow<'_, str>> {
    headers.get_all(header::ACCEPT).iter().map(|line| String::from_utf8_lossy(line.as_bytes())).collect()
}

/// Splits a list at its commas, but not at those in quotes.
pub fn split_list(text: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    let mut escaped = false;
    text.split(move |character| {
        let splits = character == ',' && !quoted;
        match character {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ => {}
        }
        splits
    })
    .map(str::trim)
    .filter(|entry| !entry.is_empty())
}

/// The text up to the closing quote, and what follows it.
fn quoted_string(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((index, character)) = characters.next() {
        match character {
            '"' => return Some((value, &text[index + 1..])),
            '\\' => value.push(characters.next()?.1),
            other => value.push(other),
        }
    }
    None
}

/// RFC 9110 5.6.2.
fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_may_be_quoted_or_not() {
        for (text, is_lenient) in [
            (r#"Multipart/Related; type="application/dicom"; boundary=x"#, false),
            (r#"multipart/related;TYPE=application/dicom ; boundary="x";"#, true),
        ] {
            let media_type = MediaType::parse(text);
            let parsed = media_type.as_ref().map(|found| {
                (found.essence.as_str(), found.parameter("type"), found.parameter("boundary"), found.is_lenient)
            });
            let expected = ("multipart/related", Some("application/dicom"), Some("x"), is_lenient);
            assert_eq!(parsed, Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_media_type_is_nothing() {
        for text in ["", "text", "/", "a/", "a b/c", "a/b; x", "a/b; x=\"y", "a/b; =y", "a/b c"] {
            assert_eq!(MediaType::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn commas_in_quotes_do_not_split() {
        let entries: Vec<_> = split_list(r#"a/b;x="1,2" , c/d,, e/f"#).collect();
        assert_eq!(entries, [r#"a/b;x="1,2""#, "c/d", "e/f"]);
    }
}
