//! Bulk update: study after study, each switched to its new versions at once.

mod instance;

use std::collections::HashMap;

use futures_util::{StreamExt, stream};

use self::instance::{InstanceError, rewrite};
use super::{Place, Tools, WorkError};
use crate::{
    domain::{
        operation::update::{Progress, Update},
        update::{StudyOutcome, SwitchStudy, Switched, UpdatedInstance},
    },
    ids::{InstanceKey, PartitionKey, PartitionName, Position, Resource, StudyKey},
    read::{
        View,
        instances::{Kept, StoredInstance},
    },
};

/// Instances that are written at the same time: bounds the memory of an update.
const CONCURRENT: usize = 8;

/// Instances of a study that are named if they cannot be updated.
const NAMED_FAILURES: usize = 5;

/// New versions of a study's instances, by the versions that they were made from. They are kept while the study is tried
/// again because something else of it has changed.
type Made = HashMap<(InstanceKey, Position), UpdatedInstance>;

/// Works on the operation until it ends.
pub async fn work(place: &Place<'_>, task: &Update, mut progress: Progress) -> Result<(), WorkError> {
    let Place { service, epoch, operation, .. } = place;
    let (epoch, operation) = (*epoch, *operation);
    let mut made = Made::new();
    while let Some(study) = task.next_study(&progress) {
        let (seen, outcome) = update_study(place, task, &study, &mut made).await?;
        let index = progress.study_processed;
        let switch = SwitchStudy { operation, epoch, index, study, seen, outcome };
        match service.execute(switch.into()).await?.answer {
            Switched::Onward(further) => {
                progress = further;
                made.clear();
            }
            Switched::Outdated => {}
            Switched::Ended | Switched::Overtaken => break,
        }
    }
    Ok(())
}

/// Writes a new version of each instance of a study; tells from which versions, in the order of keys.
async fn update_study(
    Place { tools, service, view, .. }: &Place<'_>,
    task: &Update,
    study: &StudyKey,
    made: &mut Made,
) -> Result<(Vec<(InstanceKey, Position)>, StudyOutcome), WorkError> {
    let mut instances = view.instances(&Resource::Study(study.clone()), Kept::Latest).await?;
    instances.sort_by(|a, b| a.key.cmp(&b.key));
    let name = |instance: &StoredInstance| (instance.key.clone(), instance.version);
    let seen: Vec<(InstanceKey, Position)> = instances.iter().map(name).collect();

    let missing = instances.into_iter().filter(|instance| !made.contains_key(&name(instance)));
    let missing: Vec<StoredInstance> = missing.collect();
    let mut rewritten = stream::iter(missing)
        .map(async |instance| (name(&instance), rewrite(tools, service, view, &task.changes, &instance).await))
        .buffered(CONCURRENT);
    let mut failures = Failures::default();
    while let Some((name, result)) = rewritten.next().await {
        match result {
            Ok(updated) => _ = made.insert(name, updated),
            Err(InstanceError::Work(error)) => return Err(error),
            Err(error) => failures.add(&name.0, &error),
        }
    }
    drop(rewritten);
    if failures.count > 0 {
        let partition = partition_key(view, &study.partition).await?;
        return Ok((seen, StudyOutcome::Failed(failures.lines(study, partition))));
    }
    let updated = seen.iter().filter_map(|name| made.get(name).cloned()).collect();
    Ok((seen, StudyOutcome::Updated(updated)))
}

/// The number of a partition, which is what the service says of it here.
async fn partition_key(view: &View, name: &PartitionName) -> Result<PartitionKey, WorkError> {
    let partitions = view.partitions().await?.unwrap_or_default();
    let found = partitions.into_iter().find(|partition| partition.name == *name);
    Ok(found.map_or(PartitionKey::DEFAULT, |partition| partition.key))
}

/// The instances of a study that could not be updated.
#[derive(Debug, Default)]
struct Failures {
    count: usize,
    named: Vec<(InstanceKey, String)>,
}

impl Failures {
    fn add(&mut self, key: &InstanceKey, error: &InstanceError) {
        self.count += 1;
        tracing::warn!(reason = %error.kind(), "an instance could not be updated");
        tracing::debug!(%error, ?key, "an instance could not be updated");
        if self.named.len() < NAMED_FAILURES {
            self.named.push((key.clone(), error.reason()));
        }
    }

    /// What a client is told.
    fn lines(self, study: &StudyKey, PartitionKey(partition): PartitionKey) -> Vec<String> {
        const MORE: &str = "There are more instances failed to update than listed above. Please check the diagnostics logs for the complete list.";
        let first = format!("Failed to update instances for study {}", study.study);
        let named = self.named.into_iter().map(|(InstanceKey { study, series, instance, .. }, reason)| {
            format!(
                "{reason}. Instance UIDs - PartitionKey: {partition}, StudyInstanceUID: {study}, SeriesInstanceUID: {series}, SOPInstanceUID: {instance}"
            )
        });
        let more = (self.count > NAMED_FAILURES).then(|| MORE.to_owned());
        [first].into_iter().chain(named).chain(more).collect()
    }
}
