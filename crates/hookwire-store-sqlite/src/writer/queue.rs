//! Where operations wait for the writer. Bounded: when too many wait, the caller is told at once.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard};

use hookwire_store::{Error, Result};

use super::operation::Operation;

/// Most operations that wait.
const WAITING_MAX: usize = 16_384;
/// Most operations in one transaction.
const BATCH_MAX: usize = 1_024;

/// Operations that wait.
#[derive(Default)]
pub(crate) struct Queue {
    state: Mutex<State>,
    arrived: Condvar,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Operation>,
    closed: bool,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nobody panics with this lock")
    }

    /// Puts an operation in line.
    pub(crate) fn push(&self, operation: Operation) -> Result<()> {
        let mut state = self.lock();
        if state.closed {
            return Err(Error::Unavailable("the store is closed".to_owned()));
        }
        if state.waiting.len() >= WAITING_MAX {
            return Err(Error::Unavailable("overloaded".to_owned()));
        }
        state.waiting.push_back(operation);
        let is_first = state.waiting.len() == 1;
        drop(state);
        if is_first {
            self.arrived.notify_one();
        }
        Ok(())
    }

    /// Waits for operations and takes those of the next transaction; `false` when closed and empty.
    pub(crate) fn take(&self, batch: &mut Vec<Operation>) -> bool {
        let state = self.lock();
        let mut state = self
            .arrived
            .wait_while(state, |state| state.waiting.is_empty() && !state.closed)
            .expect("nobody panics with this lock");
        let count = state.waiting.len().min(BATCH_MAX);
        batch.extend(state.waiting.drain(..count));
        count > 0
    }

    /// Whether operations still come in.
    pub(crate) fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// No more operations come in; those that wait are still carried out.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.arrived.notify_all();
    }

    /// The writer is gone: nobody will carry out what waits.
    pub(crate) fn abandon(&self) {
        let mut state = self.lock();
        state.closed = true;
        state.waiting.clear();
    }
}
