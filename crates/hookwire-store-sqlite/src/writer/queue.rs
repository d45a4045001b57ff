//! Where operations wait for the writer. Bounded in number and bytes: when too much waits, the caller is told at once.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard};

use hookwire_store::{Error, Result};

use super::operation::Operation;

/// Most operations that wait, settlements and claims aside.
const WAITING_MAX: usize = 16_384;
/// Most bytes that the operations which wait bring with them. One that brings more waits alone.
const WAITING_BYTES_MAX: usize = 64 << 20;
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
    /// How many of them count, and the bytes that these bring.
    counted: usize,
    bytes: usize,
    closed: bool,
}

impl State {
    fn has_room(&self, bytes: usize) -> bool {
        self.counted < WAITING_MAX && (self.bytes == 0 || self.bytes + bytes <= WAITING_BYTES_MAX)
    }

    /// Takes those of the next transaction out of the line.
    fn take(&mut self, batch: &mut Vec<Operation>) -> usize {
        let count = self.waiting.len().min(BATCH_MAX);
        for operation in self.waiting.drain(..count) {
            if let Some(bytes) = operation.load() {
                self.counted -= 1;
                self.bytes -= bytes;
            }
            batch.push(operation);
        }
        count
    }
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
        if let Some(bytes) = operation.load() {
            if !state.has_room(bytes) {
                return Err(Error::Unavailable("overloaded".to_owned()));
            }
            state.counted += 1;
            state.bytes += bytes;
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
        state.take(batch) > 0
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
        *state = State { closed: true, ..State::default() };
    }
}

#[cfg(test)]
mod tests;
