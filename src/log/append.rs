//! Inserting numbered events.

use std::sync::Arc;

use sqlx::PgConnection;

use super::LogError;
use crate::{
    domain::{Event, event::Subject},
    ids::{InstanceUid, PartitionName, SeriesUid, ServiceId, StudyUid, WorkitemUid},
    postgres::At,
};

/// Events inserted by one statement at most: bounds the size of its arrays.
const EVENTS_PER_STATEMENT: usize = 500;

/// An event with the DICOM JSON of the version that it stores.
#[derive(Debug)]
pub struct Numbered {
    /// The event.
    pub event: Event,
    /// The dataset as it will be served.
    pub dataset: Option<Arc<str>>,
}

/// Appends the events, in order.
pub async fn append(connection: &mut PgConnection, service: ServiceId, events: &[Numbered]) -> Result<(), LogError> {
    for events in events.chunks(EVENTS_PER_STATEMENT) {
        append_some(connection, service, events).await?;
    }
    Ok(())
}

async fn append_some(connection: &mut PgConnection, service: ServiceId, events: &[Numbered]) -> Result<(), LogError> {
    let subjects: Vec<Subject> = events.iter().map(|numbered| numbered.event.fact.subject()).collect();
    let column = |read: fn(&Subject) -> Option<&str>| -> Vec<Option<&str>> { subjects.iter().map(read).collect() };
    let positions: Vec<i64> = events.iter().map(|numbered| numbered.event.position.0).collect();
    let sequences: Vec<Option<i64>> =
        events.iter().map(|numbered| numbered.event.sequence.map(|sequence| sequence.0)).collect();
    let times: Vec<At> = events.iter().map(|numbered| At(numbered.event.at)).collect();
    let kinds: Vec<&str> = events.iter().map(|numbered| numbered.event.fact.kind()).collect();
    let operations: Vec<Option<String>> =
        subjects.iter().map(|subject| subject.operation.map(|id| id.to_string())).collect();
    let bodies: Vec<String> =
        events.iter().map(|numbered| numbered.event.fact.body()).collect::<Result<_, serde_json::Error>>()?;
    let datasets: Vec<Option<&str>> = events.iter().map(|numbered| numbered.dataset.as_deref()).collect();
    sqlx::query(
        "insert into events
                (service, position, sequence, at, kind, partition, study, series, instance, workitem, operation, body,
                 dataset)
         select $1, e.position, e.sequence, e.at, e.kind, e.partition, e.study, e.series, e.instance, e.workitem,
                e.operation, e.body::json, e.dataset
           from unnest($2::bigint[], $3::bigint[], $4::timestamptz[], $5::text[], $6::text[], $7::text[], $8::text[],
                       $9::text[], $10::text[], $11::text[], $12::text[], $13::text[])
             as e(position, sequence, at, kind, partition, study, series, instance, workitem, operation, body,
                  dataset)",
    )
    .bind(service.0)
    .bind(positions)
    .bind(sequences)
    .bind(times)
    .bind(kinds)
    .bind(column(|subject| subject.partition.as_ref().map(PartitionName::as_str)))
    .bind(column(|subject| subject.study.as_ref().map(StudyUid::as_str)))
    .bind(column(|subject| subject.series.as_ref().map(SeriesUid::as_str)))
    .bind(column(|subject| subject.instance.as_ref().map(InstanceUid::as_str)))
    .bind(column(|subject| subject.workitem.as_ref().map(WorkitemUid::as_str)))
    .bind(operations)
    .bind(bodies)
    .bind(datasets)
    .execute(connection)
    .await?;
    Ok(())
}
