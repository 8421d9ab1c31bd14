//! The change feed: the log itself, joined to what is there now.

use futures_util::{Stream, StreamExt};
use jiff::{RoundMode, Timestamp, TimestampRound, Unit};
use sqlx::{Postgres, QueryBuilder, Row as _, postgres::PgRow};

use super::{AsOf, ReadError, View, head};
use crate::{domain::event::kind, ids::Sequence, postgres::At};

/// What an entry of the feed tells.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its number.
    pub sequence: i64,
    /// The data partition of the instance.
    pub partition: String,
    /// Study Instance UID.
    pub study: String,
    /// Series Instance UID.
    pub series: String,
    /// SOP Instance UID.
    pub instance: String,
    /// What happened.
    pub action: Action,
    /// When.
    pub at: Timestamp,
    /// What became of the version that it is about.
    pub state: State,
    /// The DICOM JSON of the instance as it is now, if asked for and there is one.
    pub metadata: Option<String>,
}

/// What happened to an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// It came to be.
    Create,
    /// It was replaced.
    Update,
    /// It went.
    Delete,
}

/// How the version of an entry stands to the instance as it is now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It is that version.
    Current,
    /// There is another version.
    Replaced,
    /// There is no instance.
    Deleted,
}

/// Whether entries carry the instance's DICOM JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metadata {
    /// They do.
    Included,
    /// They do not.
    Left,
}

/// A range of sequences: those after `after`, up to and including `up_to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// The last one that is not meant.
    pub after: Sequence,
    /// The last one that is.
    pub up_to: Sequence,
}

impl View {
    /// The entries of a range of sequences, ascending, as the client takes them; at most `limit`.
    pub fn feed(
        &self,
        range: Range,
        limit: i64,
        metadata: Metadata,
    ) -> impl Stream<Item = Result<Entry, ReadError>> + use<> {
        let mut query = self.select_entries(metadata);
        query.push(" and e.sequence > ").push_bind(range.after.0);
        query.push(" and e.sequence <= ").push_bind(range.up_to.0);
        if let AsOf::Position(position) = self.as_of {
            query.push(" and e.position <= ").push_bind(position.0);
        }
        query.push(" order by e.sequence limit ").push_bind(limit);
        let pool = self.pool.clone();
        async_stream::try_stream! {
            let mut rows = query.build().fetch(&pool);
            while let Some(row) = rows.next().await {
                yield entry(&row?)?;
            }
        }
    }

    /// The last entry, if there is any.
    pub async fn latest(&self, metadata: Metadata) -> Result<Option<Entry>, ReadError> {
        let mut query = self.select_entries(metadata);
        query.push(" and e.sequence is not null");
        if let AsOf::Position(position) = self.as_of {
            query.push(" and e.position <= ").push_bind(position.0);
        }
        query.push(" order by e.sequence desc limit 1");
        let row = query.build().fetch_optional(&self.pool).await?;
        row.as_ref().map(entry).transpose()
    }

    /// The sequences of the entries with `start <= at < end`: sequences are dense and times never decrease, so a
    /// window in time is a range of sequences.
    pub async fn window(&self, start: Option<Timestamp>, end: Option<Timestamp>) -> Result<Range, ReadError> {
        let after = match start {
            None => Sequence(0),
            Some(start) => self.last_before(start).await?,
        };
        let up_to = match end {
            None => Sequence(i64::MAX),
            Some(end) => self.last_before(end).await?,
        };
        Ok(Range { after, up_to })
    }

    /// The sequence of the last entry before a time; 0 if there is none.
    async fn last_before(&self, time: Timestamp) -> Result<Sequence, ReadError> {
        let (_, feed_head) = head(&self.pool, self.service).await?;
        let sequence: i64 = sqlx::query_scalar(
            "with recursive probe (low, high) as (
                 select 0::bigint, $3::bigint
                 union all
                 select case when e.at < $2 then e.sequence else p.low end,
                        case when e.at < $2 then p.high else e.sequence - 1 end
                   from probe p
                  cross join lateral (
                            select x.at, x.sequence
                              from events x
                             where x.service = $1 and x.sequence = (p.low + p.high + 1) / 2
                             limit 1) e
                  where p.low < p.high
             )
             select coalesce(max(low), 0) from probe where low = high",
        )
        .bind(self.service.0)
        .bind(At(no_earlier(time)))
        .bind(feed_head.0)
        .fetch_one(&self.pool)
        .await?;
        Ok(Sequence(sequence))
    }

    /// The row that the event itself made is looked up by its number, which is cheap and mostly enough: if it is there at
    /// the moment of the view, the entry is current, and its own dataset is the metadata. Otherwise the instance is looked
    /// up by its identifiers; its row was made by the event of its current version, whose dataset is what metadata means.
    /// (`lateral … limit 1` tells the planner to look up row by row, whatever it knows or does not know of the tables.)
    fn select_entries(&self, metadata: Metadata) -> QueryBuilder<Postgres> {
        let (dataset, join) = match metadata {
            Metadata::Left => ("null::text", ""),
            Metadata::Included => (
                "case when o.since is null then v.dataset else e.dataset end",
                " left join lateral (
                          select x.dataset from events x where x.service = e.service and x.position = i.since limit 1) v
                        on true",
            ),
        };
        let mut query = QueryBuilder::new(format!(
            "select e.sequence, e.at, e.kind, e.partition, e.study, e.series, e.instance,
                    e.position, coalesce(o.since, i.since) as current, {dataset} as dataset
               from events e
               left join lateral (
                    select x.since from instances x where x.service = e.service and x.since = e.position and "
        ));
        self.as_of.push(&mut query, "x");
        query.push(
            " limit 1) o on true
               left join lateral (
                    select x.since
                      from instances x
                     where o.since is null and x.service = e.service and x.partition = e.partition
                       and x.study = e.study and x.series = e.series and x.instance = e.instance and ",
        );
        self.as_of.push(&mut query, "x");
        query.push(" limit 1) i on true").push(join);
        query.push(" where e.service = ").push_bind(self.service.0);
        query
    }
}

fn entry(row: &PgRow) -> Result<Entry, ReadError> {
    let position: i64 = row.try_get("position")?;
    let current: Option<i64> = row.try_get("current")?;
    let action = match row.try_get("kind")? {
        kind::INSTANCE_STORED => Action::Create,
        kind::INSTANCE_DELETED => Action::Delete,
        _ => Action::Update,
    };
    Ok(Entry {
        sequence: row.try_get("sequence")?,
        partition: row.try_get("partition")?,
        study: row.try_get("study")?,
        series: row.try_get("series")?,
        instance: row.try_get("instance")?,
        action,
        at: row.try_get::<At, _>("at")?.0,
        state: match current {
            None => State::Deleted,
            Some(current) if current == position => State::Current,
            Some(_) => State::Replaced,
        },
        metadata: row.try_get("dataset")?,
    })
}

/// The first whole microsecond, of which event times are, that is no earlier: what lies before the one lies before the
/// other. A client that goes on a tick of 100 nanoseconds behind the last entry gets the next.
fn no_earlier(time: Timestamp) -> Timestamp {
    time.round(TimestampRound::new().smallest(Unit::Microsecond).mode(RoundMode::Ceil)).unwrap_or(time)
}
