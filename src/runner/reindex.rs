//! Reindexing: what is stored is looked through for new extended query tags, a few instances at a time.

use std::collections::BTreeMap;

use super::{Place, WorkError};
use crate::{
    domain::{
        operation::reindex,
        query_tag::{
            QueryTag,
            event::{Reindexed, ReindexedInstance, TagValues},
            index::{Finding, Lookup},
            reindex::{Finish, Overtaken, Step},
        },
    },
    read::query_tags::StoredDataset,
};

/// Instances of one step at most: bounds memory.
const INSTANCES: usize = 100;

/// Values of one step at most: bounds how long others wait for the writer.
const VALUES: usize = 2_000;

/// Works on the operation until it ends.
pub async fn work(place: &Place<'_>, mut from: reindex::Progress) -> Result<(), WorkError> {
    let Place { service, view, epoch, operation, .. } = place;
    let (epoch, operation) = (*epoch, *operation);
    loop {
        let tags = view.query_tags_of(operation).await?;
        // What came after the tags has been indexed as it came. Without tags there is nothing to look for.
        let until = tags.iter().map(|tag| tag.id.0).min().unwrap_or_default();
        let chunk = (VALUES / tags.len().max(1)).clamp(1, INSTANCES);
        let datasets = view.datasets_between(from.cursor, until, chunk).await?;
        let Some(last) = datasets.last() else {
            let finish = Finish { operation, epoch, from };
            // Whether it was overtaken or not, there is nothing left to do here.
            service.execute(finish.into()).await?;
            return Ok(());
        };
        let total = match from.total {
            0 => view.count_between(from.cursor, until).await?,
            known => known,
        };
        let processed = from.processed + u64::try_from(datasets.len()).unwrap_or_default();
        let to = reindex::Progress { cursor: last.version, processed, total };
        let found = find(&tags, &datasets);
        let step = Step { operation, epoch, from, to, found };
        match service.execute(step.into()).await?.answer {
            Ok(()) => from = to,
            Err(Overtaken) => return Ok(()),
        }
    }
}

/// What the data sets have for the tags.
fn find(tags: &[QueryTag], datasets: &[StoredDataset]) -> Reindexed {
    let lookup = Lookup::new(tags.iter().map(|tag| &tag.definition));
    let instances = datasets.iter().filter_map(|stored| {
        let findings = lookup.find(&stored.dataset).unwrap_or_else(|_| {
            // What the error says may quote the data set.
            tracing::error!(position = stored.version.0, "a dataset cannot be read for extended query tags");
            BTreeMap::default()
        });
        let (mut values, mut errors) = (TagValues::default(), BTreeMap::new());
        for (path, finding) in findings {
            match finding {
                Finding::Nothing => {}
                Finding::Value(value) => _ = values.insert(path, value),
                Finding::Fault(fault) => _ = errors.insert(path, fault),
            }
        }
        let key = stored.key.clone();
        let found = ReindexedInstance {
            partition: key.partition,
            study: key.study,
            series: key.series,
            instance: key.instance,
            version: stored.version,
            original: stored.original,
            values,
            errors,
        };
        (!found.values.is_empty() || !found.errors.is_empty()).then_some(found)
    });
    Reindexed { instances: instances.collect() }
}
