//! What identifies studies, series, instances and workitems inside a service.

use super::{InstanceUid, PartitionName, SeriesUid, StudyUid, WorkitemUid};

/// What identifies a study inside a service.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StudyKey {
    /// Its data partition.
    pub partition: PartitionName,
    /// Study Instance UID (0020,000D).
    pub study: StudyUid,
}

/// What identifies a series inside a service.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SeriesKey {
    /// Its data partition.
    pub partition: PartitionName,
    /// Study Instance UID (0020,000D).
    pub study: StudyUid,
    /// Series Instance UID (0020,000E).
    pub series: SeriesUid,
}

/// What identifies an instance inside a service: the same SOP Instance UID in another series is another instance.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstanceKey {
    /// Its data partition.
    pub partition: PartitionName,
    /// Study Instance UID (0020,000D).
    pub study: StudyUid,
    /// Series Instance UID (0020,000E).
    pub series: SeriesUid,
    /// SOP Instance UID (0008,0018).
    pub instance: InstanceUid,
}

/// What identifies a workitem inside a service.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WorkitemKey {
    /// Its data partition.
    pub partition: PartitionName,
    /// SOP Instance UID (0008,0018).
    pub workitem: WorkitemUid,
}

impl SeriesKey {
    /// The study that the series belongs to.
    pub fn study_key(&self) -> StudyKey {
        StudyKey { partition: self.partition.clone(), study: self.study.clone() }
    }
}

impl InstanceKey {
    /// The study that the instance belongs to.
    pub fn study_key(&self) -> StudyKey {
        StudyKey { partition: self.partition.clone(), study: self.study.clone() }
    }

    /// The series that the instance belongs to.
    pub fn series_key(&self) -> SeriesKey {
        SeriesKey { partition: self.partition.clone(), study: self.study.clone(), series: self.series.clone() }
    }
}

/// A study, series or instance: what the paths of retrieve and delete name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resource {
    /// All instances of a study.
    Study(StudyKey),
    /// All instances of a series.
    Series(SeriesKey),
    /// One instance.
    Instance(InstanceKey),
}

impl Resource {
    /// The data partition that it lies in.
    pub fn partition(&self) -> &PartitionName {
        match self {
            Self::Study(key) => &key.partition,
            Self::Series(key) => &key.partition,
            Self::Instance(key) => &key.partition,
        }
    }

    /// Its study.
    pub fn study(&self) -> &StudyUid {
        match self {
            Self::Study(key) => &key.study,
            Self::Series(key) => &key.study,
            Self::Instance(key) => &key.study,
        }
    }

    /// Its series, unless it is a study.
    pub fn series(&self) -> Option<&SeriesUid> {
        match self {
            Self::Study(_) => None,
            Self::Series(key) => Some(&key.series),
            Self::Instance(key) => Some(&key.series),
        }
    }

    /// Its SOP Instance UID, if it is one instance.
    pub fn instance(&self) -> Option<&InstanceUid> {
        match self {
            Self::Study(_) | Self::Series(_) => None,
            Self::Instance(key) => Some(&key.instance),
        }
    }

    /// Whether the instance lies in this resource.
    pub fn contains(&self, key: &InstanceKey) -> bool {
        *self.partition() == key.partition
            && *self.study() == key.study
            && self.series().is_none_or(|series| *series == key.series)
            && self.instance().is_none_or(|instance| *instance == key.instance)
    }
}
