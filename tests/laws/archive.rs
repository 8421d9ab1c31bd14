//! A naive archive: all instances in a list, the latest value of each attribute wins, and a search looks at everything.

use std::collections::BTreeMap;

/// Study, series and instance are numbers.
pub type Place = (u8, u8, u8);

/// Levels from the study down.
pub const STUDY: usize = 0;
pub const SERIES: usize = 1;
pub const INSTANCE: usize = 2;

/// How values compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    Name,
    Date,
    Uid,
}

/// An attribute that can be searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attribute {
    pub keyword: &'static str,
    pub tag: u32,
    pub vr: &'static str,
    pub kind: Kind,
    pub level: usize,
}

const fn attribute(keyword: &'static str, tag: u32, vr: &'static str, kind: Kind, level: usize) -> Attribute {
    Attribute { keyword, tag, vr, kind, level }
}

/// Those that a file has values of.
pub const STORED: [Attribute; 10] = [
    attribute("PatientName", 0x0010_0010, "PN", Kind::Name, STUDY),
    attribute("ReferringPhysicianName", 0x0008_0090, "PN", Kind::Name, STUDY),
    attribute("PatientID", 0x0010_0020, "LO", Kind::Text, STUDY),
    attribute("StudyDescription", 0x0008_1030, "LO", Kind::Text, STUDY),
    attribute("AccessionNumber", 0x0008_0050, "SH", Kind::Text, STUDY),
    attribute("StudyDate", 0x0008_0020, "DA", Kind::Date, STUDY),
    attribute("PatientBirthDate", 0x0010_0030, "DA", Kind::Date, STUDY),
    attribute("Modality", 0x0008_0060, "CS", Kind::Text, SERIES),
    attribute("ManufacturerModelName", 0x0008_1090, "LO", Kind::Text, SERIES),
    attribute("PerformedProcedureStepStartDate", 0x0040_0244, "DA", Kind::Date, SERIES),
];

/// Those that are computed or identify.
pub const OTHERS: [Attribute; 4] = [
    attribute("ModalitiesInStudy", 0x0008_0061, "CS", Kind::Text, STUDY),
    attribute("StudyInstanceUID", 0x0020_000D, "UI", Kind::Uid, STUDY),
    attribute("SeriesInstanceUID", 0x0020_000E, "UI", Kind::Uid, SERIES),
    attribute("SOPInstanceUID", 0x0008_0018, "UI", Kind::Uid, INSTANCE),
];

/// Values of one file, by tag.
pub type Values = BTreeMap<u32, &'static str>;

/// What a search asks for.
#[derive(Debug, Clone)]
pub struct Question {
    /// One entry per what.
    pub level: usize,
    /// How much of a place the path names: nothing, a study, or a study and series.
    pub path: (usize, Place),
    pub conditions: Vec<(Attribute, &'static str)>,
    pub is_fuzzy: bool,
    pub limit: Option<usize>,
    pub offset: usize,
}

/// All that is stored.
#[derive(Debug, Clone, Default)]
pub struct Archive {
    clock: u64,
    /// Each with the moment at which it was stored last.
    instances: BTreeMap<Place, u64>,
    /// Each with the moment at which it came to be, and the latest values.
    series: BTreeMap<(u8, u8), (u64, Values)>,
    studies: BTreeMap<u8, (u64, Values)>,
}

impl Archive {
    /// What a `POST` does: what is there stays.
    pub fn store(&mut self, place: Place, values: &Values) {
        if !self.instances.contains_key(&place) {
            self.upsert(place, values);
        }
    }

    /// What a `PUT` does.
    pub fn upsert(&mut self, place: Place, values: &Values) {
        self.clock += 1;
        let new = || (self.clock, Values::new());
        self.instances.insert(place, self.clock);
        self.series.entry((place.0, place.1)).or_insert_with(new).1.extend(values);
        self.studies.entry(place.0).or_insert_with(new).1.extend(values);
    }

    /// What a `DELETE` does.
    pub fn delete(&mut self, is_meant: impl Fn(Place) -> bool) {
        let Self { instances, series, studies, .. } = self;
        instances.retain(|place, _| !is_meant(*place));
        series.retain(|key, _| instances.keys().any(|place| (place.0, place.1) == *key));
        studies.retain(|key, _| instances.keys().any(|place| place.0 == *key));
    }

