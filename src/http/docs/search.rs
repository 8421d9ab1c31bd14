//! Searching.

use super::{
    operation::{DICOM_JSON, Group, Operation, get},
    schema::{boolean, count, list, named, range, text},
};

/// Attributes that are searchable at the level of studies, and what is special about them.
const OF_STUDIES: [(&str, &str); 9] = [
    ("StudyInstanceUID", "a UID, or several with commas between them"),
    ("PatientID", "as a whole; `*` and `?` are wildcards"),
    ("PatientName", "as a whole, without regard to case and accents; `*` and `?` are wildcards"),
    ("PatientBirthDate", "a date, or a range: `19800101-19801231`, `-19801231`, `19800101-`"),
    ("AccessionNumber", "as a whole; `*` and `?` are wildcards"),
    ("ReferringPhysicianName", "like PatientName"),
    ("StudyDate", "a date, or a range"),
    ("StudyDescription", "as a whole; `*` and `?` are wildcards"),
    ("ModalitiesInStudy", "a modality that occurs in the study"),
];

/// What series add.
const OF_SERIES: [(&str, &str); 4] = [
    ("SeriesInstanceUID", "a UID, or several with commas between them"),
    ("Modality", "as a whole"),
    ("PerformedProcedureStepStartDate", "a date, or a range"),
    ("ManufacturerModelName", "as a whole; `*` and `?` are wildcards"),
];

/// What instances add.
const OF_INSTANCES: [(&str, &str); 1] = [("SOPInstanceUID", "a UID, or several with commas between them")];

/// Searching.
pub fn group() -> Group {
    Group {
        name: "Search",
        about: "Attributes by keyword or as eight hexadecimal digits; extended query tags too.",
        operations: vec![
            get("/studies", "searchStudies", "Finds studies").with(|it| search(it, &[&OF_STUDIES])),
            get("/series", "searchSeries", "Finds series").with(|it| search(it, &[&OF_STUDIES, &OF_SERIES])),
            get("/instances", "searchInstances", "Finds instances")
                .with(|it| search(it, &[&OF_STUDIES, &OF_SERIES, &OF_INSTANCES])),
            get("/studies/{study}/series", "searchSeriesOfStudy", "Finds series of a study")
                .with(|it| search(it, &[&OF_SERIES])),
            get("/studies/{study}/instances", "searchInstancesOfStudy", "Finds instances of a study")
                .with(|it| search(it, &[&OF_SERIES, &OF_INSTANCES])),
            get("/studies/{study}/series/{series}/instances", "searchInstancesOfSeries", "Finds instances of a series")
                .with(|it| search(it, &[&OF_INSTANCES])),
        ],
    }
}

fn search(operation: Operation, attributes: &[&[(&str, &str)]]) -> Operation {
    let attributes = attributes.iter().flat_map(|level| level.iter());
    let operation = attributes.fold(operation, |operation, (name, about)| operation.query(name, text(), about));
    operation
        .query("fuzzymatching", boolean(), "`true`: names match by the beginnings of their words")
        .query("includefield", text(), "attributes to add, with commas between them, or `all`")
        .query_like("limit", range(1, 200, 100), "most results", 10)
        .query("offset", count(), "results to skip")
        .header("x-emulator-as-of", "a position or a time (RFC 3339): the answer as it was then")
        .answers_with(200, "what was found", &[DICOM_JSON], list(named("DicomObject")))
        .sends("erroneous-dicom-attributes", "searched tags for which some instances have invalid values")
        .answers(204, "nothing was found")
        .refuses(&[
            (400, "a parameter is unknown or malformed"),
            (406, "the client does not take `application/dicom+json`"),
        ])
}
