//! Bulk update: attributes of all instances of some studies are changed, one study after another.

use serde::{Deserialize, Serialize};

use crate::{
    dicom::update::Changes,
    ids::{PartitionName, StudyKey, StudyUid},
};

/// What is to be changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Update {
    /// The data partition of the studies.
    pub partition: PartitionName,
    /// The studies, in the order of the request; one that is named twice is updated twice.
    pub studies: Vec<StudyUid>,
    /// The attributes as they shall be.
    pub changes: Changes,
}

impl Update {
    /// The study that is next where the progress is this.
    pub fn next_study(&self, progress: &Progress) -> Option<StudyKey> {
        let study = self.studies.get(usize::try_from(progress.study_processed).ok()?)?;
        Some(StudyKey { partition: self.partition.clone(), study: study.clone() })
    }
}

/// How far an update is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    /// Studies of the list that were looked at; the next one to look at.
    pub study_processed: u64,
    /// Studies that were updated.
    pub study_updated: u64,
    /// Studies that could not be.
    pub study_failed: u64,
    /// Instances that were updated.
    pub instance_updated: u64,
    /// What went wrong.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<String>,
}
