//! Wires everything, serves, and shuts down.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::Context as _;
use axum::{extract::Request, serve::ListenerExt};
use futures_util::TryStreamExt;
use sqlx::PgPool;
use tokio::{net::TcpListener, sync::watch};

use crate::{
    blob::{self, Blobs, Known},
    clock::Clock,
    command,
    config::{Config, Durability, Switch},
    control,
    http::{
        context::{Context, Dialect, Parts, Proxy},
        cors, router,
    },
    log::{self, Services, Settings},
    postgres::{
        self,
        managed::{Cluster, ClusterOptions},
        presence::Presence,
    },
    projection,
    runner::{self, Bell, Tools},
};

/// How long requests may take to finish once the server was asked to stop. Postgres stops after them, and all of it
/// within five seconds.
const GRACE: Duration = Duration::from_secs(3);

/// A server that is ready to serve.
#[derive(Debug)]
pub struct App {
    context: Context,
    listener: TcpListener,
    control: Switch,
    cluster: Option<Cluster>,
    presence: Presence,
    expiry_interval: Duration,
}

impl App {
    /// Starts or finds the database, brings its tables up to date, and listens.
    pub async fn start(config: &Config, clock: Clock) -> anyhow::Result<Self> {
        let cors = cors_policy(config)?;
        // The listener comes first: a port that is taken must not cost anybody a database.
        let address = SocketAddr::new(config.host, config.port);
        let listener = TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))?;
        tracing::info!("listening on http://{}", listener.local_addr()?);
        let cluster = match config.database_url() {
            Some(_) => None,
            None => Some(managed_cluster(config).await?),
        };
        match prepare(config, clock, cors, cluster.as_ref()).await {
            Ok((context, presence)) => {
                let expiry_interval = Duration::from_secs(config.expiry_interval_seconds);
                Ok(Self { context, listener, control: config.control, cluster, presence, expiry_interval })
            }
            Err(error) => {
                if let Some(cluster) = cluster {
                    cluster.stop().await;
                }
                Err(error)
            }
        }
    }

    /// Where it listens.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until `stop` resolves; then lets requests finish, for a while, and stops the database that it started.
    pub async fn serve(self, stop: impl Future<Output = ()> + Send + 'static) -> anyhow::Result<()> {
        let Self { context, listener, control, cluster, presence, expiry_interval } = self;
        tracing::info!("ready");
        let pool = context.pool.clone();
        tokio::spawn(sweep(context.clone(), presence));
        tokio::spawn(expire(context.clone(), expiry_interval));
        let runner = tokio::spawn(runner::run(tools(&context), context.bell.clone()));
        let control = control.is_on().then(control::router);
        let service = router::service(context, control);
        let make_service = axum::ServiceExt::<Request>::into_make_service(service);

        let (stopping, mut stopped) = watch::channel(false);
        // Without it, the last bytes of an answer wait for the client's acknowledgement of the first.
        let listener = listener.tap_io(|connection| {
            if let Err(error) = connection.set_nodelay(true) {
                tracing::debug!(%error, "a connection waits to fill its packets");
            }
        });
        let server = axum::serve(listener, make_service).with_graceful_shutdown(async move {
            stop.await;
            tracing::info!("stopping");
            stopping.send_replace(true);
        });
        tokio::select! {
            outcome = server.into_future() => outcome?,
            () = lost(cluster.as_ref()) => anyhow::bail!("postgres died and could not be started again"),
            () = async {
                // An error means that the server is gone, and with it the need to wait.
                _ = stopped.wait_for(|stopping| *stopping).await;
                tokio::time::sleep(GRACE).await;
            } => tracing::warn!("requests that did not finish in time are cut off"),
        }
        runner.abort();
        drop(pool.close());
        if let Some(cluster) = cluster {
            cluster.stop().await;
        }
        tracing::info!("stopped");
        Ok(())
    }
}

fn tools(context: &Context) -> Tools {
    Tools { pool: context.pool.clone(), services: context.services.clone(), blobs: context.blobs.clone() }
}

