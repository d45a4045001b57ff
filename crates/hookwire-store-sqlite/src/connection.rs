//! Connections to the file, by what they are for.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use crate::settings::Settings;

/// Bytes of a page of the file.
pub(crate) const PAGE_BYTES: u64 = 4_096;
/// How long SQLite waits for a lock of its own.
pub(crate) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
const STATEMENTS_KEPT: usize = 200;
/// The log's file shrinks to this when it begins anew.
const WAL_KEPT_BYTES: u64 = 128 * 1_024 * 1_024;

fn open(path: &Path, flags: OpenFlags) -> rusqlite::Result<Connection> {
    let db = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    db.busy_timeout(BUSY_TIMEOUT)?;
    db.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    Ok(db)
}

/// The connection that writes. It makes the file when there is none.
pub(crate) fn writer(path: &Path, settings: &Settings) -> rusqlite::Result<Connection> {
    let db = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)?;
    db.execute_batch(&format!(
        "PRAGMA page_size = {PAGE_BYTES};
         PRAGMA journal_mode = WAL;
         PRAGMA synchronous = {};
         PRAGMA wal_autocheckpoint = 0;
         PRAGMA journal_size_limit = {WAL_KEPT_BYTES};
         PRAGMA foreign_keys = OFF;
         PRAGMA temp_store = MEMORY;
         PRAGMA cache_size = -65536;",
        settings.synchronous.pragma(),
    ))?;
    if let Some(bytes) = settings.file_bytes_max {
        db.execute_batch(&format!("PRAGMA max_page_count = {}", (bytes / PAGE_BYTES).max(1)))?;
    }
    Ok(db)
}

/// A connection that reads.
pub(crate) fn reader(path: &Path) -> rusqlite::Result<Connection> {
    let db = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    db.execute_batch(
        "PRAGMA wal_autocheckpoint = 0;
         PRAGMA query_only = ON;
         PRAGMA temp_store = MEMORY;
         PRAGMA cache_size = -8192;",
    )?;
    Ok(db)
}

/// The connection that makes checkpoints.
pub(crate) fn checkpointer(path: &Path, settings: &Settings) -> rusqlite::Result<Connection> {
    let db = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    db.execute_batch(&format!(
        "PRAGMA wal_autocheckpoint = 0; PRAGMA synchronous = {}; PRAGMA cache_size = -1024;",
        settings.synchronous.pragma(),
    ))?;
    Ok(db)
}
