//! DICOMweb over HTTP: the only place with status codes and headers.
//!
//! [`router`] is the flat list of what is served. Handlers extract, command or read, and respond; extractors
//! ([`scope`], [`path`], [`accept`]) let none see an invalid identifier.

pub mod accept;
pub mod audit;
pub mod body;
mod bulk_update;
pub mod context;
pub mod cors;
mod delete;
pub mod docs;
pub mod error;
mod export;
mod feed;
pub mod front;
mod health;
pub mod json;
mod leftover;
pub mod lenient_query;
mod media_type;
mod metadata;
mod multipart;
mod negotiate;
mod operations;
mod original;
pub mod partitions;
pub mod path;
mod query_tags;
mod retrieve;
pub mod router;
pub mod scope;
mod search;
mod store;
pub mod version;
mod workitems;
