//! The commands that talk to a running emulator over HTTP.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use futures_util::StreamExt;
use healthcare_emulator::ids::{PartitionName, ServiceName, SnapshotName};
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};
use tokio::io::{AsyncWriteExt, stdout};

/// Which emulator, and which of its services.
#[derive(Debug, Args)]
pub struct Target {
    /// Where the emulator listens.
    #[arg(long, env = "EMULATOR_URL", default_value = "http://127.0.0.1:8080")]
    url: String,
    /// The service inside.
    #[arg(long, default_value = "default")]
    service: String,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Goes back to a snapshot, a position, or the beginning.
    Reset {
        /// The snapshot to go back to.
        #[arg(conflicts_with = "position")]
        snapshot: Option<String>,
        /// The position to go back to.
        #[arg(long)]
        position: Option<i64>,
        #[command(flatten)]
        target: Target,
    },
    /// Names the current position.
    Snapshot {
        /// The name.
        name: String,
        #[command(flatten)]
        target: Target,
    },
    /// Prints the events, one JSON object a line.
    Log {
        /// The first position.
        #[arg(long, default_value_t = 1)]
        from: i64,
        #[command(flatten)]
        target: Target,
    },
    /// Proves that the read models are what the log says.
    Verify {
        #[command(flatten)]
        target: Target,
    },
    /// Stores DICOM files, and those in folders.
    Import {
        /// Files and folders.
        #[arg(required = true)]
        paths: Vec<PathBuf>,
        /// The data partition to store into [default: Microsoft.Default, if the service has partitions].
        #[arg(long)]
        partition: Option<String>,
        #[command(flatten)]
        target: Target,
    },
    /// Tells whether the emulator is well.
    Health {
        #[command(flatten)]
        target: Target,
    },
}

pub async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Reset { snapshot, position, target } => {
            let body = match (snapshot, position) {
                (Some(snapshot), _) => json!({ "snapshot": snapshot }),
                (None, Some(position)) => json!({ "position": position }),
                (None, None) => json!({}),
            };
            print_answer(target.control(Method::POST, "reset")?.body(body.to_string())).await
        }
        Command::Snapshot { name, target } => {
            let name = SnapshotName::parse(&name).context(SnapshotName::RULE)?;
            print_answer(target.control(Method::PUT, &format!("snapshots/{name}"))?).await
        }
        Command::Log { from, target } => {
            let request = target.control(Method::GET, &format!("log?from={from}"))?;
            print_answer(request.header("accept", "application/x-ndjson")).await
        }
        Command::Verify { target } => verify(&target).await,
        Command::Import { paths, partition, target } => import(&paths, partition.as_deref(), &target).await,
        Command::Health { target } => print_answer(Client::new().get(format!("{}/health", target.root()))).await,
    }
}

impl Target {
    fn control(&self, method: Method, resource: &str) -> anyhow::Result<RequestBuilder> {
        let url = format!("{}/_emulator/services/{}/{resource}", self.root(), self.service()?);
        Ok(Client::new().request(method, url))
    }

    /// The URL of a path of version 2 of the API.
    fn data(&self, path: &str) -> anyhow::Result<String> {
        let service = match self.service()? {
            service if service.is_default() => String::new(),
            service => format!("/services/{service}"),
        };
        Ok(format!("{}{service}/v2{path}", self.root()))
    }

    fn root(&self) -> &str {
        self.url.trim_end_matches('/')
    }

    fn service(&self) -> anyhow::Result<ServiceName> {
        ServiceName::parse(&self.service).context(ServiceName::RULE)
    }
}

async fn send(request: RequestBuilder) -> anyhow::Result<Response> {
    let response = request.send().await.context("the emulator does not answer")?;
    if !response.status().is_success() {
        bail!("the emulator answers {}: {}", response.status(), response.text().await?);
    }
    Ok(response)
}

async fn print_answer(request: RequestBuilder) -> anyhow::Result<()> {
    let mut pieces = send(request).await?.bytes_stream();
    let mut out = stdout();
    let mut last = None;
    while let Some(piece) = pieces.next().await {
        let piece = piece?;
        out.write_all(&piece).await?;
        last = piece.last().copied().or(last);
    }
    if last.is_some_and(|last| last != b'\n') {
        out.write_all(b"\n").await?;
    }
    Ok(out.flush().await?)
}

async fn verify(target: &Target) -> anyhow::Result<()> {
    let text = send(target.control(Method::POST, "verify")?).await?.text().await?;
    let mut out = stdout();
    out.write_all(format!("{text}\n").as_bytes()).await?;
    out.flush().await?;
    let verdict: Value = serde_json::from_str(&text)?;
    if verdict.get("ok") != Some(&Value::Bool(true)) {
        bail!("the read models are not what the log says");
    }
    Ok(())
}

async fn import(paths: &[PathBuf], partition: Option<&str>, target: &Target) -> anyhow::Result<()> {
    let url = match partition_path(partition, target).await? {
        None => target.data("/studies")?,
        Some(partition) => target.data(&format!("/partitions/{partition}/studies"))?,
    };
    let client = Client::new();
    let mut out = stdout();
    let (mut stored, mut refused) = (0, 0);
    for file in files(paths)? {
        let body = tokio::fs::read(&file).await.with_context(|| format!("cannot read {}", file.display()))?;
        let request = client.post(&url).header("accept", "application/dicom+json");
        let response = request.header("content-type", "application/dicom").body(body).send().await?;
        match response.status().is_success() {
            true => stored += 1,
            false => {
                refused += 1;
                let line = format!("{}: {} {}\n", file.display(), response.status(), response.text().await?);
                out.write_all(line.as_bytes()).await?;
            }
        }
    }
    out.write_all(format!("{stored} stored, {refused} refused\n").as_bytes()).await?;
    out.flush().await?;
    anyhow::ensure!(refused == 0, "not every file was stored");
    Ok(())
}

/// The partition to store into: the one that was asked for, or the default one of a service that has partitions.
async fn partition_path(wanted: Option<&str>, target: &Target) -> anyhow::Result<Option<PartitionName>> {
    if let Some(wanted) = wanted {
        return PartitionName::parse(wanted).map(Some).context(PartitionName::RULE);
    }
    let list = Client::new().get(target.data("/partitions")?).send().await.context("the emulator does not answer")?;
    Ok(list.status().is_success().then(PartitionName::default_partition))
}

/// The files named, and all that lie in folders named, in the order of their paths.
fn files(paths: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for path in paths {
        collect(path, &mut found).with_context(|| format!("cannot read {}", path.display()))?;
    }
    Ok(found)
}

fn collect(path: &Path, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    if !path.is_dir() {
        found.push(path.to_owned());
        return Ok(());
    }
    let entries = std::fs::read_dir(path)?.map(|entry| entry.map(|entry| entry.path()));
    let mut entries: Vec<PathBuf> = entries.collect::<Result<_, _>>()?;
    entries.sort();
    entries.iter().try_for_each(|entry| collect(entry, found))
}
