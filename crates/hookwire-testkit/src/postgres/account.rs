//! Whom the server runs as: PostgreSQL refuses to run as root, so root lends it another account.

use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

/// Accounts that root lends, in this order.
const LENT: [&str; 2] = ["postgres", "nobody"];

/// The account that owns the folder and runs the server.
#[derive(Debug, Clone, Copy)]
pub(super) enum Account {
    /// Ours.
    Own,
    /// Another one, because ours is root.
    Lent { user: u32, group: u32 },
}

impl Account {
    /// The account for a folder that was just made by us.
    pub(super) fn for_folder(folder: &Path) -> Self {
        let owner = std::fs::metadata(folder).expect("the folder was just made").uid();
        if owner != 0 {
            return Self::Own;
        }
        let accounts = std::fs::read_to_string("/etc/passwd").expect("accounts can be read");
        let (user, group) = LENT.iter().find_map(|name| find(&accounts, name)).unwrap_or_else(|| {
            panic!("root can't run PostgreSQL, and there is none of the accounts {LENT:?}")
        });
        chown(folder, Some(user), Some(group)).expect("root can give a folder away");
        Self::Lent { user, group }
    }

    /// Makes the command run as this account.
    pub(super) fn lend_to(self, command: &mut Command) {
        if let Self::Lent { user, group } = self {
            // The standard library drops root's supplementary groups along with it.
            command.uid(user).gid(group);
        }
    }
}

/// User and group of an account, from the text of `/etc/passwd`.
fn find(accounts: &str, name: &str) -> Option<(u32, u32)> {
    let mut fields = accounts
        .lines()
        .map(|line| line.split(':'))
        .find_map(|mut fields| (fields.next() == Some(name)).then_some(fields))?;
    let user = fields.nth(1)?.parse().ok()?;
    let group = fields.next()?.parse().ok()?;
    Some((user, group))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_found_by_its_whole_name() {
        let accounts = "root:x:0:0:root:/root:/bin/sh\npostgres2:x:7:8::/:/bin/sh\npostgres:x:101:104:,,,:/var:/bin/sh\n";
        assert_eq!(find(accounts, "postgres"), Some((101, 104)));
        assert_eq!(find(accounts, "nobody"), None);
    }
}
