//! Readers: a few threads with a connection each. Every question is one short read transaction.

use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Condvar, Mutex};

use hookwire_core::{OrgId, ProfileName};
use hookwire_store::{Error, Result};
use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::fault::{Done, Fault};
use crate::row::{one, read_profile};
use crate::shared::Shared;
use crate::sql::catalog;

/// Most questions that wait.
const WAITING_MAX: usize = 4_096;

/// A read transaction under way.
pub(crate) struct Reading<'a> {
    pub(crate) db: &'a Connection,
    pub(crate) shared: &'a Shared,
}

impl Reading<'_> {
    /// An org's key.
    pub(crate) fn org(&self, org: &OrgId) -> Done<Option<i64>> {
        Ok(self.org_with_profile(org)?.map(|(key, _)| key))
    }

    /// An org's key and profile.
    pub(crate) fn org_with_profile(&self, org: &OrgId) -> Done<Option<(i64, ProfileName)>> {
        one(self.db, catalog::ORG_BY_ID, [org.as_str()], |row| Ok((row.get(0)?, read_profile(row, 1)?)))
    }
}

type Job = Box<dyn FnOnce(&Connection, &Shared) + Send>;

#[derive(Default)]
struct Line {
    state: Mutex<State>,
    arrived: Condvar,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Job>,
    closed: bool,
}

/// A handle of the readers.
#[derive(Clone)]
pub(crate) struct Readers {
    line: Arc<Line>,
}

impl Readers {
    /// Starts a thread for each connection.
    pub(crate) fn start(
        shared: &Arc<Shared>,
        connections: Vec<Connection>,
    ) -> std::io::Result<(Self, Vec<std::thread::JoinHandle<()>>)> {
        let line = Arc::new(Line::default());
        let start = |(number, db)| {
            let (shared, line) = (Arc::clone(shared), Arc::clone(&line));
            let name = format!("hookwire-reader-{number}");
            std::thread::Builder::new().name(name).spawn(move || serve(&line, &db, &shared))
        };
        let threads = connections.into_iter().enumerate().map(start).collect::<std::io::Result<_>>()?;
        Ok((Self { line }, threads))
    }

    /// Asks a question.
    pub(crate) async fn read<T, F>(&self, question: F) -> Result<T>
    where
        F: FnOnce(&Reading<'_>) -> Done<T> + Send + 'static,
        T: Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        self.push(Box::new(move |db, shared| {
            let outcome = transaction(db, shared, question).map_err(Fault::into_error);
            // A caller who does not wait any more needs no answer.
            drop(reply.send(outcome));
        }))?;
        answer.await.unwrap_or_else(|_| Err(Error::Internal("a reader failed".to_owned())))
    }

    fn push(&self, job: Job) -> Result<()> {
        let mut state = self.line.state.lock().expect("nobody panics with this lock");
        if state.closed {
            return Err(Error::Unavailable("the store is closed".to_owned()));
        }
        if state.waiting.len() >= WAITING_MAX {
            return Err(Error::Unavailable("overloaded".to_owned()));
        }
        state.waiting.push_back(job);
        drop(state);
        self.line.arrived.notify_one();
        Ok(())
    }

    /// No more questions; the threads end when those that wait are answered.
    pub(crate) fn close(&self) {
        self.line.state.lock().expect("nobody panics with this lock").closed = true;
        self.line.arrived.notify_all();
    }
}

fn transaction<T>(
    db: &Connection,
    shared: &Shared,
    question: impl FnOnce(&Reading<'_>) -> Done<T>,
) -> Done<T> {
    let transaction = db.unchecked_transaction()?;
    let outcome = question(&Reading { db, shared });
    transaction.commit()?;
    outcome
}

fn serve(line: &Line, db: &Connection, shared: &Shared) {
    loop {
        let state = line.state.lock().expect("nobody panics with this lock");
        let mut state = line
            .arrived
            .wait_while(state, |state| state.waiting.is_empty() && !state.closed)
            .expect("nobody panics with this lock");
        let Some(job) = state.waiting.pop_front() else { return };
        drop(state);
        // A question that panics costs its caller the answer, not the store a reader.
        if std::panic::catch_unwind(AssertUnwindSafe(|| job(db, shared))).is_err() {
            tracing::error!("a read of the store panicked");
        }
    }
}
