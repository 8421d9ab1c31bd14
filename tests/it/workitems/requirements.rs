//! Every row of the tables of attributes, when a workitem is created and when it is updated

use std::{collections::BTreeMap, sync::LazyLock};

use dicom_core::{
    Tag, VR,
    dictionary::{DataDictionary, DataDictionaryEntry},
};
use dicom_dictionary_std::StandardDataDictionary;
use serde_json::{Value, json};

use super::{complete, items, message, with};
use crate::support::TestApp;

/// A row: what the attribute must be like at creation and at update, and what its items are.
#[derive(Debug, Clone)]
struct Row {
    tag: String,
    vr: VR,
    types: [&'static str; 2],
    items: &'static str,
}

const CREATE: usize = 0;
const UPDATE: usize = 1;

/// The attributes that the server sets before it looks: nothing that a client says of them matters.
const SET_AT_CREATION: [&str; 5] = ["00080016", "00080018", "00404010", "00741202", "00741000"];
const SET_AT_UPDATE: [&str; 1] = ["00404010"];

static TABLES: LazyLock<BTreeMap<&'static str, Vec<Row>>> = LazyLock::new(|| {
    let mut tables: BTreeMap<&str, Vec<Row>> = BTreeMap::new();
    for line in include_str!("requirements.txt").lines().filter(|line| !line.starts_with('#')) {
        let fields: Vec<&'static str> = line.split(' ').collect();
        let [table, tag, keyword, create, update, items] = fields[..] else { panic!("{line}") };
        let number = u32::from_str_radix(tag, 16).unwrap();
        let entry = StandardDataDictionary.by_tag(Tag((number >> 16) as u16, number as u16)).unwrap();
        assert_eq!(entry.alias, keyword, "{line}");
        let row = Row { tag: tag.to_owned(), vr: entry.vr().relaxed(), types: [create, update], items };
        tables.entry(table).or_default().push(row);
    }
    tables
});

/// The rows of a table in which each tag comes once, its rules joined: the stricter one counts.
fn rows(table: &str) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for row in &TABLES[table] {
        match rows.iter_mut().find(|known| known.tag == row.tag) {
            None => rows.push(row.clone()),
            Some(known) => {
                // Both are optional: nothing changes. One must be there, the other must not be empty: both hold.
                if known.types[CREATE] == "2/2" {
                    known.types[CREATE] = "1/1";
                }
            }
        }
    }
    rows
}

fn shown(tag: &str) -> String {
    let lower = tag.to_lowercase();
    format!("({},{})", &lower[..4], &lower[4..])
}

/// A value that the form of the VR allows.
fn value(vr: VR) -> Value {
    match vr {
        VR::PN => json!({ "vr": "PN", "Value": [{ "Alphabetic": "A^B" }] }),
        VR::AT => json!({ "vr": "AT", "Value": ["00100010"] }),
        VR::OB | VR::OW | VR::UN => json!({ "vr": vr.to_string(), "InlineBinary": "AAEC" }),
        VR::DS | VR::IS | VR::US | VR::SS | VR::UL | VR::SL | VR::FD | VR::FL | VR::UV | VR::SV => {
            json!({ "vr": vr.to_string(), "Value": [1] })
        }
        VR::SQ => items([json!({})]),
        _ => json!({ "vr": vr.to_string(), "Value": ["1"] }),
    }
}

/// The least that an item must have.
fn least(table: &str, occasion: usize) -> Value {
    let mut item = json!({});
    if table == "-" {
        return item;
    }
    for row in rows(table) {
        let attribute = match row.types[occasion].split('/').next().unwrap() {
            "1" if row.vr == VR::SQ => items([least(row.items, occasion)]),
            "1" => value(row.vr),
            "2" => json!({ "vr": row.vr.to_string() }),
            _ => continue,
        };
        item[&row.tag] = attribute;
    }
    item
}

/// How an attribute can be wrong, and what is said of it.
fn violations(row: &Row, occasion: usize) -> Vec<(Value, String)> {
    let tag = shown(&row.tag);
    let none = json!({ "vr": row.vr.to_string() });
    let is_one_text = matches!(row.vr, VR::LT | VR::ST | VR::UR | VR::UT);
    let is_text = !matches!(
        row.vr,
        VR::SQ
            | VR::AT
            | VR::OB
            | VR::OW
            | VR::UN
            | VR::US
            | VR::SS
            | VR::UL
            | VR::SL
            | VR::FD
            | VR::FL
            | VR::UV
            | VR::SV
    );
    let blank = match row.vr {
        VR::PN => json!({ "vr": "PN", "Value": [{ "Alphabetic": " " }] }),
        vr => json!({ "vr": vr.to_string(), "Value": ["  "] }),
    };
    let missing = (Value::Null, format!("The required tag '{tag}' is missing."));
    let must_not_be_empty = format!("The attribute with tag '{tag}' must not be empty.");
    let no_value = match is_one_text {
        true => must_not_be_empty.clone(),
        false => format!("The value for tag '{tag}' is missing."),
    };
    let mut without_value = vec![(none.clone(), no_value)];
    without_value.extend(is_text.then_some((blank, must_not_be_empty)));
    let forbidden = || format!("The attribute with tag '{tag}' cannot be present.");
    match row.types[occasion] {
        "X" => vec![(none, forbidden()), (value(row.vr), forbidden())],
        "E" => vec![missing, (value(row.vr), format!("The attribute with tag '{tag}' must be empty."))],
        "-" | "2C/2C" => Vec::new(),
        "1/1" => [vec![missing], without_value].concat(),
        types if types.starts_with("2/") => vec![missing],
        _ => without_value,
    }
}

