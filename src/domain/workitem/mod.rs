//! Workitems: units of work that somebody claims, reports on, and completes (Unified Procedure Step, PS3.4 annex CC).
//!
//! [`state`] says what may follow what, [`requirements`] which attributes a request needs; a file for each mutation.

pub mod cancel;
pub mod change_state;
pub mod create;
pub mod event;
pub mod rejection;
pub mod requirements;
pub mod searchable;
pub mod state;
pub mod update;

use dicom_core::VR;
use dicom_dictionary_std::tags;
use jiff::{Timestamp, tz::Offset};
use sha2::{Digest as _, Sha256};

pub use self::{rejection::WorkitemRejection, state::State};
use crate::{
    dicom::json::{Attribute, Document},
    ids::{Digest, WorkitemUid},
};

/// A workitem as it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Workitem {
    /// How far it is.
    pub state: State,
    /// Who claimed it, if anybody did.
    pub owner: Option<Owner>,
    /// Its attributes; never a Transaction UID.
    pub dataset: Document,
}

/// How a client sent its data sets; it tells what kind of client it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// An array, as the service takes it: all its rules hold.
    Array,
    /// One bare object, or nothing: attributes that the rules ask for may be absent.
    Object,
}

/// Who claimed a workitem: a digest of the workitem and the Transaction UID, which itself is kept nowhere. It tells
/// whether somebody knows the Transaction UID, and not even whether two workitems have the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner(pub Digest);

impl Owner {
    /// Whoever knows this Transaction UID. Compared character by character.
    pub fn new(workitem: &WorkitemUid, transaction_uid: &str) -> Self {
        let digest = Sha256::new().chain_update(workitem.as_str()).chain_update("\0").chain_update(transaction_uid);
        Self(Digest(digest.finalize().into()))
    }
}

/// A time as the server writes it into workitems: `yyyyMMddHHmmss`, UTC.
fn date_time(time: Timestamp) -> Attribute {
    let time = Offset::UTC.to_datetime(time).strftime("%Y%m%d%H%M%S").to_string();
    Attribute::text(VR::DT, time)
}

/// Notes in a data set when it was last modified.
fn stamp(dataset: &mut Document, now: Timestamp) {
    dataset.set(tags::SCHEDULED_PROCEDURE_STEP_MODIFICATION_DATE_TIME, date_time(now));
}
