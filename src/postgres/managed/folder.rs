//! The cluster's folder: who may work in it, and where its parts are.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt, chown, fchown};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::account::Account;
use super::error::{ClusterError, io_error};
use super::settings::PORT;

/// The name of Postgres's data folder inside ours.
pub(super) const CLUSTER: &str = "cluster";

/// The name of the socket folder inside ours.
pub(super) const SOCKET: &str = "socket";

/// What a cluster is called until `initdb` has finished.
const UNFINISHED: &str = "initdb-";

/// `sockaddr_un.sun_path` less its NUL: 103 bytes on macOS; Linux has four more.
const LONGEST_SOCKET_PATH: usize = 103;

/// The system frees the lock of a killed emulator a moment after its death.
const LOCK_PATIENCE: Duration = Duration::from_millis(300);

/// A folder that is ours alone while this value lives.
#[derive(Debug)]
pub(super) struct Folder {
    dir: PathBuf,
    lock: File,
    /// A socket folder elsewhere, when the path of the one inside would be too long.
    short_socket: Option<TempDir>,
}

impl Folder {
    /// Makes the folder if need be and locks it, before anything else in it is looked at.
    pub fn claim(dir: &Path) -> Result<Self, ClusterError> {
        make_private(dir).map_err(io_error("make the folder", dir))?;
        let dir = fs::canonicalize(dir).map_err(io_error("find the folder", dir))?;
        let lock = take_lock(&dir)?;

        let socket = dir.join(SOCKET);
        make_private(&socket).map_err(io_error("make the socket folder", &socket))?;
        let length = socket.join(socket_name()).as_os_str().as_bytes().len();
        let short_socket = if length > LONGEST_SOCKET_PATH {
            let elsewhere = tempfile::Builder::new()
                .prefix("healthcare-emulator-")
                .tempdir()
                .map_err(io_error("make a socket folder in", &std::env::temp_dir()))?;
            Some(elsewhere)
        } else {
            None
        };
        Ok(Self { dir, lock, short_socket })
    }

    /// Hands to the account what Postgres must own, and what that account needs to start an emulator here itself.
    pub fn give_to(&self, account: Account) -> Result<(), ClusterError> {
        let (uid, gid) = (Some(account.uid), Some(account.gid));
        for folder in [self.dir.clone(), self.dir.join(SOCKET), self.socket()] {
            fs::set_permissions(&folder, Permissions::from_mode(0o700))
                .and_then(|()| chown(&folder, uid, gid))
                .map_err(io_error("hand over the folder", &folder))?;
        }
        fchown(&self.lock, uid, gid).map_err(io_error("hand over the lock file in", &self.dir))
    }

    /// The major version of the cluster; `None` when there is no cluster yet.
    pub fn cluster_version(&self) -> Result<Option<u32>, ClusterError> {
        let cluster = self.cluster();
        if !cluster.exists() {
            return Ok(None);
        }
        let path = cluster.join("PG_VERSION");
        let read = fs::read_to_string(&path).and_then(|text| {
            let version = text.trim().parse();
            version.map_err(|_| io::Error::from(io::ErrorKind::InvalidData))
        });
        read.map(Some).map_err(io_error("read the cluster's version from", &path))
    }

    /// An empty folder for `initdb`, after sweeping away what an `initdb` that was killed has left.
    pub fn unfinished_cluster(&self, owner: Option<Account>) -> Result<TempDir, ClusterError> {
        let entries = fs::read_dir(&self.dir).map_err(io_error("list the folder", &self.dir))?;
        for entry in entries.flatten() {
            if entry.file_name().as_bytes().starts_with(UNFINISHED.as_bytes()) {
                // An orphaned initdb may still write there. What stays is swept next time, and its name is never used again.
                let _ = fs::remove_dir_all(entry.path());
            }
        }
        let unfinished = tempfile::Builder::new()
            .prefix(UNFINISHED)
            .tempdir_in(&self.dir)
            .map_err(io_error("make a folder in", &self.dir))?;
        if let Some(account) = owner {
            chown(unfinished.path(), Some(account.uid), Some(account.gid))
                .map_err(io_error("hand over the folder", unfinished.path()))?;
        }
        Ok(unfinished)
    }

    /// Gives the finished cluster its name: from here on it exists, wholly.
    pub fn adopt(&self, finished: TempDir) -> Result<(), ClusterError> {
        fs::rename(finished.path(), self.cluster()).map_err(io_error("rename the new cluster", finished.path()))?;
        let _renamed = finished.keep();
        Ok(())
    }

    /// Makes the names in the folder survive a power cut.
    pub fn sync(&self) -> Result<(), ClusterError> {
        File::open(&self.dir).and_then(|dir| dir.sync_all()).map_err(io_error("sync the folder", &self.dir))
    }

    /// Removes the process ids that a killed Postgres has left, for when they are known to belong to strangers by now.
    pub fn forget_processes(&self) {
        let socket_lock = self.socket().join(format!("{}.lock", socket_name()));
        let _ = fs::remove_file(socket_lock);
        let _ = fs::remove_file(self.pid_file());
    }

    pub fn dir(&self) -> &Path {
        &self.dir
    }

    pub fn cluster(&self) -> PathBuf {
        self.dir.join(CLUSTER)
    }

    pub fn pid_file(&self) -> PathBuf {
        self.cluster().join("postmaster.pid")
    }

    pub fn log(&self) -> PathBuf {
        self.dir.join("postgres.log")
    }

    /// The folder of the socket, as clients see it.
    pub fn socket(&self) -> PathBuf {
        match &self.short_socket {
            Some(elsewhere) => elsewhere.path().to_owned(),
            None => self.dir.join(SOCKET),
        }
    }

    pub fn socket_is_inside(&self) -> bool {
        self.short_socket.is_none()
    }
}

fn socket_name() -> String {
    format!(".s.PGSQL.{PORT}")
}

/// Makes `dir` for our eyes only, and its parents as usual.
fn make_private(dir: &Path) -> io::Result<()> {
    if let Some(parent) = dir.parent() {
        fs::create_dir_all(parent)?;
    }
    match DirBuilder::new().mode(0o700).create(dir) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && dir.is_dir() => Ok(()),
        made => made,
    }
}

/// The lock ends with the process, however that dies. The file's content, our process id, is for messages only.
fn take_lock(dir: &Path) -> Result<File, ClusterError> {
    let path = dir.join("lock");
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(io_error("open the lock file", &path))?;
    let deadline = Instant::now() + LOCK_PATIENCE;
    loop {
        match file.try_lock() {
            Ok(()) => break,
            Err(TryLockError::WouldBlock) if Instant::now() < deadline => {
                sleep(Duration::from_millis(10));
            }
            Err(TryLockError::WouldBlock) => {
                let holder = fs::read_to_string(&path).unwrap_or_default();
                return Err(ClusterError::InUse { dir: dir.to_owned(), process: holder.trim().parse().ok() });
            }
            Err(TryLockError::Error(error)) => return Err(io_error("lock", &path)(error)),
        }
    }
    file.set_len(0)
        .and_then(|()| writeln!(file, "{}", std::process::id()))
        .map_err(io_error("write the lock file", &path))?;
    Ok(file)
}
