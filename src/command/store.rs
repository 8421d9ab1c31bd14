//! Storing: each part of a request is digested, scanned and put into the blob store while it comes in; then the log
//! decides about all of them at once.

use std::{collections::VecDeque, sync::Arc};

use bytes::{Bytes, BytesMut};
use dicom_core::{Tag, VR};
use dicom_dictionary_std::tags;
use jiff::SignedDuration;
use sha2::{Digest as _, Sha256};
use tokio::{sync::RwLockReadGuard, task::JoinHandle};

use super::{CommandError, execute};
use crate::{
    blob::{self, BlobError, BlobName, Blobs, Upload},
    dicom::{
        dataset::{Dataset, trim_padding},
        frames::FrameTable,
        json::to_json,
        part10::{Limits, Part10, ScanError, Scanner},
        validate::{Rules, Validation, validate},
    },
    domain::{
        attributes::{IndexedAttributes, SERIES_ATTRIBUTES, STUDY_ATTRIBUTES},
        event::StoredVersion,
        partition::Within,
        query_tag::{Definition, event::TagValues},
        store::{IfExists, NewInstance, Store, Stored},
    },
    ids::{Digest, InstanceKey, InstanceUid, PartitionName, Position, SeriesUid, StudyUid},
    log::{LogError, Service, Services},
};

/// Bytes before the `DICM` of a Part 10 file (PS3.10 7.1). What they say is the writer's business, so they are zeroed.
const PREAMBLE: usize = 128;

/// Files of one request that are written in one go, and their bytes: bounds its memory.
const FILES_AT_ONCE: usize = 8;
const BYTES_AT_ONCE: usize = 1024 * 1024;

/// Such groups that are written at the same time.
const CONCURRENT_UPLOADS: usize = 4;

/// Bytes of a file that is judged in no time.
const QUICK: u64 = 256 * 1024;

/// A store request while its parts come in.
pub struct StoreRequest<'s> {
    service: &'s Service,
    blobs: &'s Blobs,
    partition: PartitionName,
    study: Option<StudyUid>,
    judge: Judge,
    lifetime: Option<SignedDuration>,
    parts: Vec<Part>,
    /// Files that are whole and still to be written, each with the number of its part.
    waiting: Vec<(usize, BlobName, Upload)>,
    /// Files that are being written, several in one go.
    uploads: VecDeque<Writing>,
    _stay: RwLockReadGuard<'s, ()>,
}

/// Which version of the service's interface judges what is stored.
#[derive(Debug, Clone)]
pub enum Judge {
    /// Version 1, with the extended query tags of the service.
    V1(Arc<[Definition]>),
    /// Version 2.
    V2,
}

impl Judge {
    fn validate(&self, dataset: &Dataset, study: Option<&StudyUid>) -> Validation {
        let study = study.map(StudyUid::as_str);
        let Self::V1(tags) = self else { return validate(dataset, study, Rules::V2) };
        // A private attribute that another creator reserved is another attribute.
        let is_meant = |tag: &&Definition| match &tag.private_creator {
            Some(creator) => dataset.private_creator(tag.path.0).as_deref() == Some(trim_padding(creator)),
            None => true,
        };
        let tags: Vec<(Tag, VR)> = tags.iter().filter(is_meant).map(|tag| (tag.path.0, tag.vr)).collect();
        validate(dataset, study, Rules::V1 { extended_query_tags: &tags })
    }
}

/// Files that are being written, with the numbers of their parts.
type Writing = (Vec<usize>, JoinHandle<Result<(), BlobError>>);

/// What is known of one part of a request.
#[derive(Debug)]
enum Part {
    /// It is no Part 10 file.
    Unreadable(ScanError),
    /// It fails validation.
    Invalid(Identity, Validation),
    /// It can be stored.
    Ready(Identity, Validation, Box<NewInstance>),
    /// Its file could not be written.
    Unwritten(Identity, Validation),
}

/// How an instance calls itself, valid or not.
#[derive(Debug, Clone, Default)]
pub struct Identity {
    /// SOP Class UID (0008,0016).
    pub sop_class: Option<String>,
    /// SOP Instance UID (0008,0018).
    pub sop_instance: Option<String>,
    /// Whether its transfer syntax has implicit value representations.
    pub is_implicit_vr: bool,
}

/// What became of one part.
#[derive(Debug)]
pub enum Outcome {
    /// It is stored.
    Stored(Identity, InstanceKey, Validation),
    /// It was there already; the digest is that of the file that was sent.
    AlreadyExists(Identity, Validation, InstanceKey, Digest),
    /// It fails validation.
    Invalid(Identity, Validation),
    /// It is no Part 10 file.
    Unreadable,
    /// It could not be stored.
    Failed(Identity, Validation),
}

impl Outcome {
    /// The judgement on the data set, if there is one.
    pub fn validation(&self) -> Option<&Validation> {
        match self {
            Self::Stored(_, _, validation)
            | Self::AlreadyExists(_, validation, ..)
            | Self::Invalid(_, validation)
            | Self::Failed(_, validation) => Some(validation),
            Self::Unreadable => None,
        }
    }
}

