//! What can go wrong with the managed cluster. Each message says what to do about it.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

use super::binaries::OLDEST_MAJOR;

/// Why the managed cluster could not be started.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// Another emulator works in this folder.
    #[error("the data folder {} is in use by another emulator{}; stop that one, or choose another DATA_DIR", dir.display(), naming(*process))]
    InUse {
        /// The cluster's folder.
        dir: PathBuf,
        /// The other emulator's process id, when it could be read.
        process: Option<u32>,
    },

    /// There is no Postgres on this machine, or none that is new enough.
    #[error(
        "no PostgreSQL server of version {OLDEST_MAJOR} or later was found (looked in {looked}); install it with \
         `apt-get install postgresql` or `brew install postgresql@17`, or set PG_BINDIR to the folder of its `postgres` and `initdb`"
    )]
    NoServer {
        /// The places that were searched, for people.
        looked: String,
    },

    /// The folder holds a cluster of a major version that is not installed.
    #[error(
        "the cluster in {} was made by PostgreSQL {cluster}, but what is installed here is {installed}; install postgresql-{cluster}, \
         set PG_BINDIR to its binaries, or choose another DATA_DIR", dir.display()
    )]
    Version {
        /// The cluster's folder.
        dir: PathBuf,
        /// The cluster's major version.
        cluster: u32,
        /// The major versions that were found, for people.
        installed: String,
    },

    /// We are root, Postgres refuses to be, and there is nobody else.
    #[error("PostgreSQL does not run as root, and /etc/passwd has neither a user `postgres` nor `nobody`")]
    NoAccount,

    /// We are root, and the account that runs Postgres may not enter a parent of the folder.
    #[error(
        "the account that runs PostgreSQL (uid {uid}) cannot enter {}; make each of its parent folders searchable (`chmod o+x`), \
         or choose another DATA_DIR", dir.display()
    )]
    Unreachable {
        /// The cluster's folder.
        dir: PathBuf,
        /// The account's uid.
        uid: u32,
    },

    /// `initdb` or `postgres` ended when it should not have.
    #[error("`{program}` failed ({status}); the end of its log {} is:\n{tail}", log.display())]
    Failed {
        /// `initdb` or `postgres`.
        program: &'static str,
        /// How it ended.
        status: ExitStatus,
        /// The log file.
        log: PathBuf,
        /// What this run added to the log: its last lines.
        tail: String,
    },

    /// Postgres runs but accepts no connections.
    #[error("PostgreSQL was not ready after {seconds} s; the end of its log {} is:\n{tail}", log.display())]
    NotReady {
        /// How long it was given.
        seconds: u64,
        /// The log file.
        log: PathBuf,
        /// What this run added to the log: its last lines.
        tail: String,
    },

    /// The operating system refused something about a file or a program.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// A verb and its object, such as "open the lock file".
        action: &'static str,
        /// The file, folder or program.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },

    /// The thread that looks after Postgres could not be started.
    #[error("cannot start the thread that looks after PostgreSQL: {0}")]
    Thread(#[source] io::Error),

    /// The thread that looks after Postgres ended without an answer.
    #[error("the thread that looks after PostgreSQL ended unexpectedly")]
    Supervisor,
}

/// Adds to an `io::Error` what was being done to what.
pub(super) fn io_error(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> ClusterError {
    move |source| ClusterError::Io { action, path: path.to_owned(), source }
}

fn naming(process: Option<u32>) -> String {
    process.map_or_else(String::new, |process| format!(" (process {process})"))
}
