//! Reindexing: what is stored is looked through for new extended query tags, a few instances at a time.

use std::collections::BTreeMap;

use super::{Stopped, Tools, WorkError};
use crate::{
    domain::{
        operation::{Progress, reindex},
        query_tag::{
            QueryTag,
            event::{Reindexed, ReindexedInstance, TagValues},
            index::{Finding, Lookup},
            reindex::{Finish, Overtaken, Step},
        },
    },
    ids::OperationId,
    log::Service,
    read::{self, query_tags::StoredDataset},
};

/// Instances of one step at most: bounds memory.
const INSTANCES: usize = 100;

/// Values of one step at most: bounds how long others wait for the writer.
const VALUES: usize = 2_000;

/// Works on the operation until it ends.
pub async fn work(tools: &Tools, service: &Service, id: OperationId) -> Result<Stopped, WorkError> {
    // In this order: what is read later is of this epoch, or the first step is refused.
    let epoch = read::epoch(&tools.pool, service.id).await?;
    let view = tools.view(service);
    let Some(Progress::Reindex(mut from)) = view.operation(id).await?.map(|operation| operation.progress) else {
        return Ok(Stopped::Overtaken);
    };
    loop {
        let tags = view.query_tags_of(id).await?;
        // What came after the tags has been indexed as it came. Without tags there is nothing to look for.
        let until = tags.iter().map(|tag| tag.id.0).min().unwrap_or_default();
        let chunk = (VALUES / tags.len().max(1)).clamp(1, INSTANCES);
        let datasets = view.datasets_between(from.cursor, until, chunk).await?;
        let Some(last) = datasets.last() else {
            let finish = Finish { operation: id, epoch, from };
            return match service.execute(finish.into()).await?.answer {
                Ok(()) => Ok(Stopped::Done),
                Err(Overtaken) => Ok(Stopped::Overtaken),
            };
        };
        let total = match from.total {
            0 => view.count_between(from.cursor, until).await?,
            known => known,
        };
        let processed = from.processed + u64::try_from(datasets.len()).unwrap_or_default();
        let to = reindex::Progress { cursor: last.version, processed, total };
        let found = find(&tags, &datasets);
        let step = Step { operation: id, epoch, from, to, found };
        match service.execute(step.into()).await?.answer {
            Ok(()) => from = to,
            Err(Overtaken) => return Ok(Stopped::Overtaken),
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
