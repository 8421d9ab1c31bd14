//! What the service finds fault with when it stores a data set: findings on the required attributes refuse the instance,
//! all others are reported beside its success.

mod date_time;
mod everywhere;
mod indexable;
mod report;
mod required;
mod rules;
mod searchable;
mod value;

use dicom_core::{Tag, VR};

pub use self::indexable::{Unindexable, check as check_indexable};
use self::report::Report;
use super::dataset::Dataset;

/// Which version of the service's interface judges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rules<'a> {
    /// Only attributes that can be searched are looked at, and each finding refuses the instance.
    V1 {
        /// Attributes that can be searched beyond those that always can, and the value representation they should have.
        extended_query_tags: &'a [(Tag, VR)],
    },
    /// Every element is looked at, and only findings on required attributes refuse the instance.
    V2,
}

/// One fault of a data set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The element at fault.
    pub tag: Tag,
    /// What a client is told, complete: `DICOM100: (gggg,eeee) - …`.
    pub message: String,
}

/// The judgement on a data set.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Validation {
    /// Findings that refuse the instance, in the order of a response.
    pub errors: Vec<Finding>,
    /// Findings that do not, in the order of a response, where they follow the errors.
    pub warnings: Vec<Finding>,
    /// Top-level attributes that neither metadata nor index take over, ascending.
    pub dropped: Vec<Tag>,
    /// Whether an attribute that is indexed has several values, of which only the first counts.
    pub has_multiple_values: bool,
}

/// Judges a data set that is to be stored, in the study that the request names if it names one.
///
/// One tag has at most one finding, the first. Errors come before warnings, and warnings at top level before those in
/// sequences.
pub fn validate(dataset: &Dataset, expected_study: Option<&str>, rules: Rules<'_>) -> Validation {
    let mut report = Report::default();
    required::check_presence(dataset, expected_study, rules, &mut report);
    match rules {
        Rules::V1 { extended_query_tags } => searchable::check(dataset, extended_query_tags, &mut report),
        Rules::V2 => {
            required::check_values(dataset, &mut report);
            everywhere::check(dataset, &mut report);
        }
    }
    report.validation
}

/// What the strict rules find wrong with a text attribute, in the words of a message; `text` is all its values, separated
/// as a file separates them.
pub fn text_fault(tag: Tag, vr: VR, text: &str) -> Option<String> {
    everywhere::values_fault(tag, vr, text.trim_end_matches(' '))
}

/// A message about an attribute as the service words it.
pub fn message(tag: Tag, text: &str) -> String {
    format!("DICOM100: {} - {text}", report::format_tag(tag, None))
}

#[cfg(test)]
mod tests;
