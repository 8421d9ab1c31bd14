//! `initdb` and `postgres` as child processes that cannot outlive us.

use std::env;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, ChildStdin, Command};
use tokio::time::timeout;

use super::account::Account;
use super::error::{ClusterError, io_error};

/// The shell becomes the program, so the child is the postmaster itself, and leaves a watcher behind:
///
/// * Standard input is a pipe whose other end only the emulator holds. The system closes that end when the emulator dies, by
///   whatever death; the watcher's `read` then fails, and it asks the program to shut down. A line means that the program is gone
///   and that its process id (`$$`, also in a subshell) may belong to a stranger.
/// * The watcher is a grandchild, reparented away, because a postmaster takes the odd death of an unknown child for a crash.
///   It holds nothing of ours but the pipe, and ignores signals sent to the whole group or container.
/// * Descriptor 4 is our folder, when `postgres` has to reach it by [`DESCRIPTOR`].
const SCRIPT: &str = r#"
exec 3<&0 4<&1 </dev/null >/dev/null
( (
    exec <&3 3<&- 4<&- 2>/dev/null
    trap '' HUP INT TERM
    read -r gone || kill -INT $$
) & )
exec 3<&-
exec "$@"
"#;

/// How the program sees a folder that was opened for it ([`Launch::folder`]).
pub(super) const DESCRIPTOR: &str = "/proc/self/fd/4";

/// A fast shutdown writes out up to `shared_buffers`, usually within 0.2 s.
const FAST_SHUTDOWN: Duration = Duration::from_secs(4);

/// An immediate shutdown just leaves. Committed work is in the log, from which the next start recovers it.
const IMMEDIATE_SHUTDOWN: Duration = Duration::from_millis(500);

/// A log beyond this size starts anew with the next process.
const LONGEST_LOG: u64 = 4 << 20;

/// How many lines of the log an error quotes.
const QUOTED_LINES: usize = 12;

/// What to run, and how.
#[derive(Debug)]
pub(super) struct Launch<'a> {
    pub program: PathBuf,
    pub arguments: Vec<std::ffi::OsString>,
    /// Whom to run as, when not as ourselves.
    pub account: Option<Account>,
    /// A folder to open on behalf of the program, which may not enter its parents.
    pub folder: Option<&'a Path>,
    /// Where its standard error goes.
    pub log: PathBuf,
}

/// A running program, and the end of the pipe that keeps it alive.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    leash: Option<ChildStdin>,
    log: PathBuf,
    log_start: u64,
}

impl Process {
    /// Starts the program in a process group of its own, so that a terminal's Ctrl-C reaches only us and requests can finish first.
    pub fn spawn(launch: Launch<'_>) -> Result<Self, ClusterError> {
        let (log, log_start) = open_log(&launch.log).map_err(io_error("open the log file", &launch.log))?;
        let stdout = match launch.folder {
            Some(dir) => File::open(dir).map_err(io_error("open the folder", dir))?.into(),
            None => Stdio::null(),
        };

        let mut command = Command::new("/bin/sh");
        command
            .args(["-c", SCRIPT, "sh"])
            .arg(&launch.program)
            .args(&launch.arguments)
            .current_dir("/")
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(stdout)
            .stderr(log)
            // English messages, and no search for the machine's time zone.
            .env("LC_ALL", "C")
            .env("TZ", "UTC");
        // PGPORT, PGDATA and the like are meant for another Postgres.
        for (name, _) in env::vars_os() {
            if name.as_encoded_bytes().starts_with(b"PG") {
                command.env_remove(name);
            }
        }
        if let Some(account) = launch.account {
            command.uid(account.uid).gid(account.gid);
        }

        let mut child = command.spawn().map_err(io_error("start", &launch.program))?;
        let leash = child.stdin.take();
        Ok(Self { child, leash, log: launch.log, log_start })
    }

    /// The process id; `None` once it has been seen to end.
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Waits for the end. May be dropped and called again.
    pub async fn wait(&mut self) -> io::Result<ExitStatus> {
        let status = self.child.wait().await?;
        if let Some(mut leash) = self.leash.take() {
            // Dismisses the watcher. It may have been killed: then there is nobody to dismiss.
            let _ = leash.write_all(b"gone\n").await;
        }
        Ok(status)
    }

    /// Ends the program, kindly first: within [`FAST_SHUTDOWN`] and a little more.
    pub async fn shut_down(&mut self) {
        self.signal(Signal::INT);
        if timeout(FAST_SHUTDOWN, self.wait()).await.is_ok() {
            return;
        }
        tracing::warn!("postgres shuts down too slowly and is made to leave at once");
        self.signal(Signal::QUIT);
        if timeout(IMMEDIATE_SHUTDOWN, self.wait()).await.is_err() {
            self.signal(Signal::KILL);
            let _ = self.wait().await;
        }
    }

    /// What this process has added to the log: the last lines.
    pub fn log_tail(&self) -> String {
        read_from(&self.log, self.log_start).unwrap_or_default()
    }

    fn signal(&self, signal: Signal) {
        let id = self.id().and_then(|id| i32::try_from(id).ok());
        if let Some(pid) = id.and_then(Pid::from_raw) {
            // It fails only when the process has ended by itself, which is what we want.
            let _ = kill_process(pid, signal);
        }
    }
}

/// Opens the log for appending. Also gives its length, where the next process begins to write.
fn open_log(path: &Path) -> io::Result<(File, u64)> {
    let log = OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
    let length = log.metadata()?.len();
    if length <= LONGEST_LOG {
        return Ok((log, length));
    }
    log.set_len(0)?;
    Ok((log, 0))
}

fn read_from(log: &Path, start: u64) -> io::Result<String> {
    let mut file = File::open(log)?;
    file.seek(SeekFrom::Start(start))?;
    let mut text = Vec::new();
    file.take(LONGEST_LOG).read_to_end(&mut text)?;
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    Ok(lines[lines.len().saturating_sub(QUOTED_LINES)..].join("\n"))
}
