//! Search (QIDO-RS): parse → plan → SQL → answer. Only the third step knows the database.

pub(super) mod answer;
mod attributes;
mod matching;
mod moments;
mod parse;
mod plan;
mod sql;

pub use attributes::Defaults;
pub use parse::{Include, Query, SearchRefusal, needs_query_tags, parse};

pub use crate::ids::Level;
use crate::ids::{PartitionName, SeriesUid, StudyUid};

/// What is searched for, and where: the six resources of PS3.18 10.6.
#[derive(Debug, Clone)]
pub struct Scope {
    /// The data partition.
    pub partition: PartitionName,
    /// One answer entry per what.
    pub level: Level,
    /// The study in the path.
    pub study: Option<StudyUid>,
    /// The series in the path.
    pub series: Option<SeriesUid>,
    /// What is returned when nothing else is asked for.
    pub defaults: Defaults,
}

impl Scope {
    /// The levels whose attributes can be searched and are returned by default: from the first that the path leaves
    /// open down to the level searched for.
    fn levels(&self) -> impl Iterator<Item = Level> {
        let first = match (&self.study, &self.series) {
            (None, _) => Level::Study,
            (Some(_), None) => Level::Series,
            (Some(_), Some(_)) => Level::Instance,
        };
        let last = self.level;
        [Level::Study, Level::Series, Level::Instance].into_iter().filter(move |level| (first..=last).contains(level))
    }
}