/// One workitem to be created or updated again and again.
struct Subject {
    app: TestApp,
    occasion: usize,
}

impl Subject {
    async fn new(occasion: usize) -> Self {
        let app = TestApp::new();
        if occasion == UPDATE {
            app.create_workitem("1.2.3", &json!({})).await.expect(201);
        }
        Self { app, occasion }
    }

    fn base(&self) -> Value {
        if self.occasion == CREATE { complete() } else { json!({}) }
    }

    /// The message that refuses the data set; nothing if it is taken.
    async fn refusal(&self, dataset: &Value, is_array: bool) -> Option<String> {
        let body = if is_array { json!([dataset]) } else { dataset.clone() };
        let answer = match self.occasion {
            CREATE => self.app.create_workitem(&crate::support::uid(), &body).await,
            _ => self.app.update_workitem("1.2.3", "", &body).await,
        };
        match answer.status.as_u16() {
            400 => Some(message(&answer)),
            200 | 201 => None,
            status => panic!("{status} {}", answer.text()),
        }
    }

    /// Checks that the rules hold for arrays, and that of all of them only "must not be there" holds for objects.
    async fn check(&self, row: &Row, dataset: impl Fn(Value) -> Value) {
        for (index, (attribute, text)) in violations(row, self.occasion).into_iter().enumerate() {
            let dataset = dataset(attribute);
            let refusal = self.refusal(&dataset, true).await;
            assert_eq!(refusal.as_ref(), Some(&text), "{row:?} in {dataset}");
            let holds_for_objects = ["cannot be present.", "must be empty."].iter().any(|words| text.ends_with(words));
            if holds_for_objects || index == 0 {
                let refusal = self.refusal(&dataset, false).await;
                assert_eq!(refusal, holds_for_objects.then_some(text), "{row:?} in {dataset}");
            }
        }
    }
}

#[tokio::test]
async fn every_attribute_of_a_workitem_follows_its_rule() {
    for (occasion, set) in [(CREATE, &SET_AT_CREATION[..]), (UPDATE, &SET_AT_UPDATE[..])] {
        let subject = Subject::new(occasion).await;
        for row in rows("WORKITEM") {
            if !set.contains(&row.tag.as_str()) {
                subject.check(&row, |attribute| with(subject.base(), json!({ &*row.tag: attribute }))).await;
            }
        }
    }
}

#[tokio::test]
async fn every_attribute_of_an_item_of_a_created_workitem_follows_its_rule() {
    every_attribute_of_an_item_follows_its_rule(CREATE).await;
}

#[tokio::test]
async fn every_attribute_of_an_item_of_an_update_follows_its_rule() {
    every_attribute_of_an_item_follows_its_rule(UPDATE).await;
}

/// Each table is looked at where it is first met.
async fn every_attribute_of_an_item_follows_its_rule(occasion: usize) {
    let subject = Subject::new(occasion).await;
    let mut paths: Vec<Vec<Row>> = Vec::new();
    let mut met = Vec::new();
    let mut open: Vec<Vec<Row>> = rows("WORKITEM").into_iter().map(|row| vec![row]).collect();
    while !open.is_empty() {
        let mut deeper = Vec::new();
        for path in open {
            let row = path.last().unwrap().clone();
            if row.items == "-" || met.contains(&row.items) || row.types[occasion] == "X" {
                continue;
            }
            met.push(row.items);
            paths.push(path.clone());
            deeper.extend(rows(row.items).into_iter().map(|row| [path.clone(), vec![row]].concat()));
        }
        open = deeper;
    }
    assert!(met.len() > 30, "{met:?}");
    for path in paths {
        let table = path.last().unwrap().items;
        for row in rows(table) {
            let item = |attribute: Value| with(least(table, occasion), json!({ &*row.tag: attribute }));
            let dataset = |attribute: Value| nested(&subject, &path, item(attribute));
            subject.check(&row, dataset).await;
        }
        assert_eq!(subject.refusal(&nested(&subject, &path, least(table, occasion)), true).await, None, "{path:?}");
    }
}

/// The least that leads to an item at the end of a path.
fn nested(subject: &Subject, path: &[Row], item: Value) -> Value {
    let mut inner = item;
    for (index, outer) in path.iter().enumerate().rev() {
        let holder = match index.checked_sub(1).map(|index| &path[index]) {
            Some(parent) => least(parent.items, subject.occasion),
            None => subject.base(),
        };
        inner = with(holder, json!({ &*outer.tag: items([inner]) }));
    }
    inner
}

#[tokio::test]
async fn the_first_violation_in_the_order_of_the_table_is_named_and_every_item_is_looked_at() {
    let subject = Subject::new(CREATE).await;
    let two = with(complete(), json!({ "00741200": null, "00100020": { "vr": "LO" } }));
    let first = Some("The required tag '(0074,1200)' is missing.".to_owned());
    assert_eq!(subject.refusal(&two, true).await, first);
    let transaction_first = with(two, json!({ "00081195": null }));
    let first = Some("The required tag '(0008,1195)' is missing.".to_owned());
    assert_eq!(subject.refusal(&transaction_first, true).await, first);
    let second_item = with(complete(), json!({ "00404025": items([super::code("A"), json!({})]), "00404005": null }));
    let items_first = Some("The required tag '(0008,0104)' is missing.".to_owned());
    assert_eq!(subject.refusal(&second_item, true).await, items_first);
    let optional =
        with(complete(), json!({ "00101100": null, "00404034": { "vr": "SQ" }, "00099999": { "vr": "UN" } }));
    assert_eq!(subject.refusal(&optional, true).await, None);
}
