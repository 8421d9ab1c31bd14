//! Carries operations out: a cursor in the log for each, moved by commands.
//!
//! One task per process looks for unfinished operations and gives each a worker. Nothing depends on who works: every
//! step is a command that is refused unless the operation stands where the worker found it. So an operation goes on
//! after a restart, stops when a reset undoes it, and comes to no harm when two processes take it up.

mod export;
mod reindex;
mod update;

use std::{collections::BTreeSet, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures_util::FutureExt;
use sqlx::PgPool;
use tokio::{sync::Notify, task::JoinSet};

use crate::{
    blob::{BlobError, Blobs},
    command::export::Exports,
    domain::operation::{Progress, Task},
    ids::{Epoch, OperationId, ServiceId},
    log::{LogError, Service, Services},
    read::{self, AsOf, ReadError, View, names::Names},
};

/// How long an operation that another process left lying waits at most.
const LOOK_AROUND: Duration = Duration::from_secs(5);

/// What workers work with.
#[derive(Debug, Clone)]
pub struct Tools {
    /// The database.
    pub pool: PgPool,
    /// The services and their writers.
    pub services: Arc<Services>,
    /// The index of names.
    pub names: Arc<Names>,
    /// The stored files.
    pub blobs: Blobs,
    /// Where exports may go.
    pub exports: Arc<Exports>,
}

/// A worker's place: the operation that it works on, and where.
struct Place<'w> {
    tools: &'w Tools,
    service: &'w Service,
    /// The service as it is now.
    view: View,
    /// The run of the service in which the operation was found.
    epoch: Epoch,
    operation: OperationId,
}

/// How the rest of the server tells that there is something to do.
#[derive(Debug, Clone, Default)]
pub struct Bell(Arc<Notify>);

impl Bell {
    /// There may be an unfinished operation that nobody works on.
    pub fn ring(&self) {
        self.0.notify_one();
    }
}

/// Why the work on an operation could not go on; it will be tried again.
#[derive(Debug, thiserror::Error)]
pub enum WorkError {
    /// The log or the database failed.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The blob store failed.
    #[error(transparent)]
    Blob(#[from] BlobError),
    /// The worker panicked. What a step has begun goes with its transaction.
    #[error("the worker panicked")]
    Panicked,
}

impl From<ReadError> for WorkError {
    fn from(error: ReadError) -> Self {
        Self::Log(error.into())
    }
}

/// Runs until it is aborted, and its workers with it.
pub async fn run(tools: Tools, bell: Bell) {
    let mut workers = JoinSet::new();
    let mut busy = BTreeSet::new();
    loop {
        if let Err(error) = take_up(&tools, &mut busy, &mut workers).await {
            tracing::warn!(%error, "unfinished operations could not be looked for");
        }
        loop {
            tokio::select! {
                () = bell.0.notified() => break,
                () = tokio::time::sleep(LOOK_AROUND) => break,
                Some(Ok((key, outcome))) = workers.join_next() => {
                    busy.remove(&key);
                    match outcome {
                        // It has ended, or is not what its worker took it for; a reset may have made it unfinished again.
                        Ok(()) => break,
                        Err(error) => tracing::warn!(operation = %key.1, %error, "an operation was interrupted"),
                    }
                }
            }
        }
    }
}

/// An operation of a service.
type Key = (i64, OperationId);

/// Gives every unfinished operation a worker that has none.
async fn take_up(
    tools: &Tools,
    busy: &mut BTreeSet<Key>,
    workers: &mut JoinSet<(Key, Result<(), WorkError>)>,
) -> Result<(), LogError> {
    for (name, operation) in read::operations::unfinished(&tools.pool).await? {
        let Some(service) = tools.services.find(&name).await? else { continue };
        let ServiceId(id) = service.id;
        let key = (id, operation.id);
        if busy.insert(key) {
            let tools = tools.clone();
            workers.spawn(async move {
                let outcome = AssertUnwindSafe(work(&tools, &service, key.1)).catch_unwind().await;
                (key, outcome.unwrap_or(Err(WorkError::Panicked)))
            });
        }
    }
    Ok(())
}

/// Works on the operation until it ends, or is not what it was found to be: another process was faster, or a reset undid
/// it.
async fn work(tools: &Tools, service: &Service, operation: OperationId) -> Result<(), WorkError> {
    // The epoch first: what is read later is of this epoch, or the first step is refused.
    let epoch = read::epoch(&tools.pool, service.id).await?;
    let view = View { pool: tools.pool.clone(), service: service.id, as_of: AsOf::Head, names: tools.names.clone() };
    let Some(found) = view.operation(operation).await? else { return Ok(()) };
    let place = Place { tools, service, view, epoch, operation };
    match (&found.task, found.progress.clone()) {
        (Task::Reindex(_), Progress::Reindex(progress)) => reindex::work(&place, progress).await,
        (Task::Update(task), Progress::Update(progress)) => update::work(&place, task, progress).await,
        (Task::Export(task), Progress::Export(_)) => export::work(&place, task, found.clone()).await,
        (Task::Reindex(_) | Task::Update(_) | Task::Export(_), _) => Ok(()), // no such event is ever written
    }
}
