//! One transaction for many operations: all of them are committed, or none.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use hookwire_store::{Dispatch, Error};
use rusqlite::Connection;

use super::cache::Cache;
use super::effects::{Effects, Tally};
use super::operation::Operation;
use super::sweep::Sweep;
use super::work::{Marks, Work};
use crate::checkpoint::{self, WAL_BYTES_MAX, WAL_FILE_BYTES_MAX};
use crate::connection;
use crate::fault::{Fault, needs_new_connection, told};
use crate::shared::Shared;
use crate::upkeep::trim::touched;

/// What the writer's thread begins with.
pub(crate) struct Seed {
    pub(crate) shared: Arc<Shared>,
    pub(crate) db: Connection,
    pub(crate) marks: Marks,
    pub(crate) sweep: Sweep,
}

/// Carries out batches.
pub(crate) struct Batcher {
    shared: Arc<Shared>,
    /// `None` after a failure that leaves the connection's view of the file in doubt.
    db: Option<Connection>,
    cache: Cache,
    sweep: Sweep,
    marks: Marks,
    /// The write-ahead log's file.
    log: PathBuf,
    /// When to try again to restart the log.
    not_before: Option<Instant>,
}

impl Batcher {
    pub(crate) fn new(seed: Seed) -> Self {
        let Seed { shared, db, marks, sweep } = seed;
        let mut log = shared.path.as_os_str().to_owned();
        log.push("-wal");
        let (cache, log) = (Cache::default(), PathBuf::from(log));
        Self { shared, db: Some(db), cache, sweep, marks, log, not_before: None }
    }

    /// Carries out what is in `batch` and answers everybody; `batch` is empty afterwards.
    pub(crate) fn carry_out(&mut self, batch: &mut Vec<Operation>) {
        let started = Instant::now();
        let failure = self.commit(batch).err().map(|failed| self.give_up(failed));
        let counters = &self.shared.counters;
        if failure.is_none() {
            counters.commits.fetch_add(1, Ordering::Relaxed);
            counters.operations.fetch_add(batch.len() as u64, Ordering::Relaxed);
        }
        let busy = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        counters.busy_us.fetch_add(busy, Ordering::Relaxed);
        for (at, operation) in batch.drain(..).enumerate() {
            operation.answer(failure.as_ref().map(|failure| failure.told_to(at)));
        }
        self.cache.trim();
        self.restart_log();
    }

    fn commit(&mut self, batch: &mut [Operation]) -> Result<(), Failed> {
        let shared = Arc::clone(&self.shared);
        let dispatch = shared.dispatch.read().expect("nobody panics with this lock");
        let dispatch: Option<&dyn Dispatch> = dispatch.as_deref();
        let db = match self.db.take() {
            Some(db) => db,
            None => connection::writer(&shared.path, &shared.settings)?,
        };
        let db = self.db.insert(db);
        let (mut marks, mut sweep) = (self.marks, self.sweep);
        db.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        let mut work = Work {
            db,
            shared: &shared,
            dispatch,
            cache: &mut self.cache,
            sweep: &mut sweep,
            marks: &mut marks,
            limits: Arc::clone(touched::lock(&shared.touched).limits()),
            effects: Effects::default(),
            tally: Tally::default(),
        };
        let done = carry_out_all(&mut work, batch);
        let (effects, tally) = (work.effects, work.tally);
        match done {
            Ok(()) => {
                (self.marks, self.sweep) = (marks, sweep);
                shared.counters.stale.fetch_add(tally.stale, Ordering::Relaxed);
                if tally.touched_all || !tally.touched.is_empty() {
                    touched::lock(&shared.touched).add(tally.touched, tally.touched_all);
                }
                effects.happen(&shared.leases, dispatch);
                Ok(())
            }
            Err(failed) => {
                effects.abandon(dispatch);
                Err(failed)
            }
        }
    }

