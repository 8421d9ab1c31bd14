//! The change feed.

use super::{
    operation::{Group, JSON, Operation, get},
    schema::{boolean, count, list, named, range, time},
};
use crate::http::version::ApiVersion;

/// The change feed, whose parameters differ between the versions.
pub fn group(version: ApiVersion) -> Group {
    let list_changes = get("/changefeed", "listChanges", "What has happened to instances, in order");
    let list_changes = match version {
        ApiVersion::V1 => list_changes.query("offset", count(), "only what has a greater sequence").query_like(
            "limit",
            range(1, 100, 10),
            "how many sequences to look at",
            10,
        ),
        ApiVersion::V2 => list_changes
            .query("startTime", time(), "only what happened then or later; with a zone")
            .query("endTime", time(), "only what happened before; with a zone")
            .query("offset", count(), "entries to skip")
            .query_like("limit", range(1, 200, 100), "most entries", 10),
    };
    let latest = get("/changefeed/latest", "latestChange", "The last entry");
    Group {
        name: "Change feed",
        about: "Of the whole service, whatever partitions it has.",
        operations: vec![
            list_changes
                .with(metadata)
                .answers_with(200, "entries; perhaps none", &[JSON], list(named("ChangeFeedEntry")))
                .refuses(&[(400, "a parameter is malformed")]),
            latest
                .with(metadata)
                .answers_with(200, "the entry", &[JSON], named("ChangeFeedEntry"))
                .answers(204, "nothing has happened yet")
                .refuses(&[(400, "a parameter is malformed")]),
        ],
    }
}

fn metadata(operation: Operation) -> Operation {
    operation
        .query("includeMetadata", boolean(), "`false` leaves the metadata out")
        .header("x-emulator-as-of", "a position or a time (RFC 3339): the answer as it was then")
}
