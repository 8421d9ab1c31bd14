//! Storing and deleting.

use super::{
    operation::{DICOM_JSON, Group, Operation, delete, post, put},
    schema::named,
};

/// Storing and deleting.
pub fn group() -> Group {
    let about = "Files go in one by one as `application/dicom`, or several as `multipart/related`. \
        The file that the examples speak of: [example.dcm](/docs/example.dcm).";
    Group {
        name: "Store and delete",
        about,
        operations: vec![
            post("/studies", "storeInstances", "Stores instances; one that exists already is a conflict").with(store),
            put("/studies", "upsertInstances", "Stores instances; one that exists already is replaced").with(store),
            post("/studies/{study}", "storeInstancesInStudy", "Stores instances of this study").with(store),
            put("/studies/{study}", "upsertInstancesInStudy", "Stores instances of this study, or replaces them")
                .with(store),
            delete("/studies/{study}", "deleteStudy", "Deletes a study").with(deletion),
            delete("/studies/{study}/series/{series}", "deleteSeries", "Deletes a series").with(deletion),
            delete("/studies/{study}/series/{series}/instances/{instance}", "deleteInstance", "Deletes an instance")
                .with(deletion),
        ],
    }
}

fn store(operation: Operation) -> Operation {
    operation
        .header("msdicom-expiry-time-milliseconds", "deletes the study after this time (v2)")
        .header("msdicom-expiry-option", "`RelativeToNow`")
        .header("msdicom-expiry-level", "`Study`")
        .file("application/dicom")
        .file(r#"multipart/related; type="application/dicom""#)
        .answers_with(200, "all are stored", &[DICOM_JSON], named("DicomObject"))
        .sends("x-emulator-position", "the position of the last event")
        .answers_with(202, "some are stored, or all with warnings", &[DICOM_JSON], named("DicomObject"))
        .answers(204, "there was nothing in it")
        .answers_with(409, "none is stored; the reasons are in the answer", &[DICOM_JSON], named("DicomObject"))
        .refuses(&[
            (400, "an identifier, a header or the body is malformed"),
            (406, "the client does not take `application/dicom+json`"),
            (413, "the body is too large"),
            (415, "the body has another content type"),
        ])
}

fn deletion(operation: Operation) -> Operation {
    operation
        .answers(204, "deleted")
        .sends("x-emulator-position", "the position of the last event")
        .refuses(&[(400, "an identifier is malformed"), (404, "there is no such resource")])
}
