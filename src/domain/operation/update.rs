//! Bulk update: attributes of all instances of some studies are changed, one study after another.

use serde::{Deserialize, Serialize};

use crate::{
    dicom::json::Document,
    ids::{PartitionName, StudyUid},
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
    pub changes: Document,
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
