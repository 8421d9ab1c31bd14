//! Search finds what a naive archive finds: after any history, at each of the six resources, now and as of any moment.

use proptest::{prelude::*, sample::Index, test_runner::TestCaseError};
use reqwest::Method;
use serde_json::json;

use super::{
    archive::{Archive, Attribute, INSTANCE, Kind, OTHERS, Place, Question, SERIES, STORED, STUDY, Values, uids},
    config, run,
};
use crate::support::{DICOM_JSON, Instance, TestApp, send};

const PATIENT_ID: u32 = 0x0010_0020;

/// One change of the archive.
#[derive(Debug, Clone)]
enum Change {
    Store(Vec<(Place, Values)>),
    Upsert(Vec<(Place, Values)>),
    DeleteInstance(Place),
    DeleteSeries(Place),
    DeleteStudy(Place),
    Reset(Index),
}

/// What files may hold: few values, so that they meet.
fn stored_values(attribute: Attribute) -> &'static [&'static str] {
    match attribute.keyword {
        "PatientName" | "ReferringPhysicianName" => &[
            "Doe^John",
            "DOE^JANE",
            "Dóe^Jo^Ann",
            "Smith-Jones^Ann Mary",
            "O'Hara^André",
            "Yamada^Tarou=山田^太郎",
            "Dorn",
        ],
        "PatientID" => &["P1", "p1", "P_1", "P%1", "P'1", "Ó1", "A,B"],
        "StudyDescription" | "ManufacturerModelName" => &["CT-Head", "CT_Head", "CTHead", "ct head", "100%"],
        "AccessionNumber" => &["A1", "a10", "B"],
        "Modality" => &["CT", "MR", "OT"],
        _ => &["20231231", "20240115", "20240131"],
    }
}

/// What is asked for: what is there, what is nearly there, and what would break a pattern.
fn wanted_values(attribute: Attribute) -> &'static [&'static str] {
    match (attribute.kind, attribute.keyword) {
        (Kind::Name, _) => &[
            "Doe^John",
            "doe^jane",
            "DÓE^*",
            "do",
            "jo",
            "d",
            "a",
            "do j",
            "jo do",
            "do jo an",
            "john",
            "*",
            "?oe^j*",
            "smith jo",
            "smith ann",
            "jones^an",
            "hara",
            "O'H",
            "山",
            "太郎",
            "tarou=山",
            "=",
            "x",
            "andre",
            "[",
            "\\w",
        ],
        (Kind::Date, _) => &["20240115", "20240101-", "-20240115", "20231231-20240115", "20240201-20250101"],
        (Kind::Uid, "StudyInstanceUID") => &["1.2.1", "1.2.1,1.2.2", "1.2.2\\1.2.9, x", "1.2"],
        (Kind::Uid, "SeriesInstanceUID") => &["1.2.1.1", "1.2.1.1,1.2.2.2,,", "x,y"],
        (Kind::Uid, _) => &["1.2.1.1.1", "1.2.1.1.1\\1.2.2.1.2", "1.2.1.1"],
        (_, "Modality" | "ModalitiesInStudy") => &["CT", "mr", "?T", "*", "C", "XX"],
        (_, "PatientID") => &["p1", "P_1", "P%1", "P?1", "p*", "*1", "ó1", "O1", "A,B", "P'*", "\\", "_*"],
        _ => &["ct-head", "CT?Head", "ct*", "*head", "A1", "a1*", "b", "%", "100%", "1*%"],
    }
}

fn place() -> impl Strategy<Value = Place> {
    (1..=3u8, 1..=2u8, 1..=2u8)
}

fn values() -> impl Strategy<Value = Values> {
    let value = |attribute: Attribute| prop::option::weighted(0.6, prop::sample::select(stored_values(attribute)));
    STORED.map(value).prop_map(|values| {
        let some = STORED.iter().zip(values).filter_map(|(attribute, value)| Some((attribute.tag, value?)));
        let mut values: Values = some.collect();
        values.entry(PATIENT_ID).or_insert("P1"); // a file without a patient is refused
        values
    })
}

fn changes() -> impl Strategy<Value = Change> {
    let files = || prop::collection::vec((place(), values()), 1..5);
    prop_oneof![
        4 => files().prop_map(Change::Store),
        3 => files().prop_map(Change::Upsert),
        1 => place().prop_map(Change::DeleteInstance),
        1 => place().prop_map(Change::DeleteSeries),
        1 => place().prop_map(Change::DeleteStudy),
        2 => any::<Index>().prop_map(Change::Reset),
    ]
}

