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
mod export;
mod frames;
mod front;
mod health;
mod hostile_texts;
mod import;
mod large_files;
#[path = "../laws/mod.rs"]
mod laws;
mod leftover;
mod lying_pixels;
mod managed_postgres;
mod metadata;
mod names;
mod operations;
mod partitions;
mod process;
mod query_tags;
mod rendered;
mod retrieve;
mod search;
mod search_plans;
mod slow_clients;
mod store;
mod store_v1;
mod transcode;
mod workitems;
