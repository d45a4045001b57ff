//! Writing a batch: a store that is away is waited for, and what it takes in no way is found by halving.

use std::time::Duration;

use hookwire_core::Clock;
use hookwire_store::queue::{Settled, Settlement};
use hookwire_store::{Error, SharedStore};

use crate::metrics::Metrics;

const PAUSE_FIRST: Duration = Duration::from_millis(20);
const PAUSE_LAST: Duration = Duration::from_secs(1);
/// Times that one settlement is refused, alone and by a store that takes other writes, before that is its last word.
/// More than once, because a store that commits for many callers together refuses all of them for the fault of one.
const REFUSALS_MAX: u32 = 3;

/// A settlement that the store takes in no way.
pub(super) struct Refused {
    pub(super) settlement: Settlement,
    pub(super) error: Error,
}

/// Writes batches to the store.
pub(super) struct Writer<'a> {
    pub(super) store: &'a SharedStore,
    pub(super) clock: &'a dyn Clock,
    pub(super) metrics: &'a Metrics,
}

impl Writer<'_> {
    /// Writes all of the batch but what is refused by itself, and answers with that.
    pub(super) async fn write(&self, batch: Vec<Settlement>) -> Vec<Refused> {
        let (mut parts, mut refused) = (vec![batch], Vec::new());
        while let Some(mut part) = parts.pop() {
            let Err(error) = self.write_whole(&part).await else { continue };
            if part.len() > 1 {
                tracing::debug!(%error, count = part.len(), "results are refused together; trying their halves");
                let rest = part.split_off(part.len() / 2);
                parts.extend([rest, part]);
            } else {
                refused
                    .extend(part.into_iter().map(|settlement| Refused { settlement, error: error.clone() }));
            }
        }
        refused
    }

    /// Writes the part in one transaction, however long the store is away. An error is the store's last word on it.
    async fn write_whole(&self, part: &[Settlement]) -> Result<(), Error> {
        let (mut pause, mut refusals) = (PAUSE_FIRST, 0);
        loop {
            let error = match self.store.settle(part.to_vec(), self.clock.now()).await {
                Ok(settled) => {
                    let stale = settled.iter().filter(|one| **one == Settled::Stale).count();
                    self.metrics.stale.add(stale as u64);
                    return Ok(());
                }
                Err(error) => error,
            };
            self.metrics.settle_errors.add(1);
            if self.is_to_blame(part, &error).await {
                refusals += 1;
                if part.len() > 1 || refusals == REFUSALS_MAX {
                    return Err(error);
                }
            }
            tracing::warn!(%error, count = part.len(), "cannot write what came of deliveries; trying again");
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(PAUSE_LAST);
        }
    }

    /// Whether the fault is the part's and not the store's. A store that takes nothing at all must not cost any result.
    async fn is_to_blame(&self, part: &[Settlement], error: &Error) -> bool {
        match error {
            Error::Unavailable(_) => false,
            Error::Conflict(_) | Error::Limit(_) | Error::Corrupt(_) | Error::Internal(_) => {
                part.len() > 1 || self.store.ping().await.is_ok()
            }
        }
    }
}
