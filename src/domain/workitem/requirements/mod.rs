//! Which attributes a request may, must and must not have: the tables as data, and the one reader of them.
//!
//! Conditions of the standard ("shall be present if …") are never evaluated, as the service never does.

mod final_state;
mod items;
mod optional_items;
mod top_level;

use std::fmt;

use dicom_core::Tag;

pub use final_state::check as check_final_state;

use self::top_level::TOP_LEVEL;
use super::Shape;
use crate::dicom::json::{self, Document};

/// What is asked of an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rule {
    /// Nothing.
    Any,
    /// It has a value.
    Value,
    /// It is there, with or without a value.
    Present,
    /// If it is there, it has a value.
    NonEmpty,
    /// It is there, without a value.
    PresentAndEmpty,
    /// It is not there.
    Absent,
}

/// A row of a table.
#[derive(Debug, Clone, Copy)]
struct Attribute {
    tag: Tag,
    on_create: Rule,
    on_update: Rule,
    /// The table of its items.
    items: &'static [Self],
}

const fn attribute(tag: u32, on_create: Rule, on_update: Rule) -> Attribute {
    Attribute { tag: Tag((tag >> 16) as u16, tag as u16), on_create, on_update, items: &[] }
}

const fn optional(tag: u32) -> Attribute {
    attribute(tag, Rule::NonEmpty, Rule::NonEmpty)
}

impl Attribute {
    const fn items(self, items: &'static [Self]) -> Self {
        Self { items, ..self }
    }
}

/// The request that brings a data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occasion {
    /// It becomes a workitem.
    Create,
    /// It changes one.
    Update,
}

/// What is wrong with an attribute; the whole text for the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)] // each says it itself
pub enum Violation {
    #[error("The required tag '{}' is missing.", Shown(*.0))]
    Missing(Tag),
    #[error("The value for tag '{}' is missing.", Shown(*.0))]
    NoValue(Tag),
    #[error("The attribute with tag '{}' must not be empty.", Shown(*.0))]
    Blank(Tag),
    #[error("The attribute with tag '{}' must be empty.", Shown(*.0))]
    NotEmpty(Tag),
    #[error("The attribute with tag '{}' cannot be present.", Shown(*.0))]
    Forbidden(Tag),
}

/// A tag as messages write it: `(0040,a370)`.
struct Shown(Tag);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({:04x},{:04x})", self.0.0, self.0.1)
    }
}

/// Checks a data set against the tables; names the first violation.
pub fn check(dataset: &Document, occasion: Occasion, shape: Shape) -> Result<(), Violation> {
    check_table(TOP_LEVEL, dataset, occasion, shape)
}

/// Directly after an attribute come its items, every one.
fn check_table(table: &[Attribute], dataset: &Document, occasion: Occasion, shape: Shape) -> Result<(), Violation> {
    for row in table {
        let rule = match occasion {
            Occasion::Create => row.on_create,
            Occasion::Update => row.on_update,
        };
        let found = dataset.get(row.tag);
        check_rule(row.tag, found, lenient(rule, found, shape))?;
        for item in found.map(json::Attribute::items).unwrap_or_default() {
            check_table(row.items, item, occasion, shape)?;
        }
    }
    Ok(())
}

/// A bare object need not have anything, and may have anything empty; what must not be there must not.
fn lenient(rule: Rule, found: Option<&json::Attribute>, shape: Shape) -> Rule {
    match (shape, rule, found) {
        (Shape::Array, rule, _) => rule,
        (Shape::Object, Rule::Absent, _) => Rule::Absent,
        (Shape::Object, Rule::PresentAndEmpty, Some(_)) => Rule::PresentAndEmpty,
        (Shape::Object, _, _) => Rule::Any,
    }
}

fn check_rule(tag: Tag, found: Option<&json::Attribute>, rule: Rule) -> Result<(), Violation> {
    match (rule, found) {
        (Rule::Any, _) | (Rule::NonEmpty | Rule::Absent, None) | (Rule::Present, Some(_)) => Ok(()),
        (Rule::Value | Rule::Present | Rule::PresentAndEmpty, None) => Err(Violation::Missing(tag)),
        (Rule::Value | Rule::NonEmpty, Some(attribute)) => check_value(tag, attribute),
        (Rule::PresentAndEmpty, Some(attribute)) if attribute.value_count() == 0 => Ok(()),
        (Rule::PresentAndEmpty, Some(_)) => Err(Violation::NotEmpty(tag)),
        (Rule::Absent, Some(_)) => Err(Violation::Forbidden(tag)),
    }
}

/// Whether an attribute that must have a value is there and has one.
pub fn require(dataset: &Document, tag: Tag) -> Result<&json::Attribute, Violation> {
    let attribute = dataset.get(tag).ok_or(Violation::Missing(tag))?;
    check_value(tag, attribute)?;
    Ok(attribute)
}

fn check_value(tag: Tag, attribute: &json::Attribute) -> Result<(), Violation> {
    if attribute.value_count() == 0 {
        return Err(Violation::NoValue(tag));
    }
    match attribute.joined_text() {
        Some(text) if text.trim().is_empty() => Err(Violation::Blank(tag)),
        _ => Ok(()),
    }
}
