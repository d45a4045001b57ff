//! Checkpoints: what is in the write-ahead log moves into the file, beside the writer and without holding it up.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use rusqlite::Connection;

use crate::connection::PAGE_BYTES;
use crate::shared::Shared;

/// The writer restarts the log when it is longer than this.
pub(crate) const WAL_BYTES_MAX: u64 = 64 * 1_024 * 1_024;
const INTERVAL: Duration = Duration::from_millis(100);
/// A frame's header in the log.
const FRAME_HEADER_BYTES: u64 = 24;

/// How much of an effort a checkpoint makes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Mode {
    /// Moves what can be moved without waiting for anybody.
    Passive,
    /// Moves everything, and the log begins anew; its file keeps its size.
    Restart,
    /// The same, and the log's file becomes empty.
    Truncate,
}

/// Makes a checkpoint; answers the length of the log in bytes.
pub(crate) fn run(db: &Connection, mode: Mode) -> rusqlite::Result<u64> {
    let sql = match mode {
        Mode::Passive => "PRAGMA wal_checkpoint(PASSIVE)",
        Mode::Restart => "PRAGMA wal_checkpoint(RESTART)",
        Mode::Truncate => "PRAGMA wal_checkpoint(TRUNCATE)",
    };
    let frames: i64 = db.prepare_cached(sql)?.query_row([], |row| row.get(1))?;
    Ok(u64::try_from(frames).unwrap_or(0) * (PAGE_BYTES + FRAME_HEADER_BYTES))
}

/// Tells the thread to end.
#[derive(Default)]
pub(crate) struct Stop {
    stopped: Mutex<bool>,
    changed: Condvar,
}

impl Stop {
    pub(crate) fn stop(&self) {
        *self.stopped.lock().expect("nobody panics with this lock") = true;
        self.changed.notify_all();
    }

    /// Waits; `true` when it is time to end.
    fn pause(&self, at_most: Duration) -> bool {
        let stopped = self.stopped.lock().expect("nobody panics with this lock");
        let (stopped, _) = self
            .changed
            .wait_timeout_while(stopped, at_most, |stopped| !*stopped)
            .expect("nobody panics with this lock");
        *stopped
    }
}

/// Starts the thread that makes checkpoints while something is written.
pub(crate) fn start(
    shared: Arc<Shared>,
    db: Connection,
    stop: Arc<Stop>,
) -> std::io::Result<std::thread::JoinHandle<()>> {
    std::thread::Builder::new().name("hookwire-checkpoint".to_owned()).spawn(move || {
        let mut commits = 0;
        while !stop.pause(INTERVAL) {
            let now = shared.counters.commits.load(Ordering::Relaxed);
            if now == commits {
                continue;
            }
            commits = now;
            match run(&db, Mode::Passive) {
                Ok(bytes) => shared.wal_bytes.store(bytes, Ordering::Relaxed),
                Err(error) => tracing::warn!(%error, "a checkpoint failed"),
            }
        }
    })
}
