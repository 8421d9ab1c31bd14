//! The settings of the managed Postgres, each with its reason. They are given on the command line, which wins over the
//! cluster's own files, so an old cluster gets them too.
//!
//! The load is many small transactions from one application on one machine: little processor time for each is what matters.

use std::ffi::OsString;
use std::path::Path;

use super::Durability;

/// It only names the socket: Postgres does not listen on the network.
pub(super) const PORT: u16 = 5432;

/// What the settings depend on.
#[derive(Debug)]
pub(super) struct Conditions<'a> {
    pub major: u32,
    pub durability: Durability,
    /// Whether the binaries were built with lz4, which cannot be asked, only tried.
    pub lz4: bool,
    /// The socket folder, as Postgres sees it.
    pub socket: &'a Path,
}

/// The `-c name=value` arguments of `postgres`.
pub(super) fn arguments(conditions: &Conditions<'_>) -> Vec<OsString> {
    let mut arguments = Vec::new();
    let mut set = |name: &str, value: OsString| {
        let mut setting = OsString::from(format!("{name}="));
        setting.push(value);
        arguments.extend([OsString::from("-c"), setting]);
    };

    set("unix_socket_directories", list_of_one(conditions.socket));
    set("port", PORT.to_string().into());
    for (name, value) in ALWAYS {
        set(name, value.into());
    }
    for (name, value) in durability(conditions.durability) {
        set(name, value.into());
    }
    if conditions.lz4 {
        // Much quicker than pglz, for the JSON of events and for the images of pages.
        set("default_toast_compression", "lz4".into());
        if conditions.major >= 15 {
            set("wal_compression", "lz4".into());
        }
    }
    if conditions.major >= 18 {
        // Three fewer processes; they only pay off with slow disks.
        set("io_method", "sync".into());
    }
    arguments
}

const ALWAYS: [(&str, &str); 35] = [
    // Only we connect, and by the socket.
    ("listen_addresses", ""),
    ("unix_socket_permissions", "0700"),
    ("max_connections", "100"),
    // Messages that this program can recognise, and one time zone whatever the machine's.
    ("lc_messages", "C"),
    ("timezone", "UTC"),
    ("log_timezone", "UTC"),
    // Memory: modest, since it shares a laptop. Beyond it the system's page cache serves.
    ("shared_buffers", "128MB"),
    ("wal_buffers", "16MB"),
    ("work_mem", "8MB"),
    // What the planner should believe: files are cached and disks are solid.
    ("effective_cache_size", "1GB"),
    ("random_page_cost", "1.1"),
    // No replicas and no archive: the least log, and no process to send it.
    ("wal_level", "minimal"),
    ("max_wal_senders", "0"),
    // Rare checkpoints write fewer images of pages; recovery of half a gigabyte of log takes seconds.
    ("max_wal_size", "512MB"),
    ("checkpoint_timeout", "15min"),
    // Parallel plans start processes: never worth it for queries of a millisecond. That leaves no use for workers.
    ("max_parallel_workers_per_gather", "0"),
    ("max_parallel_maintenance_workers", "0"),
    ("max_logical_replication_workers", "0"),
    ("max_worker_processes", "0"),
    // Compiling a plan costs more than running it.
    ("jit", "off"),
    // Housekeeping of the rows, by one process that looks twice a minute: a freshly filled table soon has statistics.
    ("autovacuum_max_workers", "1"),
    ("autovacuum_naptime", "30s"),
    // A sample of 3,000 rows tells how selective a column is, at a tenth of the price of the usual 30,000.
    ("default_statistics_target", "10"),
    // Writing pages before the checkpoint does writes many of them twice. Sleep; backends write what they must evict.
    ("bgwriter_lru_maxpages", "0"),
    ("bgwriter_delay", "10s"),
    // Each commit writes its own log, so the log writer has nothing to do (at most three times this late for a session that
    // turns synchronous_commit off for itself).
    ("wal_writer_delay", "1s"),
    // Work per statement that nobody looks at. track_counts stays on: autovacuum lives by it.
    ("track_activities", "off"),
    ("track_counts", "on"),
    ("update_process_title", "off"),
    ("compute_query_id", "off"),
    // A short log: what the server has to say, and never a statement's text, which may name a patient.
    ("log_min_messages", "error"),
    ("log_min_error_statement", "panic"),
    ("log_checkpoints", "off"),
    // %e is the SQLSTATE, by which a refused start is understood.
    ("log_line_prefix", "%m [%p] %e "),
    ("logging_collector", "off"),
];

fn durability(durability: Durability) -> Vec<(&'static str, &'static str)> {
    let fsync = match durability {
        Durability::Disk => "on",
        // The disk is never waited for. All that was written lives in the kernel's page cache, which only the kernel's end can lose.
        Durability::Process => "off",
    };
    let mut settings = vec![
        ("fsync", fsync),
        // In both modes a commit is acknowledged after its log has left Postgres's memory by write(2). `off` would keep it
        // in shared memory for a while, where kill -9 of the postmaster does lose it.
        ("synchronous_commit", "on"),
        // In both modes: a kill can also cut the write(2) of a page in two, and recovery mends that only from the page's image.
        ("full_page_writes", "on"),
    ];
    if cfg!(target_os = "macos") && durability == Durability::Disk {
        // Plain fsync stops at the drive's own cache there.
        settings.push(("wal_sync_method", "fsync_writethrough"));
    }
    settings
}

/// A folder as a list with one entry. Quoted, since a path may contain a comma or a space.
fn list_of_one(folder: &Path) -> OsString {
    let mut quoted = OsString::from("\"");
    for (index, part) in folder.to_string_lossy().split('"').enumerate() {
        if index > 0 {
            quoted.push("\"\"");
        }
        quoted.push(part);
    }
    quoted.push("\"");
    quoted
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::path::Path;

    use super::{Conditions, Durability, arguments, list_of_one};

    fn with(durability: Durability) -> Vec<OsString> {
        arguments(&Conditions { major: 15, durability, lz4: true, socket: Path::new("/data/socket") })
    }

    #[test]
    fn no_durability_acknowledges_a_commit_before_its_log_is_written() {
        for durability in [Durability::Disk, Durability::Process] {
            assert!(with(durability).contains(&"synchronous_commit=on".into()));
            assert!(with(durability).contains(&"full_page_writes=on".into()));
        }
        assert!(with(Durability::Disk).contains(&"fsync=on".into()));
        assert!(with(Durability::Process).contains(&"fsync=off".into()));
    }

    #[test]
    fn a_socket_folder_with_a_comma_is_one_folder() {
        assert_eq!(list_of_one(Path::new("/a,b \"c\"")), "\"/a,b \"\"c\"\"\"");
    }
}
