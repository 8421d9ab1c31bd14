//! What takes longer than a request: operations, bulk update, export.

use serde_json::json;

use super::{
    operation::{DICOM_JSON, Group, JSON, TEXT, get, post},
    schema::{named, text},
};

/// How operations stand.
pub fn group() -> Group {
    Group {
        name: "Operations",
        about: "What takes longer than a request is an operation; its answer tells where to look.",
        operations: vec![
            get("/operations/{operation}", "getOperation", "How an operation stands")
                .answers_with(200, "it has ended", &[JSON], named("Operation"))
                .answers_with(202, "it has not ended yet", &[JSON], named("Operation"))
                .sends("Location", "the same URL")
                .answers(404, "there is no such operation"),
        ],
    }
}

/// Changing attributes of whole studies.
pub fn bulk_update() -> Group {
    let example = json!({
        "studyInstanceUids": ["2.25.1"],
        "changeDataset": { "00100010": { "vr": "PN", "Value": [{ "Alphabetic": "Example^Erin Ann" }] } },
    });
    Group {
        name: "Bulk update",
        about: "Attributes of patient and study, of up to 50 studies.",
        operations: vec![
            post("/studies/$bulkUpdate", "bulkUpdate", "Changes attributes of studies")
                .body(JSON, named("BulkUpdate"), example)
                .answers_with(202, "it has begun", &[JSON], named("OperationReference"))
                .answers_with(400, "an attribute may not change, or the body is malformed", &[DICOM_JSON, TEXT], text())
                .refuses(&[(409, "another update has not ended yet"), (415, "the body has another content type")]),
        ],
    }
}

/// Copying files to a container.
pub fn export() -> Group {
    let example = json!({
        "source": { "type": "identifiers", "settings": { "values": ["2.25.1"] } },
        "destination": { "type": "azureblob", "settings": {
            "connectionString": "UseDevelopmentStorage=true", "blobContainerName": "export",
        } },
    });
    Group {
        name: "Export",
        about: "Files to a container of Azure Blob storage, such as one of Azurite.",
        operations: vec![
            post("/export", "export", "Copies files to a container")
                .body(JSON, named("Export"), example)
                .answers_with(202, "it has begun", &[JSON], named("OperationReference"))
                .sends("Location", "where to look how it stands")
                .refuses(&[
                    (400, "the body is malformed, or the container cannot be written to"),
                    (404, "export is not available"),
                    (415, "the body has another content type"),
                ]),
        ],
    }
}
