//! Random histories of a small service, and a naive model of what the change feed says of them.

use std::collections::BTreeMap;

use proptest::prelude::*;
use reqwest::Method;
use serde_json::json;

use crate::{
    query_tags,
    support::{Answer, DICOM_JSON, Instance, TestApp, send},
};

/// One of the few instances of a history: study, series and instance are numbers.
type Place = (u8, u8, u8);

/// A request of a history, and the number of the partition that it is about; only a service with partitions minds.
pub type Turn = (u8, Step);

/// Whether a history is that of a service with data partitions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Everything is in one.
    Plain,
    /// Each turn is in its own.
    Partitioned,
}

impl Kind {
    /// Either.
    pub fn any() -> impl Strategy<Value = Self> {
        prop_oneof![Just(Self::Plain), Just(Self::Partitioned)]
    }

    /// A new service of the kind.
    pub async fn app(self) -> TestApp {
        match self {
            Self::Plain => TestApp::new(),
            Self::Partitioned => TestApp::partitioned().await,
        }
    }

    /// What stands before the paths of a partition.
    fn home(self, partition: u8) -> String {
        match (self, partition) {
            (Self::Plain, _) => String::new(),
            (Self::Partitioned, 0) => "/partitions/Microsoft.Default".to_owned(),
            (Self::Partitioned, number) => format!("/partitions/P{number}"),
        }
    }
}

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
    /// A bulk update of these, with a value.
    Update(Vec<u8>, u8),
    /// A request about one of two workitems.
    Work(u8, Work),
    /// A request about one of two extended query tags.
    Tag(u8, Tag),
}