fn questions() -> impl Strategy<Value = Question> {
    let resource =
        prop::sample::select(&[(STUDY, 0), (SERIES, 0), (INSTANCE, 0), (SERIES, 1), (INSTANCE, 1), (INSTANCE, 2)][..]);
    (resource, place()).prop_flat_map(|((level, named), place)| {
        let all = STORED.into_iter().chain(OTHERS);
        let attributes: Vec<Attribute> = all.filter(|attribute| (named..=level).contains(&attribute.level)).collect();
        let condition = prop::sample::select(attributes)
            .prop_flat_map(|attribute| (Just(attribute), prop::sample::select(wanted_values(attribute))));
        let conditions = prop::collection::vec(condition, 0..3).prop_map(|mut conditions| {
            conditions.sort_by_key(|(attribute, _)| attribute.tag);
            conditions.dedup_by_key(|(attribute, _)| attribute.tag);
            conditions
        });
        let page = (prop::option::of(1..4usize), prop_oneof![3 => Just(0), 1 => 1..3usize]);
        (conditions, any::<bool>(), page).prop_map(move |(conditions, is_fuzzy, (limit, offset))| Question {
            level,
            path: (named, place),
            conditions,
            is_fuzzy,
            limit,
            offset,
        })
    })
}

impl Change {
    /// Makes the change on both sides. `moments` are those that a reset may go back to.
    async fn make(&self, app: &TestApp, archive: &mut Archive, moments: &mut Vec<(i64, Archive)>) {
        let instances = |files: &[(Place, Values)]| -> Vec<Instance> {
            files.iter().map(|(place, values)| instance(*place, values)).collect()
        };
        match self {
            Self::Store(files) => {
                app.send_files(Method::POST, "/studies", &instances(files)).await;
                files.iter().for_each(|(place, values)| archive.store(*place, values));
            }
            Self::Upsert(files) => {
                app.send_files(Method::PUT, "/studies", &instances(files)).await.expect(200);
                files.iter().for_each(|(place, values)| archive.upsert(*place, values));
            }
            Self::DeleteInstance(place) => {
                app.delete(&instance(*place, &Values::new()).path()).await;
                archive.delete(|other| other == *place);
            }
            Self::DeleteSeries(place) => {
                app.delete(&instance(*place, &Values::new()).series_path()).await;
                archive.delete(|other| (other.0, other.1) == (place.0, place.1));
            }
            Self::DeleteStudy(place) => {
                app.delete(&instance(*place, &Values::new()).study_path()).await;
                archive.delete(|other| other.0 == place.0);
            }
            Self::Reset(to) => {
                let to = to.index(moments.len());
                app.reset(json!({ "position": moments[to].0 })).await.expect(200);
                *archive = moments[to].1.clone();
                moments.truncate(to);
            }
        }
        moments.push((app.position().await, archive.clone()));
    }
}

fn instance(place: Place, values: &Values) -> Instance {
    let [study, series, instance] = uids(place);
    let bare = Instance::of(&study, &series, &instance).with(0x0008_0005, "CS", "ISO_IR 192");
    STORED.iter().fold(bare, |instance, attribute| match values.get(&attribute.tag) {
        Some(value) => instance.with(attribute.tag, attribute.vr, value),
        None => instance.without(attribute.tag),
    })
}

/// The identifiers of the entries of the server's answer.
async fn ask(app: &TestApp, question: &Question, as_of: Option<i64>) -> Vec<String> {
    let [study, series, _] = uids(question.path.1);
    let path = match question.path.0 {
        0 => String::new(),
        1 => format!("/studies/{study}"),
        _ => format!("/studies/{study}/series/{series}"),
    };
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(question.conditions.iter().map(|(attribute, value)| (attribute.keyword, value)));
    query.append_pair("fuzzymatching", if question.is_fuzzy { "true" } else { "false" });
    query.append_pair("offset", &question.offset.to_string());
    if let Some(limit) = question.limit {
        query.append_pair("limit", &limit.to_string());
    }
    let resource = ["studies", "series", "instances"][question.level];
    let mut request = app.request(Method::GET, &format!("{path}/{resource}?{}", query.finish()));
    if let Some(position) = as_of {
        request = request.header("x-emulator-as-of", position);
    }
    let answer = send(request.header("accept", DICOM_JSON)).await;
    if answer.status == 204 {
        return Vec::new();
    }
    let tag = ["0020000D", "0020000E", "00080018"][question.level];
    let entries = answer.expect(200).json();
    let uid = |entry: &serde_json::Value| entry[tag]["Value"][0].as_str().expect("a UID").to_owned();
    entries.as_array().expect("an array").iter().map(uid).collect()
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_search_finds_what_a_naive_archive_finds(
        history in prop::collection::vec((changes(), prop::collection::vec((questions(), any::<Index>()), 1..6)), 1..7),
    ) {
        run(async {
            let app = TestApp::new();
            let mut archive = Archive::default();
            let mut moments = vec![(0, archive.clone())];
            for (change, questions) in &history {
                change.make(&app, &mut archive, &mut moments).await;
                for (question, moment) in questions {
                    prop_assert_eq!(ask(&app, question, None).await, archive.search(question), "{:?}", question);
                    let (position, then) = moment.get(&moments);
                    let found = ask(&app, question, Some(*position)).await;
                    prop_assert_eq!(found, then.search(question), "as of {}: {:?}", position, question);
                }
            }
            Ok::<_, TestCaseError>(())
        })?;
    }
}
