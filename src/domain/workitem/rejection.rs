//! Why a worklist request is refused, in the words that the client reads. Never names a Transaction UID or a patient.

use super::{
    requirements::Violation,
    state::{Code, Refusal, State, Target},
};

/// A refusal appends nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WorkitemRejection {
    /// There is none with this UID.
    #[error("The workitem instance is not found.")]
    NotFound,
    /// There is none with this UID, so nobody has claimed it: what an update says.
    #[error("The target URI did not reference a claimed Workitem.")]
    NotFoundForUpdate,
    /// There is one with this UID.
    #[error("The workitem instance already exists. Try creating using a different UID.")]
    AlreadyExists,
    /// Its attributes are not what they must be.
    #[error(transparent)]
    Attributes(#[from] Violation),
    /// A change of state that its state does not allow, or not for this client.
    #[error("The workitem instance can not transition to '{}' state: {code}.", target.state())]
    Change {
        /// The state that was asked for.
        target: Target,
        /// Why not.
        code: Code,
    },
    /// A cancellation that its state does not allow. (The service writes the state in this way here alone.)
    #[error("The workitem instance can not transition to 'Canceled' state: {0}.")]
    Cancel(Code),
    /// A cancellation that was had already.
    #[error("The UPS is already in the requested state of CANCELED.")]
    AlreadyCancelled,
    /// An update with a Transaction UID, though nobody has claimed the workitem.
    #[error("Invalid TransactionUID for the specified Workitem Instance UID.")]
    TransactionOfUnclaimed,
    /// An update without the owner's Transaction UID.
    #[error("The target URI did not reference a claimed Workitem.")]
    NotOwner,
    /// An update that comes too late.
    #[error(
        "The submitted request is inconsistent with the current state of the Workitem. The UPS is already COMPLETED."
    )]
    UpdateOfCompleted,
    /// An update that comes too late.
    #[error(
        "The submitted request is inconsistent with the current state of the Workitem. The UPS is already in the requested state of CANCELED."
    )]
    UpdateOfCanceled,
}

impl WorkitemRejection {
    /// What a refusal of the state machine means for a change to this state.
    pub(super) fn change(target: Target, refusal: Refusal) -> Self {
        match refusal {
            Refusal::Change(code) => Self::Change { target, code },
            other => other.into(),
        }
    }
}

impl From<Refusal> for WorkitemRejection {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Change(code) | Refusal::Cancel(code) => Self::Cancel(code),
            Refusal::AlreadyCancelled => Self::AlreadyCancelled,
            Refusal::TransactionOfUnclaimed => Self::TransactionOfUnclaimed,
            Refusal::NotOwner => Self::NotOwner,
            Refusal::UpdateOfCompleted => Self::UpdateOfCompleted,
            Refusal::UpdateOfCanceled => Self::UpdateOfCanceled,
        }
    }
}

/// What a success has to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// The state is another now.
    Yes,
    /// It was in that final state already.
    AlreadyFinal {
        /// The state.
        state: State,
        /// What the DIMSE service would answer.
        code: Code,
    },
}
