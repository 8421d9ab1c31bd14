//! From a [`Plan`] to SQL, and from its rows to [`Row`]s. Values are always bound, never spliced.

use dicom_dictionary_std::tags;
use sqlx::{Postgres, QueryBuilder, Row as _, postgres::PgRow};

use super::{
    Level, Scope,
    attributes::Place,
    parse::{Condition, Matching, Query},
    plan::{Plan, Source},
};
use crate::{
    domain::attributes::IndexedAttributes,
    ids::{PartitionName, QueryTagId},
    read::{ReadError, View},
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
struct Table {
    alias: &'static str,
    name: &'static str,
    keys: &'static [&'static str],
}

const STUDIES: Table = Table { alias: "s", name: "studies", keys: &["study"] };
const SERIES: Table = Table { alias: "t", name: "series", keys: &["study", "series"] };
const INSTANCES: Table = Table { alias: "i", name: "instances", keys: &["study", "series", "instance"] };

impl Level {
    fn table(self) -> Table {
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
        let mut sql = QueryBuilder::new("select ");
        self.push_columns(&mut sql, scope.level, plan);
        self.push_tables(&mut sql, scope.level, plan);
        self.push_conditions(&mut sql, scope, query);
        let newest_first = match scope.level {
            Level::Study => "s.created",
            Level::Series => "t.created",
            Level::Instance => "i.since",
        };
        sql.push(format_args!(" order by {newest_first} desc limit ")).push_bind(query.limit);
        sql.push(" offset ").push_bind(query.offset);
        let rows = sql.build().fetch_all(&self.pool).await?;
        rows.iter().map(|row| read(row, scope.level, plan)).collect()
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

    fn push_conditions(&self, sql: &mut QueryBuilder<Postgres>, scope: &Scope, query: &Query) {
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
            self.push_condition(sql, condition, alias, &scope.partition);
        }
    }

    fn push_condition(
        &self,
        sql: &mut QueryBuilder<Postgres>,
        condition: &Condition,
        level: &str,
        partition: &PartitionName,
    ) {
        match condition.attribute.place {
            Place::Column(column) => {
                let table = condition.attribute.level.table();
                // The identifiers of a study or series are columns of every table below it.
                let alias = if table.keys.contains(&column) { level } else { table.alias };
                if alias != level {
                    self.push_candidates(sql, &table, column, &condition.matching, level, partition);
                    sql.push(" and ");
                }
                push_matching(sql, &format!("{alias}.{column}"), &condition.matching);
            }
            Place::Modalities => {
                sql.push("exists (select from series x where ");
                self.push_same(sql, "x", level, &STUDIES);
                sql.push(" and ");
                push_matching(sql, "x.modality", &condition.matching);
                sql.push(")");
            }
            Place::Extended(tag) => self.push_extended(sql, tag, condition, level, partition),
        }
    }

    /// The row belongs to a study, series or instance that has such a value for the tag. What has one is found first,
    /// by the value; then whether it is this very one.
    fn push_extended(
        &self,
        sql: &mut QueryBuilder<Postgres>,
        tag: QueryTagId,
        condition: &Condition,
        level: &str,
        partition: &PartitionName,
    ) {
        let table = condition.attribute.level.table();
        let last = table.keys.last().copied().unwrap_or("study");
        let push_values = |sql: &mut QueryBuilder<Postgres>| {
            sql.push("x.service = ").push_bind(self.service.0);
            sql.push(" and x.tag = ").push_bind(tag.to_string());
            sql.push(" and x.partition = ").push_bind(partition.to_string());
            sql.push(" and ");
            self.as_of.push(sql, "x");
            sql.push(" and ");
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

    /// Of the rows of the level, only those below a row of `table` that matches: found first, so that a selective
    /// condition on a study or series leads straight to what is below it.
    fn push_candidates(
        &self,
        sql: &mut QueryBuilder<Postgres>,
        table: &Table,
        column: &str,
        matching: &Matching,
        level: &str,
        partition: &PartitionName,
    ) {
        let key = if table.keys.len() == 1 { "study" } else { "series" };
        sql.push(format_args!("{level}.{key} = any(array(select x.{key} from {} x where x.service = ", table.name));
        sql.push_bind(self.service.0);
        sql.push(" and x.partition = ").push_bind(partition.to_string());
        sql.push(" and ");
        self.as_of.push(sql, "x");
        sql.push(" and ");
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

fn push_matching(sql: &mut QueryBuilder<Postgres>, column: &str, matching: &Matching) {
    match matching {
        Matching::Equal(value) => {
            sql.push(format_args!("{column} = ")).push_bind(value.clone());
        }
        Matching::AnyOf(values) => {
            sql.push(format_args!("{column} = any(")).push_bind(values.clone()).push(")");
        }
        Matching::Between(from, to) => {
            sql.push(format_args!("{column} is not null"));
            for (operator, end) in [(">=", from), ("<=", to)] {
                if let Some(end) = end {
                    sql.push(format_args!(" and {column} {operator} ")).push_bind(end.clone());
                }
            }
        }
        Matching::Like(pattern) => {
            sql.push(format_args!("{column} like ")).push_bind(like_pattern(pattern));
        }
        Matching::Words(words) if words.is_empty() => {
            sql.push("false");
        }
        Matching::Words(words) => {
            sql.push(format_args!("{column} ~ ")).push_bind(word_pattern(words));
        }
    }
}

/// `*` and `?` as `like` spells them; what `like` would take for more than itself is escaped.
fn like_pattern(pattern: &str) -> String {
    let mut like = String::with_capacity(pattern.len());
    for character in pattern.chars() {
        match character {
            '*' => like.push('%'),
            '?' => like.push('_'),
            '%' | '_' | '\\' => like.extend(['\\', character]),
            other => like.push(other),
        }
    }
    like
}

/// What separates words in a name, as a regular expression names it: white space and ASCII punctuation.
const SEPARATORS: &str = r##"][:space:]!"#$%&'()*+,./:;<=>?@[\\^_`{|}~-"##;

/// A regular expression for words that begin like these and follow one another. Words hold no separators.
pub fn word_pattern(words: &[String]) -> String {
    format!("(^|[{SEPARATORS}]){}", words.join(&format!("[^{SEPARATORS}]*[{SEPARATORS}]+")))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_star_and_question_mark_are_wild() {
        assert_eq!(like_pattern("a*b?c"), "a%b_c");
        assert_eq!(like_pattern(r"50%_\"), r"50\%\_\\");
    }
}
