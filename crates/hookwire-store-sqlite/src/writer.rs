//! The writer: one thread with the only connection that writes. Whatever waits becomes one transaction, without timers.

pub(crate) mod batch;
pub(crate) mod cache;
pub(crate) mod claim;
pub(crate) mod deliver;
pub(crate) mod effects;
pub(crate) mod fifo;
pub(crate) mod health;
pub(crate) mod ingest;
pub(crate) mod notice;
pub(crate) mod operation;
pub(crate) mod queue;
pub(crate) mod request;
pub(crate) mod resend;
pub(crate) mod settle;
pub(crate) mod sweep;
pub(crate) mod work;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use hookwire_store::{Error, Result};
use tokio::sync::oneshot;

use crate::fault::Done;
use batch::{Batcher, Seed};
use operation::{Asked, Operation};
use queue::Queue;
use work::Work;

/// A handle of the writer.
#[derive(Clone)]
pub(crate) struct Writer {
    queue: Arc<Queue>,
}

impl Writer {
    /// Starts the thread.
    pub(crate) fn start(seed: Seed) -> std::io::Result<(Self, std::thread::JoinHandle<()>)> {
        let queue = Arc::new(Queue::default());
        let thread = std::thread::Builder::new().name("hookwire-writer".to_owned()).spawn({
            let queue = Arc::clone(&queue);
            move || {
                let _stopped = Stopped(Arc::clone(&queue));
                let mut batcher = Batcher::new(seed);
                let mut batch = Vec::new();
                while queue.take(&mut batch) {
                    batcher.carry_out(&mut batch);
                }
                batcher.finish();
            }
        })?;
        Ok((Self { queue }, thread))
    }

    /// Asks for an operation and waits until it is committed.
    pub(crate) async fn ask<I, O>(&self, input: I, wrap: impl FnOnce(Asked<I, O>) -> Operation) -> Result<O> {
        let (asked, answer) = Asked::new(input);
        self.queue.push(wrap(asked))?;
        answer.await.unwrap_or_else(|_| Err(stopped()))
    }

    /// Carries out `run` inside a transaction, in a savepoint of its own.
    pub(crate) async fn write<T, F>(&self, run: F) -> Result<T>
    where
        F: FnOnce(&mut Work<'_>) -> Done<T> + Send + 'static,
        T: Send + 'static,
    {
        self.write_with(0, run).await
    }

    /// Like [`Writer::write`], where `run` brings so many bytes that count while it waits.
    pub(crate) async fn write_with<T, F>(&self, bytes: usize, run: F) -> Result<T>
    where
        F: FnOnce(&mut Work<'_>) -> Done<T> + Send + 'static,
        T: Send + 'static,
    {
        self.ask(run, |asked| Operation::Other(Box::new(asked), bytes)).await
    }

    /// Like [`Writer::write`], for a thread that may block.
    pub(crate) fn write_blocking<T, F>(&self, run: F) -> Result<T>
    where
        F: FnOnce(&mut Work<'_>) -> Done<T> + Send + 'static,
        T: Send + 'static,
    {
        let (asked, answer): (_, oneshot::Receiver<Result<T>>) = Asked::new(run);
        self.queue.push(Operation::Other(Box::new(asked), 0))?;
        answer.blocking_recv().unwrap_or_else(|_| Err(stopped()))
    }

    /// Whether it takes no more operations.
    pub(crate) fn is_closed(&self) -> bool {
        self.queue.is_closed()
    }

    /// No more operations; the thread ends when those that wait are done.
    pub(crate) fn close(&self) {
        self.queue.close();
    }
}

fn stopped() -> Error {
    Error::Unavailable("the store's writer has stopped".to_owned())
}

/// Even if the thread panics, nobody waits for it in vain.
struct Stopped(Arc<Queue>);

impl Drop for Stopped {
    fn drop(&mut self) {
        self.0.abandon();
    }
}
