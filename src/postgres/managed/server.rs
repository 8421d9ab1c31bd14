//! One Postgres in one folder: made when it is not there, started, and stopped.

use std::ffi::OsString;
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use sqlx::postgres::{PgConnectOptions, PgSslMode};
use tempfile::TempDir;
use tokio::time::{sleep, timeout};

use super::account::Account;
use super::binaries::Binaries;
use super::error::{ClusterError, io_error};
use super::folder::{CLUSTER, Folder, SOCKET};
use super::process::{DESCRIPTOR, Launch, Process};
use super::settings::{self, Conditions, PORT};
use super::{ClusterOptions, Durability, leftovers};

/// The superuser that `initdb` makes, and a database that is always there.
const SUPERUSER: &str = "postgres";
const DATABASE: &str = "postgres";

/// Recovery after a kill replays up to `max_wal_size`: seconds, a little more on a poor disk.
const READY_PATIENCE: Duration = Duration::from_secs(120);

/// How long processes of a killed emulator may take to leave.
const LEFTOVER_PATIENCE: Duration = Duration::from_secs(10);

/// How often to look for the end of a wait.
const POLL: Duration = Duration::from_millis(5);

/// SQLSTATE lock_file_exists: processes of this cluster are alive, or seem to be.
const LOCK_FILE_EXISTS: &str = " F0001 ";

/// Part of the names of the settings that need lz4.
const COMPRESSION: &str = "_compression";

/// Sorted by code point, since that is quick and the same on each machine, but with Unicode's idea of letters.
#[cfg(not(target_os = "macos"))]
const LOCALE: [&str; 1] = ["--locale=C.UTF-8"];
/// macOS has no C.UTF-8.
#[cfg(target_os = "macos")]
const LOCALE: [&str; 2] = ["--lc-collate=C", "--lc-ctype=en_US.UTF-8"];

/// A cluster's folder, and the process that works in it.
#[derive(Debug)]
pub(super) struct Server {
    folder: Folder,
    durability: Durability,
    account: Option<Account>,
    reach: Reach,
    binaries: Binaries,
    lz4: bool,
    /// Kept here, not in a future, so that [`Server::stop`] finds it when a start was dropped half-way.
    process: Option<Process>,
    /// Likewise: where `initdb` works. It may only be swept away when that has ended.
    unfinished: Option<TempDir>,
}

/// How the account of Postgres gets to the folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// By its path.
    Path,
    /// By an open descriptor that it inherits: a parent is closed to it, such as /root. Needs Linux's /proc.
    Descriptor,
}

impl Server {
    /// Claims the folder and finds out with what and as whom Postgres will run. Starts nothing yet.
    pub fn open(options: &ClusterOptions) -> Result<Self, ClusterError> {
        let folder = Folder::claim(&options.dir)?;
        let account = Account::borrowed_for(&folder.cluster())?;
        let reach = match account {
            Some(account) => {
                folder.give_to(account)?;
                reach(folder.dir(), account)?
            }
            None => Reach::Path,
        };
        let binaries = Binaries::find(folder.dir(), folder.cluster_version()?)?;
        Ok(Self {
            folder,
            durability: options.durability,
            account,
            reach,
            binaries,
            lz4: true,
            process: None,
            unfinished: None,
        })
    }

    pub fn connect_options(&self) -> PgConnectOptions {
        // sqlx reads PGHOST, PGUSER and the like, which are meant for another Postgres: all that matter are set here.
        PgConnectOptions::new_without_pgpass()
            .host("localhost")
            .port(PORT)
            .socket(self.folder.socket())
            .username(SUPERUSER)
            .database(DATABASE)
            .ssl_mode(PgSslMode::Disable)
    }

    /// Starts Postgres and returns when it accepts connections.
    pub async fn start(&mut self) -> Result<(), ClusterError> {
        let began = Instant::now();
        if self.folder.cluster_version()?.is_none() {
            self.make_cluster().await?;
        }
        loop {
            let Err(error) = self.try_start().await else {
                break;
            };
            if self.lz4 && error.log_mentions(COMPRESSION) {
                self.lz4 = false;
            } else if error.log_mentions(LOCK_FILE_EXISTS) && began.elapsed() < LEFTOVER_PATIENCE {
                leftovers::see_off(&self.folder, self.account, began.elapsed());
                sleep(10 * POLL).await;
            } else {
                return Err(error);
            }
        }
        tracing::info!(
            version = self.binaries.major,
            folder = %self.folder.dir().display(),
            process = self.process.as_ref().and_then(Process::id),
            milliseconds = began.elapsed().as_millis(),
            "postgres started"
        );
        Ok(())
    }

    /// Waits for the end of what was started.
    pub async fn ended(&mut self) -> Option<ExitStatus> {
        let status = self.process.as_mut()?.wait().await.ok();
        self.process = None;
        status
    }

