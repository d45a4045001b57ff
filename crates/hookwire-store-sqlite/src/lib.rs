//! The embedded store: SQLite behind one writer thread with group commit, a few readers, and background checkpoints.

mod catalog;
mod checkpoint;
mod chooser;
mod connection;
mod fault;
mod history;
mod lease;
mod migrate;
mod oauth;
mod open;
mod queue;
mod reader;
mod row;
mod settings;
mod shared;
mod sql;
mod threads;
mod triggers;
mod upkeep;
mod walk;
mod writer;

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};

pub use migrate::SCHEMA;
pub use open::{OpenError, migrate};
pub use settings::{Settings, Synchronous};

use chooser::Chooser;
use reader::Readers;
use shared::Shared;
use threads::Threads;
use writer::Writer;

/// A store in one file.
pub struct SqliteStore {
    shared: Arc<Shared>,
    writer: Writer,
    readers: Readers,
    chooser: Chooser,
    threads: Mutex<Threads>,
    /// Where the search for leases of earlier runs begins; `None` once it was started.
    orphans_above: Mutex<Option<i64>>,
    pings: AtomicU64,
}

impl SqliteStore {
    /// Takes no more verbs. What was asked for before is still carried out.
    fn stop(&self) {
        self.readers.close();
        self.writer.close();
        self.threads.lock().expect("nobody panics with this lock").stop();
    }
}

impl std::fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqliteStore").field("path", &self.shared.path).finish_non_exhaustive()
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        self.stop();
        if let Ok(threads) = self.threads.get_mut() {
            std::mem::take(threads).join();
        }
    }
}

/// The version of the SQLite that is built in, for people.
pub fn sqlite_version() -> &'static str {
    rusqlite::version()
}