    /// Rolls back and answers what to tell everybody.
    fn give_up(&mut self, failed: Failed) -> Failure {
        self.cache = Cache::default();
        if let Some(db) = &self.db
            && !db.is_autocommit()
            && let Err(error) = db.execute_batch("ROLLBACK")
        {
            tracing::warn!(%error, "the store's rollback failed; its connection is opened anew");
            self.db = None;
        }
        match failed.fault {
            // Only one of them asked for what can't be done; the others may try again.
            Fault::Refused(error) => Failure {
                culprit: failed.at.map(|at| (at, error)),
                others: Error::Unavailable("another write of the same transaction failed".to_owned()),
            },
            Fault::Broken(error) => {
                let others = told(&error);
                tracing::error!(error = %others, "a write transaction failed and was rolled back");
                if needs_new_connection(&error) {
                    self.db = None;
                }
                Failure { culprit: None, others }
            }
        }
    }

    /// Starts the write-ahead log from its beginning again when it has become long, so that it never outgrows a bound.
    /// Its file is written over then, which is quicker than making it grow; only when checkpoints lag far behind and
    /// the file grows nevertheless is it cut.
    fn restart_log(&mut self) {
        let Some(db) = &self.db else { return };
        let is_outgrown = || std::fs::metadata(&self.log).is_ok_and(|log| log.len() > WAL_FILE_BYTES_MAX);
        let mode = if self.shared.wal_bytes.load(Ordering::Relaxed) >= WAL_BYTES_MAX {
            checkpoint::Mode::Restart
        } else if is_outgrown() {
            checkpoint::Mode::Truncate
        } else {
            return;
        };
        if self.not_before.is_some_and(|time| Instant::now() < time) {
            return;
        }
        let _alone = self.shared.checkpointing.lock().expect("nobody panics with this lock");
        // Readers keep their transactions short; when one does not, the writer tries again a little later.
        let restarted = db
            .busy_timeout(Duration::from_millis(50))
            .and_then(|()| checkpoint::run(db, mode))
            .and_then(|outcome| db.busy_timeout(connection::BUSY_TIMEOUT).map(|()| outcome));
        let is_done = match restarted {
            Ok(outcome) => !outcome.was_busy,
            Err(error) => {
                tracing::warn!(%error, "the write-ahead log could not be restarted");
                false
            }
        };
        self.not_before = (!is_done).then(|| Instant::now() + Duration::from_millis(500));
        if is_done {
            self.shared.wal_bytes.store(0, Ordering::Relaxed);
        }
    }

    /// The last thing: everything goes into the file itself.
    pub(crate) fn finish(self) {
        let Some(db) = self.db else { return };
        if let Err(error) = checkpoint::run(&db, checkpoint::Mode::Truncate) {
            tracing::warn!(%error, "the write-ahead log could not be emptied on closing");
        }
    }
}

/// A transaction that came to nothing.
struct Failed {
    /// Where in the batch it stopped, if it was at an operation.
    at: Option<usize>,
    fault: Fault,
}

impl<F: Into<Fault>> From<F> for Failed {
    fn from(fault: F) -> Self {
        Self { at: None, fault: fault.into() }
    }
}

/// What a failed transaction means to those who asked for it.
struct Failure {
    /// The one to blame, and what it is told.
    culprit: Option<(usize, Error)>,
    others: Error,
}

impl Failure {
    fn told_to(&self, at: usize) -> &Error {
        match &self.culprit {
            Some((culprit, error)) if *culprit == at => error,
            _ => &self.others,
        }
    }
}

fn carry_out_all(work: &mut Work<'_>, batch: &mut [Operation]) -> Result<(), Failed> {
    for (at, operation) in batch.iter_mut().enumerate() {
        operation.perform(work).map_err(|fault| Failed { at: Some(at), fault })?;
    }
    work.flush()?;
    work.db.prepare_cached("COMMIT")?.execute([])?;
    Ok(())
}
