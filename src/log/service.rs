//! The services of this server, each with its writer. They come to be at first use.

use std::sync::Arc;

use dashmap::DashMap;
use jiff::Timestamp;
use sqlx::{PgPool, Row as _};
use tokio::sync::{RwLock, RwLockReadGuard, mpsc, oneshot, watch};

use super::{
    LogError, Receipt,
    writer::{self, Identity, Job, Pending},
};
use crate::{
    clock::{Clock, ClockMode},
    domain::Command,
    ids::{Position, Sequence, ServiceId, ServiceName},
    postgres::At,
};

/// What is fixed when a service is created.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Settings {
    /// Whether it has data partitions.
    pub partitions: bool,
}

/// One isolated DICOM service.
#[derive(Debug)]
pub struct Service {
    /// Its row in the log.
    pub id: ServiceId,
    /// Its name.
    pub name: ServiceName,
    /// What was fixed when it was created.
    pub settings: Settings,
    writer: mpsc::Sender<Box<dyn Job>>,
    changes: watch::Sender<()>,
    presence: RwLock<()>,
}

impl std::fmt::Debug for dyn Job {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Job")
    }
}

impl Service {
    /// Queues a command, and waits until it is decided and what it appended is committed.
    pub async fn execute<C: Command>(&self, command: Arc<C>) -> Result<Receipt<C::Answer>, LogError> {
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Pending { command, answer: None, reply });
        self.writer.send(job).await.map_err(|_| LogError::Stopped)?;
        answer.await.map_err(|_| LogError::Stopped)?
    }

    /// Tells when this process has changed the service. What other processes do does not show here.
    pub fn changes(&self) -> watch::Receiver<()> {
        self.changes.subscribe()
    }

    /// Tells those who wait for [`Self::changes`].
    pub(super) fn note_change(&self) {
        self.changes.send_replace(());
    }

    /// Keeps the service from being deleted while its blobs are written but not yet in the log.
    pub async fn stay(&self) -> RwLockReadGuard<'_, ()> {
        self.presence.read().await
    }
}

/// How a service stands, for people.
#[derive(Debug, Clone)]
pub struct ServiceSummary {
    /// Its name.
    pub name: ServiceName,
    /// Position of its last event.
    pub position: Position,
    /// Sequence of its last instance event.
    pub sequence: Sequence,
    /// What was fixed when it was created.
    pub settings: Settings,
    /// When it was created, by the machine's clock.
    pub created_at: Timestamp,
}

/// Every service that this process has met.
#[derive(Debug)]
pub struct Services {
    pub(super) pool: PgPool,
    pub(super) clock: Clock,
    pub(super) default_settings: Settings,
    known: DashMap<ServiceName, Arc<Service>>,
}

impl Services {
    /// No service is met yet. `default_settings` are those of the service `default`.
    pub fn new(pool: PgPool, clock: Clock, default_settings: Settings) -> Self {
        Self { pool, clock, default_settings, known: DashMap::new() }
    }

    /// The service of this name; created if there is none.
    pub async fn get_or_create(&self, name: &ServiceName) -> Result<Arc<Service>, LogError> {
        if let Some(service) = self.known.get(name) {
            return Ok(service.clone());
        }
        if let Some(service) = self.find(name).await? {
            return Ok(service);
        }
        let settings = if name.is_default() { self.default_settings } else { Settings::default() };
        let (service, _) = self.create(name, settings).await?;
        Ok(service)
    }

    /// The service of this name, if there is one.
    pub async fn find(&self, name: &ServiceName) -> Result<Option<Arc<Service>>, LogError> {
        let row: Option<(i64, bool)> = sqlx::query_as("select id, partitions from services where name = $1")
            .bind(name.as_str())
            .fetch_optional(&self.pool)
            .await?;
        let Some((id, partitions)) = row else {
            self.known.remove(name);
            return Ok(None);
        };
        Ok(Some(self.meet(ServiceId(id), name, Settings { partitions })))
    }

    /// Creates a service unless it is there; answers it and whether it is new.
    pub async fn create(&self, name: &ServiceName, settings: Settings) -> Result<(Arc<Service>, bool), LogError> {
        let created: Option<i64> = sqlx::query_scalar(
            "insert into services (name, partitions, created_at) values ($1, $2, $3)
             on conflict (name) do nothing
             returning id",
        )
        .bind(name.as_str())
        .bind(settings.partitions)
        .bind(At(self.clock.now()))
        .fetch_optional(&self.pool)
        .await?;
        match created {
            Some(id) => Ok((self.meet(ServiceId(id), name, settings), true)),
            None => Ok((self.find(name).await?.ok_or(LogError::ServiceGone)?, false)),
        }
    }

    /// Deletes a service with its events and rows, after the requests that are storing into it; answers whether there
    /// was one. `then` runs before anybody can store into a new service of that name.
    pub async fn delete(&self, name: &ServiceName, then: impl Future<Output = ()>) -> Result<bool, LogError> {
        let Some(service) = self.find(name).await? else { return Ok(false) };
        let _alone = service.presence.write().await;
        super::reset::erase(&self.pool, service.id).await?;
        self.known.remove(name);
        then.await;
        Ok(true)
    }

    /// Forgets a service that another process has deleted.
    pub fn forget(&self, service: &Service) {
        self.known.remove_if(&service.name, |_, known| known.id == service.id);
    }

    /// All services by name.
    pub async fn list(&self) -> Result<Vec<ServiceSummary>, LogError> {
        let rows = sqlx::query("select name, partitions, created_at, head, feed_head from services order by name")
            .fetch_all(&self.pool)
            .await?;
        let summary = |row: &sqlx::postgres::PgRow| {
            Ok(ServiceSummary {
                name: ServiceName::trusted(row.try_get("name")?),
                position: Position(row.try_get("head")?),
                sequence: Sequence(row.try_get("feed_head")?),
                settings: Settings { partitions: row.try_get("partitions")? },
                created_at: row.try_get::<At, _>("created_at")?.0,
            })
        };
        rows.iter().map(summary).collect()
    }

    /// How the clock of a service stands, and what it shows.
    pub async fn clock(&self, service: &Service) -> Result<(ClockMode, Timestamp), LogError> {
        let row: Option<(i64, Option<At>)> =
            sqlx::query_as("select clock_offset, clock_frozen from services where id = $1")
                .bind(service.id.0)
                .fetch_optional(&self.pool)
                .await?;
        let (offset, frozen) = row.ok_or(LogError::ServiceGone)?;
        let mode = super::state::clock_mode(offset, frozen);
        Ok((mode, mode.now(self.clock.now())))
    }

    fn meet(&self, id: ServiceId, name: &ServiceName, settings: Settings) -> Arc<Service> {
        let start = || {
            let (writer, queue) = mpsc::channel(writer::QUEUE);
            let identity = Identity { id, name: name.clone() };
            let (changes, _) = watch::channel(());
            let clock = self.clock.clone();
            tokio::spawn(writer::run(self.pool.clone(), identity, clock, queue, changes.clone()));
            Arc::new(Service { id, name: name.clone(), settings, writer, changes, presence: RwLock::new(()) })
        };
        let mut known = self.known.entry(name.clone()).or_insert_with(start);
        if known.id != id {
            *known = start();
        }
        known.clone()
    }
}
