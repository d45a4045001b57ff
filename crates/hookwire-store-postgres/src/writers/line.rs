//! Where operations wait for a writer. Bounded in number and bytes: when too much waits, the caller is told at once.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard};

use hookwire_store::{Error, Result};
use tokio::sync::Notify;

/// Most operations that wait, if they are counted.
const WAITING_MAX: usize = 16_384;
/// Most bytes that the operations which wait bring with them. One that brings more waits alone.
const WAITING_BYTES_MAX: usize = 64 << 20;
/// Most rows in one transaction.
const BATCH_MAX: usize = 1_024;
/// Most bytes in one transaction, if it is not a single operation's.
const BATCH_BYTES_MAX: usize = 8 << 20;

/// What an operation is to those who wait with it.
pub(crate) trait Load {
    /// Rows that it writes.
    fn rows(&self) -> usize;
    /// The bytes that it keeps in memory while it waits. `None`: it is not counted at all.
    fn bytes(&self) -> Option<usize>;
}

/// Operations that wait.
pub(crate) struct Line<T> {
    state: Mutex<State<T>>,
    arrived: Notify,
}

struct State<T> {
    waiting: VecDeque<T>,
    bytes: usize,
    closed: bool,
}

impl<T> Default for Line<T> {
    fn default() -> Self {
        let state = State { waiting: VecDeque::new(), bytes: 0, closed: false };
        Self { state: Mutex::new(state), arrived: Notify::new() }
    }
}

impl<T: Load> Line<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().expect("nobody panics with this lock")
    }

    /// Puts an operation in line.
    pub(crate) fn push(&self, operation: T) -> Result<()> {
        let mut state = self.lock();
        if state.closed {
            return Err(Error::Unavailable("the store is closed".to_owned()));
        }
        if let Some(bytes) = operation.bytes() {
            let has_room = state.bytes == 0 || state.bytes + bytes <= WAITING_BYTES_MAX;
            if state.waiting.len() >= WAITING_MAX || !has_room {
                return Err(Error::Unavailable("overloaded".to_owned()));
            }
            state.bytes += bytes;
        }
        state.waiting.push_back(operation);
        drop(state);
        self.arrived.notify_one();
        Ok(())
    }

    /// Waits for operations and takes those of the next transaction; `None` when closed and empty.
    pub(crate) async fn take(&self) -> Option<Vec<T>> {
        loop {
            let arrived = self.arrived.notified();
            {
                let mut state = self.lock();
                if !state.waiting.is_empty() {
                    let batch = state.take();
                    let is_more = !state.waiting.is_empty();
                    drop(state);
                    if is_more {
                        // For another writer of the line.
                        self.arrived.notify_one();
                    }
                    return Some(batch);
                }
                if state.closed {
                    self.arrived.notify_one();
                    return None;
                }
            }
            arrived.await;
        }
    }

    /// No more operations come in; those that wait are still carried out.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.arrived.notify_one();
    }
}

impl<T: Load> State<T> {
    fn take(&mut self) -> Vec<T> {
        let (mut batch, mut rows, mut bytes) = (Vec::new(), 0, 0);
        while let Some(next) = self.waiting.front() {
            let own = next.bytes().unwrap_or(0);
            rows += next.rows();
            bytes += own;
            if !batch.is_empty() && (rows > BATCH_MAX || bytes > BATCH_BYTES_MAX) {
                break;
            }
            self.bytes -= own;
            batch.extend(self.waiting.pop_front());
        }
        batch
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Operation(usize, Option<usize>);

    impl Load for Operation {
        fn rows(&self) -> usize {
            self.0
        }

        fn bytes(&self) -> Option<usize> {
            self.1
        }
    }

    #[tokio::test]
    async fn a_batch_is_what_waits_up_to_its_bounds() {
        let line = Line::default();
        for _ in 0..3 {
            line.push(Operation(500, None)).unwrap();
        }
        line.push(Operation(5_000, None)).unwrap();
        let sizes =
            [line.take().await, line.take().await, line.take().await].map(|batch| batch.unwrap().len());
        assert_eq!(sizes, [2, 1, 1]);
        line.close();
        assert!(line.take().await.is_none() && line.push(Operation(1, None)).is_err());
    }

    #[tokio::test]
    async fn too_much_is_refused_and_one_that_is_large_waits_alone() {
        let line = Line::default();
        line.push(Operation(1, Some(WAITING_BYTES_MAX * 2))).unwrap();
        assert!(line.push(Operation(1, Some(1))).is_err());
        line.push(Operation(1, None)).unwrap();
        assert_eq!(line.take().await.unwrap().len(), 1);
        line.push(Operation(1, Some(1))).unwrap();
    }
}
