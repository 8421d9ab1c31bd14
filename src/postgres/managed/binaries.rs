//! Which Postgres binaries to run.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::error::ClusterError;

/// 14 brought `default_toast_compression` and is the oldest version that still gets mended.
pub(super) const OLDEST_MAJOR: u32 = 14;

/// Folders that hold one `bin` per installed version: Debian, the PGDG packages for Red Hat, Homebrew on both processors, Postgres.app.
const VERSIONED: [(&str, &str, &str); 5] = [
    ("/usr/lib/postgresql", "", "bin"),
    ("/usr", "pgsql-", "bin"),
    ("/opt/homebrew/opt", "postgresql@", "bin"),
    ("/usr/local/opt", "postgresql@", "bin"),
    ("/Applications/Postgres.app/Contents/Versions", "", "bin"),
];

/// A folder with `initdb` and `postgres` of one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Binaries {
    pub dir: PathBuf,
    pub major: u32,
}

impl Binaries {
    /// The binaries for the cluster in `dir`, of the version that made it if it exists (`cluster`), else the first that is new enough.
    /// `PG_BINDIR` is the only place searched when it is set.
    pub fn find(dir: &Path, cluster: Option<u32>) -> Result<Self, ClusterError> {
        let chosen = env::var_os("PG_BINDIR").filter(|chosen| !chosen.is_empty());
        let (candidates, looked) = match chosen {
            Some(chosen) => {
                let looked = format!("PG_BINDIR, which is {}", Path::new(&chosen).display());
                (vec![PathBuf::from(chosen)], looked)
            }
            None => (candidates(), "`pg_config --bindir`, PATH, /usr/lib/postgresql and Homebrew's folders".to_owned()),
        };

        let mut installed: Vec<u32> = Vec::new();
        for dir in candidates {
            let Some(major) = major_version(&dir) else {
                continue;
            };
            if cluster.map_or(major >= OLDEST_MAJOR, |cluster| major == cluster) {
                return Ok(Self { dir, major });
            }
            installed.push(major);
        }
        match cluster {
            Some(cluster) if !installed.is_empty() => {
                Err(ClusterError::Version { dir: dir.to_owned(), cluster, installed: list(installed) })
            }
            _ => Err(ClusterError::NoServer { looked }),
        }
    }

    pub fn path(&self, program: &str) -> PathBuf {
        self.dir.join(program)
    }
}

/// Folders that may hold a server, best first.
fn candidates() -> Vec<PathBuf> {
    let mut candidates: Vec<PathBuf> = Vec::new();
    candidates.extend(pg_config_bindir());
    if let Some(path) = env::var_os("PATH") {
        candidates.extend(env::split_paths(&path));
    }
    for (parent, prefix, bin) in VERSIONED {
        candidates.extend(newest_first(Path::new(parent), prefix, bin));
    }
    candidates
}

fn pg_config_bindir() -> Option<PathBuf> {
    let output = Command::new("pg_config").arg("--bindir").output().ok()?;
    let bindir = String::from_utf8(output.stdout).ok()?;
    Some(PathBuf::from(bindir.trim()))
}

/// `{parent}/{prefix}{version}/{bin}` for each version that is there.
fn newest_first(parent: &Path, prefix: &str, bin: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(parent) else {
        return Vec::new();
    };
    let mut versions: Vec<u32> =
        entries.flatten().filter_map(|entry| entry.file_name().to_str()?.strip_prefix(prefix)?.parse().ok()).collect();
    versions.sort_unstable_by(|a, b| b.cmp(a));
    versions.iter().map(|version| parent.join(format!("{prefix}{version}")).join(bin)).collect()
}

/// The version of the server in `dir`; `None` when the folder has none. Client-only packages ship `pg_config` without a server.
fn major_version(dir: &Path) -> Option<u32> {
    if !dir.join("initdb").is_file() || !dir.join("postgres").is_file() {
        return None;
    }
    version_in_path(dir).or_else(|| {
        let output = Command::new(dir.join("postgres")).arg("--version").output().ok()?;
        parse_version(&String::from_utf8_lossy(&output.stdout))
    })
}

/// Packagers put the version into the path, `…/15/bin` or `…/postgresql@17/bin`: that saves 15 ms of each start.
/// Should it ever lie, Postgres refuses the cluster itself.
fn version_in_path(dir: &Path) -> Option<u32> {
    let version = dir.parent()?.file_name()?.to_str()?;
    VERSIONED.iter().find_map(|(_, prefix, _)| version.strip_prefix(prefix)?.parse().ok())
}

/// `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`, or `…) 19devel`.
fn parse_version(text: &str) -> Option<u32> {
    let version = text.split_once("(PostgreSQL)")?.1.trim_start();
    let end = version.find(|c: char| !c.is_ascii_digit()).unwrap_or(version.len());
    version[..end].parse().ok()
}

fn list(mut versions: Vec<u32>) -> String {
    versions.sort_unstable();
    versions.dedup();
    let versions: Vec<String> = versions.iter().map(u32::to_string).collect();
    versions.join(", ")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{parse_version, version_in_path};

    #[test]
    fn the_major_version_is_the_first_number() {
        let debian = "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n";
        assert_eq!(parse_version(debian), Some(15));
        assert_eq!(parse_version("postgres (PostgreSQL) 19devel\n"), Some(19));
        assert_eq!(parse_version("postgres (PostgreSQL) 17\n"), Some(17));
        assert_eq!(parse_version("something else 3.1"), None);
    }

    #[test]
    fn a_packager_s_path_names_the_version() {
        let version = |dir| version_in_path(Path::new(dir));
        assert_eq!(version("/usr/lib/postgresql/15/bin"), Some(15));
        assert_eq!(version("/opt/homebrew/opt/postgresql@17/bin"), Some(17));
        assert_eq!(version("/usr/pgsql-16/bin"), Some(16));
        assert_eq!(version("/usr/bin"), None);
    }
}
