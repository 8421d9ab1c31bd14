//! `/workitems`: the worklist service.

mod cancel;
mod change_state;
mod create;
mod curl;
mod dialects;
mod garbage;
mod log;
mod model;
mod race;
mod requirements;
mod retrieve;
mod search;
mod update;

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::support::{Answer, DICOM_JSON, TestApp, send, uid};

/// The Transaction UID of most tests.
const TRANSACTION: &str = "1.2.3.4.5";

/// An attribute with one value.
fn one(vr: &str, value: impl Into<Value>) -> Value {
    json!({ "vr": vr, "Value": [value.into()] })
}

/// An attribute without a value.
fn empty(vr: &str) -> Value {
    json!({ "vr": vr })
}

/// A sequence of these items.
fn items(items: impl Into<Value>) -> Value {
    json!({ "vr": "SQ", "Value": items.into() })
}

/// A coded entry.
fn code(value: &str) -> Value {
    json!({ "00080100": one("SH", value), "00080102": one("SH", "L"), "00080104": one("LO", "meaning") })
}

/// What the service asks for when a workitem is created, and nothing else.
fn complete() -> Value {
    json!({
        "00081195": empty("UI"),
        "00741200": one("CS", "HIGH"),
        "00741204": one("LO", "label"),
        "00741210": empty("SQ"),
        "00404025": empty("SQ"),
        "00404026": empty("SQ"),
        "00404027": empty("SQ"),
        "00404005": one("DT", "20240115103000"),
        "00404018": empty("SQ"),
        "00400400": one("LT", "comment"),
        "00404041": one("CS", "READY"),
        "00404021": empty("SQ"),
        "00100010": json!({ "vr": "PN", "Value": [{ "Alphabetic": "Doe^John" }] }),
        "00100020": one("LO", "PAT-1"),
        "00100021": empty("LO"),
        "00100024": empty("SQ"),
        "00101002": empty("SQ"),
        "00100030": one("DA", "19700101"),
        "00100040": one("CS", "O"),
        "00380010": one("LO", "ADM-1"),
        "00380014": items([json!({ "00400031": one("UT", "namespace") })]),
        "00081080": one("LO", "description"),
        "00081084": items([code("D1")]),
        "0040A370": empty("SQ"),
        "00741002": empty("SQ"),
        "00741216": empty("SQ"),
    })
}

/// What must be reported before a workitem can be completed.
fn performed() -> Value {
    json!({
        "00741216": items([json!({
            "00404028": items([code("S1")]),
            "00404050": one("DT", "20240115103000"),
            "00404019": items([code("W1")]),
            "00404051": one("DT", "20240115104500"),
            "00404033": items([json!({
                "0040E020": one("CS", "DICOM"),
                "00081199": items([json!({ "00081150": one("UI", "1.2"), "00081155": one("UI", "1.2.3") })]),
            })]),
        })]),
    })
}

/// What must be reported before a workitem can be given up.
fn given_up() -> Value {
    json!({
        "00741002": items([json!({
            "00404052": one("DT", "20240115103000"),
            "0074100E": items([code("R1")]),
        })]),
    })
}

/// The body of a change of state.
fn change(state: &str, transaction: &str) -> Value {
    json!({ "00741000": one("CS", state), "00081195": one("UI", transaction) })
}

/// The same data set with other attributes; null takes one away.
fn with(mut dataset: Value, changes: Value) -> Value {
    let object = dataset.as_object_mut().expect("a dataset");
    for (tag, attribute) in changes.as_object().expect("a dataset") {
        match attribute {
            Value::Null => _ = object.remove(tag),
            attribute => _ = object.insert(tag.clone(), attribute.clone()),
        }
    }
    dataset
}

impl TestApp {
    /// A worklist request with a body.
    fn workitem_request(&self, method: Method, path: &str, body: &Value) -> RequestBuilder {
        let request = self.request(method, path).header("content-type", DICOM_JSON).header("accept", DICOM_JSON);
        request.body(body.to_string())
    }

    /// Creates a workitem from an array; answers its UID.
    async fn workitem(&self, dataset: Value) -> String {
        let uid = uid();
        self.create_workitem(&uid, &json!([dataset])).await.expect(201);
        uid
    }

    async fn create_workitem(&self, uid: &str, body: &Value) -> Answer {
        send(self.workitem_request(Method::POST, &format!("/workitems?{uid}"), body)).await
    }

    /// `POST /workitems/{uid}?{transaction}`
    async fn update_workitem(&self, uid: &str, transaction: &str, body: &Value) -> Answer {
        send(self.workitem_request(Method::POST, &format!("/workitems/{uid}?{transaction}"), body)).await
    }

    async fn change_state(&self, uid: &str, body: &Value) -> Answer {
        send(self.workitem_request(Method::PUT, &format!("/workitems/{uid}/state"), body)).await
    }

    async fn claim(&self, uid: &str) {
        self.change_state(uid, &json!([change("IN PROGRESS", TRANSACTION)])).await.expect(200);
    }

    async fn cancel_workitem(&self, uid: &str) -> Answer {
        send(self.request(Method::POST, &format!("/workitems/{uid}/cancelrequest"))).await
    }

    async fn retrieve_workitem(&self, uid: &str) -> Value {
        self.query(&format!("/workitems/{uid}")).await.expect(200).json()
    }

    /// A workitem in this state, with what a final state asks for; `CANCELED` by its owner.
    async fn workitem_in(&self, state: &str) -> String {
        let uid = self.workitem(complete()).await;
        if state == "SCHEDULED" {
            return uid;
        }
        self.claim(&uid).await;
        let reports = with(performed(), given_up());
        self.update_workitem(&uid, TRANSACTION, &json!([reports])).await.expect(200);
        if state != "IN PROGRESS" {
            self.change_state(&uid, &json!([change(state, TRANSACTION)])).await.expect(200);
        }
        uid
    }
}

/// The message of an answer that is a JSON string, and the warning that repeats it, if there is one.
#[track_caller]
fn message(answer: &Answer) -> String {
    assert_eq!(answer.header("content-type"), Some("application/dicom+json; charset=utf-8"), "{}", answer.text());
    let message = answer.json().as_str().expect("a string").to_owned();
    if let Some(warning) = answer.header("warning") {
        assert_eq!(warning, format!("299 127.0.0.1: \"{message}\""));
    }
    message
}

/// The message of an answer that is plain text.
#[track_caller]
fn plain(answer: &Answer) -> String {
    assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"), "{}", answer.text());
    answer.text().to_owned()
}
