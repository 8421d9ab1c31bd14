//! From a [`Plan`] to SQL, and from its rows to [`Row`]s. Values are always bound, never spliced.

use dicom_dictionary_std::tags;
use serde_json::value::RawValue;
use sqlx::{Postgres, QueryBuilder, Row as _, postgres::PgRow, types::Json};

use super::{
    Level, Scope,
    attributes::Place,
    matching::push_matching,
    parse::{Condition, Matching, Query},
    plan::{Plan, Source, plan},
};
use crate::{
    domain::attributes::IndexedAttributes,
    ids::QueryTagId,
    read::{
        ReadError, View,
        names::{Hits, Sight, Wanted, push_common_words, push_hits},
    },
};

/// What the database gives for one entry of an answer.
#[derive(Debug, Default)]
pub struct Row {
    /// Study Instance UID.
    pub study: String,
    /// Series Instance UID, below studies.
    pub series: Option<String>,
    /// SOP Instance UID, of an instance.
    pub instance: Option<String>,
    /// The index row of the study, if planned.
    pub study_attributes: Option<IndexedAttributes>,
    /// The index row of the series, if planned.
    pub series_attributes: Option<IndexedAttributes>,
    /// The metadata of the instance that speaks for the entry, if planned.
    pub dataset: Option<String>,
    /// The modalities of the study, in the order in which its series came to be.
    pub modalities: Option<Vec<String>>,
    /// How many instances the study has.
    pub study_instances: Option<i64>,
    /// How many instances the series has.
    pub series_instances: Option<i64>,
}

/// Tables and their aliases: s studies, t series, i instances.
pub struct Table {
    alias: &'static str,
    /// What the database calls it.
    pub name: &'static str,
    keys: &'static [&'static str],
}

const STUDIES: Table = Table { alias: "s", name: "studies", keys: &["study"] };
const SERIES: Table = Table { alias: "t", name: "series", keys: &["study", "series"] };
const INSTANCES: Table = Table { alias: "i", name: "instances", keys: &["study", "series", "instance"] };

impl Level {
    /// The table with a row for each.
    pub fn table(self) -> Table {
        match self {
            Self::Study => STUDIES,
            Self::Series => SERIES,
            Self::Instance => INSTANCES,
        }
    }
}

impl View {
    /// Runs a planned search: newest first.
    pub(super) async fn search_rows(&self, scope: &Scope, query: &Query, plan: &Plan) -> Result<Vec<Row>, ReadError> {
        let sight = self.sight(query).await?;
        let mut sql = QueryBuilder::new("");
        self.push_search(&mut sql, scope, query, plan, sight.hits());
        let rows = sight.rows(sql).await?;
        rows.iter().map(|row| read(row, scope.level, plan)).collect()
    }

    /// How the database runs a search, if it is asked at all: the plan and what it met, as JSON text.
    pub async fn explain_search(&self, scope: &Scope, query: &Query) -> Result<Option<String>, ReadError> {
        let sight = self.sight(query).await?;
        let mut sql = QueryBuilder::new("explain (analyze, buffers, format json) ");
        self.push_search(&mut sql, scope, query, &plan(query, scope), sight.hits());
        let rows = sight.rows(sql).await?;
        let explained = rows.first().map(|row| row.try_get::<Json<Box<RawValue>>, _>(0)).transpose()?;
        Ok(explained.map(|Json(explained)| explained.get().to_owned()))
    }

    async fn sight(&self, query: &Query) -> Result<Sight, ReadError> {
        let names = names(query);
        let names = names.iter().map(|(attribute, words)| (attribute.as_str(), *words)).collect();
        self.look_for_names(Wanted { names, page: query.limit.saturating_add(query.offset) }).await
    }

    fn push_search(&self, sql: &mut QueryBuilder<Postgres>, scope: &Scope, query: &Query, plan: &Plan, hits: &[Hits]) {
        sql.push("select ");
        self.push_columns(sql, scope.level, plan);
        self.push_tables(sql, scope.level, plan);
        self.push_conditions(sql, scope, query, hits);
        let newest_first = match scope.level {
            Level::Study => "s.created",
            Level::Series => "t.created",
            Level::Instance => "i.since",
        };
        sql.push(format_args!(" order by {newest_first} desc limit ")).push_bind(query.limit);
        sql.push(" offset ").push_bind(query.offset);
    }

