//! Extended query tags.

use serde_json::json;

use super::{
    operation::{Group, JSON, Operation, delete, get, patch, post},
    schema::{count, list, named, range},
};

/// Extended query tags.
pub fn group() -> Group {
    let tag = "/extendedquerytags/{tag}";
    Group {
        name: "Extended query tags",
        about: "Attributes that searches can use beside the standard ones; of the whole service.",
        operations: vec![
            post("/extendedquerytags", "addQueryTags", "Makes attributes searchable")
                .body(JSON, list(named("NewQueryTag")), json!([{ "path": "00181030", "vr": "LO", "level": "Series" }]))
                .answers_with(202, "stored instances are being indexed", &[JSON], named("OperationReference"))
                .sends("Location", "where to look how that stands")
                .refuses(&[
                    (400, "an entry is malformed"),
                    (409, "a tag is there already, or others are being indexed"),
                    (415, "the body has another content type"),
                ]),
            get("/extendedquerytags", "listQueryTags", "All tags")
                .with(page)
                .answers_with(200, "in the order in which they were added", &[JSON], list(named("QueryTag")))
                .refuses(&[(400, "a parameter is malformed")]),
            get(tag, "getQueryTag", "One tag").answers_with(200, "the tag", &[JSON], named("QueryTag")).with(unknown),
            patch(tag, "changeQueryTag", "Allows searching by a tag that has errors, or forbids it")
                .body(JSON, named("QueryTagChange"), json!({ "queryStatus": "enabled" }))
                .answers_with(200, "the tag", &[JSON], named("QueryTag"))
                .with(unknown)
                .refuses(&[(415, "the body has another content type")]),
            get("/extendedquerytags/{tag}/errors", "listQueryTagErrors", "Instances that could not be indexed")
                .with(page)
                .answers_with(200, "oldest first", &[JSON], list(named("QueryTagError")))
                .with(unknown),
            delete(tag, "deleteQueryTag", "Removes a tag and its index").answers(204, "removed").with(unknown),
        ],
    }
}

fn page(operation: Operation) -> Operation {
    operation.query_like("limit", range(1, 200, 100), "most results", 10).query("offset", count(), "results to skip")
}

fn unknown(operation: Operation) -> Operation {
    operation.refuses(&[(400, "it is no tag"), (404, "the tag was not added")])
}
