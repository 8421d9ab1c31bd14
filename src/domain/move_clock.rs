//! Setting the clock of a service. Never behind what has happened, except back to the machine's own time.

use jiff::{SignedDuration, Timestamp};

use super::{Command, Fact, Ledger, Needs, Rejection, event::ClockMove};
use crate::clock::{ClockMode, whole_microseconds};

/// How to set the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MoveClock {
    /// Follow the machine again. If events lie ahead of it, their time simply waits for it.
    Follow,
    /// Stand still at a time; at the current one if none is given.
    Freeze(Option<Timestamp>),
    /// Go forward (or back) by a time that passes; a running clock goes on running.
    Advance(SignedDuration),
}

impl Command for MoveClock {
    type Answer = Result<ClockMode, Rejection>;

    fn needs(&self, _: &mut Needs) {}

    fn decide(&self, ledger: &mut dyn Ledger) -> Self::Answer {
        let machine = ledger.machine_time();
        let now = ledger.clock().now(machine);
        let moved = match *self {
            Self::Follow => ClockMove::System,
            Self::Freeze(at) => ClockMove::Frozen { now: whole_microseconds(at.unwrap_or(now)) },
            Self::Advance(by) => {
                let then = now.checked_add(by).map_err(|_| Rejection::ClockOutOfRange)?;
                let then = whole_microseconds(then);
                match ledger.clock() {
                    ClockMode::Frozen(_) => ClockMove::Frozen { now: then },
                    ClockMode::System | ClockMode::Shifted(_) => {
                        let ahead_microseconds = then.as_microsecond() - machine.as_microsecond();
                        ClockMove::Shifted { now: then, ahead_microseconds }
                    }
                }
            }
        };
        if let (ClockMove::Frozen { now } | ClockMove::Shifted { now, .. }, Some(last)) =
            (moved, ledger.last_event_at())
            && now < last
        {
            return Err(Rejection::ClockBehindLastEvent { to: now, last });
        }
        ledger.append(Fact::ClockMoved(moved), None);
        Ok(moved.into())
    }
}