    fn push_columns(&self, sql: &mut QueryBuilder<Postgres>, level: Level, plan: &Plan) {
        let Table { alias, keys, .. } = level.table();
        let keys: Vec<String> = keys.iter().map(|key| format!("{alias}.{key}")).collect();
        sql.push(keys.join(", "));
        if shows_study(level, plan) {
            sql.push(", s.attributes as study_attributes");
        }
        if shows_series(level, plan) {
            sql.push(", t.attributes as series_attributes");
        }
        if plan.attributes.contains(&tags::MODALITIES_IN_STUDY) {
            sql.push(
                ", array(select m.modality from (
                        select x.attributes::json ->> '00080060' as modality, min(x.created) as first
                          from series x
                         where ",
            );
            self.push_same(sql, "x", alias, &STUDIES);
            sql.push(" group by 1) m where m.modality is not null order by m.first) as modalities");
        }
        for (tag, table, name) in [
            (tags::NUMBER_OF_STUDY_RELATED_INSTANCES, &STUDIES, "study_instances"),
            (tags::NUMBER_OF_SERIES_RELATED_INSTANCES, &SERIES, "series_instances"),
        ] {
            if plan.attributes.contains(&tag) && level.table().keys.len() >= table.keys.len() {
                sql.push(", (select count(*) from instances x where ");
                self.push_same(sql, "x", alias, table);
                sql.push(format_args!(") as {name}"));
            }
        }
        if plan.source == Source::Metadata {
            sql.push(format_args!(
                ", (select e.dataset from events e where e.service = {alias}.service and e.position = (
                        select max(x.since + 0) from instances x where "
            ));
            self.push_same(sql, "x", alias, &level.table());
            sql.push(")) as dataset");
        }
    }

    fn push_tables(&self, sql: &mut QueryBuilder<Postgres>, level: Level, plan: &Plan) {
        let Table { alias, name, .. } = level.table();
        sql.push(format_args!(" from {name} {alias}"));
        for (needed, table) in [(plan.with_series, SERIES), (plan.with_study, STUDIES)] {
            if needed {
                sql.push(format_args!(" cross join lateral (select x.* from {} x where ", table.name));
                self.push_same(sql, "x", alias, &table);
                sql.push(format_args!(" limit 1) {}", table.alias));
            }
        }
    }

    fn push_conditions(&self, sql: &mut QueryBuilder<Postgres>, scope: &Scope, query: &Query, hits: &[Hits]) {
        let mut hits = hits.iter();
        let alias = scope.level.table().alias;
        sql.push(format_args!(" where {alias}.service = ")).push_bind(self.service.0);
        sql.push(format_args!(" and {alias}.partition = ")).push_bind(scope.partition.to_string());
        sql.push(" and ");
        self.as_of.push(sql, alias);
        if let Some(study) = &scope.study {
            sql.push(format_args!(" and {alias}.study = ")).push_bind(study.to_string());
        }
        if let Some(series) = &scope.series {
            sql.push(format_args!(" and {alias}.series = ")).push_bind(series.to_string());
        }
        for condition in &query.conditions {
            sql.push(" and ");
            let hits = match condition.matching {
                Matching::Words(_) => hits.next(),
                _ => None,
            };
            self.push_condition(sql, condition, hits, scope);
        }
    }

    fn push_condition(
        &self,
        sql: &mut QueryBuilder<Postgres>,
        condition: &Condition,
        hits: Option<&Hits>,
        scope: &Scope,
    ) {
        let level = scope.level.table().alias;
        let column = match condition.attribute.place {
            Place::Column(column) => column,
            Place::Modalities => {
                sql.push("exists (select from series x where ");
                self.push_same(sql, "x", level, &STUDIES);
                sql.push(" and ");
                push_matching(sql, "x.modality", &condition.matching);
                sql.push(")");
                return;
            }
            Place::Extended(tag) => return self.push_extended(sql, tag, condition, hits, scope),
        };
        let table = condition.attribute.level.table();
        // The identifiers of a study or series are columns of every table below it, behind those above it in an index.
        let is_below = table.keys.contains(&column) && (column == "study" || scope.study.is_some());
        let alias = if is_below { level } else { table.alias };
        let column_of_row = format!("{alias}.{column}");
        if let (Matching::Words(words), Some(Hits::Many)) = (&condition.matching, hits) {
            return push_common_words(sql, &column_of_row, words);
        }
        // Within one study nothing better leads to its rows.
        if alias != level && scope.study.is_none() {
            self.push_candidates(sql, &table, (column, &condition.matching, hits), scope);
            sql.push(" and ");
        } else if alias == level {
            hits.into_iter().for_each(|hits| push_hits(sql, alias, hits));
        }
        push_matching(sql, &column_of_row, &condition.matching);
    }

