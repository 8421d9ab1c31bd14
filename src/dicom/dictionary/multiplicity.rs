//! How many values an attribute may have, and what it is called.

use std::{fmt, sync::LazyLock};

use dicom_core::Tag;

/// The attributes of the standard: one a line, with tag, multiplicity and name.
const ATTRIBUTES: &str = include_str!("attributes.txt");

/// What PS3.6 says of an attribute beyond keyword and value representation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attribute {
    /// The name, e.g. `Patient's Name`.
    pub name: &'static str,
    /// How many values it may have.
    pub multiplicity: Multiplicity,
}

/// How many values an attribute may have (PS3.5 6.4). It is displayed as the standard writes it: `1`, `1-3`, `1-n`,
/// `2-2n`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Multiplicity {
    text: &'static str,
    minimum: usize,
    /// The largest number of values, if there is one.
    maximum: Option<usize>,
}

/// The attribute of the standard with this tag; nothing if it is private or unknown.
pub fn attribute(tag: Tag) -> Option<Attribute> {
    static DICTIONARY: LazyLock<Dictionary> = LazyLock::new(Dictionary::read);
    DICTIONARY.get(u32::from(tag.0) << 16 | u32::from(tag.1))
}

impl Multiplicity {
    /// Whether an attribute may have so many values.
    pub fn allows(self, count: usize) -> bool {
        count >= self.minimum && self.maximum.is_none_or(|maximum| count <= maximum)
    }

    fn read(text: &'static str) -> Option<Self> {
        let (minimum, maximum) = text.split_once('-').unwrap_or((text, text));
        let maximum = if maximum.ends_with('n') { None } else { Some(maximum.parse().ok()?) };
        Some(Self { text, minimum: minimum.parse().ok()?, maximum })
    }
}

impl fmt::Display for Multiplicity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text)
    }
}

struct Dictionary {
    /// Ascending; apart from what they lead to, so that a search stays within a few pages of memory.
    tags: Vec<u32>,
    /// The attributes of these tags.
    single: Vec<Attribute>,
    /// Those of repeating groups: which bits of the tag are fixed, and what they are.
    repeating: Vec<(u32, u32, Attribute)>,
}

impl Dictionary {
    fn read() -> Self {
        let mut dictionary = Self { tags: Vec::new(), single: Vec::new(), repeating: Vec::new() };
        for line in ATTRIBUTES.lines() {
            dictionary.read_line(line);
        }
        dictionary
    }

    /// Adds the attribute of a line; comments are none.
    fn read_line(&mut self, line: &'static str) -> Option<()> {
        let mut fields = line.splitn(3, ' ');
        let tag = fields.next().filter(|tag| tag.len() == 8)?;
        let multiplicity = Multiplicity::read(fields.next()?)?;
        let attribute = Attribute { name: fields.next()?, multiplicity };
        let fixed = u32::from_str_radix(&tag.replace('x', "0"), 16).ok()?;
        let mask = tag.chars().fold(0, |mask, digit| mask << 4 | if digit == 'x' { 0 } else { 0xF });
        if mask == u32::MAX {
            self.tags.push(fixed);
            self.single.push(attribute);
        } else {
            self.repeating.push((mask, fixed, attribute));
        }
        Some(())
    }

    fn get(&self, tag: u32) -> Option<Attribute> {
        match self.tags.binary_search(&tag) {
            Ok(index) => self.single.get(index).copied(),
            Err(_) => {
                let found = self.repeating.iter().find(|(mask, fixed, _)| tag & mask == *fixed);
                found.map(|(.., attribute)| *attribute)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn multiplicity(group: u16, element: u16) -> String {
        attribute(Tag(group, element)).unwrap().multiplicity.to_string()
    }

    #[test]
    fn every_line_is_an_attribute_in_its_place() {
        let dictionary = Dictionary::read();
        assert_eq!(dictionary.single.len() + dictionary.repeating.len(), ATTRIBUTES.lines().count() - 1);
        assert!(dictionary.tags.is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn attributes_have_names_and_multiplicities() {
        assert_eq!(attribute(Tag(0x0010, 0x0010)).unwrap().name, "Patient's Name");
        assert_eq!(multiplicity(0x0008, 0x1030), "1");
        assert_eq!(multiplicity(0x0008, 0x0008), "2-n");
        assert_eq!(multiplicity(0x0018, 0x1600), "1-3");
        assert_eq!(multiplicity(0x6002, 0x0050), "2", "overlays repeat");
        assert_eq!(attribute(Tag(0x0009, 0x0010)), None, "private");
        assert_eq!(attribute(Tag(0x0008, 0xFFFE)), None, "unknown");
    }

    #[test]
    fn multiplicities_bound_the_number_of_values() {
        let allowed = |text: &'static str| {
            let multiplicity = Multiplicity::read(text).unwrap();
            (1..=5).filter(|count| multiplicity.allows(*count)).collect::<Vec<_>>()
        };
        assert_eq!(allowed("1"), [1]);
        assert_eq!(allowed("3"), [3]);
        assert_eq!(allowed("1-3"), [1, 2, 3]);
        assert_eq!(allowed("1-n"), [1, 2, 3, 4, 5]);
        assert_eq!(allowed("2-2n"), [2, 3, 4, 5], "only the bounds count");
        assert_eq!(allowed("3-n"), [3, 4, 5]);
    }
}
