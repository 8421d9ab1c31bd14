//! Postgres processes of an emulator that was killed, which may still be at work in our folder.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::account::Account;
use super::folder::Folder;

/// Orphans have been asked to end by their watcher; from here on we ask ourselves.
const ASK_AFTER: Duration = Duration::from_secs(2);

/// From here on they are made to leave at once.
const INSIST_AFTER: Duration = Duration::from_secs(5);

/// One step towards a free folder, after Postgres refused to start because of processes in it and we have `waited` for them so long.
///
/// Postgres judges by process ids that its predecessor left in files. In a fresh container or after a reboot such an id may
/// be a stranger's, so where the system tells what really works in the folder, that is what counts.
pub(super) fn see_off(folder: &Folder, account: Option<Account>, waited: Duration) {
    let uid = account.map_or_else(|| rustix::process::geteuid().as_raw(), |account| account.uid);
    let Some(processes) = working_in(&folder.cluster(), uid) else {
        return;
    };
    if processes.is_empty() {
        folder.forget_processes();
        return;
    }
    let signal = match waited {
        waited if waited < ASK_AFTER => return,
        waited if waited < INSIST_AFTER => Signal::INT,
        _ => Signal::QUIT,
    };
    tracing::warn!(?processes, ?signal, "ending a postgres that was left behind");
    for process in processes {
        // It fails only when the process has ended meanwhile.
        let _ = kill_process(process, signal);
    }
}

/// The Postgres processes whose working directory is the cluster, as all of a cluster's are.
/// `None` when that cannot be told: no /proc (macOS), or not allowed to look.
fn working_in(cluster: &Path, uid: u32) -> Option<Vec<Pid>> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").ok()?.flatten() {
        let name = entry.file_name();
        let Some(pid) = name.to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        let process = entry.path();
        match fs::read_link(process.join("cwd")) {
            Ok(cwd) if cwd == cluster && is_postgres(&process) => found.extend(Pid::from_raw(pid)),
            Err(error) if error.kind() == ErrorKind::PermissionDenied && is_owned(&process, uid) => {
                return None;
            }
            _ => {}
        }
    }
    Some(found)
}

fn is_owned(process: &Path, uid: u32) -> bool {
    fs::metadata(process).is_ok_and(|process| process.uid() == uid)
}

/// Somebody's shell may have gone to the folder too. After an upgrade of the package the name ends in " (deleted)".
fn is_postgres(process: &Path) -> bool {
    let program = fs::read_link(process.join("exe")).unwrap_or_default();
    let name = program.file_name().and_then(|name| name.to_str());
    name.is_some_and(|name| name.starts_with("postgres"))
}