    /// The row belongs to a study, series or instance that has such a value for the tag. What has one is found first,
    /// by the value; then whether it is this very one.
    fn push_extended(
        &self,
        sql: &mut QueryBuilder<Postgres>,
        tag: QueryTagId,
        condition: &Condition,
        hits: Option<&Hits>,
        scope: &Scope,
    ) {
        let level = scope.level.table().alias;
        let table = condition.attribute.level.table();
        let last = table.keys.last().copied().unwrap_or("study");
        let push_values = |sql: &mut QueryBuilder<Postgres>| {
            sql.push("x.service = ").push_bind(self.service.0);
            sql.push(" and x.tag = ").push_bind(tag.to_string());
            sql.push(" and x.partition = ").push_bind(scope.partition.to_string());
            sql.push(" and ");
            self.as_of.push(sql, "x");
            sql.push(" and ");
            if let Some(hits) = hits {
                push_hits(sql, "x", hits);
            }
            push_matching(sql, "x.value", &condition.matching);
        };
        sql.push(format_args!("{level}.{last} = any(array(select x.{last} from query_tag_values x where "));
        push_values(sql);
        sql.push(")) and exists (select from query_tag_values x where ");
        for key in table.keys {
            sql.push(format_args!("x.{key} = {level}.{key} and "));
        }
        push_values(sql);
        sql.push(")");
    }

    /// Of the rows of the level, only those of studies with a row of `table` that matches: found first, so that a
    /// selective condition on a study or series leads straight to what is below it.
    fn push_candidates(
        &self,
        sql: &mut QueryBuilder<Postgres>,
        table: &Table,
        (column, matching, hits): (&str, &Matching, Option<&Hits>),
        scope: &Scope,
    ) {
        let level = scope.level.table().alias;
        sql.push(format_args!("{level}.study = any(array(select x.study from {} x where x.service = ", table.name));
        sql.push_bind(self.service.0);
        sql.push(" and x.partition = ").push_bind(scope.partition.to_string());
        sql.push(" and ");
        self.as_of.push(sql, "x");
        sql.push(" and ");
        if let Some(hits) = hits {
            push_hits(sql, "x", hits);
        }
        push_matching(sql, &format!("x.{column}"), matching);
        sql.push("))");
    }

    /// The row `one` is looked at, and belongs to the same entity of `table` as `other`.
    fn push_same(&self, sql: &mut QueryBuilder<Postgres>, one: &str, other: &str, table: &Table) {
        sql.push(format_args!("{one}.service = {other}.service and {one}.partition = {other}.partition and "));
        for key in table.keys {
            sql.push(format_args!("{one}.{key} = {other}.{key} and "));
        }
        self.as_of.push(sql, one);
    }
}

/// The words that are looked for in names, with what the index calls those, in the order of the conditions.
fn names(query: &Query) -> Vec<(String, &[String])> {
    let names = query.conditions.iter().filter_map(|condition| match &condition.matching {
        Matching::Words(words) => Some((condition.attribute.name()?, words.as_slice())),
        _ => None,
    });
    names.collect()
}

fn shows_study(level: Level, plan: &Plan) -> bool {
    level == Level::Study || plan.with_study && plan.source == Source::Index
}

fn shows_series(level: Level, plan: &Plan) -> bool {
    level == Level::Series || plan.with_series && plan.source == Source::Index
}

fn read(row: &PgRow, level: Level, plan: &Plan) -> Result<Row, ReadError> {
    let attributes = |column: &str| -> Result<Option<IndexedAttributes>, ReadError> {
        let text: &str = row.try_get(column)?;
        let attributes = serde_json::from_str(text).map_err(|error| sqlx::Error::Decode(error.into()))?;
        Ok(Some(attributes))
    };
    let count = |column: &str| row.try_get::<i64, _>(column).ok();
    Ok(Row {
        study: row.try_get("study")?,
        series: if level >= Level::Series { row.try_get("series")? } else { None },
        instance: if level >= Level::Instance { row.try_get("instance")? } else { None },
        study_attributes: if shows_study(level, plan) { attributes("study_attributes")? } else { None },
        series_attributes: if shows_series(level, plan) { attributes("series_attributes")? } else { None },
        dataset: if plan.source == Source::Metadata { row.try_get("dataset")? } else { None },
        modalities: row.try_get("modalities").ok(),
        study_instances: count("study_instances"),
        series_instances: count("series_instances"),
    })
}
