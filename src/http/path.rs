//! The identifiers in a path. A malformed one is refused in the words of the service, the first bad one first.

use axum::{
    extract::{FromRequestParts, RawPathParams},
    http::request::Parts,
};

use super::{
    context::Context,
    error::{ApiError, malformed_uid},
};
use crate::ids::{InstanceKey, InstanceUid, PartitionName, Resource, SeriesKey, SeriesUid, StudyKey, StudyUid};

/// The identifiers of a path that may name a study and a series.
#[derive(Debug, Clone)]
pub struct Uids {
    /// `{study}`
    pub study: Option<StudyUid>,
    /// `{series}`
    pub series: Option<SeriesUid>,
    /// `{instance}`
    instance: Option<InstanceUid>,
}

impl FromRequestParts<Context> for Uids {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, context: &Context) -> Result<Self, ApiError> {
        let parameters = RawPathParams::from_request_parts(parts, context).await;
        let parameters = parameters.map_err(|refusal| not_text(&refusal.body_text()))?;
        let text = |wanted| parameters.iter().find(|(name, _)| *name == wanted).map(|(_, text)| text);
        Ok(Self {
            study: text("study").map(StudyUid::parse).transpose().map_err(|_| malformed_uid("StudyInstanceUid"))?,
            series: text("series").map(SeriesUid::parse).transpose().map_err(|_| malformed_uid("SeriesInstanceUid"))?,
            instance: text("instance")
                .map(InstanceUid::parse)
                .transpose()
                .map_err(|_| malformed_uid("SopInstanceUid"))?,
        })
    }
}

/// What is said of an identifier that is not even text. The refusal names it as the route does, between backquotes.
fn not_text(refusal: &str) -> ApiError {
    malformed_uid(match refusal.split('`').nth(1) {
        Some("series") => "SeriesInstanceUid",
        Some("instance") => "SopInstanceUid",
        _ => "StudyInstanceUid",
    })
}

/// The identifiers of a path that names a study, a series or an instance.
#[derive(Debug, Clone)]
pub enum ResourcePath {
    /// `/studies/{study}`
    Study(StudyUid),
    /// `/studies/{study}/series/{series}`
    Series(StudyUid, SeriesUid),
    /// `/studies/{study}/series/{series}/instances/{instance}`
    Instance(StudyUid, SeriesUid, InstanceUid),
}

impl FromRequestParts<Context> for ResourcePath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, context: &Context) -> Result<Self, ApiError> {
        let Uids { study, series, instance } = Uids::from_request_parts(parts, context).await?;
        match (study, series, instance) {
            (Some(study), Some(series), Some(instance)) => Ok(Self::Instance(study, series, instance)),
            (Some(study), Some(series), None) => Ok(Self::Series(study, series)),
            (Some(study), _, _) => Ok(Self::Study(study)),
            (None, _, _) => Err(malformed_uid("StudyInstanceUid")),
        }
    }
}

impl ResourcePath {
    /// What the path names, in a partition.
    pub fn within(self, partition: PartitionName) -> Resource {
        match self {
            Self::Study(study) => Resource::Study(StudyKey { partition, study }),
            Self::Series(study, series) => Resource::Series(SeriesKey { partition, study, series }),
            Self::Instance(study, series, instance) => {
                Resource::Instance(InstanceKey { partition, study, series, instance })
            }
        }
    }
}