    /// Ends whatever runs. Never takes 5 seconds.
    pub async fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            let began = Instant::now();
            process.shut_down().await;
            tracing::info!(milliseconds = began.elapsed().as_millis(), "postgres stopped");
        }
        self.unfinished = None;
    }

    /// Runs `initdb` beside the place where the cluster will be, so that a cluster is either whole or not there.
    async fn make_cluster(&mut self) -> Result<(), ClusterError> {
        tracing::info!(folder = %self.folder.dir().display(), "making a new postgres cluster");
        let unfinished = self.folder.unfinished_cluster(self.account)?;
        let name = unfinished.path().file_name().unwrap_or_default();
        let mut arguments: Vec<OsString> = vec!["-D".into(), self.seen(name).into()];
        self.unfinished = Some(unfinished);
        // Whoever can reach the socket is trusted: its folder is ours alone.
        arguments.extend(["-U", SUPERUSER, "-A", "trust", "-E", "UTF8"].map(OsString::from));
        arguments.extend(LOCALE.map(OsString::from));
        if self.durability == Durability::Process {
            arguments.push("--no-sync".into());
        }
        self.run("initdb", arguments).await?;
        if let Some(finished) = self.unfinished.take() {
            self.folder.adopt(finished)?;
        }
        match self.durability {
            Durability::Disk => self.folder.sync(),
            Durability::Process => Ok(()),
        }
    }

    /// Runs a program to its end, which must be a success.
    async fn run(&mut self, program: &'static str, arguments: Vec<OsString>) -> Result<(), ClusterError> {
        let process = self.spawn(program, arguments)?;
        let status = process.wait().await.map_err(io_error("wait for", Path::new(program)))?;
        if status.success() {
            self.process = None;
            return Ok(());
        }
        Err(self.failed(program, status))
    }

    /// Starts Postgres and waits until it accepts connections, or ends.
    async fn try_start(&mut self) -> Result<(), ClusterError> {
        let socket = if self.folder.socket_is_inside() { self.seen(SOCKET) } else { self.folder.socket() };
        let conditions =
            Conditions { major: self.binaries.major, durability: self.durability, lz4: self.lz4, socket: &socket };
        let mut arguments: Vec<OsString> = vec!["-D".into(), self.seen(CLUSTER).into()];
        arguments.extend(settings::arguments(&conditions));

        let pid_file = self.folder.pid_file();
        // What a killed predecessor has left there says "ready" too, in a container with the very same process id.
        let stale = fs::read_to_string(&pid_file).ok();
        let process = self.spawn("postgres", arguments)?;
        let deadline = Instant::now() + READY_PATIENCE;
        while !is_ready(&pid_file, process.id(), stale.as_deref()) {
            if let Ok(ended) = timeout(POLL, process.wait()).await {
                let status = ended.map_err(io_error("wait for", Path::new("postgres")))?;
                return Err(self.failed("postgres", status));
            }
            if Instant::now() > deadline {
                process.shut_down().await;
                let tail = process.log_tail();
                self.process = None;
                return Err(ClusterError::NotReady { seconds: READY_PATIENCE.as_secs(), log: self.folder.log(), tail });
            }
        }
        Ok(())
    }

    fn spawn(&mut self, program: &str, arguments: Vec<OsString>) -> Result<&mut Process, ClusterError> {
        let process = Process::spawn(Launch {
            program: self.binaries.path(program),
            arguments,
            account: self.account,
            folder: (self.reach == Reach::Descriptor).then(|| self.folder.dir()),
            log: self.folder.log(),
        })?;
        Ok(self.process.insert(process))
    }

    fn failed(&mut self, program: &'static str, status: ExitStatus) -> ClusterError {
        let process = self.process.take();
        ClusterError::Failed {
            program,
            status,
            log: self.folder.log(),
            tail: process.map_or_else(String::new, |process| process.log_tail()),
        }
    }

    /// Something in our folder, as Postgres sees it.
    fn seen(&self, name: impl AsRef<Path>) -> PathBuf {
        match self.reach {
            Reach::Path => self.folder.dir().join(name),
            Reach::Descriptor => Path::new(DESCRIPTOR).join(name),
        }
    }
}

/// Asks the system, as the account, whether it may enter `dir`. Reading the modes of the parents would miss access lists.
fn reach(dir: &Path, account: Account) -> Result<Reach, ClusterError> {
    let may_enter = Command::new("/bin/sh")
        .args(["-c", r#"[ -x "$1" ]"#, "sh"])
        .arg(dir)
        .current_dir("/")
        .uid(account.uid)
        .gid(account.gid)
        .stdin(Stdio::null())
        .status()
        .map_err(io_error("run", Path::new("/bin/sh")))?;
    if may_enter.success() {
        return Ok(Reach::Path);
    }
    if Path::new("/proc/self/fd").exists() {
        return Ok(Reach::Descriptor);
    }
    Err(ClusterError::Unreachable { dir: dir.to_owned(), uid: account.uid })
}

/// Postgres writes its process id to the first line of this file, the time to the third and its state to the eighth
/// (`pg_ctl` reads it likewise).
fn is_ready(pid_file: &Path, process: Option<u32>, stale: Option<&str>) -> bool {
    let Some(text) = fs::read_to_string(pid_file).ok().filter(|text| Some(text.as_str()) != stale) else {
        return false;
    };
    let mut lines = text.lines();
    let owner = lines.next().and_then(|line| line.trim().parse().ok());
    let state = lines.nth(6).map(str::trim);
    owner.is_some() && owner == process && state == Some("ready")
}

impl ClusterError {
    fn log_mentions(&self, text: &str) -> bool {
        matches!(self, Self::Failed { tail, .. } if tail.contains(text))
    }
}
