//! Export: step by step, each of them some instances that are copied at the same time, then one event.
//!
//! A worker that is killed in a step leaves copies that the next one overwrites: they are counted when the event of
//! their step is in the log, so once.

use std::sync::Arc;

use futures_util::StreamExt;
use serde::Serialize;

use super::{Place, Tools, WorkError};
use crate::{
    blob::{
        BlobName,
        azure::AzureError,
        export::{CopyError, Destination, DestinationError},
    },
    domain::operation::{
        Operation, OperationFact, Progress,
        advance::Advance,
        event::Ending,
        export::{self, Export, Identifier, Source},
    },
    ids::{Epoch, OperationId, Position, Resource},
    log::{LogError, Service},
    read::{
        self, AsOf, View,
        instances::{Extent, StoredInstance},
    },
};

/// What one step takes at most: an export that is interrupted does no more than this again.
const STEP_ITEMS: usize = 256;
const STEP_BYTES: u64 = 256 * 1024 * 1024;

/// Files that are copied at the same time: bounds memory, together with the bytes that are copied at once.
const CONCURRENT_COPIES: usize = 8;

/// Works on the operation until it ends.
pub async fn work(place: &Place<'_>, task: &Export, found: Operation) -> Result<(), WorkError> {
    let Place { tools, service, view, epoch, operation } = place;
    let Some(asked_at) = read::operations::started_at(&tools.pool, service.id, *operation).await? else {
        return Ok(());
    };
    let view = View { as_of: AsOf::Position(asked_at), ..view.clone() };
    let worker = Worker { tools, service, task, view, epoch: *epoch };
    worker.run(found).await
}

/// What a worker works with.
struct Worker<'w> {
    tools: &'w Tools,
    service: &'w Service,
    task: &'w Export,
    /// The service as it was when the export was asked for.
    view: View,
    epoch: Epoch,
}

/// Something to do.
enum Item {
    /// An instance to copy.
    Copy(StoredInstance),
    /// An identifier that names nothing.
    Missing(Resource),
}

/// A line of the error log.
#[derive(Serialize)]
struct Line {
    timestamp: String,
    identifier: String,
    error: &'static str,
}

