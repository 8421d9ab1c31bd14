//! Wires everything, serves, and shuts down.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::Context as _;
use axum::{extract::Request, serve::ListenerExt};
use futures_util::TryStreamExt;
use sqlx::PgPool;
use tokio::{net::TcpListener, sync::watch, task::JoinSet};

use crate::{
    blob::{self, Blobs, Known},
    clock::Clock,
    command::{
        self,
        export::{Exports, Policy},
    },
    config::{Config, Durability, Switch},
    control,
    http::{
        context::{Context, Dialect, Parts, Proxy},
        cors,
        lenient_query::Lenient,
        router,
    },
    import::{self, Source},
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
    imports: Vec<Source>,
    import_interval: Duration,
}

impl App {
    /// Starts or finds the database, brings its tables up to date, and listens.
    pub async fn start(config: &Config, clock: Clock) -> anyhow::Result<Self> {
        let cors = cors_policy(config)?;
        // The listener comes first: a port that is taken must not cost anybody a database.
        let address = SocketAddr::new(config.host, config.port);
        let listener = TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))?;
        tracing::info!("listening on http://{}", listener.local_addr()?);
        let imports = imports(config)?;
        let cluster = match config.database_url() {
            Some(_) => None,
            None => Some(managed_cluster(config).await?),
        };
        match prepare(config, clock, cors, cluster.as_ref()).await {
            Ok((context, presence)) => {
                let expiry_interval = Duration::from_secs(config.expiry_interval_seconds);
                let import_interval = Duration::from_millis(config.import_interval_ms);
                let control = config.control;
                Ok(Self { context, listener, control, cluster, presence, expiry_interval, imports, import_interval })
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
        let Self { context, listener, control, cluster, presence, expiry_interval, imports, import_interval } = self;
        tracing::info!("ready");
        let pool = context.pool.clone();
        tokio::spawn(sweep(context.clone(), presence));
        tokio::spawn(expire(context.clone(), expiry_interval));
        let runner = tokio::spawn(runner::run(tools(&context), context.bell.clone()));
        let mut importers = JoinSet::new();
        for source in imports {
            importers.spawn(import::run(import_tools(&context), source, import_interval));
        }
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
        let server = axum::serve(Lenient(listener), make_service).with_graceful_shutdown(async move {
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
        importers.abort_all();
        drop(pool.close());
        if let Some(cluster) = cluster {
            cluster.stop().await;
        }
        tracing::info!("stopped");
        Ok(())
    }
}

fn tools(context: &Context) -> Tools {
    Tools {
        pool: context.pool.clone(),
        services: context.services.clone(),
        names: context.names.clone(),
        blobs: context.blobs.clone(),
        exports: context.exports.clone(),
    }
}

fn import_tools(context: &Context) -> import::Tools {
    import::Tools {
        pool: context.pool.clone(),
        services: context.services.clone(),
        blobs: context.blobs.clone(),
        max_bytes: context.max_request_bytes,
    }
}

fn imports(config: &Config) -> anyhow::Result<Vec<Source>> {
    let mut sources = Vec::new();
    if let Some(folder) = config.import_dir() {
        let opened = import::Folder::open(folder, config.import_error_dir());
        let opened = opened.with_context(|| format!("cannot import from the folder {}", folder.display()))?;
        sources.push(Source::Folder(opened));
    }
    if let Some(storage) = config.import_storage() {
        let opened = import::Storage::open(storage, &config.azurite_endpoint);
        sources.push(Source::Storage(Box::new(opened.context("cannot import from the storage account")?)));
    }
    Ok(sources)
}

fn exports(config: &Config) -> anyhow::Result<Exports> {
    let policy = Policy {
        is_on: config.export.is_on(),
        takes_sas: config.export_sas.is_on(),
        takes_public: config.export_public.is_on(),
    };
    let folder = config.export_dir().map(|folder| {
        let found = std::fs::create_dir_all(folder).and_then(|()| folder.canonicalize());
        found.with_context(|| format!("cannot use the folder for exports {}", folder.display()))
    });
    Ok(Exports::new(policy, folder.transpose()?, &config.azurite_endpoint))
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
    let exports = Arc::new(exports(config)?);
    let presence = Presence::announce(&pool).await?;
    let settings = Settings { partitions: config.partitions.is_on() };
    let services = Arc::new(Services::new(pool.clone(), clock.clone(), settings));
    services.open_default().await?;
    let dialect = if config.strict.is_on() { Dialect::Strict } else { Dialect::Extended };
    let proxy = if config.forwarded.is_on() { Proxy::Trusted } else { Proxy::None };
    let max_request_bytes = config.max_request_bytes;
    let audit = config.audit.is_on();
    let (bell, names) = (Bell::default(), Arc::default());
    let context = Arc::new(Parts {
        pool,
        services,
        bell,
        names,
        blobs,
        exports,
        clock,
        max_request_bytes,
        audit,
        cors,
        proxy,
        dialect,
    });
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
