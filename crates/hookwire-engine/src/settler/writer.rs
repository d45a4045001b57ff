//! Writing a batch: a store that is away is waited for, and what it takes in no way is found by halving.

use std::time::Duration;

use hookwire_core::{Clock, EndpointKey};
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

/// What came of a batch, where it is more than that all was written.
#[derive(Default)]
pub(super) struct Written {
    /// What the store takes in no way.
    pub(super) refused: Vec<Refused>,
    /// The endpoints of what was stale: what became of their deliveries is not known here.
    pub(super) stale: Vec<EndpointKey>,
}

/// Writes batches to the store.
pub(super) struct Writer<'a> {
    pub(super) store: &'a SharedStore,
    pub(super) clock: &'a dyn Clock,
    pub(super) metrics: &'a Metrics,
}

impl Writer<'_> {
    /// Writes all of the batch but what is refused by itself.
    pub(super) async fn write(&self, batch: Vec<Settlement>) -> Written {
        let (mut parts, mut written) = (vec![batch], Written::default());
        while let Some(mut part) = parts.pop() {
            let Err(error) = self.write_whole(&part, &mut written.stale).await else { continue };
            if part.len() > 1 {
                tracing::debug!(%error, count = part.len(), "results are refused together; trying their halves");
                let rest = part.split_off(part.len() / 2);
                parts.extend([rest, part]);
            } else {
                let refused = part.into_iter().map(|settlement| Refused { settlement, error: error.clone() });
                written.refused.extend(refused);
            }
        }
        written
    }

    /// Writes the part in one transaction, however long the store is away; adds the endpoints of what was stale. An error
    /// is the store's last word on the part.
    async fn write_whole(&self, part: &[Settlement], stale: &mut Vec<EndpointKey>) -> Result<(), Error> {
        let (mut pause, mut refusals) = (PAUSE_FIRST, 0);
        loop {
            let error = match self.store.settle(part.to_vec(), self.clock.now()).await {
                Ok(settled) => {
                    let before = stale.len();
                    let answers = part.iter().zip(settled).filter(|(_, one)| *one == Settled::Stale);
                    stale.extend(answers.map(|(settlement, _)| settlement.delivery.endpoint));
                    self.metrics.stale.add((stale.len() - before) as u64);
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
