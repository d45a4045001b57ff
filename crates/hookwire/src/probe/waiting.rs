//! How long deliveries have waited in the store: the lag that a node shows which delivers nothing itself.

use std::sync::Arc;
use std::time::Duration;

use hookwire_core::{Clock, Timestamp};
use hookwire_store::{Queue, Result};
use tokio::sync::Mutex;

/// Least time between two looks at the store, however often health is asked for.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// How long a look may take. What was seen by then counts.
const PATIENCE: Duration = Duration::from_secs(2);
/// Lanes that are asked for at once.
const PAGE: u32 = 500;

/// Looks at the lanes of the store now and then.
pub(crate) struct Waiting {
    store: Arc<dyn Queue>,
    clock: Arc<dyn Clock>,
    last: Mutex<Option<Look>>,
}

/// What a look saw.
#[derive(Debug, Clone, Copy)]
struct Look {
    at: Timestamp,
    lag: Option<Duration>,
}

impl Look {
    /// Whether it still counts. A clock that was set back makes it count no more.
    fn is_fresh(self, now: Timestamp) -> bool {
        self.at <= now && now.since(self.at) < LOOK_EVERY
    }
}

impl Waiting {
    pub(crate) fn new(store: Arc<dyn Queue>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock, last: Mutex::const_new(None) }
    }

    /// How long the delivery that waits longest had been due when the store was last looked at, which is at most
    /// [`LOOK_EVERY`] ago. `None` when the store did not answer. Those who ask together share one look.
    pub(crate) async fn lag(&self) -> Option<Duration> {
        let mut last = self.last.lock().await;
        let now = self.clock.now();
        if let Some(look) = last.filter(|look| look.is_fresh(now)) {
            return look.lag;
        }
        let lag = self.look(now).await;
        *last = Some(Look { at: now, lag });
        lag
    }

    async fn look(&self, now: Timestamp) -> Option<Duration> {
        let mut oldest = None;
        let looked = tokio::time::timeout(PATIENCE, self.find_oldest(&mut oldest)).await;
        if matches!(looked, Ok(Ok(()))) {
            return Some(oldest.map_or(Duration::ZERO, |due| now.since(due)));
        }
        oldest.map(|due| now.since(due))
    }

    /// The earliest time at which a delivery is due that nobody has leased; `oldest` is right as far as it got.
    async fn find_oldest(&self, oldest: &mut Option<Timestamp>) -> Result<()> {
        let mut after = None;
        loop {
            let lanes = self.store.lanes(after, PAGE).await?;
            let earliest = lanes.iter().map(|lane| lane.next_due).min();
            *oldest = [*oldest, earliest].into_iter().flatten().min();
            if lanes.len() < PAGE as usize {
                return Ok(());
            }
            after = lanes.last().map(|lane| lane.endpoint);
        }
    }
}

#[cfg(test)]
mod tests;