impl<'s> StoreRequest<'s> {
    /// Starts a request; `study` is the one that every instance must belong to, `lifetime` how long the studies of what
    /// is stored shall live.
    pub async fn begin(
        service: &'s Service,
        blobs: &'s Blobs,
        partition: PartitionName,
        study: Option<StudyUid>,
        judge: Judge,
        lifetime: Option<SignedDuration>,
    ) -> StoreRequest<'s> {
        let _stay = service.stay().await;
        let (parts, waiting, uploads) = (Vec::new(), Vec::new(), VecDeque::new());
        StoreRequest { service, blobs, partition, study, judge, lifetime, parts, waiting, uploads, _stay }
    }

    /// Starts a part.
    pub fn part(&self) -> Intake {
        Intake {
            scanner: Ok(Scanner::new(Limits::default())),
            digest: Sha256::new(),
            upload: Some(self.blobs.upload()),
            failure: None,
            length: 0,
        }
    }

    /// Ends a part: all its bytes have been pushed.
    pub async fn add(&mut self, intake: Intake) -> Result<(), LogError> {
        let Intake { scanner, digest, upload, failure, length } = intake;
        let digest = Digest(digest.finalize().into());
        let part = match scanner.and_then(Scanner::finish) {
            Err(error) => Part::Unreadable(error),
            Ok(file) => self.examine(file, digest, length).await?,
        };
        let part = match (part, failure) {
            (Part::Ready(identity, validation, _), Some(error)) => {
                tracing::error!(%error, "a file could not be written");
                Part::Unwritten(identity, validation)
            }
            (part, _) => part,
        };
        match (&part, upload) {
            (Part::Ready(_, _, instance), Some(upload)) => {
                let service = self.service.name.clone();
                let name = BlobName { service, key: instance.key.clone(), digest };
                self.waiting.push((self.parts.len(), name, upload));
            }
            (_, Some(upload)) => upload.abandon().await,
            (_, None) => {}
        }
        self.parts.push(part);
        let held: usize = self.waiting.iter().map(|(_, _, upload)| upload.held()).sum();
        if self.waiting.len() >= FILES_AT_ONCE || held >= BYTES_AT_ONCE {
            let (indices, files) = self.take_waiting();
            self.uploads.push_back((indices, tokio::spawn(blob::finish(files))));
        }
        if self.uploads.len() >= CONCURRENT_UPLOADS {
            self.await_oldest_upload().await;
        }
        Ok(())
    }

    /// Whether no part has come in.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Stores what can be stored; answers what became of each part, and the position of the last event.
    pub async fn commit(
        mut self,
        services: &Services,
        if_exists: IfExists,
    ) -> Result<(Vec<Outcome>, Option<Position>), CommandError> {
        let (indices, files) = self.take_waiting();
        let outcome = blob::finish(files).await;
        self.note_written(indices, outcome);
        while !self.uploads.is_empty() {
            self.await_oldest_upload().await;
        }
        let instances: Vec<NewInstance> = self.parts.iter().filter_map(Part::instance).cloned().collect();
        let mut decided = Vec::new().into_iter();
        let mut position = None;
        if !instances.is_empty() {
            let command = Store { instances, if_exists, lifetime: self.lifetime };
            let store = Within { partition: self.partition, command };
            let receipt = execute(services, self.service, store).await?;
            decided = receipt.answer?.into_iter();
            position = receipt.position;
        }
        let outcomes = self.parts.into_iter().map(|part| part.outcome(&mut decided)).collect();
        Ok((outcomes, position))
    }

    /// Judges a file; a large one beside the reactor, whose other requests must not wait for it.
    async fn examine(&mut self, file: Part10, digest: Digest, length: u64) -> Result<Part, LogError> {
        let (partition, study, judge) = (self.partition.clone(), self.study.clone(), self.judge.clone());
        let examine = move || examine(&file, digest, length, partition, study.as_ref(), &judge);
        if length < QUICK {
            return Ok(examine());
        }
        tokio::task::spawn_blocking(examine).await.map_err(|_| LogError::Stopped)
    }

    fn take_waiting(&mut self) -> (Vec<usize>, Vec<(BlobName, Upload)>) {
        self.waiting.drain(..).map(|(index, name, upload)| (index, (name, upload))).unzip()
    }

    async fn await_oldest_upload(&mut self) {
        let Some((indices, upload)) = self.uploads.pop_front() else { return };
        let outcome = upload.await.unwrap_or_else(|panicked| Err(BlobError::Store(panicked.into())));
        self.note_written(indices, outcome);
    }

    fn note_written(&mut self, indices: Vec<usize>, outcome: Result<(), BlobError>) {
        let Err(error) = outcome else { return };
        tracing::error!(%error, "files could not be written");
        for index in indices {
            if let Some(part @ Part::Ready(..)) = self.parts.get_mut(index)
                && let Part::Ready(identity, validation, _) = part
            {
                *part = Part::Unwritten(std::mem::take(identity), std::mem::take(validation));
            }
        }
    }
}

