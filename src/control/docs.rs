//! `api.json`: the OpenAPI document of the control API.

use axum::response::Response;
use serde_json::json;

use crate::http::{
    docs::{
        self, Document,
        operation::{Group, JSON, delete, get, post, put},
        schema::{control_components, count, list, named, range, text},
    },
    error::ApiError,
};

const ABOUT: &str = "What Azure does not have. Without `/services/{service}` in the path, the service `default` is meant. \
    A *position* numbers the events of a service, a *sequence* those that the change feed shows.";

/// The document of the control API.
pub async fn as_json() -> Result<Response, ApiError> {
    let mut document = Document::new("Control API", env!("CARGO_PKG_VERSION"), "/_emulator", ABOUT);
    document.add("", services());
    document.add("/services/{service}", moments());
    document.add("/services/{service}", log());
    docs::json(&document.finish(control_components(), &[]))
}

fn services() -> Group {
    Group {
        name: "Services",
        about: "Each has data, a log and a clock of its own. Any request of the data plane creates the one that it names.",
        operations: vec![
            get("/services", "listServices", "All services").answers_with(
                200,
                "by name",
                &[JSON],
                list(named("Service")),
            ),
            put("/services/{service}", "createService", "Creates a service")
                .optional_body(JSON, named("NewService"), json!({ "partitions": false }))
                .answers_with(200, "it is there already, with these settings", &[JSON], named("Service"))
                .answers_with(201, "created", &[JSON], named("Service"))
                .fails(&[
                    (400, "the name or the body is malformed"),
                    (404, "there is no such service or snapshot to copy"),
                    (409, "it is there, with other settings"),
                    (413, "the body is too large"),
                ]),
            get("/services/{service}", "getService", "One service")
                .answers_with(200, "the service", &[JSON], named("Service"))
                .fails(&[(400, "the name is malformed"), (404, "there is none")]),
            delete("/services/{service}", "deleteService", "Deletes a service with its events and files")
                .answers(204, "deleted; `default` comes back empty")
                .fails(&[(400, "the name is malformed"), (404, "there is none")]),
        ],
    }
}

fn moments() -> Group {
    let snapshot = "/snapshots/{name}";
    Group {
        name: "Snapshots and time",
        about: "A snapshot is a name for a position. After a reset to it everything is as it was then.",
        operations: vec![
            get("/snapshots", "listSnapshots", "All snapshots")
                .answers_with(200, "oldest first", &[JSON], list(named("Snapshot")))
                .fails(&[(404, "there is no such service")]),
            put(snapshot, "takeSnapshot", "Names a position; without a body, this one")
                .optional_body(JSON, named("Place"), json!({}))
                .answers_with(200, "named; it had named another position", &[JSON], named("Snapshot"))
                .answers_with(201, "named", &[JSON], named("Snapshot"))
                .fails(&[(400, "the name or the position cannot be")]),
            get(snapshot, "getSnapshot", "One snapshot")
                .answers_with(200, "the snapshot", &[JSON], named("Snapshot"))
                .fails(&[(400, "the name cannot be"), (404, "there is none")]),
            delete(snapshot, "forgetSnapshot", "Forgets a snapshot")
                .answers(204, "forgotten")
                .fails(&[(400, "the name cannot be"), (404, "there is none")]),
            post("/reset", "reset", "Undoes what came after a place; without a body, everything")
                .optional_body(JSON, named("Place"), json!({ "position": 0 }))
                .answers_with(200, "position, sequence, and how many events are undone", &[JSON], named("Outcome"))
                .fails(&[(400, "there is no such position"), (404, "there is no such snapshot")]),
            get("/clock", "getClock", "How the clock stands")
                .answers_with(200, "mode and time", &[JSON], named("Clock"))
                .fails(&[(404, "there is no such service")]),
            put("/clock", "setClock", "Sets the clock, or moves it")
                .body(JSON, named("ClockChange"), json!({ "advance": "PT1H" }))
                .answers_with(200, "what is due then has happened", &[JSON], named("Clock"))
                .fails(&[(400, "the body is malformed"), (409, "something has happened after that time")]),
        ],
    }
}

fn log() -> Group {
    Group {
        name: "Log",
        about: "The events themselves.",
        operations: vec![
            get("/log", "readLog", "Events in order")
                .query("from", count(), "the first position")
                .query_like("limit", range(1, 10_000, 100), "most events", 10)
                .query("kind", text(), "only these")
                .query("study", text(), "only of this study")
                .query("instance", text(), "only of this instance")
                .query("workitem", text(), "only of this workitem")
                .answers_with(
                    200,
                    "events; as lines without end they stream",
                    &[JSON, "application/x-ndjson"],
                    list(named("Event")),
                )
                .fails(&[(400, "a parameter is malformed"), (404, "there is no such service")]),
            post("/verify", "verify", "Rebuilds the read models from the log and compares").answers_with(
                200,
                "`ok`, the position, and each read model",
                &[JSON],
                named("Outcome"),
            ),
            get("/wait", "wait", "Answers when a position or sequence is reached, or an operation has ended")
                .query_like("position", count(), "the position", 0)
                .query("sequence", count(), "the sequence")
                .query("operation", text(), "the operation")
                .query("timeout", text(), "seconds to wait; 30 unless said, 300 at most")
                .answers_with(200, "it is so", &[JSON], named("Outcome"))
                .fails(&[
                    (400, "not one thing to wait for"),
                    (404, "there is no such service or operation"),
                    (408, "it has not come to it"),
                ]),
        ],
    }
}