/// A request about an extended query tag.
#[derive(Debug, Clone, Copy)]
pub enum Tag {
    /// Adds it at a level; what is stored is looked through before the next step.
    Add(&'static str),
    /// Allows or forbids to search it.
    Change(&'static str),
    /// Deletes it.
    Delete,
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

/// Histories of up to a dozen requests about two studies of two series of two instances; an update may name a third.
pub fn histories() -> impl Strategy<Value = Vec<Turn>> {
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
        2 => (prop::collection::vec(1..=3u8, 1..4), 0..3u8).prop_map(|(studies, value)| Step::Update(studies, value)),
        4 => (1..=2u8, work()).prop_map(|(workitem, work)| Step::Work(workitem, work)),
        4 => (1..=2u8, tag()).prop_map(|(number, tag)| Step::Tag(number, tag)),
    ];
    prop::collection::vec((0..=1u8, step), 1..12)
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

fn tag() -> impl Strategy<Value = Tag> {
    let level = prop_oneof![Just("Study"), Just("Series"), Just("Instance")];
    let status = prop_oneof![2 => Just("Enabled"), 1 => Just("Disabled")];
    prop_oneof![4 => level.prop_map(Tag::Add), 2 => status.prop_map(Tag::Change), 1 => Just(Tag::Delete)]
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
    // The same for extended query tags, the second of which has values that cannot be indexed.
    let instance = match value {
        0 => instance,
        1 => instance.with(0x0018_1030, "LO", "").with(0x0020_0013, "SH", "1"),
        value => {
            instance.with(0x0018_1030, "LO", &format!("protocol {value}")).with(0x0020_0013, "IS", &value.to_string())
        }
    };
    instance.with(0x0010_0020, "LO", &format!("P{study}{value}")).with(
        0x0008_0060,
        "CS",
        ["CT", "MR", "PT"][value as usize],
    )
}

/// Makes the request of a turn; answers what came back.
pub async fn take((partition, step): &Turn, kind: Kind, app: &TestApp) -> String {
    let home = kind.home(*partition);
    let files = |files: &[(Place, u8)]| -> Vec<Instance> {
        files.iter().map(|(place, value)| instance(*place, *value)).collect()
    };
    let studies = format!("{home}/studies");
    let delete = async |path: String| app.delete(&format!("{home}{path}")).await;
    let answer = match step {
        Step::Store(stored) => app.send_files(Method::POST, &studies, &files(stored)).await,
        Step::Upsert(stored) => app.send_files(Method::PUT, &studies, &files(stored)).await,
        Step::Lend(place, hours) => lend(app, &studies, &instance(*place, 2), *hours).await,
        Step::Wait(hours) => {
            let body = format!(r#"{{"advance":"PT{hours}H"}}"#);
            let answer = send(app.control(Method::PUT, "/clock").body(body)).await.expect(200);
            // The time in the body may be the machine's.
            return answer.header("x-emulator-position").unwrap_or("-").to_owned();
        }
        Step::DeleteInstance(place) => delete(instance(*place, 0).path()).await,
        Step::DeleteSeries(study, series) => delete(instance((*study, *series, 1), 0).series_path()).await,
        Step::DeleteStudy(study) => delete(instance((*study, 1, 1), 0).study_path()).await,
        Step::Update(studies, value) => return update(app, &home, studies, *value).await,
        Step::Work(workitem, work) => work.take(app, &home, *workitem).await,
        Step::Tag(number, tag) => tag.take(app, *number).await,
    };
    let position = answer.header("x-emulator-position").unwrap_or("-").to_owned();
    format!("{} {position} {}", answer.status, answer.text())
}

impl Work {
    async fn take(self, app: &TestApp, home: &str, workitem: u8) -> Answer {
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
        let request = app.request(method, &format!("{home}{path}"));
        let request = request.header("accept", DICOM_JSON).header("content-type", DICOM_JSON);
        send(request.body(body.to_string())).await
    }
}

impl Tag {
    async fn take(self, app: &TestApp, number: u8) -> Answer {
        let path = if number == 1 { "ProtocolName" } else { "InstanceNumber" };
        match self {
            Self::Add(level) => {
                let answer = query_tags::add(app, json!([{ "path": path, "level": level }])).await;
                if answer.status == 202 {
                    query_tags::wait(app, answer.json()["id"].as_str().expect("an operation")).await;
                }
                answer
            }
            Self::Change(status) => query_tags::patch(app, path, &json!({ "queryStatus": status }).to_string()).await,
            Self::Delete => app.delete(&format!("/extendedquerytags/{path}")).await,
        }
    }
}

/// Updates studies; answers the operation when it has ended.
async fn update(app: &TestApp, home: &str, studies: &[u8], value: u8) -> String {
    let studies: Vec<String> = studies.iter().map(|study| format!("1.2.{study}")).collect();
    let studies: Vec<&str> = studies.iter().map(String::as_str).collect();
    let changes = match value {
        0 => json!({}),
        1 => json!({ "00081030": { "vr": "LO" } }),
        value => json!({ "00081030": { "vr": "LO", "Value": [format!("updated {value}")] },
                         "00100010": { "vr": "PN", "Value": [{ "Alphabetic": "N\u{e9}w" }] } }),
    };
    let started = app.start_update_in(home, &studies, changes).await;
    if started.status != 202 {
        return started.text().to_owned(); // there is no such partition
    }
    let mut operation = app.await_operation(started.json()["id"].as_str().expect("an identifier")).await;
    // The times in the body may be the machine's.
    for time in ["createdTime", "lastUpdatedTime"] {
        operation[time] = json!(null);
    }
    operation.to_string()
}

async fn lend(app: &TestApp, studies: &str, instance: &Instance, hours: u8) -> Answer {
    let milliseconds = u64::from(hours) * 3_600_000;
    let request = app.request(Method::PUT, studies).header("accept", DICOM_JSON);
    let request = request.header("content-type", "application/dicom");
    send(request.header("msdicom-expiry-time-milliseconds", milliseconds).body(instance.bytes())).await
}

/// A study of a partition.
type Study = (u8, u8);

/// An instance of a partition.
type Home = (u8, Place);

/// What the change feed must say: every entry with the version that it is about, and the live version of each instance.
#[derive(Default)]
pub struct Feed {
    entries: Vec<(Home, &'static str)>,
    live: BTreeMap<Home, usize>,
    /// Hours until each study ends, and how many were lent before it: of two that end in the same hour, the one that was
    /// lent first ends first.
    ends: BTreeMap<Study, (u8, usize)>,
    lent: usize,
}

impl Feed {
    /// Takes a turn that the server has taken.
    pub fn take(&mut self, (partition, step): &Turn, kind: Kind) {
        let partition = if kind == Kind::Plain { 0 } else { *partition };
        match step {
            Step::Store(stored) => {
                for (place, _) in stored {
                    if !self.live.contains_key(&(partition, *place)) {
                        self.version((partition, *place), "Create");
                        self.ends.remove(&(partition, place.0));
                    }
                }
            }
            Step::Upsert(stored) => {
                for (place, _) in stored {
                    self.upsert((partition, *place));
                    self.ends.remove(&(partition, place.0));
                }
            }
            Step::Lend(place, hours) => {
                self.upsert((partition, *place));
                self.lent += 1;
                self.ends.insert((partition, place.0), (*hours, self.lent));
            }
            Step::Wait(hours) => self.wait(*hours),
            Step::DeleteInstance(place) => self.delete(|other| other == (partition, *place)),
            Step::DeleteSeries(study, series) => {
                self.delete(|(p, (s, e, _))| (p, s, e) == (partition, *study, *series))
            }
            Step::DeleteStudy(study) => self.delete(|(p, (s, ..))| (p, s) == (partition, *study)),
            Step::Update(studies, _) => studies.iter().for_each(|study| self.update((partition, *study))),
            Step::Work(..) | Step::Tag(..) => {} // the feed knows nothing of them
        }
    }

    fn upsert(&mut self, home: Home) {
        let action = if self.live.contains_key(&home) { "Update" } else { "Create" };
        self.version(home, action);
    }

    fn update(&mut self, (partition, study): Study) {
        let is_meant = |(p, (s, ..)): &Home| (*p, *s) == (partition, study);
        let updated: Vec<Home> = self.live.keys().copied().filter(is_meant).collect();
        updated.into_iter().for_each(|home| self.version(home, "Update"));
    }

    fn wait(&mut self, hours: u8) {
        let mut due: Vec<((u8, usize), Study)> = Vec::new();
        for (study, end) in &mut self.ends {
            if end.0 <= hours {
                due.push((*end, *study));
            }
            end.0 = end.0.saturating_sub(hours);
        }
        due.sort();
        for (_, study) in due {
            self.delete(|(p, (s, ..))| (p, s) == study);
        }
    }

    fn version(&mut self, home: Home, action: &'static str) {
        self.live.insert(home, self.entries.len());
        self.entries.push((home, action));
    }

    fn delete(&mut self, is_meant: impl Fn(Home) -> bool) {
        let doomed: Vec<Home> = self.live.keys().copied().filter(|home| is_meant(*home)).collect();
        for home in doomed {
            self.live.remove(&home);
            let study = (home.0, home.1.0);
            if !self.live.keys().any(|(partition, (s, ..))| (*partition, *s) == study) {
                self.ends.remove(&study);
            }
            self.entries.push((home, "Delete"));
        }
    }

    /// The feed as [`TestApp::feed_lines`] shows it.
    pub fn lines(&self) -> Vec<String> {
        let line = |(index, (home, action)): (usize, &(Home, &str))| {
            let state = match self.live.get(home) {
                None => "Deleted",
                Some(version) if *version == index => "Current",
                Some(_) => "Replaced",
            };
            format!("{} {action} {state}", index + 1)
        };
        self.entries.iter().enumerate().map(line).collect()
    }
}
