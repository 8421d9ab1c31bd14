//! Typed query parameters, refused in the words of the service.

use std::ops::RangeInclusive;

/// How a parameter is called in messages. Version 1 of the service leaves the name out of some.
#[derive(Debug, Clone, Copy)]
pub struct Name {
    /// Where the message names the parameter.
    pub name: &'static str,
    /// What follows "is not valid": ` for Limit`, or nothing.
    pub suffix: &'static str,
}

/// A parameter that cannot be taken; the whole text for the client.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("The query parameter '{name}' is invalid. {detail}")]
pub struct InvalidParameter {
    name: &'static str,
    detail: String,
}

impl InvalidParameter {
    /// A parameter that is invalid for a reason of its own.
    pub fn new(name: &'static str, detail: impl Into<String>) -> Self {
        Self { name, detail: detail.into() }
    }

    fn value(name: Name, text: &str) -> Self {
        let detail = if text.trim().is_empty() {
            "The value '' is invalid.".to_owned()
        } else {
            format!("The value '{text}' is not valid{}.", name.suffix)
        };
        Self::new(name.name, detail)
    }
}

/// Reads a 32-bit number in a range.
pub fn integer(name: Name, text: &str, range: RangeInclusive<i32>) -> Result<i64, InvalidParameter> {
    let number: i32 = text.trim().parse().map_err(|_| InvalidParameter::value(name, text))?;
    if !range.contains(&number) {
        let (from, to) = (range.start(), range.end());
        let detail = format!("The field {} must be between {from} and {to}.", name.name);
        return Err(InvalidParameter::new(name.name, detail));
    }
    Ok(number.into())
}

/// Reads a 64-bit number that is not negative.
pub fn offset(name: Name, text: &str) -> Result<i64, InvalidParameter> {
    let number: i64 = text.trim().parse().map_err(|_| InvalidParameter::value(name, text))?;
    if number < 0 {
        let detail = format!("The field {} must be between 0 and 9.223372036854776E+18.", name.name);
        return Err(InvalidParameter::new(name.name, detail));
    }
    Ok(number)
}

/// Reads `true` or `false`, in any letter case.
pub fn boolean(name: Name, text: &str) -> Result<bool, InvalidParameter> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(InvalidParameter::value(name, text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Name = Name { name: "Limit", suffix: " for Limit" };

    #[test]
    fn refusals_are_in_the_words_of_the_service() {
        let refusal = |text| integer(LIMIT, text, 1..=200).map_err(|error| error.to_string());
        assert_eq!(refusal("200"), Ok(200));
        let range = "The query parameter 'Limit' is invalid. The field Limit must be between 1 and 200.";
        for text in ["0", "201", "-1"] {
            assert_eq!(refusal(text), Err(range.to_owned()));
        }
        for text in ["blah", "1.5", "99999999999"] {
            let expected =
                format!("The query parameter 'Limit' is invalid. The value '{text}' is not valid for Limit.");
            assert_eq!(refusal(text), Err(expected));
        }
        assert_eq!(refusal(" "), Err("The query parameter 'Limit' is invalid. The value '' is invalid.".to_owned()));
    }
}
