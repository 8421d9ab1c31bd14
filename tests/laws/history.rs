//! Random histories of a small service, and a naive model of what the change feed says of them.

use std::collections::BTreeMap;

use proptest::prelude::*;
use reqwest::Method;
use serde_json::json;

use crate::support::{Answer, DICOM_JSON, Instance, TestApp, send};

/// One of the few instances of a history: study, series and instance are numbers.
type Place = (u8, u8, u8);

/// A request of a history.
#[derive(Debug, Clone)]
pub enum Step {
    /// `POST` of these, with a value that differs from store to store.
    Store(Vec<(Place, u8)>),
    /// `PUT` of these.
    Upsert(Vec<(Place, u8)>),
    /// `PUT` of one that shall live so many hours.
    Lend(Place, u8),
    /// The clock goes on so many hours, and what is due is deleted.
    Wait(u8),
    /// `DELETE` of an instance.
    DeleteInstance(Place),
    /// `DELETE` of a series.
    DeleteSeries(u8, u8),
    /// `DELETE` of a study.
    DeleteStudy(u8),
    /// A request about one of two workitems.
    Work(u8, Work),
}

/// A request about a workitem; clients are numbers.
#[derive(Debug, Clone, Copy)]
pub enum Work {
    /// Creates it.
    Create,
    /// Updates it with a value; client 0 names no Transaction UID.
    Update(u8, u8),
    /// Claims, completes or gives it up.
    Change(u8, &'static str),
    /// Requests its cancellation.
    Cancel,
}

/// Histories of up to a dozen requests about two studies of two series of two instances.
pub fn histories() -> impl Strategy<Value = Vec<Step>> {
    let place = || (1..=2u8, 1..=2u8, 1..=2u8);
    let files = || prop::collection::vec((place(), 0..3u8), 1..4);
    let step = prop_oneof![
        4 => files().prop_map(Step::Store),
        3 => files().prop_map(Step::Upsert),
        1 => (place(), 1..4u8).prop_map(|(place, hours)| Step::Lend(place, hours)),
        1 => (1..4u8).prop_map(Step::Wait),
        2 => place().prop_map(Step::DeleteInstance),
        1 => (1..=2u8, 1..=2u8).prop_map(|(study, series)| Step::DeleteSeries(study, series)),
        1 => (1..=2u8).prop_map(Step::DeleteStudy),
        4 => (1..=2u8, work()).prop_map(|(workitem, work)| Step::Work(workitem, work)),
    ];
    prop::collection::vec(step, 1..12)
}

fn work() -> impl Strategy<Value = Work> {
    let state = prop_oneof![3 => Just("IN PROGRESS"), 1 => Just("COMPLETED"), 1 => Just("CANCELED")];
    prop_oneof![
        3 => Just(Work::Create),
        2 => (0..=2u8, 0..3u8).prop_map(|(client, value)| Work::Update(client, value)),
        3 => (1..=2u8, state).prop_map(|(client, state)| Work::Change(client, state)),
        1 => Just(Work::Cancel),
    ]
}

fn instance((study, series, number): Place, value: u8) -> Instance {
    let study_uid = format!("1.2.{study}");
    let series_uid = format!("{study_uid}.{series}");
    let instance = Instance::of(&study_uid, &series_uid, &format!("{series_uid}.{number}"));
    // Values that are there, empty, or absent: each merges in its own way.
    let instance = match value {
        0 => instance.without(0x0008_1030),
        1 => instance.with(0x0008_1030, "LO", ""),
        value => instance.with(0x0008_1030, "LO", &format!("description {value}")),
    };
    instance.with(0x0010_0020, "LO", &format!("P{study}{value}")).with(
        0x0008_0060,
        "CS",
        ["CT", "MR", "PT"][value as usize],
    )
}

impl Step {
    /// Makes the request; answers what came back.
    pub async fn take(&self, app: &TestApp) -> String {
        let files = |files: &[(Place, u8)]| -> Vec<Instance> {
            files.iter().map(|(place, value)| instance(*place, *value)).collect()
        };
        let answer = match self {
            Self::Store(stored) => app.send_files(Method::POST, "/studies", &files(stored)).await,
            Self::Upsert(stored) => app.send_files(Method::PUT, "/studies", &files(stored)).await,
            Self::Lend(place, hours) => lend(app, &instance(*place, 2), *hours).await,
            Self::Wait(hours) => {
                let body = format!(r#"{{"advance":"PT{hours}H"}}"#);
                let answer = send(app.control(Method::PUT, "/clock").body(body)).await.expect(200);
                // The time in the body may be the machine's.
                return answer.header("x-emulator-position").unwrap_or("-").to_owned();
            }
            Self::DeleteInstance(place) => app.delete(&instance(*place, 0).path()).await,
            Self::DeleteSeries(study, series) => app.delete(&instance((*study, *series, 1), 0).series_path()).await,
            Self::DeleteStudy(study) => app.delete(&instance((*study, 1, 1), 0).study_path()).await,
            Self::Work(workitem, work) => work.take(app, *workitem).await,
        };
        let position = answer.header("x-emulator-position").unwrap_or("-").to_owned();
        format!("{} {position} {}", answer.status, answer.text())
    }
}

impl Work {
    async fn take(self, app: &TestApp, workitem: u8) -> Answer {
        let (method, path, body) = match self {
            Self::Create => (Method::POST, format!("/workitems?1.2.{workitem}"), json!({})),
            Self::Update(client, value) => {
                let query = if client == 0 { String::new() } else { format!("?1.9.{client}") };
                let codes = json!([{ "00080100": { "vr": "SH", "Value": [format!("C{value}")] } }]);
                let body = json!({ "00404025": { "vr": "SQ", "Value": codes } });
                (Method::POST, format!("/workitems/1.2.{workitem}{query}"), body)
            }
            Self::Change(client, state) => {
                let body = json!({
                    "00741000": { "vr": "CS", "Value": [state] },
                    "00081195": { "vr": "UI", "Value": [format!("1.9.{client}")] },
                });
                (Method::PUT, format!("/workitems/1.2.{workitem}/state"), body)
            }
            Self::Cancel => (Method::POST, format!("/workitems/1.2.{workitem}/cancelrequest"), json!({})),
        };
        let request = app.request(method, &path).header("accept", DICOM_JSON).header("content-type", DICOM_JSON);
        send(request.body(body.to_string())).await
    }
}

async fn lend(app: &TestApp, instance: &Instance, hours: u8) -> Answer {
    let milliseconds = u64::from(hours) * 3_600_000;
    let request = app.request(Method::PUT, "/studies").header("accept", DICOM_JSON);
    let request = request.header("content-type", "application/dicom");
    send(request.header("msdicom-expiry-time-milliseconds", milliseconds).body(instance.bytes())).await
}

/// What the change feed must say: every entry with the version that it is about, and the live version of each place.
#[derive(Default)]
pub struct Feed {
    entries: Vec<(Place, &'static str)>,
    live: BTreeMap<Place, usize>,
    /// Hours until each study ends.
    ends: BTreeMap<u8, u8>,
}

impl Feed {
    /// Takes a step that the server has taken.
    pub fn take(&mut self, step: &Step) {
        match step {
            Step::Store(stored) => {
                for (place, _) in stored {
                    if !self.live.contains_key(place) {
                        self.version(*place, "Create");
                        self.ends.remove(&place.0);
                    }
                }
            }
            Step::Upsert(stored) => {
                for (place, _) in stored {
                    self.upsert(*place);
                    self.ends.remove(&place.0);
                }
            }
            Step::Lend(place, hours) => {
                self.upsert(*place);
                self.ends.insert(place.0, *hours);
            }
            Step::Wait(hours) => self.wait(*hours),
            Step::DeleteInstance(place) => self.delete(|other| other == *place),
            Step::DeleteSeries(study, series) => self.delete(|(s, e, _)| (s, e) == (*study, *series)),
            Step::DeleteStudy(study) => self.delete(|(s, ..)| s == *study),
            Step::Work(..) => {} // the feed knows nothing of workitems
        }
    }

