//! The settler: collects what came of deliveries, and writes everything that waits in one batch.

mod writer;

use std::sync::{Arc, Mutex, PoisonError};

use hookwire_core::{Clock, Timestamp};
use hookwire_store::queue::Settlement;
use hookwire_store::{Dispatch as _, SharedStore};
use tokio::sync::Notify;

use crate::dispatcher::Dispatcher;
use crate::lanes::Amount;
use crate::metrics::Metrics;
use writer::{Refused, Writer, Written};

const BATCH_MAX: usize = 1_024;

/// What waits to be written.
#[derive(Default)]
struct Waiting {
    settlements: Vec<Settlement>,
    /// The bytes of payload that each one's delivery holds in memory.
    bytes: Vec<usize>,
    /// Those that are being written now.
    writing: usize,
    /// When the oldest of those that wait was added.
    oldest: Option<Timestamp>,
    /// When the oldest of those that are being written was added.
    writing_oldest: Option<Timestamp>,
    /// When the newest of those that wait was added.
    newest: Option<Timestamp>,
    closed: bool,
}

/// Collects settlements and writes them.
pub(crate) struct Settler {
    waiting: Mutex<Waiting>,
    bell: Notify,
    idle: Notify,
    metrics: Arc<Metrics>,
}

impl Settler {
    pub(crate) fn new(metrics: Arc<Metrics>) -> Self {
        Self { waiting: Mutex::default(), bell: Notify::new(), idle: Notify::new(), metrics }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds one, with the bytes of payload that its delivery holds in memory.
    pub(crate) fn push(&self, settlement: Settlement, bytes: usize, now: Timestamp) {
        let mut waiting = self.lock();
        waiting.settlements.push(settlement);
        waiting.bytes.push(bytes);
        waiting.oldest.get_or_insert(now);
        waiting.newest = Some(now);
        let first = waiting.settlements.len() == 1;
        drop(waiting);
        if first {
            self.bell.notify_one();
        }
    }

    /// Since when the oldest one waits.
    pub(crate) fn oldest(&self) -> Option<Timestamp> {
        let waiting = self.lock();
        waiting.writing_oldest.or(waiting.oldest)
    }

    /// Ends the loop once everything is written.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.bell.notify_one();
    }

    /// Resolves when nothing waits and nothing is being written.
    pub(crate) async fn emptied(&self) {
        loop {
            let notified = self.idle.notified();
            {
                let waiting = self.lock();
                if waiting.settlements.is_empty() && waiting.writing == 0 {
                    return;
                }
            }
            notified.await;
        }
    }

    /// The next batch, and the memory that it sets free.
    fn take(&self) -> Option<(Vec<Settlement>, Amount)> {
        let mut waiting = self.lock();
        if waiting.settlements.is_empty() {
            waiting.writing = 0;
            waiting.writing_oldest = None;
            self.idle.notify_waiters();
            return None;
        }
        let count = waiting.settlements.len().min(BATCH_MAX);
        let rest = waiting.settlements.split_off(count);
        let batch = std::mem::replace(&mut waiting.settlements, rest);
        let bytes = waiting.bytes.drain(..count).sum();
        waiting.writing = count;
        waiting.writing_oldest = waiting.oldest;
        // What is left came later than what is taken; as the newest of it is known, its age is not overstated.
        waiting.oldest = if waiting.settlements.is_empty() { None } else { waiting.newest };
        Some((batch, Amount { deliveries: count, bytes }))
    }

    /// Writes batches until closed.
    pub(crate) async fn run(
        self: Arc<Self>,
        store: SharedStore,
        clock: Arc<dyn Clock>,
        dispatcher: Arc<Dispatcher>,
    ) {
        let writer = Writer { store: &store, clock: &*clock, metrics: &self.metrics };
        loop {
            let Some((batch, held)) = self.take() else {
                if self.lock().closed {
                    return;
                }
                self.bell.notified().await;
                continue;
            };
            let endpoints: Vec<_> = batch.iter().map(|one| one.delivery.endpoint).collect();
            let Written { refused, stale } = writer.write(batch).await;
            for refused in refused {
                self.give_up(&refused, &dispatcher);
            }
            // Who settled them, perhaps a write of ours whose answer was lost, may have been the only one to be told what
            // follows. So their lanes look.
            for endpoint in stale {
                dispatcher.waiting(endpoint, clock.now());
            }
            dispatcher.settled(held, &endpoints);
        }
    }

    /// Leaves the delivery to its lease, and has its lane look again when that ends. What is claimed then has a whole
    /// lease anew, so a settlement that is refused for ever costs one attempt in the time of a lease.
    fn give_up(&self, refused: &Refused, dispatcher: &Dispatcher) {
        let Refused { settlement: Settlement { delivery, attempt, transition, .. }, error } = refused;
        self.metrics.given_up.add(1);
        tracing::error!(
            %error,
            message = %delivery.message,
            endpoint = %delivery.endpoint,
            app = %delivery.app,
            attempt = attempt.as_ref().map(|attempt| tracing::field::display(attempt.key)),
            ?transition,
            lease_until = %delivery.lease_until,
            "the store refuses what came of a delivery: it will be made again when its lease ends"
        );
        dispatcher.waiting(delivery.endpoint, delivery.lease_until);
    }
}
