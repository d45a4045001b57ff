//! Where the programs of PostgreSQL and PgBouncer are: Debian keeps them out of the path.

use std::path::{Path, PathBuf};

/// Where Debian and its like install them, as `<version>/bin`.
const VERSIONS: &str = "/usr/lib/postgresql";
/// Where they install PgBouncer.
const SYSTEM: &str = "/usr/sbin";

/// The folder with `initdb`, `postgres` and `psql`: of the newest version that is installed, else the path's.
pub(super) fn folder() -> PathBuf {
    newest().or_else(in_path).unwrap_or_else(|| {
        panic!(
            "PostgreSQL is not installed: run `cargo xtask test`, or install its server (Debian: postgresql)"
        )
    })
}

/// `pgbouncer`: the path's, else the system's.
pub(super) fn pooler() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders = std::env::split_paths(&path).chain([SYSTEM.into()]);
    folders.find_map(|folder| Some(folder.join("pgbouncer")).filter(|file| file.is_file())).unwrap_or_else(
        || panic!("PgBouncer is not installed: run `cargo xtask test`, or install it (Debian: pgbouncer)"),
    )
}

fn newest() -> Option<PathBuf> {
    let versions = std::fs::read_dir(VERSIONS).ok()?.flatten();
    let numbered = versions.filter_map(|entry| {
        let version: u32 = entry.file_name().to_str()?.parse().ok()?;
        Some((version, entry.path().join("bin")))
    });
    numbered.filter(|(_, folder)| is_whole(folder)).max().map(|(_, folder)| folder)
}

fn in_path() -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?).find(|folder| is_whole(folder))
}

fn is_whole(folder: &Path) -> bool {
    ["initdb", "postgres", "psql"].iter().all(|program| folder.join(program).is_file())
}
