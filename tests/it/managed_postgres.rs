//! The managed cluster: it starts in any folder, keeps its promises when processes are killed, and leaves nothing behind.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may")]

use std::fs;
use std::mem;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use healthcare_emulator::postgres::managed::{Cluster, ClusterError, ClusterOptions, Durability};
use rustix::process::{Pid, Signal, getpgid, kill_process};
use sqlx::{ConnectOptions, PgConnection};
use tempfile::TempDir;
use tokio::time::{sleep, timeout};

/// Names the folder to the child process that plays an emulator.
const CHILD_DIR: &str = "MANAGED_POSTGRES_TEST_DIR";

#[tokio::test]
async fn a_new_folder_becomes_a_cluster_and_stays_one() {
    let place = place();
    let dir = place.path().join("data/postgres");

    let cluster = start(&dir).await.unwrap();
    execute(&cluster, "create table note (text text)").await;
    execute(&cluster, "insert into note values ('kept')").await;
    let stopping = Instant::now();
    cluster.stop().await;
    assert!(stopping.elapsed() < Duration::from_secs(5));
    assert!(!pid_file(&dir).exists());

    let cluster = start(&dir).await.unwrap();
    assert_eq!(count_notes(&cluster).await, 1);
    cluster.stop().await;
}

#[tokio::test]
async fn the_second_emulator_on_a_folder_is_told_of_the_first() {
    let lent = lend().await;
    let dir = &lent.dir;
    let first = start(dir).await.unwrap();

    let error = start(dir).await.unwrap_err();
    let ClusterError::InUse { process, .. } = &error else {
        panic!("{error}");
    };
    assert_eq!(*process, Some(std::process::id()));
    assert!(error.to_string().contains("in use by another emulator"));

    first.stop().await;
    start(dir).await.unwrap().stop().await;
}

#[tokio::test]
async fn a_killed_postmaster_is_started_again_and_acknowledged_commits_are_there() {
    let lent = lend().await;
    let dir = &lent.dir;
    let cluster = start(dir).await.unwrap();
    execute(&cluster, "create table note (text text)").await;

    for round in 1..=3 {
        execute(&cluster, "insert into note values ('acknowledged')").await;
        let killed = postmaster(dir).unwrap();
        kill_process(killed, Signal::KILL).unwrap();
        until("postgres is back", || is_ready(dir) && postmaster(dir) != Some(killed)).await;
        assert_eq!(count_notes(&cluster).await, round);
    }
    let lost = timeout(Duration::from_millis(10), cluster.lost()).await;
    assert!(lost.is_err());
    execute(&cluster, "drop table note").await;
    cluster.stop().await;
}

#[tokio::test]
async fn postgres_ends_when_the_emulator_is_killed() {
    let lent = lend().await;
    let dir = &lent.dir;
    let mut emulator = emulator(dir);
    until("postgres is up", || is_ready(dir)).await;

    emulator.kill().unwrap();
    emulator.wait().unwrap();
    until("the orphan has shut down", || !pid_file(dir).exists()).await;
    start(dir).await.unwrap().stop().await;
}

#[tokio::test]
async fn a_killed_emulator_can_be_replaced_at_once() {
    let lent = lend().await;
    let dir = &lent.dir;
    let mut emulator = emulator(dir);
    until("postgres is up", || is_ready(dir)).await;

    emulator.kill().unwrap();
    emulator.wait().unwrap();
    start(dir).await.unwrap().stop().await;
}

#[tokio::test]
async fn emulator_and_postgres_may_be_killed_together() {
    let lent = lend().await;
    let dir = &lent.dir;
    let mut emulator = emulator(dir);
    until("postgres is up", || is_ready(dir)).await;

    kill_process(postmaster(dir).unwrap(), Signal::KILL).unwrap();
    emulator.kill().unwrap();
    emulator.wait().unwrap();
    start(dir).await.unwrap().stop().await;
}

