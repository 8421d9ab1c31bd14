//! Extended query tags, what is wrong with values for them, and the data sets that are looked through for new ones.

use sqlx::{Postgres, QueryBuilder, Row as _, postgres::PgRow};

use super::{ReadError, View};
use crate::{
    domain::query_tag::{MOST_TAGS, QueryTag},
    ids::{InstanceKey, OperationId, Position, QueryTagId, TagPath},
    projection::{QueryTagErrorRow, QueryTagRow, instance_key},
};

/// A tag with how many errors it has.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The tag.
    pub tag: QueryTag,
    /// Instances whose value cannot be indexed.
    pub errors: i64,
}

/// A page of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// Entries at most.
    pub limit: i64,
    /// Entries to skip.
    pub offset: i64,
}

impl Page {
    /// All tags that a service can have.
    pub const ALL_TAGS: Self = Self { limit: MOST_TAGS as i64, offset: 0 };
}

/// The data set of a version of an instance.
#[derive(Debug, Clone)]
pub struct StoredDataset {
    /// The instance.
    pub key: InstanceKey,
    /// The event that stored it.
    pub version: Position,
    /// If it was updated in bulk: the event that stored the instance.
    pub original: Option<Position>,
    /// Its DICOM JSON.
    pub dataset: String,
}

impl View {
    /// The tags, in the order in which they were added.
    pub async fn query_tags(&self, page: Page) -> Result<Vec<Entry>, ReadError> {
        let mut query = self.select_query_tags();
        query.push(" order by t.added limit ").push_bind(page.limit);
        query.push(" offset ").push_bind(page.offset);
        let rows = query.build().fetch_all(&self.pool).await?;
        rows.iter().map(entry).collect()
    }

    /// The tag with this path, if there is one.
    pub async fn query_tag(&self, path: TagPath) -> Result<Option<Entry>, ReadError> {
        let mut query = self.select_query_tags();
        query.push(" and t.path = ").push_bind(path.to_string());
        let row = query.build().fetch_optional(&self.pool).await?;
        row.as_ref().map(entry).transpose()
    }

    /// The tags that an operation makes ready, or has made so, in the order in which they were added.
    pub async fn query_tags_of(&self, operation: OperationId) -> Result<Vec<QueryTag>, ReadError> {
        let mut query = self.select_query_tags();
        query.push(" and t.operation = ").push_bind(operation.to_string());
        query.push(" order by t.added");
        let rows = query.build().fetch_all(&self.pool).await?;
        Ok(rows.iter().map(QueryTagRow::from_row).collect::<Result<_, _>>()?)
    }

    /// What is wrong with values for a tag: the oldest finding first.
    pub async fn query_tag_errors(&self, tag: QueryTagId, page: Page) -> Result<Vec<QueryTagErrorRow>, ReadError> {
        let mut query = QueryBuilder::new(
            "select e.tag, e.partition, e.study, e.series, e.instance, e.version, e.created_at, e.fault
               from query_tag_errors e
              where e.service = ",
        );
        query.push_bind(self.service.0);
        query.push(" and e.tag = ").push_bind(tag.to_string());
        query.push(" and ");
        self.as_of.push(&mut query, "e");
        query.push(" order by e.created_at, e.version limit ").push_bind(page.limit);
        query.push(" offset ").push_bind(page.offset);
        let rows = query.build().fetch_all(&self.pool).await?;
        Ok(rows.iter().map(QueryTagErrorRow::from_row).collect::<Result<_, _>>()?)
    }

    /// The data sets of the instances whose versions are between these, ends excluded, in the order of versions.
    pub async fn datasets_between(
        &self,
        after: Position,
        before: Position,
        limit: usize,
    ) -> Result<Vec<StoredDataset>, ReadError> {
        let mut query = QueryBuilder::new(
            "select i.partition, i.study, i.series, i.instance, i.since, i.original, e.dataset
               from (select x.* from instances x where x.service = ",
        );
        self.push_between(&mut query, after, before);
        query.push(" order by x.since limit ").push_bind(i64::try_from(limit).unwrap_or(i64::MAX));
        query.push(
            ") i
              cross join lateral (
                    select v.dataset
                      from events v
                     where v.service = i.service and v.position = i.since and v.dataset is not null
                     limit 1) e
              order by i.since",
        );
        let rows = query.build().fetch_all(&self.pool).await?;
        rows.iter().map(stored_dataset).collect()
    }

    /// How many there are.
    pub async fn count_between(&self, after: Position, before: Position) -> Result<u64, ReadError> {
        let mut query = QueryBuilder::new("select count(*) from instances x where x.service = ");
        self.push_between(&mut query, after, before);
        let count: i64 = query.build_query_scalar().fetch_one(&self.pool).await?;
        Ok(count.try_into().unwrap_or_default())
    }

    fn push_between(&self, query: &mut QueryBuilder<Postgres>, after: Position, before: Position) {
        query.push_bind(self.service.0);
        query.push(" and x.since > ").push_bind(after.0);
        query.push(" and x.since < ").push_bind(before.0);
        query.push(" and ");
        self.as_of.push(query, "x");
    }

    fn select_query_tags(&self) -> QueryBuilder<Postgres> {
        let mut query = QueryBuilder::new(
            "select t.path, t.added, t.vr, t.private_creator, t.level, t.status, t.query_status, t.operation,
                    (select count(*)
                       from query_tag_errors e
                      where e.service = t.service and e.tag = t.added::text and ",
        );
        self.as_of.push(&mut query, "e");
        query.push(
            ") as errors
               from query_tags t
              where t.service = ",
        );
        query.push_bind(self.service.0);
        query.push(" and ");
        self.as_of.push(&mut query, "t");
        query
    }
}

fn entry(row: &PgRow) -> Result<Entry, ReadError> {
    Ok(Entry { tag: QueryTagRow::from_row(row)?, errors: row.try_get("errors")? })
}

fn stored_dataset(row: &PgRow) -> Result<StoredDataset, ReadError> {
    Ok(StoredDataset {
        key: instance_key(row)?,
        version: Position(row.try_get("since")?),
        original: row.try_get::<Option<i64>, _>("original")?.map(Position),
        dataset: row.try_get("dataset")?,
    })
}