impl Worker<'_> {
    async fn run(&self, mut found: Operation) -> Result<(), WorkError> {
        let id = found.id;
        let destination = match self.tools.exports.open(&self.task.destination) {
            Ok(destination) => destination,
            Err(error) => {
                tracing::warn!(operation = %id, %error, "an export has lost its destination");
                return self.advance(found, vec![OperationFact::Ended(Ending::Failed)]).await.map(drop);
            }
        };
        loop {
            let Progress::Export(progress) = found.progress.clone() else { return Ok(()) };
            let (items, progress) = self.next_step(progress).await?;
            let facts = match self.carry_out(id, &destination, items, progress).await? {
                Some(facts) => facts,
                None => {
                    if let Err(error) = destination.finish(id).await {
                        tracing::warn!(operation = %id, %error, "an export could not be tidied up");
                    }
                    return self.advance(found, vec![OperationFact::Ended(Ending::Succeeded)]).await.map(drop);
                }
            };
            let has_ended = facts.iter().any(|fact| matches!(fact, OperationFact::Ended(_)));
            match self.advance(found, facts).await? {
                Some(now) if !has_ended => found = now,
                _ => return Ok(()),
            }
        }
    }

    /// What comes next, and how far the export is when that is done.
    async fn next_step(&self, from: export::Progress) -> Result<(Vec<Item>, export::Progress), WorkError> {
        let mut items = Vec::new();
        let mut bytes = 0;
        let mut to = from;
        while let Some(extent) = self.extent(to.identifiers_done) {
            let room = STEP_ITEMS - items.len();
            if room == 0 {
                break;
            }
            let after = to.last_instance;
            let page = self.view.instances_after(&extent, after, i64::try_from(room).unwrap_or(i64::MAX)).await?;
            if page.is_empty()
                && after == Position::default()
                && let Extent::Resource(resource) = extent
            {
                items.push(Item::Missing(resource));
            }
            let is_last = page.len() < room;
            for instance in page {
                bytes += instance.length;
                to.last_instance = instance.version;
                items.push(Item::Copy(instance));
                if bytes >= STEP_BYTES {
                    return Ok((items, to));
                }
            }
            if is_last {
                to.identifiers_done += 1;
                to.last_instance = Position::default();
            }
        }
        Ok((items, to))
    }

    /// Where to look when so many identifiers are done with.
    fn extent(&self, done: u64) -> Option<Extent> {
        let partition = &self.task.partition;
        match &self.task.source {
            Source::Everything => (done == 0).then(|| Extent::Partition(partition.clone())),
            Source::Identifiers(identifiers) => {
                let identifier = identifiers.get(usize::try_from(done).ok()?)?;
                Some(Extent::Resource(identifier.within(partition.clone())))
            }
        }
    }

    /// Copies; answers what happened, or nothing if there was nothing to do.
    async fn carry_out(
        &self,
        id: OperationId,
        destination: &Destination,
        items: Vec<Item>,
        mut progress: export::Progress,
    ) -> Result<Option<Vec<OperationFact>>, WorkError> {
        if items.is_empty() {
            return Ok(None);
        }
        let copies = items.into_iter().map(|item| self.do_one(id, destination, item));
        let mut copies = futures_util::stream::iter(copies).buffered(CONCURRENT_COPIES);
        let mut skipped = Vec::new();
        let mut refusal = None;
        while let Some(outcome) = copies.next().await {
            match outcome {
                Ok(Done::Copied) => progress.exported += 1,
                Ok(Done::Skipped(identifier, error)) => skipped.push((identifier, error)),
                Err(Trouble::Interrupted(error)) => return Err(error),
                Err(Trouble::Hopeless(error)) => {
                    refusal = Some(error);
                    break;
                }
            }
        }
        drop(copies);
        if refusal.is_none() && !skipped.is_empty() {
            progress.skipped += skipped.len() as u64;
            refusal = destination.report(id, &self.lines(skipped).await?).await.err();
        }
        Ok(Some(match refusal {
            None => vec![OperationFact::Progressed(Progress::Export(progress))],
            Some(error) => {
                tracing::warn!(operation = %id, %error, "an export has failed");
                vec![OperationFact::Ended(Ending::Failed)]
            }
        }))
    }

    async fn do_one(&self, id: OperationId, destination: &Destination, item: Item) -> Result<Done, Trouble> {
        let instance = match item {
            Item::Missing(resource) => return Ok(Done::Skipped(identifier(&resource), missing(&resource))),
            Item::Copy(instance) => instance,
        };
        let StoredInstance { key, digest, length, .. } = instance;
        let file = BlobName { service: self.service.name.clone(), key, digest };
        let error = match destination.copy(id, &self.tools.blobs, &file, length).await {
            Ok(()) => return Ok(Done::Copied),
            Err(error) => error,
        };
        let skipped = |text| Ok(Done::Skipped(Identifier::of(&file.key).to_string(), text));
        match error {
            CopyError::Source(error) if error.is_not_found() => skipped("The file of the instance cannot be found."),
            CopyError::Source(error) => Err(Trouble::Interrupted(error.into())),
            CopyError::Destination(DestinationError::Azure(AzureError::Failed { .. })) => {
                skipped("The storage account could not take the instance.")
            }
            CopyError::Destination(error) => Err(Trouble::Hopeless(error)),
        }
    }

    async fn lines(&self, skipped: Vec<(String, &'static str)>) -> Result<String, WorkError> {
        let (_, now) = self.tools.services.clock(self.service).await?;
        let timestamp = now.to_string().trim_end_matches('Z').to_owned() + "+00:00";
        let mut lines = String::new();
        for (identifier, error) in skipped {
            let line = Line { timestamp: timestamp.clone(), identifier, error };
            lines.push_str(&serde_json::to_string(&line).map_err(LogError::from)?);
            lines.push('\n');
        }
        Ok(lines)
    }

    /// Writes what was done into the log; answers the operation as it is then, or nothing if another was faster.
    async fn advance(&self, found: Operation, facts: Vec<OperationFact>) -> Result<Option<Operation>, WorkError> {
        let command = Arc::new(Advance { found, epoch: self.epoch, facts });
        match self.service.execute(command).await {
            Ok(receipt) => Ok(receipt.answer),
            Err(LogError::ServiceGone) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

/// What became of an item.
enum Done {
    Copied,
    /// The identifier, and why it is not there.
    Skipped(String, &'static str),
}

/// Why a step cannot be carried out.
enum Trouble {
    /// It will be tried again.
    Interrupted(WorkError),
    /// The destination does not take it.
    Hopeless(DestinationError),
}

fn identifier(resource: &Resource) -> String {
    let parts = [Some(resource.study().as_str()), resource.series().map(|uid| uid.as_str())];
    let instance = resource.instance().map(|uid| uid.as_str());
    parts.into_iter().chain([instance]).flatten().collect::<Vec<_>>().join("/")
}

fn missing(resource: &Resource) -> &'static str {
    match resource {
        Resource::Study(_) => "The specified study cannot be found.",
        Resource::Series(_) => "The specified series cannot be found.",
        Resource::Instance(_) => "The specified instance cannot be found.",
    }
}
