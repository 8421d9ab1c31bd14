//! A local emulator of the DICOM service of Azure Health Data Services.
//!
//! **The event log is the database; everything else is a fold of it.** Every mutation is decided once, appended to a
//! log in Postgres, and folded into read models inside the same transaction; the change feed is read straight from the
//! log; a snapshot is a number; a reset forgets what came after that number.
//!
//! The modules in reading order; each imports only what stands before it:
//!
//! 1. [`dicom`]: pure DICOM: files, data sets, JSON, frames, validation.
//! 2. [`ids`], [`clock`]: names and numbers; time as a value.
//! 3. [`domain`]: pure decisions: (facts, request, now) → events or a refusal.
//! 4. [`blob`]: the stored files.
//! 5. [`config`], [`postgres`]: settings; the database.
//! 6. [`projection`]: events → rows.
//! 7. [`log`]: the writer of each service; reset, snapshots.
//! 8. [`read`]: select only, always as of a position.
//! 9. [`command`]: mutations as requests make them.
//! 10. [`runner`]: carries long-running operations out.
//! 11. [`import`]: stores what is put into a folder or a storage account.
//! 12. [`http`]: DICOMweb: the only place with status codes and headers.
//! 13. [`control`]: the emulator's own API.
//! 14. [`app`]: wires everything.

pub mod app;
pub mod blob;
pub mod clock;
pub mod command;
pub mod config;
pub mod control;
pub mod dicom;
pub mod domain;
pub mod http;
pub mod ids;
pub mod import;
pub mod log;
pub mod postgres;
pub mod projection;
pub mod read;
pub mod runner;