    fn upsert(&mut self, place: Place) {
        let action = if self.live.contains_key(&place) { "Update" } else { "Create" };
        self.version(place, action);
    }

    fn wait(&mut self, hours: u8) {
        let mut due: Vec<(u8, u8)> = Vec::new();
        for (study, left) in &mut self.ends {
            if *left <= hours {
                due.push((*left, *study));
            }
            *left = left.saturating_sub(hours);
        }
        due.sort();
        for (_, study) in due {
            self.delete(|(s, ..)| s == study);
        }
    }

    fn version(&mut self, place: Place, action: &'static str) {
        self.live.insert(place, self.entries.len());
        self.entries.push((place, action));
    }

    fn delete(&mut self, is_meant: impl Fn(Place) -> bool) {
        let doomed: Vec<Place> = self.live.keys().copied().filter(|place| is_meant(*place)).collect();
        for place in doomed {
            self.live.remove(&place);
            if !self.live.keys().any(|(study, ..)| *study == place.0) {
                self.ends.remove(&place.0);
            }
            self.entries.push((place, "Delete"));
        }
    }

    /// The feed as [`TestApp::feed_lines`] shows it.
    pub fn lines(&self) -> Vec<String> {
        let line = |(index, (place, action)): (usize, &(Place, &str))| {
            let state = match self.live.get(place) {
                None => "Deleted",
                Some(version) if *version == index => "Current",
                Some(_) => "Replaced",
            };
            format!("{} {action} {state}", index + 1)
        };
        self.entries.iter().enumerate().map(line).collect()
    }
}