/// Brings what is in the database up to date and opens everything that requests need.
async fn prepare(
    config: &Config,
    clock: Clock,
    cors: cors::Policy,
    cluster: Option<&Cluster>,
) -> anyhow::Result<(Context, Presence)> {
    let options = match (config.database_url(), cluster) {
        (Some(url), _) => postgres::parse_url(url)?,
        (None, Some(cluster)) => cluster.connect_options(),
        (None, None) => anyhow::bail!("there is no database"),
    };
    let pool = postgres::connect(options, config.database_connections).await?;
    projection::bring_up_to_date(&pool).await.context("cannot bring the read models up to date")?;

    let blobs = match config.blob_url() {
        Some(url) => Blobs::at_url(url)?,
        None => Blobs::in_folder(&config.storage_dir(), sync(config.durability))?,
    };
    let presence = Presence::announce(&pool).await?;
    let settings = Settings { partitions: config.partitions.is_on() };
    let services = Arc::new(Services::new(pool.clone(), clock.clone(), settings));
    services.open_default().await?;
    let dialect = if config.strict.is_on() { Dialect::Strict } else { Dialect::Extended };
    let proxy = if config.forwarded.is_on() { Proxy::Trusted } else { Proxy::None };
    let max_request_bytes = config.max_request_bytes;
    let audit = config.audit.is_on();
    let bell = Bell::default();
    let context =
        Arc::new(Parts { pool, services, bell, blobs, clock, max_request_bytes, audit, cors, proxy, dialect });
    Ok((context, presence))
}

/// Resolves when the managed Postgres is given up.
async fn lost(cluster: Option<&Cluster>) {
    match cluster {
        Some(cluster) => cluster.lost().await,
        None => std::future::pending().await,
    }
}

async fn managed_cluster(config: &Config) -> anyhow::Result<Cluster> {
    let options = ClusterOptions { dir: config.data_dir.join("postgres"), durability: config.durability };
    Ok(Cluster::start(options).await?)
}

fn cors_policy(config: &Config) -> Result<cors::Policy, cors::PolicyError> {
    cors::Policy::new(cors::Wish {
        origins: &config.cors_origins,
        methods: &config.cors_methods,
        headers: &config.cors_headers,
        max_age_seconds: config.cors_max_age_seconds,
        credentials: config.cors_credentials.is_on(),
    })
}

fn sync(durability: Durability) -> blob::Sync {
    match durability {
        Durability::Disk => blob::Sync::Disk,
        Durability::Process => blob::Sync::Process,
    }
}

/// Deletes studies that have expired, now and then.
async fn expire(context: Context, interval: Duration) {
    let mut ticks = tokio::time::interval(interval);
    loop {
        ticks.tick().await;
        match command::expire::expire_everywhere(&context.pool, &context.services).await {
            Ok(0) => {}
            Ok(studies) => tracing::info!(studies, "expired studies deleted"),
            Err(error) => tracing::warn!(%error, "expired studies could not be deleted"),
        }
    }
}

/// Removes files that no event knows, if no other process may be writing.
async fn sweep(context: Context, presence: Presence) {
    if presence.is_alone() {
        match sweep_now(&context).await {
            Ok(0) => {}
            Ok(removed) => tracing::info!(removed, "files without events removed"),
            Err(error) => tracing::warn!(%error, "files without events could not be removed"),
        }
    }
    context.blobs.forgo_sweep();
    presence.stay().await;
}

async fn sweep_now(context: &Context) -> anyhow::Result<usize> {
    let known = known_files(&context.pool).await?;
    Ok(blob::sweep(&context.blobs, &known).await?)
}

async fn known_files(pool: &PgPool) -> anyhow::Result<Known> {
    let mut known = Known::default();
    let mut files = std::pin::pin!(log::reader::stored_files(pool.clone()));
    while let Some((service, key, digest)) = files.try_next().await? {
        known.insert(&blob::BlobName { service, key, digest });
    }
    Ok(known)
}
