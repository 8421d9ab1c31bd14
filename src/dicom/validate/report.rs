//! Findings as they are collected.

use std::collections::HashSet;

use dicom_core::Tag;

use super::{Finding, Validation};
use crate::dicom::dataset::Dataset;

/// The judgement so far. The first finding on a tag is the only one; a private tag is another one under another creator.
#[derive(Debug, Default)]
pub(super) struct Report {
    pub(super) validation: Validation,
    seen: HashSet<(Tag, Option<String>)>,
}

impl Report {
    /// Refuses the instance because of an attribute of the data set.
    pub(super) fn error(&mut self, dataset: &Dataset, tag: Tag, message: &str) {
        let finding = self.first_finding(dataset, tag, message);
        self.validation.errors.extend(finding);
    }

    /// Finds fault with an element of the data set, which may be an item.
    pub(super) fn warning(&mut self, dataset: &Dataset, tag: Tag, message: &str) {
        let finding = self.first_finding(dataset, tag, message);
        self.validation.warnings.extend(finding);
    }

    fn first_finding(&mut self, dataset: &Dataset, tag: Tag, message: &str) -> Option<Finding> {
        let creator = dataset.private_creator(tag);
        let message = format!("DICOM100: {} - {message}", format_tag(tag, creator.as_deref()));
        self.seen.insert((tag, creator)).then_some(Finding { tag, message })
    }
}

/// A tag as messages name it: `(gggg,eeee)` in lower case, a private one with its creator.
pub(super) fn format_tag(Tag(group, element): Tag, creator: Option<&str>) -> String {
    match creator {
        Some(creator) => format!("({group:04x},{element:04x}:{creator})"),
        None => format!("({group:04x},{element:04x})"),
    }
}
