//! Changing attributes of stored files: which may change ([`Changes`]), and how a file is written anew with nothing else
//! touched ([`Rewrite`]).
//!
//! A new value is written in the character sets that the file declares. If they lack its characters, the file becomes
//! UTF-8 (`ISO_IR 192`), provided that the rest of its text reads the same then; otherwise the file cannot be changed: no
//! character is ever replaced by another.

mod attributes;
mod changes;
mod deflated;
mod elements;
mod metadata;
mod rewrite;
mod splice;

pub use self::{
    changes::{Changes, Failure, failures_to_json},
    metadata::merge,
    rewrite::{Rewrite, Rewritten, UpdateError},
};

#[cfg(test)]
mod tests;
