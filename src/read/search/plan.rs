//! From a [`Query`] to what must be read: which attributes are returned, and where each comes from.

use std::collections::BTreeSet;

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use super::{
    Level, Scope,
    attributes::{Searchable, additional, searchable_defaults},
    parse::{Include, Query},
};
use crate::domain::attributes::{SERIES_ATTRIBUTES, STUDY_ATTRIBUTES};

/// What must be read for an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The attributes of each entry.
    pub attributes: BTreeSet<Tag>,
    /// Where their values come from.
    pub source: Source,
    /// Whether rows of studies are needed beside those of the level.
    pub with_study: bool,
    /// Whether rows of series are needed beside those of the level.
    pub with_series: bool,
}

/// Where the values of an answer come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The rows of the index: the latest value of each attribute.
    Index,
    /// The metadata of the instance; of the newest one, for a study or series.
    Metadata,
}

/// Decides what to read.
pub fn plan(query: &Query, scope: &Scope) -> Plan {
    let mut returned = BTreeSet::new();
    for level in scope.levels() {
        match &query.include {
            Include::All => returned.extend([searchable_defaults(level), additional(level)].concat()),
            Include::Fields(_) => returned.extend(scope.defaults.of(level)),
        }
    }
    if let Include::Fields(fields) = &query.include {
        returned.extend(fields);
    }
    returned.extend(query.conditions.iter().map(|condition| condition.attribute.tag));
    returned.extend(scope.study.is_some().then_some(tags::STUDY_INSTANCE_UID));
    returned.extend(scope.series.is_some().then_some(tags::SERIES_INSTANCE_UID));
    if scope.level == Level::Instance {
        // Aggregates describe studies and series, never an instance.
        for tag in COMPUTED {
            returned.remove(&tag);
        }
    }

    let source = match returned.iter().all(|tag| is_in_index(*tag, scope.level)) {
        true => Source::Index,
        false => Source::Metadata,
    };
    let searches = |level| {
        let is_of_level = |attribute: Searchable| attribute.level == level && !attribute.is_extended();
        query.conditions.iter().any(|condition| is_of_level(condition.attribute))
    };
    let shows = |among: &[(Tag, _)]| source == Source::Index && among.iter().any(|(tag, _)| returned.contains(tag));
    Plan {
        with_study: scope.level > Level::Study && (searches(Level::Study) || shows(&STUDY_ATTRIBUTES)),
        with_series: scope.level > Level::Series && (searches(Level::Series) || shows(&SERIES_ATTRIBUTES)),
        attributes: returned,
        source,
    }
}

/// What is computed from the rows below a study or series.
pub const COMPUTED: [Tag; 3] =
    [tags::MODALITIES_IN_STUDY, tags::NUMBER_OF_STUDY_RELATED_INSTANCES, tags::NUMBER_OF_SERIES_RELATED_INSTANCES];

/// Whether an answer about this level can take the attribute from the index.
///
/// An instance shows its own values, so of the index only the identifiers serve it.
fn is_in_index(tag: Tag, level: Level) -> bool {
    let of_study = tag == tags::STUDY_INSTANCE_UID || STUDY_ATTRIBUTES.iter().any(|(indexed, _)| *indexed == tag);
    let of_series = tag == tags::SERIES_INSTANCE_UID || SERIES_ATTRIBUTES.iter().any(|(indexed, _)| *indexed == tag);
    match level {
        Level::Study => of_study || tag == tags::MODALITIES_IN_STUDY || tag == tags::NUMBER_OF_STUDY_RELATED_INSTANCES,
        Level::Series => of_study || of_series || COMPUTED.contains(&tag),
        Level::Instance => [tags::STUDY_INSTANCE_UID, tags::SERIES_INSTANCE_UID, tags::SOP_INSTANCE_UID].contains(&tag),
    }
}
