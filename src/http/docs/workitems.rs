//! The worklist.

use serde_json::{Value, json};

use super::{
    operation::{DICOM_JSON, Group, Operation, TEXT, delete, get, post, put},
    schema::{count, list, named, range, text, uid},
};

/// The Transaction UID of the examples.
const TRANSACTION: &str = "2.25.6";

/// The worklist.
pub fn group() -> Group {
    Group {
        name: "Worklist",
        about: "Unified Procedure Steps (UPS-RS). Who claims a workitem names a Transaction UID, which from then on proves \
            who it is.",
        operations: vec![
            post("/workitems", "createWorkitem", "Creates a workitem")
                .query("workitem", uid(), "its UID, unless the data set has it")
                .body(DICOM_JSON, list(named("DicomObject")), json!([new_workitem()]))
                .answers(201, "created")
                .sends("Location", "where it is")
                .sends("Content-Location", "where it is")
                .with(writing)
                .with(|it| explains(it, 409, "it exists already")),
            get("/workitems", "searchWorkitems", "Finds workitems").with(search),
            get("/workitems/{workitem}", "getWorkitem", "A workitem, without its Transaction UID")
                .with(as_of)
                .answers_with(200, "the workitem", &[DICOM_JSON], list(named("DicomObject")))
                .refuses(&[
                    (400, "the identifier is malformed"),
                    (404, "there is no such workitem"),
                    (406, "the client does not take `application/dicom+json`"),
                ]),
            put("/workitems/{workitem}/state", "changeWorkitemState", "Claims, completes or gives up a workitem")
                .body(DICOM_JSON, list(named("DicomObject")), json!([claim()]))
                .answers(200, "changed")
                .with(writing)
                .with(missing),
            post("/workitems/{workitem}", "updateWorkitem", "Changes a workitem").with(update),
            put("/workitems/{workitem}", "replaceWorkitem", "Changes a workitem").with(update),
            post("/workitems/{workitem}/cancelrequest", "cancelWorkitem", "Asks for a workitem to be cancelled")
                .optional_body(DICOM_JSON, list(named("DicomObject")), json!([reason()]))
                .answers(202, "cancelled")
                .with(writing)
                .with(missing),
            get("/workitems/subscriptions", "listSubscriptions", "Not implemented").with(not_implemented),
            post("/workitems/{workitem}/subscribers/{aet}", "subscribe", "Not implemented").with(not_implemented),
            delete("/workitems/{workitem}/subscribers/{aet}", "unsubscribe", "Not implemented").with(not_implemented),
            post("/workitems/{workitem}/subscribers/{aet}/suspend", "suspend", "Not implemented").with(not_implemented),
            get("/subscribers/{aet}", "openChannel", "Not implemented").with(not_implemented),
        ],
    }
}

fn as_of(operation: Operation) -> Operation {
    operation.header("x-emulator-as-of", "a position or a time (RFC 3339): the answer as it was then")
}

fn not_implemented(operation: Operation) -> Operation {
    operation.refuses(&[(501, "subscriptions are not implemented")])
}

fn search(operation: Operation) -> Operation {
    operation
        .query("PatientID", text(), "as a whole")
        .query("PatientName", text(), "as a whole")
        .query("ProcedureStepState", text(), "`SCHEDULED`, `IN PROGRESS`, `COMPLETED` or `CANCELED`")
        .query("ScheduledProcedureStepStartDateTime", text(), "a time, or a range")
        .query("ScheduledStationNameCodeSequence.CodeValue", text(), "as a whole")
        .query("ReferencedRequestSequence.AccessionNumber", text(), "as a whole")
        .query("ReferencedRequestSequence.RequestedProcedureID", text(), "as a whole")
        .query("fuzzymatching", text(), "`true`: names match by the beginnings of their words")
        .query("includefield", text(), "attributes to add, or `all`")
        .query_like("limit", range(1, 200, 100), "most results", 10)
        .query("offset", count(), "results to skip")
        .with(as_of)
        .answers_with(200, "what was found", &[DICOM_JSON], list(named("DicomObject")))
        .answers(204, "nothing was found")
        .refuses(&[
            (400, "a parameter is unknown or malformed"),
            (406, "the client does not take `application/dicom+json`"),
        ])
}

/// The Transaction UID is the *name* of a parameter for Azure's clients; a pair says the same.
fn update(operation: Operation) -> Operation {
    operation
        .query_like("transaction-uid", uid(), "the Transaction UID, if the workitem is claimed", TRANSACTION)
        .header("Transaction-UID", "the same, for clients that send it so")
        .body(DICOM_JSON, list(named("DicomObject")), json!([{ "00741204": one("LO", "another label") }]))
        .answers(200, "changed")
        .with(writing)
        .with(missing)
}

fn writing(operation: Operation) -> Operation {
    let refused = "an identifier or the data set is not as it must be, or the state of the workitem does not allow it";
    operation
        .sends("x-emulator-position", "the position of the last event")
        .with(|it| explains(it, 400, refused))
        .refuses(&[
            (406, "the client does not take `application/dicom+json`"),
            (415, "the body has another content type"),
        ])
}

fn missing(operation: Operation) -> Operation {
    operation
        .with(|it| explains(it, 404, "there is no such workitem"))
        .with(|it| explains(it, 409, "its state does not allow it"))
}

/// Some refusals are bare text, others a JSON string.
fn explains(operation: Operation, status: u16, about: &str) -> Operation {
    operation.answers_with(status, about, &[TEXT, DICOM_JSON], text())
}

fn one(vr: &str, value: impl Into<Value>) -> Value {
    json!({ "vr": vr, "Value": [value.into()] })
}

fn code() -> Value {
    json!({ "00080100": one("SH", "110005"), "00080102": one("SH", "DCM"), "00080104": one("LO", "Interpretation") })
}

fn empty(vr: &str) -> Value {
    json!({ "vr": vr })
}

/// What the service asks for when a workitem is created, and nothing else (PS3.4 CC.2.5).
fn new_workitem() -> Value {
    json!({
        "00080018": one("UI", "2.25.4"),
        "00081080": one("LO", "admitting diagnosis"),
        "00081084": one("SQ", code()),
        "00081195": empty("UI"),
        "00100010": one("PN", json!({ "Alphabetic": "Example^Erin" })),
        "00100020": one("LO", "EXAMPLE"),
        "00100021": empty("LO"),
        "00100024": empty("SQ"),
        "00100030": one("DA", "19800101"),
        "00100040": one("CS", "O"),
        "00101002": empty("SQ"),
        "00380010": one("LO", "ADMISSION-1"),
        "00380014": one("SQ", json!({ "00400031": one("UT", "hospital") })),
        "00400400": one("LT", "comment"),
        "00404005": one("DT", "20260101120000"),
        "00404018": one("SQ", code()),
        "00404021": empty("SQ"),
        "00404025": empty("SQ"),
        "00404026": empty("SQ"),
        "00404027": empty("SQ"),
        "00404041": one("CS", "READY"),
        "0040A370": empty("SQ"),
        "00741000": one("CS", "SCHEDULED"),
        "00741002": empty("SQ"),
        "00741200": one("CS", "HIGH"),
        "00741204": one("LO", "label"),
        "00741210": empty("SQ"),
        "00741216": empty("SQ"),
    })
}

fn claim() -> Value {
    json!({ "00741000": one("CS", "IN PROGRESS"), "00081195": one("UI", TRANSACTION) })
}

fn reason() -> Value {
    json!({ "00741238": one("LT", "not needed any more") })
}
