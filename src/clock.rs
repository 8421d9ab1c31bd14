//! Time as a value: nothing else in the crate asks the machine what time it is.

use std::{fmt, sync::Arc};

use jiff::{SignedDuration, Timestamp};

/// Where the time of the machine comes from. A test may pass its own.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    /// The machine's own clock.
    pub fn machine() -> Self {
        Self(Arc::new(Timestamp::now))
    }

    /// A clock that answers what `now` answers.
    pub fn new(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// The current time, in whole microseconds as the log keeps it.
    pub fn now(&self) -> Timestamp {
        whole_microseconds((self.0)())
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}

/// How the clock of one service relates to the machine's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockMode {
    /// The machine's time.
    System,
    /// It stands still.
    Frozen(Timestamp),
    /// It runs, ahead of the machine by a fixed amount (behind, if negative).
    Shifted(SignedDuration),
}

impl ClockMode {
    /// What the service's clock shows when the machine's shows `machine`.
    pub fn now(self, machine: Timestamp) -> Timestamp {
        match self {
            Self::System => machine,
            Self::Frozen(at) => at,
            Self::Shifted(ahead) => machine.checked_add(ahead).unwrap_or(machine),
        }
    }
}

/// Drops what is finer than a microsecond, which the log could not give back.
pub fn whole_microseconds(time: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(time.as_microsecond()).unwrap_or(time)
}
