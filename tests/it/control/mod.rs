//! `/_emulator`

mod clock;
mod log;
mod reset;
mod services;
mod snapshots;
mod time_travel;
mod verify;
mod wait;
