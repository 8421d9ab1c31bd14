//! Export: the latest versions of instances are copied to a place outside.
//!
//! What is exported is what there was when the export was asked for: later changes neither add to it nor take away
//! from it, so a cursor is enough to count every instance once.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{OperationFact, Task};
use crate::{
    domain::{Command, Fact, Ledger, Needs},
    ids::{
        InstanceKey, InstanceUid, MalformedUid, OperationId, PartitionName, Position, Resource, SeriesKey, SeriesUid,
        StudyKey, StudyUid,
    },
};

/// What is to be exported, and where to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Export {
    /// The data partition of the instances.
    pub partition: PartitionName,
    /// Which instances.
    pub source: Source,
    /// Where they go.
    pub destination: Place,
}

/// Which instances are exported.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Source {
    /// All of the partition.
    Everything,
    /// These, in this order; what is named twice is exported twice.
    Identifiers(Vec<Identifier>),
}

/// Names a study, a series or an instance: one to three UIDs, joined by slashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identifier {
    study: StudyUid,
    series: Option<(SeriesUid, Option<InstanceUid>)>,
}

impl Identifier {
    /// Reads the UIDs; blanks around them do not count.
    pub fn parse(text: &str) -> Result<Self, MalformedUid> {
        let mut parts = text.split('/').map(str::trim);
        let study = StudyUid::parse(parts.next().unwrap_or_default())?;
        let series = parts.next().map(SeriesUid::parse).transpose()?;
        let instance = parts.next().map(InstanceUid::parse).transpose()?;
        match parts.next() {
            Some(_) => Err(MalformedUid),
            None => Ok(Self { study, series: series.map(|series| (series, instance)) }),
        }
    }

    /// The identifier of one instance.
    pub fn of(key: &InstanceKey) -> Self {
        Self { study: key.study.clone(), series: Some((key.series.clone(), Some(key.instance.clone()))) }
    }

    /// What it names, in a partition.
    pub fn within(&self, partition: PartitionName) -> Resource {
        let study = self.study.clone();
        match self.series.clone() {
            None => Resource::Study(StudyKey { partition, study }),
            Some((series, None)) => Resource::Series(SeriesKey { partition, study, series }),
            Some((series, Some(instance))) => Resource::Instance(InstanceKey { partition, study, series, instance }),
        }
    }
}

impl fmt::Display for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.study)?;
        match &self.series {
            None => Ok(()),
            Some((series, None)) => write!(f, "/{series}"),
            Some((series, Some(instance))) => write!(f, "/{series}/{instance}"),
        }
    }
}

impl Serialize for Identifier {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Identifier {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// Where an export goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "type")]
pub enum Place {
    /// A container of a storage account.
    Container {
        /// Its URL, without a query.
        url: String,
        /// The name of the account.
        account: String,
        /// What lets the service in.
        credential: Credential,
    },
    /// A folder below the one for exports.
    Folder {
        /// Its URL.
        url: String,
        /// The path from there, segment by segment.
        path: Vec<String>,
    },
}

impl Place {
    /// Its URL, without a query.
    pub fn url(&self) -> &str {
        match self {
            Self::Container { url, .. } | Self::Folder { url, .. } => url,
        }
    }
}

/// What lets the service into a storage account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "type", content = "secret")]
pub enum Credential {
    /// Nothing: the container is open to everybody.
    None,
    /// A shared access signature: the query of a URL, as the client wrote it.
    Sas(Secret),
    /// The key of the account, in base64.
    Key(Secret),
}

/// A text that is kept in the log, for an export must go on after a restart, but is never shown.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

/// What is shown in place of a secret.
const REDACTED: &str = "…";

/// The body of an event that started an operation, as people may see it: without the secret of an export.
pub fn without_secrets(body: String) -> String {
    let Ok(mut json) = serde_json::from_str::<serde_json::Value>(&body) else { return body };
    match json.pointer_mut("/destination/credential/secret") {
        None => body,
        Some(secret) => {
            *secret = REDACTED.into();
            json.to_string()
        }
    }
}

/// How far an export is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    /// Instances that were copied.
    pub exported: u64,
    /// Identifiers that name nothing, and instances that could not be copied: one line each in the error log.
    pub skipped: u64,
    /// Identifiers that are done with.
    pub identifiers_done: u64,
    /// Of the identifier after those, the last instance that is done with: the event that made it.
    pub last_instance: Position,
}

/// Starts an export. Its identifier was chosen before, for its error log is created before it starts.
#[derive(Debug)]
pub struct StartExport {
    /// The chosen identifier.
    pub id: OperationId,
    /// What is to be done.
    pub export: Export,
}

/// Whether an export was started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartedExport {
    /// It was.
    Yes,
    /// Another process took the identifier meanwhile.
    IdentifierTaken,
}

impl Command for StartExport {
    type Answer = StartedExport;

    fn needs(&self, needs: &mut Needs) {
        needs.operations.insert(self.id);
    }

    fn decide(&self, ledger: &mut dyn Ledger) -> StartedExport {
        if ledger.operation(self.id).is_some() {
            return StartedExport::IdentifierTaken;
        }
        ledger.append(Fact::Operation(self.id, OperationFact::Started(Task::Export(self.export.clone()))), None);
        StartedExport::Yes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_has_one_to_three_uids_with_blanks_around() {
        for (text, read) in [
            ("1.2.3", "1.2.3"),
            (" 12.3 / 4.5.678\t", "12.3/4.5.678"),
            ("123.456/7.8/ 9.1011.12", "123.456/7.8/9.1011.12"),
        ] {
            assert_eq!(Identifier::parse(text).map(|found| found.to_string()).as_deref(), Ok(read));
        }
        for text in ["", " ", "/", "1.2/", "/1.2", "1//2", "1/2/3/4", "1.x", "1/2/x", "..", "1 2"] {
            assert_eq!(Identifier::parse(text), Err(MalformedUid), "{text:?}");
        }
    }

    #[test]
    fn a_secret_is_kept_but_never_shown() {
        let credential = Credential::Sas(Secret("sv=1&sig=hush".to_owned()));
        assert!(!format!("{credential:?}").contains("hush"));
        let place = Place::Container { url: "http://a/b".to_owned(), account: "a".to_owned(), credential };
        let export =
            Export { partition: PartitionName::default_partition(), source: Source::Everything, destination: place };
        let body = OperationFact::Started(Task::Export(export.clone())).body();
        let body = body.as_deref().map(str::to_owned).unwrap_or_default();
        assert!(body.contains("hush"), "{body}");
        let shown = without_secrets(body.clone());
        assert!(!shown.contains("hush") && shown.contains("http://a/b"), "{shown}");
        let read = OperationFact::decode(crate::domain::event::kind::OPERATION_STARTED, &body);
        assert!(matches!(read, Some(Ok(OperationFact::Started(Task::Export(found)))) if found == export));
    }
}
