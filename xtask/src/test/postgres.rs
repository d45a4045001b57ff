//! PostgreSQL for the tests: whether its programs are there, and an installation that runs no server of its own.

use std::path::Path;

use super::{apt_get, elevated};

/// Debian's word on the server that its packages make and start on their own.
const ON_INSTALLATION: &str = "/etc/postgresql-common/createcluster.conf";

/// Whether the server's programs are where the tests look: Debian's folders, or the path.
pub(super) fn is_installed() -> bool {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let debian = versions.map(|version| version.path().join("bin"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    debian.chain(std::env::split_paths(&path)).any(|folder| is_whole(&folder))
}

fn is_whole(folder: &Path) -> bool {
    ["initdb", "postgres", "psql"].iter().all(|program| folder.join(program).is_file())
}

/// Has the packages bring programs only. A machine that had them before is left as its owner set it.
pub(super) fn keep_quiet(elevation: &[&str]) -> anyhow::Result<()> {
    if Path::new(ON_INSTALLATION).exists() {
        return Ok(());
    }
    apt_get(elevation, &["install", "--yes", "--no-install-recommends", "postgresql-common"])?;
    elevated(elevation, &["pg_conftool", ON_INSTALLATION, "set", "create_main_cluster", "off"])
}
