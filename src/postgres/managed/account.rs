//! Whom Postgres runs as. It refuses to be root, so a root emulator borrows an account.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::error::{ClusterError, io_error};

/// Accounts to borrow, best first. `initdb` insists on one with an entry in the user database; `_postgres` is macOS's.
const BORROWED: [&str; 3] = ["postgres", "_postgres", "nobody"];

/// A user and a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Account {
    pub uid: u32,
    pub gid: u32,
}

impl Account {
    /// The account to borrow for the cluster, or `None` when we are not root: then everything runs as ourselves.
    /// A cluster that exists already goes on under its owner, so `sudo` now and then does no harm.
    pub fn borrowed_for(cluster: &Path) -> Result<Option<Self>, ClusterError> {
        if !rustix::process::geteuid().is_root() {
            return Ok(None);
        }
        if let Ok(owner) = fs::metadata(cluster)
            && owner.uid() != 0
        {
            return Ok(Some(Self { uid: owner.uid(), gid: owner.gid() }));
        }
        let passwd = Path::new("/etc/passwd");
        let entries = fs::read_to_string(passwd).map_err(io_error("read the user database", passwd))?;
        BORROWED.iter().find_map(|name| Self::named(name, &entries)).map(Some).ok_or(ClusterError::NoAccount)
    }

    /// Finds `name:password:uid:gid:…` (passwd(5)).
    fn named(name: &str, passwd: &str) -> Option<Self> {
        let entry = passwd.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        let mut fields = entry.split(':').skip(1);
        let uid = fields.next()?.parse().ok()?;
        let gid = fields.next()?.parse().ok()?;
        (uid != 0).then_some(Self { uid, gid })
    }
}

#[cfg(test)]
mod tests {
    use super::Account;

    #[test]
    fn an_account_is_found_by_its_whole_name() {
        let passwd =
            "root:x:0:0::/root:/bin/sh\npostgres2:x:7:8::/:\npostgres:x:101:104:,,,:/var/lib/postgresql:/bin/bash\n";
        let postgres = Account { uid: 101, gid: 104 };
        assert_eq!(Account::named("postgres", passwd), Some(postgres));
        assert_eq!(Account::named("nobody", passwd), None);
    }

    #[test]
    fn root_under_another_name_is_no_account() {
        assert_eq!(Account::named("nobody", "nobody:x:0:0::/:\n"), None);
    }
}