#[tokio::test]
async fn an_initdb_that_was_killed_is_done_again() {
    let place = place();
    let dir = place.path().join("postgres");
    let mut emulator = emulator(&dir);
    until("initdb is half-way", || unfinished(&dir).is_some_and(|unfinished| unfinished.join("PG_VERSION").exists()))
        .await;
    emulator.kill().unwrap();
    emulator.wait().unwrap();
    assert!(!dir.join("cluster").exists());

    let cluster = start(&dir).await.unwrap();
    execute(&cluster, "select 1").await;
    cluster.stop().await;
}

#[tokio::test]
async fn a_start_that_is_dropped_half_way_leaves_nothing_running() {
    let place = place();
    let dir = place.path().join("postgres");
    let dropped = timeout(Duration::from_millis(200), start(&dir)).await;
    assert!(dropped.is_err());

    until("the folder is free", || {
        let lock = fs::File::open(dir.join("lock")).unwrap();
        lock.try_lock().is_ok()
    })
    .await;
    assert_eq!(unfinished(&dir), None);
}

#[tokio::test]
async fn a_dropped_cluster_ends() {
    let lent = lend().await;
    let dir = &lent.dir;
    drop(start(dir).await.unwrap());
    until("postgres has shut down", || !pid_file(dir).exists()).await;
}

#[test]
fn a_cluster_outlives_the_runtime_that_started_it() {
    let runtime = || tokio::runtime::Runtime::new().unwrap();
    let lent = runtime().block_on(lend());
    let cluster = runtime().block_on(start(&lent.dir)).unwrap();
    runtime().block_on(execute(&cluster, "select 1"));
    runtime().block_on(cluster.stop());
}

#[tokio::test]
async fn a_ctrl_c_in_the_terminal_does_not_reach_postgres() {
    let lent = lend().await;
    let dir = &lent.dir;
    let cluster = start(dir).await.unwrap();
    let postmaster = postmaster(dir).unwrap();
    assert_eq!(getpgid(Some(postmaster)).unwrap(), postmaster);
    cluster.stop().await;
}

#[tokio::test]
async fn a_process_id_that_belongs_to_a_stranger_by_now_is_no_obstacle() {
    let lent = lend().await;
    let dir = &lent.dir;
    let owner = fs::metadata(dir.join("cluster")).unwrap();
    let mut stranger = Command::new("sleep");
    stranger.arg("60");
    if rustix::process::geteuid().is_root() {
        stranger.uid(owner.uid()).gid(owner.gid());
    }
    let mut stranger = stranger.spawn().unwrap();
    let cluster = dir.join("cluster");
    let stale = format!("{}\n{}\n1\n5432\n\n\n", stranger.id(), cluster.display());
    fs::write(pid_file(dir), stale).unwrap();

    let started = start(dir).await;
    stranger.kill().unwrap();
    stranger.wait().unwrap();
    started.unwrap().stop().await;
}

#[tokio::test]
async fn a_folder_whose_parents_are_closed_to_postgres_will_do() {
    let place = tempfile::tempdir().unwrap();
    set_mode(place.path(), 0o700);
    let dir = place.path().join("postgres");

    let cluster = start(&dir).await.unwrap();
    execute(&cluster, "select 1").await;
    cluster.stop().await;
    let cluster = start(&dir).await.unwrap();
    execute(&cluster, "select 1").await;
    cluster.stop().await;
}

#[tokio::test]
async fn a_path_that_is_too_long_for_a_socket_will_do() {
    let lent = lend().await;
    let long = lent.place.join("long".repeat(30));
    fs::rename(&lent.dir, &long).unwrap();

    let cluster = start(&long).await.unwrap();
    execute(&cluster, "select 1").await;
    cluster.stop().await;
    assert_eq!(fs::read_dir(long.join("socket")).unwrap().count(), 0);
    fs::rename(&long, &lent.dir).unwrap();
}

#[tokio::test]
async fn a_cluster_of_another_version_is_refused_by_name() {
    let lent = lend().await;
    let dir = &lent.dir;
    let version = dir.join("cluster/PG_VERSION");
    let true_version = fs::read(&version).unwrap();
    fs::write(&version, "13\n").unwrap();
    let error = start(dir).await.unwrap_err();
    fs::write(&version, true_version).unwrap();
    let text = error.to_string();
    assert!(matches!(error, ClusterError::Version { .. }), "{text}");
    assert!(text.contains("made by PostgreSQL 13"), "{text}");
}

