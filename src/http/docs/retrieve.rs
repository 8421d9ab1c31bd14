//! Retrieving: files, frames, pictures, metadata.

use super::{
    operation::{DICOM_JSON, Group, Operation, get},
    schema::{file, list, named, range, text},
};
use crate::http::version::ApiVersion;

const INSTANCE: &str = "/studies/{study}/series/{series}/instances/{instance}";
const FILES: &str = r#"multipart/related; type="application/dicom"; transfer-syntax=*"#;
const FILE: &str = "application/dicom; transfer-syntax=*";
const FRAMES: &str = r#"multipart/related; type="application/octet-stream"; transfer-syntax=*"#;
const FRAME: &str = "application/octet-stream; transfer-syntax=*";

/// Retrieving.
pub fn group(version: ApiVersion) -> Group {
    let frames = match version {
        ApiVersion::V1 => &[FRAMES][..],
        ApiVersion::V2 => &[FRAMES, FRAME],
    };
    Group {
        name: "Retrieve",
        about: "As stored (`transfer-syntax=*`), as Explicit VR Little Endian (`1.2.840.10008.1.2.1`) or as JPEG 2000 \
            Lossless (`1.2.840.10008.1.2.4.90`): `Accept` says which.",
        operations: vec![
            get("/studies/{study}", "retrieveStudy", "The files of a study")
                .with(original)
                .with(|it| files(it, &[FILES])),
            get("/studies/{study}/series/{series}", "retrieveSeries", "The files of a series")
                .with(original)
                .with(|it| files(it, &[FILES])),
            get(INSTANCE, "retrieveInstance", "The file of an instance")
                .with(original)
                .with(|it| files(it, &[FILE, FILES])),
            get("/studies/{study}/series/{series}/instances/{instance}/frames/{frames}", "retrieveFrames", "Frames")
                .with(|it| files(it, frames)),
            get(
                "/studies/{study}/series/{series}/instances/{instance}/rendered",
                "renderInstance",
                "The first frame as a picture",
            )
            .with(rendered),
            get(
                "/studies/{study}/series/{series}/instances/{instance}/frames/{frames}/rendered",
                "renderFrame",
                "A frame as a picture",
            )
            .with(rendered),
            get("/studies/{study}/metadata", "studyMetadata", "The metadata of a study").with(metadata),
            get("/studies/{study}/series/{series}/metadata", "seriesMetadata", "The metadata of a series")
                .with(metadata),
            get(
                "/studies/{study}/series/{series}/instances/{instance}/metadata",
                "instanceMetadata",
                "The metadata of an instance",
            )
            .with(metadata),
        ],
    }
}

/// What every look at the past or at the original has.
fn original(operation: Operation) -> Operation {
    operation.header("msdicom-request-original", "`true`: as it was before the first bulk update")
}

fn as_of(operation: Operation) -> Operation {
    operation.header("x-emulator-as-of", "a position or a time (RFC 3339): the answer as it was then")
}

fn files(operation: Operation, media_types: &[&str]) -> Operation {
    operation.with(as_of).answers_with(200, "the bytes", media_types, file()).refuses(&[
        (400, "an identifier or a frame number is malformed"),
        (404, "there is no such resource"),
        (406, "not in a form that the client takes"),
    ])
}

fn rendered(operation: Operation) -> Operation {
    operation
        .query_like("quality", range(1, 100, 100), "quality of a JPEG", 90)
        .with(|it| files(it, &["image/jpeg", "image/png"]))
}

fn metadata(operation: Operation) -> Operation {
    operation
        .with(original)
        .header("If-None-Match", "an ETag that the client has")
        .with(as_of)
        .answers_with(200, "a data set for each instance, without bulk data", &[DICOM_JSON], list(named("DicomObject")))
        .sends("ETag", "changes with the instances")
        .answers(304, "the client has it")
        .answers_with(400, "an identifier is malformed", &["text/plain"], text())
        .refuses(&[(404, "there is no such resource"), (406, "the client does not take `application/dicom+json`")])
}