    /// The identifiers of the entries of an answer.
    pub fn search(&self, question: &Question) -> Vec<String> {
        let mut found: BTreeMap<String, u64> = BTreeMap::new();
        let (named, in_path) = question.path;
        for (place, stored) in &self.instances {
            let is_below = uids(*place).iter().zip(&uids(in_path)).take(named).all(|(one, other)| one == other);
            if is_below
                && question
                    .conditions
                    .iter()
                    .all(|(attribute, value)| self.holds(*place, *attribute, value, question.is_fuzzy))
            {
                let created = [self.studies[&place.0].0, self.series[&(place.0, place.1)].0, *stored];
                found.insert(uids(*place)[question.level].clone(), created[question.level]);
            }
        }
        let mut found: Vec<_> = found.into_iter().collect();
        found.sort_by_key(|(_, created)| std::cmp::Reverse(*created));
        found.into_iter().map(|(uid, _)| uid).skip(question.offset).take(question.limit.unwrap_or(100)).collect()
    }

    fn holds(&self, place: Place, attribute: Attribute, wanted: &str, is_fuzzy: bool) -> bool {
        let stored: Vec<String> = match (attribute.keyword, attribute.level) {
            ("ModalitiesInStudy", _) => {
                let series = self.series.iter().filter(|(key, _)| key.0 == place.0);
                series
                    .filter_map(|(_, (_, values))| values.get(&0x0008_0060))
                    .map(|value| (*value).to_owned())
                    .collect()
            }
            (_, level) if attribute.kind == Kind::Uid => vec![uids(place)[level].clone()],
            (_, STUDY) => latest(&self.studies[&place.0].1, attribute.tag),
            _ => latest(&self.series[&(place.0, place.1)].1, attribute.tag),
        };
        stored.iter().any(|stored| matches(attribute.kind, stored, wanted, is_fuzzy))
    }
}

fn latest(values: &Values, tag: u32) -> Vec<String> {
    values.get(&tag).map(|value| (*value).to_owned()).into_iter().collect()
}

/// The identifiers of an instance and what it is in.
pub fn uids((study, series, instance): Place) -> [String; 3] {
    [format!("1.2.{study}"), format!("1.2.{study}.{series}"), format!("1.2.{study}.{series}.{instance}")]
}

fn matches(kind: Kind, stored: &str, wanted: &str, is_fuzzy: bool) -> bool {
    let (stored, wanted) = (fold(kind, stored), fold(kind, wanted));
    match kind {
        Kind::Uid => wanted.split([',', '\\']).map(str::trim).any(|uid| uid == stored),
        Kind::Date => match wanted.split_once('-') {
            None => stored == wanted,
            Some((from, to)) => (from.is_empty() || *from <= *stored) && (to.is_empty() || *stored <= *to),
        },
        Kind::Name if is_fuzzy => {
            let (stored, wanted) = (words(&stored), words(&wanted));
            let begins =
                |window: &[&str]| window.iter().zip(&wanted).all(|(word, beginning)| word.starts_with(beginning));
            !wanted.is_empty() && stored.windows(wanted.len()).any(begins)
        }
        Kind::Text | Kind::Name => is_like(&stored, &wanted),
    }
}

fn fold(kind: Kind, value: &str) -> String {
    let lower = value.trim_end().to_lowercase();
    if kind == Kind::Name { lower.replace('ó', "o").replace('é', "e") } else { lower }
}

fn words(name: &str) -> Vec<&str> {
    name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect()
}

/// `*` is any text, `?` one character.
fn is_like(text: &str, pattern: &str) -> bool {
    let mut characters = text.chars();
    match pattern.chars().next() {
        None => text.is_empty(),
        Some('*') => {
            let rest = &pattern[1..];
            text.char_indices().map(|(at, _)| at).chain([text.len()]).any(|at| is_like(&text[at..], rest))
        }
        Some(wanted) => {
            characters.next().is_some_and(|found| wanted == '?' || wanted == found)
                && is_like(characters.as_str(), &pattern[wanted.len_utf8()..])
        }
    }
}
