//! PgBouncer for the tests: whether the program is there, and an installation that runs no pooler of its own.

use std::path::Path;

use super::elevated;

/// Where Debian installs it: a folder that is in the path of root only.
const DEBIAN: &str = "/usr/sbin";
/// What Debian's package leaves on a machine that has it, or had it.
const TRACES: [&str; 2] = ["/etc/pgbouncer", "/etc/default/pgbouncer"];

/// What keeps the package from starting its service, now and with the machine: under systemd a mask, else the word
/// that its start script looks for.
const QUIET: &str = "set -e; mkdir -p /etc/systemd/system /etc/default; \
    ln -sf /dev/null /etc/systemd/system/pgbouncer.service; echo START=0 > /etc/default/pgbouncer";

/// Whether the program is where the tests look: the path, or Debian's folder.
pub(super) fn is_installed() -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders = std::env::split_paths(&path).chain([DEBIAN.into()]);
    folders.any(|folder| folder.join("pgbouncer").is_file())
}

/// Has the package bring the program only. A machine that had it before is left as its owner set it.
pub(super) fn keep_quiet(elevation: &[&str]) -> anyhow::Result<()> {
    if TRACES.iter().any(|trace| Path::new(trace).exists()) {
        return Ok(());
    }
    elevated(elevation, &["sh", "-c", QUIET])
}