#[tokio::test]
async fn a_failed_start_quotes_the_log() {
    let lent = lend().await;
    let dir = &lent.dir;
    let settings = dir.join("cluster/postgresql.conf");
    let good = fs::read(&settings).unwrap();
    fs::write(&settings, "no_such_setting = 1\n").unwrap();
    let text = start(dir).await.unwrap_err().to_string();
    fs::write(&settings, good).unwrap();
    assert!(text.contains("postgres.log"), "{text}");
    assert!(text.contains("no_such_setting"), "{text}");
}

#[tokio::test]
#[ignore = "not a test: the emulator that others kill"]
async fn an_emulator() {
    let Some(dir) = std::env::var_os(CHILD_DIR) else {
        return;
    };
    let _cluster = start(Path::new(&dir)).await.unwrap();
    sleep(Duration::from_secs(60)).await;
}

/// Runs [`an_emulator`] in a process of its own, which the caller kills.
fn emulator(dir: &Path) -> Child {
    let (_, module) = module_path!().split_once("::").unwrap();
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--ignored", &format!("{module}::an_emulator")])
        .env(CHILD_DIR, dir)
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

async fn start(dir: &Path) -> Result<Cluster, ClusterError> {
    Cluster::start(ClusterOptions { dir: dir.to_owned(), durability: Durability::Process }).await
}

/// A folder for a cluster that is yet to be made, which the account of Postgres can enter.
fn place() -> TempDir {
    let place = tempfile::tempdir().unwrap();
    set_mode(place.path(), 0o755);
    place
}

fn set_mode(folder: &Path, mode: u32) {
    fs::set_permissions(folder, PermissionsExt::from_mode(mode)).unwrap();
}

/// A stopped cluster, lent to one test at a time, since `initdb` costs a second. It is to be given back as it was found.
struct Lent {
    /// The parent of the cluster's folder, and nothing else's.
    place: PathBuf,
    dir: PathBuf,
}

static SHELF: Mutex<Vec<Lent>> = Mutex::new(Vec::new());

async fn lend() -> Lent {
    static MADE: AtomicUsize = AtomicUsize::new(0);
    if let Some(lent) = SHELF.lock().unwrap().pop() {
        return lent;
    }
    let number = MADE.fetch_add(1, Ordering::Relaxed);
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("cluster-{number}"));
    let _ = fs::remove_dir_all(&place);
    let dir = place.join("postgres");
    start(&dir).await.unwrap().stop().await;
    Lent { place, dir }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let (place, dir) = (mem::take(&mut self.place), mem::take(&mut self.dir));
            SHELF.lock().unwrap().push(Lent { place, dir });
        }
    }
}

async fn connect(cluster: &Cluster) -> PgConnection {
    cluster.connect_options().connect().await.unwrap()
}

async fn execute(cluster: &Cluster, sql: &'static str) {
    sqlx::raw_sql(sql).execute(&mut connect(cluster).await).await.unwrap();
}

async fn count_notes(cluster: &Cluster) -> i64 {
    sqlx::query_scalar("select count(*) from note").fetch_one(&mut connect(cluster).await).await.unwrap()
}

fn pid_file(dir: &Path) -> PathBuf {
    dir.join("cluster/postmaster.pid")
}

fn is_ready(dir: &Path) -> bool {
    fs::read_to_string(pid_file(dir)).is_ok_and(|text| text.contains("\nready"))
}

fn postmaster(dir: &Path) -> Option<Pid> {
    let text = fs::read_to_string(pid_file(dir)).ok()?;
    Pid::from_raw(text.lines().next()?.parse().ok()?)
}

fn unfinished(dir: &Path) -> Option<PathBuf> {
    let entries = fs::read_dir(dir).ok()?;
    entries.flatten().map(|entry| entry.path()).find(|path| path.to_string_lossy().contains("/initdb-"))
}

async fn until(what: &str, mut true_yet: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !true_yet() {
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        sleep(Duration::from_millis(5)).await;
    }
}
