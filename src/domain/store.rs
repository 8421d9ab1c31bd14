//! Storing instances: `POST` refuses what exists, `PUT` replaces it.

use std::{collections::BTreeSet, sync::Arc};

use jiff::SignedDuration;

use super::{
    Command, Fact, Ledger, Needs,
    event::{Expiry, StoredVersion},
};
use crate::ids::{InstanceKey, StudyKey};

/// An instance that passed validation and whose bytes are in the blob store.
#[derive(Debug, Clone)]
pub struct NewInstance {
    /// What identifies it.
    pub key: InstanceKey,
    /// What the event remembers of it.
    pub version: StoredVersion,
    /// Its DICOM JSON as it will be served.
    pub dataset: Arc<str>,
}

/// What to do with an instance that exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IfExists {
    /// Leave it and say so.
    Refuse,
    /// Replace it by the new one.
    Replace,
}

/// Stores the instances of one request, in the order of its parts; each sees the effect of those before it.
#[derive(Debug)]
pub struct Store {
    /// The instances to store.
    pub instances: Vec<NewInstance>,
    /// What to do with those that exist.
    pub if_exists: IfExists,
    /// How long the studies of what is stored shall live; for ever if none is given.
    pub lifetime: Option<SignedDuration>,
}

/// What became of one instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stored {
    /// It is stored.
    Yes,
    /// It was there already and is unchanged.
    AlreadyExists,
}

impl Command for Store {
    type Answer = Vec<Stored>;

    fn needs(&self, needs: &mut Needs) {
        needs.instances.extend(self.instances.iter().map(|new| new.key.clone()));
    }

    fn decide(&self, ledger: &mut dyn Ledger) -> Vec<Stored> {
        let mut store_one = |new: &NewInstance| {
            let (key, version) = (new.key.clone(), new.version.clone());
            let fact = match (ledger.has_instance(&key), self.if_exists) {
                (true, IfExists::Refuse) => return Stored::AlreadyExists,
                (true, IfExists::Replace) => Fact::InstanceReplaced(key, version),
                (false, _) => Fact::InstanceStored(key, version),
            };
            ledger.append(fact, Some(new.dataset.clone()));
            Stored::Yes
        };
        let stored: Vec<Stored> = self.instances.iter().map(&mut store_one).collect();
        let affected = self.instances.iter().zip(&stored).filter(|(_, stored)| **stored == Stored::Yes);
        let studies: BTreeSet<StudyKey> = affected.map(|(new, _)| new.key.study_key()).collect();
        self.set_expiry(&studies, ledger);
        stored
    }
}

impl Store {
    /// The last store decides how long a study lives: one that does not say so calls its end off.
    fn set_expiry(&self, studies: &BTreeSet<StudyKey>, ledger: &mut dyn Ledger) {
        let expires_at = self.lifetime.and_then(|lifetime| ledger.now().checked_add(lifetime).ok());
        for study in studies {
            if ledger.study_expires_at(study) != expires_at {
                ledger.append(Fact::ExpirySet(study.clone(), Expiry { expires_at }), None);
            }
        }
    }
}