fn examine(
    file: &Part10,
    digest: Digest,
    length: u64,
    partition: PartitionName,
    study: Option<&StudyUid>,
    judge: &Judge,
) -> Part {
    let dataset = &file.dataset;
    let identity = Identity {
        sop_class: dataset.first_text(tags::SOP_CLASS_UID),
        sop_instance: dataset.first_text(tags::SOP_INSTANCE_UID),
        is_implicit_vr: file.implicit_vr,
    };
    let validation = judge.validate(dataset, study);
    let Some(key) = key(dataset, partition).filter(|_| validation.errors.is_empty()) else {
        return Part::Invalid(identity, validation);
    };
    let version = StoredVersion {
        digest,
        length,
        transfer_syntax: file.transfer_syntax.clone(),
        attributes: indexed_attributes(dataset, &validation.dropped),
        frames: FrameTable::of(file),
        query_tags: TagValues::default(), // the log knows the tags
    };
    let json = to_json(dataset, &validation.dropped);
    Part::Ready(identity, validation, Box::new(NewInstance { key, version, dataset: json.into() }))
}

fn key(dataset: &Dataset, partition: PartitionName) -> Option<InstanceKey> {
    Some(InstanceKey {
        partition,
        study: StudyUid::parse(&dataset.first_text(tags::STUDY_INSTANCE_UID)?).ok()?,
        series: SeriesUid::parse(&dataset.first_text(tags::SERIES_INSTANCE_UID)?).ok()?,
        instance: InstanceUid::parse(&dataset.first_text(tags::SOP_INSTANCE_UID)?).ok()?,
    })
}

impl Part {
    fn instance(&self) -> Option<&NewInstance> {
        match self {
            Self::Ready(_, _, instance) => Some(instance),
            _ => None,
        }
    }

    fn outcome(self, decided: &mut impl Iterator<Item = Stored>) -> Outcome {
        match self {
            Self::Unreadable(error) => {
                tracing::debug!(%error, "a part is no Part 10 file");
                Outcome::Unreadable
            }
            Self::Invalid(identity, validation) => Outcome::Invalid(identity, validation),
            Self::Unwritten(identity, validation) => Outcome::Failed(identity, validation),
            Self::Ready(identity, validation, instance) => match decided.next() {
                Some(Stored::Yes) => Outcome::Stored(identity, instance.key, validation),
                Some(Stored::AlreadyExists) => {
                    Outcome::AlreadyExists(identity, validation, instance.key, instance.version.digest)
                }
                None => Outcome::Failed(identity, validation),
            },
        }
    }
}

/// The values that search knows an instance by; without what validation dropped, and only where the file encodes them
/// as the dictionary does.
fn indexed_attributes(dataset: &Dataset, dropped: &[Tag]) -> IndexedAttributes {
    let mut attributes = IndexedAttributes::default();
    for (tag, vr) in STUDY_ATTRIBUTES.into_iter().chain(SERIES_ATTRIBUTES) {
        let is_encoded_as = |vr: VR| dataset.element(tag).is_some_and(|element| element.vr == vr);
        if is_encoded_as(vr)
            && !dropped.contains(&tag)
            && let Some(value) = dataset.first_text(tag)
        {
            attributes.insert(tag, vr, &value);
        }
    }
    attributes
}

/// One part while its bytes come in.
pub struct Intake {
    scanner: Result<Scanner, ScanError>,
    digest: Sha256,
    upload: Option<Upload>,
    failure: Option<BlobError>,
    length: u64,
}

impl Intake {
    /// Takes the next bytes of the file. What is wrong with them shows in the end.
    pub async fn push(&mut self, bytes: Bytes) {
        let bytes = self.without_preamble(bytes);
        self.length += bytes.len() as u64;
        let Ok(scanner) = &mut self.scanner else { return };
        if let Err(error) = scanner.push(&bytes) {
            self.scanner = Err(error);
            if let Some(upload) = self.upload.take() {
                upload.abandon().await;
            }
            return;
        }
        self.digest.update(&bytes);
        if let Some(upload) = &mut self.upload
            && let Err(error) = upload.push(bytes).await
        {
            self.failure = Some(error);
            self.upload = None;
        }
    }

    /// The bytes with zeros where they belong to the preamble.
    fn without_preamble(&self, bytes: Bytes) -> Bytes {
        let preamble = PREAMBLE.saturating_sub(usize::try_from(self.length).unwrap_or(usize::MAX)).min(bytes.len());
        if bytes[..preamble].iter().all(|byte| *byte == 0) {
            return bytes;
        }
        let mut zeroed = BytesMut::from(bytes);
        zeroed[..preamble].fill(0);
        zeroed.freeze()
    }
}
