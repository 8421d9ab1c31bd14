//! Following the log: versions of rows that are new since the last time, whoever wrote them.

use std::sync::Arc;

use futures_util::{StreamExt, TryStreamExt};
use sqlx::PgConnection;
use tokio::task::spawn_blocking;

use super::{
    Names, NamesError, Wanted,
    index::{Entry, Index},
    lookup::{Hits, Snapshot},
};
use crate::ids::{Position, ServiceId};

/// All names: `attribute`, `since`, `name`, of a service ($1) and made after a position ($2). A name that comes to be
/// searchable needs a line here, and [`Wanted::names`] to say the same.
const NAMES: &str = "
    select 'studies.patient_name' as attribute, since, patient_name as name
      from studies   where service = $1 and since > $2 and patient_name is not null
     union all
    select 'studies.referring_physician_name', since, referring_physician_name
      from studies   where service = $1 and since > $2 and referring_physician_name is not null
     union all
    select 'workitems.patient_name', since, patient_name
      from workitems where service = $1 and since > $2 and patient_name is not null
     union all
    select 'query_tag_values.' || v.tag, v.since, v.value
      from query_tag_values v
     where v.service = $1 and v.since > $2
       and v.tag in (select t.added::text from query_tags t where t.service = $1 and t.vr = 'PN')";

/// Names that are read at once: bounds the memory of the first search in a large service.
const NAMES_AT_ONCE: usize = 5_000;

/// Names that are worth no commit of the index.
const FEW: usize = 200;

/// How far a service was followed: every version up to `position`, as it was in `epoch`, has its entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cursor {
    epoch: i64,
    position: Position,
}

impl Names {
    /// Follows the log to what `connection` sees, and gives the index as it then is.
    pub(super) async fn follow(
        &self,
        connection: &mut PgConnection,
        service: ServiceId,
        cursor: &mut Cursor,
    ) -> Result<Snapshot, NamesError> {
        let index = self.index().await?;
        follow(&index, connection, service, cursor).await?;
        Ok(index.snapshot())
    }
}

/// Looks words up, on a thread that may take its time: a common word has many entries.
pub async fn hits(snapshot: Snapshot, service: ServiceId, wanted: Wanted<'_>) -> Result<Vec<Hits>, NamesError> {
    let Wanted { names, page } = wanted;
    let owned = |(attribute, words): &(&str, &[String])| ((*attribute).to_owned(), words.to_vec());
    let names: Vec<(String, Vec<String>)> = names.iter().map(owned).collect();
    let search = move || {
        let search = |(attribute, words): &(String, Vec<String>)| snapshot.search(service, attribute, words, page);
        names.iter().map(search).collect::<Result<Vec<Hits>, _>>()
    };
    Ok(spawn_blocking(search).await??)
}

async fn follow(
    index: &Arc<Index>,
    connection: &mut PgConnection,
    service: ServiceId,
    cursor: &mut Cursor,
) -> Result<(), NamesError> {
    let state: Option<(i64, i64, Option<i64>)> = sqlx::query_as(
        "select s.epoch, s.head, (select min(r.position) from resets r where r.service = s.id and r.epoch > $2)
           from services s
          where s.id = $1",
    )
    .bind(service.0)
    .bind(cursor.epoch)
    .fetch_optional(&mut *connection)
    .await?;
    let Some((epoch, head, back)) = state else { return Ok(()) };
    let here = Cursor { epoch, position: Position(head) };
    if *cursor == here {
        return Ok(());
    }
    // Since resets went back to `back`, what comes after it may be other than what was read.
    let from = match back {
        Some(back) if epoch != cursor.epoch && back < cursor.position.0 => Position(back),
        _ => cursor.position,
    };
    if from < cursor.position {
        let index = index.clone();
        spawn_blocking(move || index.forget(service, from)).await??;
    }
    let mut chunks = sqlx::query_as(NAMES).bind(service.0).bind(from.0).fetch(connection).try_chunks(NAMES_AT_ONCE);
    let mut is_loaded = false;
    while let Some(chunk) = chunks.next().await {
        let entries = chunk
            .map_err(|error| error.1)?
            .into_iter()
            .map(|(attribute, since, name): (String, i64, String)| Entry { attribute, since: Position(since), name });
        let entries: Vec<Entry> = entries.collect();
        if entries.len() <= FEW && !is_loaded {
            add(index, service, &entries);
        } else {
            let index = index.clone();
            spawn_blocking(move || index.load(service, &entries)).await??;
            is_loaded = true;
        }
    }
    if is_loaded {
        let index = index.clone();
        spawn_blocking(move || index.commit()).await??;
    }
    *cursor = here;
    Ok(())
}

/// Adds a few entries. When many have come so, they are written while the search goes on.
fn add(index: &Arc<Index>, service: ServiceId, entries: &[Entry]) {
    if index.add(service, entries) {
        let index = index.clone();
        spawn_blocking(move || {
            if let Err(error) = index.settle() {
                tracing::warn!(%error, "names cannot be written to their index, and are kept beside it");
            }
        });
    }
}
