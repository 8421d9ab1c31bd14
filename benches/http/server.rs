//! The emulator as it is shipped: the release binary in a process of its own, with its managed Postgres.

use std::{
    fs::{self, File},
    net::SocketAddr,
    ops::{Add, Sub},
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use rustix::process::{Pid, Signal, kill_process};
use sqlx::postgres::PgConnectOptions;
use tokio::{
    io::AsyncWriteExt,
    process::{Child, ChildStdin, Command},
    time::{sleep, timeout},
};

use super::{
    client::{Connection, Request},
    processes,
};

const BINARY: &str = env!("CARGO_BIN_EXE_healthcare-emulator");

/// The shell becomes the emulator and leaves a watcher behind, whose `read` fails when this benchmark dies, by whatever
/// death: then it ends the emulator, and with it Postgres. A line tells it that the emulator is gone.
const LEASH: &str = r#"
exec 3<&0 </dev/null
( ( exec <&3 3<&- >/dev/null 2>&1; trap '' HUP INT TERM; read -r gone || kill -TERM $$ ) & )
exec 3<&-
exec "$@"
"#;

/// Variables that the emulator gets to see: none of its settings.
const ENVIRONMENT: [&str; 4] = ["PATH", "HOME", "TMPDIR", "PG_BINDIR"];

const START_PATIENCE: Duration = Duration::from_secs(60);
const STOP_PATIENCE: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(1);

/// A running emulator.
#[derive(Debug)]
pub struct Emulator {
    /// Where it listens.
    pub address: SocketAddr,
    /// From its start to its first answer.
    pub started_in: Duration,
    child: Child,
    leash: Option<ChildStdin>,
    process: u32,
    folder: PathBuf,
}

/// Processor time, or memory in bytes, of the two halves of a server.
#[derive(Debug, Clone, Copy, Default)]
pub struct Halves<T> {
    /// The emulator's own process.
    pub emulator: T,
    /// All processes of its Postgres.
    pub postgres: T,
}

impl Sub for Halves<Duration> {
    type Output = Self;

    /// What was spent since. A backend that ended meanwhile takes its time along.
    fn sub(self, before: Self) -> Self {
        let [emulator, postgres] = [(self.emulator, before.emulator), (self.postgres, before.postgres)]
            .map(|(now, before)| now.saturating_sub(before));
        Self { emulator, postgres }
    }
}

impl<T: Add<Output = T>> Add for Halves<T> {
    type Output = Self;

    fn add(self, more: Self) -> Self {
        Self { emulator: self.emulator + more.emulator, postgres: self.postgres + more.postgres }
    }
}

impl Emulator {
    /// Starts it in a folder, which it may find as another one has left it, and waits for its first answer.
    pub async fn start(folder: &Path) -> anyhow::Result<Self> {
        fs::create_dir_all(folder)?;
        let log = folder.join("emulator.log");
        let began = Instant::now();
        let mut child = spawn(folder, File::create(&log)?)?;
        let leash = child.stdin.take();
        let process = child.id().context("the emulator ended at once")?;
        let unknown = SocketAddr::from(([127, 0, 0, 1], 0));
        let folder = folder.to_owned();
        let mut emulator = Self { address: unknown, started_in: Duration::ZERO, child, leash, process, folder };
        let outcome = match timeout(START_PATIENCE, emulator.first_answer(&log)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(anyhow::anyhow!("the emulator does not start")),
        };
        if let Err(error) = outcome {
            emulator.stop().await?;
            return Err(error.context(fs::read_to_string(&log).unwrap_or_default()));
        }
        emulator.started_in = began.elapsed();
        Ok(emulator)
    }

    async fn first_answer(&mut self, log: &Path) -> anyhow::Result<()> {
        self.address = loop {
            if let Some(address) = announced(&fs::read_to_string(log)?) {
                break address;
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("the emulator ended: {status}");
            }
            sleep(POLL).await;
        };
        // It listens before its database is there; the connection waits until it serves.
        let mut connection = Connection::open(self.address).await?;
        while connection.send(&Request::get("/health", "*/*")).await?.status != 200 {
            sleep(POLL).await;
        }
        Ok(())
    }

    /// Asks it to stop and waits until it and its Postgres are gone.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        if let Some(process) = i32::try_from(self.process).ok().and_then(Pid::from_raw) {
            // It fails only when the emulator has ended by itself.
            _ = kill_process(process, Signal::TERM);
        }
        if timeout(STOP_PATIENCE, self.child.wait()).await.is_err() {
            self.child.kill().await?;
        }
        if let Some(mut leash) = self.leash.take() {
            // The watcher may have been killed: then there is nobody to dismiss.
            _ = leash.write_all(b"gone\n").await;
        }
        Ok(())
    }

    /// Processor time so far. Postgres's is that of every process below its first one, those that have ended included
    /// (with `initdb`, which the emulator ran): the kernel adds their time to that of their parent when they end.
    pub fn processor_time(&self) -> anyhow::Result<Halves<Duration>> {
        let emulator = processes::times(self.process)?;
        let postmaster = self.postmaster()?;
        let mut postgres = emulator.ended_children + processes::times(postmaster)?.ended_children;
        for process in self.postgres_processes()? {
            // One that has ended since the list was made is counted with its parent's the next time.
            postgres += processes::exact_time(process).unwrap_or_default();
        }
        Ok(Halves { emulator: emulator.own, postgres })
    }

    /// Resident memory now, in bytes.
    pub fn memory(&self) -> anyhow::Result<Halves<u64>> {
        let postgres = self.postgres_processes()?.into_iter().map(|process| processes::memory(process).unwrap_or(0));
        Ok(Halves { emulator: processes::memory(self.process)?, postgres: postgres.sum() })
    }

    /// How to connect to its Postgres beside it.
    pub fn database(&self) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass()
            .host("localhost")
            .socket(self.folder.join("postgres/socket"))
            .username("postgres")
            .database("postgres")
    }

    fn postgres_processes(&self) -> anyhow::Result<Vec<u32>> {
        let postmaster = self.postmaster()?;
        let mut processes = processes::children(postmaster)?;
        processes.push(postmaster);
        Ok(processes)
    }

    /// Postgres's first process, the parent of all others.
    fn postmaster(&self) -> anyhow::Result<u32> {
        let file = fs::read_to_string(self.folder.join("postgres/cluster/postmaster.pid"))?;
        Ok(file.lines().next().context("an empty postmaster.pid")?.trim().parse()?)
    }
}

fn spawn(folder: &Path, log: File) -> anyhow::Result<Child> {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", LEASH, "sh", BINARY, "serve", "--port", "0", "--durability", "disk", "--data-dir"]);
    command.arg(folder).env_clear();
    command.envs(ENVIRONMENT.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
    // A group of its own: Ctrl-C reaches the benchmark alone, which then stops the emulator.
    command.process_group(0).stdin(Stdio::piped()).stdout(log.try_clone()?).stderr(log).kill_on_drop(true);
    command.spawn().with_context(|| format!("cannot start {BINARY}"))
}

/// The address in the line `listening on http://{address}`, which may be coloured.
fn announced(log: &str) -> Option<SocketAddr> {
    let (_, rest) = log.split_once("listening on http://")?;
    let (line, _) = rest.split_once('\n')?;
    let end = line.find(|character: char| !matches!(character, '0'..='9' | '.' | ':')).unwrap_or(line.len());
    line[..end].parse().ok()
}
