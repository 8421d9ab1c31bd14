//! From rows to DICOM JSON: one object per entry, attributes ascending.

use std::{collections::BTreeMap, fmt::Write};

use dicom_core::{Tag, VR};
use dicom_dictionary_std::tags;

use super::{
    Level, Query, Scope,
    plan::{Plan, Source, plan},
    sql::Row,
};
use crate::{
    dicom::json::pick,
    domain::attributes::{IndexedAttributes, SERIES_ATTRIBUTES, STUDY_ATTRIBUTES},
    read::{ReadError, View},
};

/// Attributes of one entry with their DICOM JSON.
pub type Entry = BTreeMap<Tag, String>;

impl View {
    /// The answer to a search: a JSON array, or nothing if nothing matches.
    pub async fn search(&self, scope: &Scope, query: &Query) -> Result<Option<String>, ReadError> {
        let plan = plan(query, scope);
        let rows = self.search_rows(scope, query, &plan).await?;
        if rows.is_empty() {
            return Ok(None);
        }
        let mut json = String::from("[");
        for (index, row) in rows.iter().enumerate() {
            json.push_str(if index == 0 { "" } else { "," });
            write_entry(&mut json, &entry(row, scope.level, &plan)?);
        }
        json.push(']');
        Ok(Some(json))
    }
}

fn entry(row: &Row, level: Level, plan: &Plan) -> Result<Entry, ReadError> {
    let mut entry = match &row.dataset {
        Some(dataset) => pick(dataset, &plan.attributes).map_err(|error| sqlx::Error::Decode(error.into()))?,
        None => Entry::new(),
    };
    let mut put = |tag: Tag, json: Option<String>| {
        if let (true, Some(json)) = (plan.attributes.contains(&tag), json) {
            entry.insert(tag, json);
        }
    };
    if plan.source == Source::Index {
        put(tags::STUDY_INSTANCE_UID, Some(element(VR::UI, &row.study)));
        put(tags::SERIES_INSTANCE_UID, row.series.as_deref().map(|uid| element(VR::UI, uid)));
        put(tags::SOP_INSTANCE_UID, row.instance.as_deref().map(|uid| element(VR::UI, uid)));
    }
    let shows = |tag| plan.attributes.contains(&tag);
    let study_overlay = shows(tags::MODALITIES_IN_STUDY) || shows(tags::NUMBER_OF_STUDY_RELATED_INSTANCES);
    if plan.source == Source::Index || level == Level::Study && study_overlay {
        put_indexed(&mut put, row.study_attributes.as_ref(), &STUDY_ATTRIBUTES);
    }
    if plan.source == Source::Index || level == Level::Series && shows(tags::NUMBER_OF_SERIES_RELATED_INSTANCES) {
        put_indexed(&mut put, row.series_attributes.as_ref(), &SERIES_ATTRIBUTES);
    }
    put(tags::MODALITIES_IN_STUDY, row.modalities.as_deref().and_then(modalities));
    put(tags::NUMBER_OF_STUDY_RELATED_INSTANCES, row.study_instances.map(count));
    put(tags::NUMBER_OF_SERIES_RELATED_INSTANCES, row.series_instances.map(count));
    Ok(entry)
}

fn put_indexed(put: &mut impl FnMut(Tag, Option<String>), attributes: Option<&IndexedAttributes>, among: &[(Tag, VR)]) {
    for (tag, vr) in among {
        put(*tag, attributes.and_then(|attributes| attributes.get(*tag)).map(|value| element(*vr, value)));
    }
}

/// An element with one value, which is text.
fn element(vr: VR, value: &str) -> String {
    let quote = |text: &str| serde_json::Value::from(text).to_string();
    let value = match vr {
        VR::PN => {
            let groups = ["Alphabetic", "Ideographic", "Phonetic"].into_iter().zip(value.split('='));
            let groups = groups.filter(|(_, group)| !group.trim().is_empty());
            let members: Vec<String> = groups.map(|(name, group)| format!("\"{name}\":{}", quote(group))).collect();
            format!("{{{}}}", members.join(","))
        }
        _ => quote(value),
    };
    format!("{{\"vr\":\"{}\",\"Value\":[{value}]}}", vr.to_string())
}

fn modalities(modalities: &[String]) -> Option<String> {
    match modalities {
        [] => None,
        some => Some(format!(r#"{{"vr":"CS","Value":{}}}"#, serde_json::Value::from(some))),
    }
}

fn count(count: i64) -> String {
    format!(r#"{{"vr":"IS","Value":[{count}]}}"#)
}

/// Writes an entry as a JSON object.
pub fn write_entry(json: &mut String, entry: &Entry) {
    json.push('{');
    for (index, (tag, element)) in entry.iter().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        // Writing into a String cannot fail.
        _ = write!(json, "{comma}\"{:04X}{:04X}\":{element}", tag.0, tag.1);
    }
    json.push('}');
}
