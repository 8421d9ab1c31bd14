//! The state machine (PS3.4 CC.1.1 and table CC.1.1-2): what every request does in every state.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How far a workitem is (Procedure Step State, (0074,1000)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    /// Nobody has claimed it.
    #[serde(rename = "SCHEDULED")]
    Scheduled,
    /// Somebody has.
    #[serde(rename = "IN PROGRESS")]
    InProgress,
    /// It is done.
    #[serde(rename = "COMPLETED")]
    Completed,
    /// It was given up, by its owner or before anybody claimed it.
    #[serde(rename = "CANCELED")]
    Canceled,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Scheduled, Self::InProgress, Self::Completed, Self::Canceled];

    /// Its Defined Term.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Scheduled => "SCHEDULED",
            Self::InProgress => "IN PROGRESS",
            Self::Completed => "COMPLETED",
            Self::Canceled => "CANCELED",
        }
    }

    /// Reads back what [`Self::as_str`] gave.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A state that a change of state may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// Claims the workitem.
    InProgress,
    /// Says that it is done.
    Completed,
    /// Gives it up.
    Canceled,
}

impl Target {
    /// Reads a Defined Term, letter by letter.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::InProgress, Self::Completed, Self::Canceled].into_iter().find(|target| target.state().as_str() == text)
    }

    /// The state that is asked for.
    pub fn state(self) -> State {
        match self {
            Self::InProgress => State::InProgress,
            Self::Completed => State::Completed,
            Self::Canceled => State::Canceled,
        }
    }
}

/// What a client wants of a workitem.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    /// Change attributes.
    Update,
    /// Change the state.
    Change(Target),
    /// Have it cancelled by whom it concerns.
    Cancel,
}

/// What the Transaction UID of a request says of the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is the owner's.
    Owner,
    /// The workitem has an owner, whose it is not.
    Stranger,
    /// The workitem has no owner.
    Unowned,
    /// There is none.
    Anonymous,
}

/// What a request does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The attributes change.
    Update,
    /// The workitem is in progress, and the client its owner.
    Claim,
    /// The workitem is in a final state.
    Finish,
    /// The workitem is cancelled at once.
    Cancel,
    /// Nothing: it is in that state already.
    AlreadyFinal(Code),
    /// Nothing.
    Refuse(Refusal),
}

/// Why a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The change of state is not possible.
    Change(Code),
    /// A cancellation cannot be had.
    Cancel(Code),
    /// A cancellation was had already.
    AlreadyCancelled,
    /// An update names a Transaction UID, but nobody has claimed the workitem.
    TransactionOfUnclaimed,
    /// An update does not name the owner's Transaction UID.
    NotOwner,
    /// An update comes too late.
    UpdateOfCompleted,
    /// An update comes too late.
    UpdateOfCanceled,
}

/// Status codes of the DIMSE services, which messages name (PS3.4 CC.2.1.4 and CC.2.2.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// The workitem can be changed no more.
    C300,
    /// The Transaction UID is not the owner's.
    C301,
    /// It is in progress already.
    C302,
    /// It is not yet in progress.
    C310,
    /// Its performer has completed it already.
    C311,
    /// Its performer cannot be asked.
    C312,
    /// It is CANCELED already.
    B304,
    /// It is COMPLETED already.
    B306,
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// What every request does in every state.
pub fn decide(state: State, request: Request, standing: Standing) -> Verdict {
    use Code::{B304, B306, C300, C301, C302, C310, C311, C312};
    use Refusal::{AlreadyCancelled, NotOwner, TransactionOfUnclaimed, UpdateOfCanceled, UpdateOfCompleted};
    use Request::{Cancel, Change, Update};
    use Standing::{Anonymous, Owner, Stranger, Unowned};
    use State::{Canceled, Completed, InProgress, Scheduled};
    use Verdict::{AlreadyFinal, Refuse};

    let unchangeable = |code| Refuse(Refusal::Change(code));
    match (state, request, standing) {
        (Scheduled, Update, Anonymous) => Verdict::Update,
        (Scheduled, Update, Owner | Stranger | Unowned) => Refuse(TransactionOfUnclaimed),
        (InProgress, Update, Owner) => Verdict::Update,
        (InProgress, Update, Stranger | Unowned | Anonymous) => Refuse(NotOwner),
        (Completed, Update, _) => Refuse(UpdateOfCompleted),
        (Canceled, Update, _) => Refuse(UpdateOfCanceled),

        (Scheduled, Change(Target::InProgress), _) => Verdict::Claim,
        (Scheduled, Change(Target::Completed | Target::Canceled), Owner) => unchangeable(C310),
        (InProgress, Change(Target::InProgress), Owner) => unchangeable(C302),
        (InProgress, Change(Target::Completed | Target::Canceled), Owner) => Verdict::Finish,
        (Completed, Change(Target::Completed), Owner) => AlreadyFinal(B306),
        (Completed, Change(Target::InProgress | Target::Canceled), Owner) => unchangeable(C300),
        (Canceled, Change(Target::Canceled), Owner) => AlreadyFinal(B304),
        (Canceled, Change(Target::InProgress | Target::Completed), Owner) => unchangeable(C300),
        // Nobody has ever claimed it, so nobody is the wrong one to claim it now.
        (Canceled, Change(Target::InProgress), Unowned) => unchangeable(C300),
        (_, Change(_), Stranger | Unowned | Anonymous) => unchangeable(C301),

        (Scheduled, Cancel, _) => Verdict::Cancel,
        (InProgress, Cancel, _) => Refuse(Refusal::Cancel(C312)),
        (Completed, Cancel, _) => Refuse(Refusal::Cancel(C311)),
        (Canceled, Cancel, _) => Refuse(AlreadyCancelled),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_read_as_they_are_written_and_only_so() {
        for state in State::ALL {
            assert_eq!(State::parse(state.as_str()), Some(state));
            let target = Target::parse(state.as_str()).map(Target::state);
            assert_eq!(target, (state != State::Scheduled).then_some(state));
        }
        for text in ["", "in progress", "IN_PROGRESS", "CANCELLED", "COMPLETED "] {
            assert_eq!((State::parse(text), Target::parse(text)), (None, None), "{text}");
        }
    }

    /// Nothing that a client can ask for gets here: a workitem that is SCHEDULED has no owner.
    #[test]
    fn an_owner_of_what_nobody_has_claimed_is_told_to_claim_it_first() {
        for target in [Target::Completed, Target::Canceled] {
            let verdict = decide(State::Scheduled, Request::Change(target), Standing::Owner);
            assert_eq!(verdict, Verdict::Refuse(Refusal::Change(Code::C310)));
        }
    }

    #[test]
    fn nothing_changes_in_a_final_state() {
        let requests = [Target::InProgress, Target::Completed, Target::Canceled].map(Request::Change);
        for state in [State::Completed, State::Canceled] {
            for request in requests.into_iter().chain([Request::Update, Request::Cancel]) {
                for standing in [Standing::Owner, Standing::Stranger, Standing::Unowned, Standing::Anonymous] {
                    let verdict = decide(state, request, standing);
                    let is_still = matches!(verdict, Verdict::Refuse(_) | Verdict::AlreadyFinal(_));
                    assert!(is_still, "{state} {request:?} {standing:?}: {verdict:?}");
                }
            }
        }
    }
}
