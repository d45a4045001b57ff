//! Where PostgreSQL's programs are: Debian keeps them out of the path, a folder for each version.

use std::path::{Path, PathBuf};

/// Where Debian and its like install them, as `<version>/bin`.
const VERSIONS: &str = "/usr/lib/postgresql";

/// The folder with `initdb`, `postgres` and `psql`: of the newest version that is installed, else the path's.
pub(super) fn folder() -> PathBuf {
    newest().or_else(in_path).unwrap_or_else(|| {
        panic!(
            "PostgreSQL is not installed: run `cargo xtask test`, or install its server (Debian: postgresql)"
        )
    })
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
