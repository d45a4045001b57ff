//! Checkpoints: what is in the write-ahead log moves into the file, beside the writer and without holding it up.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use rusqlite::Connection;

use crate::connection::PAGE_BYTES;
use crate::shared::Shared;

/// The writer restarts the log when it is longer than this.
pub(crate) const WAL_BYTES_MAX: u64 = 64 * 1_024 * 1_024;
/// The writer cuts the log's file when it is longer than this.
pub(crate) const WAL_FILE_BYTES_MAX: u64 = 2 * WAL_BYTES_MAX;
/// Long enough that a page which every batch changes is moved once for many batches.
const INTERVAL: Duration = Duration::from_secs(1);
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

/// What a checkpoint found.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outcome {
    /// Somebody was in the way, so that not everything was done.
    pub(crate) was_busy: bool,
    /// The length of the log in bytes.
    pub(crate) log_bytes: u64,
}

/// Makes a checkpoint.
pub(crate) fn run(db: &Connection, mode: Mode) -> rusqlite::Result<Outcome> {
    let sql = match mode {
        Mode::Passive => "PRAGMA wal_checkpoint(PASSIVE)",
        Mode::Restart => "PRAGMA wal_checkpoint(RESTART)",
        Mode::Truncate => "PRAGMA wal_checkpoint(TRUNCATE)",
    };
    db.prepare_cached(sql)?.query_row([], |row| {
        let frames = u64::try_from(row.get::<_, i64>(1)?).unwrap_or(0);
        Ok(Outcome { was_busy: row.get(0)?, log_bytes: frames * (PAGE_BYTES + FRAME_HEADER_BYTES) })
    })
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
            let _alone = shared.checkpointing.lock().expect("nobody panics with this lock");
            match run(&db, Mode::Passive) {
                Ok(outcome) => shared.wal_bytes.store(outcome.log_bytes, Ordering::Relaxed),
                Err(error) => tracing::warn!(%error, "a checkpoint failed"),
            }
        }
    })
}
