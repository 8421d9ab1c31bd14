//! JSON as clients write it: any document, members in order, none lost to another of the same name.

use std::fmt;

use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Number, value::RawValue};

/// A JSON document. It is never nested deeper than the 128 levels that `serde_json` reads.
#[derive(Debug, Clone, PartialEq)]
pub enum Tree {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number.
    Number(Number),
    /// A string.
    Text(String),
    /// An array.
    Array(Vec<Tree>),
    /// An object; a name may be there twice.
    Object(Vec<(String, Tree)>),
}

/// Reads a document, a [`Tree`] or another, forgiving what the service forgives: a byte order mark, comments, and commas before a closing
/// bracket.
pub fn lenient<T: DeserializeOwned>(text: &str) -> serde_json::Result<T> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    serde_json::from_str(text).or_else(|_| serde_json::from_str(&without_leniencies(text)))
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TreeVisitor)
    }
}

struct TreeVisitor;

impl<'de> Visitor<'de> for TreeVisitor {
    type Value = Tree;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Tree, E> {
        Ok(Tree::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Tree, E> {
        Ok(Tree::Bool(value))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Tree, E> {
        Ok(Tree::Number(number.into()))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Tree, E> {
        Ok(Tree::Number(number.into()))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Tree, E> {
        Number::from_f64(number).map(Tree::Number).ok_or_else(|| E::custom("number out of range"))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Tree, E> {
        Ok(Tree::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut members: A) -> Result<Tree, A::Error> {
        let mut array = Vec::new();
        while let Some(member) = members.next_element()? {
            array.push(member);
        }
        Ok(Tree::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Tree, A::Error> {
        let mut object = Vec::new();
        while let Some(member) = members.next_entry()? {
            object.push(member);
        }
        Ok(Tree::Object(object))
    }
}

/// An object whose members are kept as they are written.
pub(super) struct Members(pub(super) Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MembersVisitor;

        impl<'de> Visitor<'de> for MembersVisitor {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = entries.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(MembersVisitor)
    }
}

/// The same document without comments and without commas before a closing bracket, both of which the service forgives.
fn without_leniencies(text: &str) -> String {
    let mut strict = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        match character {
            '"' => {
                let (string, after) = rest.split_at(string_length(rest));
                strict.push_str(string);
                rest = after;
                continue;
            }
            '/' if rest.starts_with("//") => {
                rest = rest.find('\n').and_then(|end| rest.get(end..)).unwrap_or_default();
                continue;
            }
            '/' if rest.starts_with("/*") => {
                rest = rest.get(2..).and_then(|rest| rest.split_once("*/")).map_or("", |(_, after)| after);
                continue;
            }
            ']' | '}' => {
                let before = strict.trim_end();
                if let Some(before) = before.strip_suffix(',') {
                    strict.truncate(before.len());
                }
                strict.push(character);
            }
            other => strict.push(other),
        }
        rest = rest.get(character.len_utf8()..).unwrap_or_default();
    }
    strict
}

/// Bytes of the string literal that the text begins with; all of it if the literal does not end.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_trailing_commas_go_but_not_those_in_strings() {
        for (lenient, strict) in [
            (r#"{"a":[1,2,],}"#, r#"{"a":[1,2]}"#),
            ("[1, // one\n 2 /* two */, ]", "[1, \n 2 ]"),
            (r#"{"a":"// no, ] \" /* no */,]"}"#, r#"{"a":"// no, ] \" /* no */,]"}"#),
            (r#"["open"#, r#"["open"#),
            ("[1] /* open", "[1] "),
            ("[1] //", "[1] "),
            (r#"["ü",]"#, r#"["ü"]"#),
        ] {
            assert_eq!(without_leniencies(lenient), strict);
        }
    }
}
