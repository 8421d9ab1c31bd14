//! The writer of one service: takes commands from a queue and commits what waits as one batch.

use std::sync::Arc;

use sqlx::{Connection, PgPool};
use tokio::sync::{mpsc, oneshot, watch};

use super::{LogError, Receipt, append::append, batch::Batch, state::State};
use crate::{
    clock::Clock,
    domain::{Command, Ledger, Needs},
    ids::{Position, ServiceId, ServiceName},
    projection::{Statistics, Touched},
};

/// Commands that may wait in the queue; beyond that, senders wait.
pub const QUEUE: usize = 1_024;

/// Commands in one transaction at most.
const BATCH: usize = 64;

/// The statements of a batch differ in the lengths of their arrays only, for which Postgres would make a new plan each time.
const BEGIN: &str = "begin; set local plan_cache_mode = force_generic_plan";

/// The service that a writer writes for.
pub struct Identity {
    /// Its row in the log.
    pub id: ServiceId,
    /// Its name.
    pub name: ServiceName,
}

/// A command in the queue, whatever its answer is.
pub trait Job: Send {
    /// See [`Command::needs`].
    fn needs(&self, needs: &mut Needs);
    /// Decides and keeps the answer until the batch is committed. May be called again if the batch failed.
    fn decide(&mut self, ledger: &mut dyn Ledger);
    /// Tells the caller.
    fn answer(self: Box<Self>, outcome: Result<Option<Position>, LogError>);
}

/// A command with the caller who waits for its answer.
pub struct Pending<C: Command> {
    /// The command; its caller may want to ask another service.
    pub command: Arc<C>,
    /// Its answer, once decided.
    pub answer: Option<C::Answer>,
    /// Where the caller waits.
    pub reply: oneshot::Sender<Result<Receipt<C::Answer>, LogError>>,
}

impl<C: Command> Job for Pending<C> {
    fn needs(&self, needs: &mut Needs) {
        self.command.needs(needs);
    }

    fn decide(&mut self, ledger: &mut dyn Ledger) {
        self.answer = Some(self.command.decide(ledger));
    }

    fn answer(self: Box<Self>, outcome: Result<Option<Position>, LogError>) {
        let Self { answer, reply, .. } = *self;
        let receipt = outcome.and_then(|position| {
            let answer = answer.ok_or(LogError::Stopped)?;
            Ok(Receipt { answer, position })
        });
        drop(reply.send(receipt)); // a caller who went away needs no answer
    }
}

/// Runs until every sender is gone. No wait is needed to fill a batch: one grows while the one before commits.
pub async fn run(
    pool: PgPool,
    service: Identity,
    clock: Clock,
    mut queue: mpsc::Receiver<Box<dyn Job>>,
    changes: watch::Sender<()>,
) {
    let mut statistics = Statistics::default();
    let mut jobs = Vec::with_capacity(BATCH);
    while queue.recv_many(&mut jobs, BATCH).await > 0 {
        match commit(&pool, &service, &clock, &mut statistics, &mut jobs).await {
            Ok(positions) => {
                jobs.drain(..).zip(positions).for_each(|(job, position)| job.answer(Ok(position)));
            }
            Err(error) if jobs.len() == 1 => {
                jobs.drain(..).for_each(|job| job.answer(Err(error.clone())));
            }
            Err(error) => {
                tracing::warn!(%error, commands = jobs.len(), "a batch failed; each of its commands is tried alone");
                for job in jobs.drain(..) {
                    commit_alone(&pool, &service, &clock, &mut statistics, job).await;
                }
            }
        }
        changes.send_replace(());
    }
}

/// A command that spoils its batch must not spoil its neighbours.
async fn commit_alone(
    pool: &PgPool,
    service: &Identity,
    clock: &Clock,
    statistics: &mut Statistics,
    job: Box<dyn Job>,
) {
    let mut alone = vec![job];
    let outcome = commit(pool, service, clock, statistics, &mut alone).await;
    let position = outcome.map(|positions| positions.into_iter().next().flatten());
    alone.into_iter().for_each(|job| job.answer(position.clone()));
}

/// Decides and commits; answers the last position of each command that appended something.
async fn commit(
    pool: &PgPool,
    Identity { id: service, name }: &Identity,
    clock: &Clock,
    statistics: &mut Statistics,
    jobs: &mut [Box<dyn Job>],
) -> Result<Vec<Option<Position>>, LogError> {
    let service = *service;
    let mut needs = Needs::default();
    jobs.iter().for_each(|job| job.needs(&mut needs));

    let mut connection = pool.acquire().await?;
    let mut transaction = connection.begin_with(BEGIN).await?;
    let state = State::lock(&mut transaction, service).await?;
    let mut touched = Touched::default();
    touched.load(&mut transaction, service, &needs.instances).await?;
    touched.load_workitems(&mut transaction, service, &needs.workitems).await?;
    touched.load_operations(&mut transaction, service, &needs.operations).await?;
    if needs.query_tags {
        touched.load_query_tags(&mut transaction, service).await?;
    }
    if needs.unfinished_operations {
        touched.load_unfinished_operations(&mut transaction, service).await?;
    }
    touched.load_partitions(&mut transaction, service, &needs.partitions).await?;
    for resource in &needs.resources {
        touched.load_resource(&mut transaction, service, resource).await?;
    }

    let mut batch = Batch::new(name.clone(), state, touched, clock.now());
    let mut positions = Vec::with_capacity(jobs.len());
    for job in jobs {
        let head = batch.state.head;
        job.decide(&mut batch);
        positions.push((batch.state.head > head).then_some(batch.state.head));
    }
    if batch.events.is_empty() {
        transaction.rollback().await?;
        return Ok(positions);
    }
    let appended = batch.events.len();
    append(&mut transaction, service, &batch.events).await?;
    batch.touched.write(&mut transaction, service).await?;
    batch.state.write(&mut transaction, service).await?;
    transaction.commit().await?;
    drop(connection);
    statistics.note(pool, appended);
    Ok(positions)
}
