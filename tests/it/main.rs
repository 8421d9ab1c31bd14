//! The behaviour of the server, through HTTP, on a real Postgres. Files mirror the URLs.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, missing_docs)]

mod support;

mod architecture;
mod audit;
mod bulk_update;
mod changefeed;
mod control;
mod cors;
mod delete;
mod docs;
mod expiry;
mod frames;
mod front;
mod health;
#[path = "../laws/mod.rs"]
mod laws;
mod managed_postgres;
mod metadata;
mod operations;
mod partitions;
mod process;
mod rendered;
mod retrieve;
mod search;
mod store;
mod store_v1;
mod transcode;
mod workitems;
