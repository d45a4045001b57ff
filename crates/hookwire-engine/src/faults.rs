//! Faults of ours that kept attempts from being made: counted, and told to the operator now and then.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hookwire_core::Timestamp;

use crate::metrics::Metrics;

/// Pause between two warnings: a fault of ours usually hits every attempt.
const QUIET: Duration = Duration::from_secs(10);

/// Counts faults and warns of them.
pub(crate) struct Faults {
    metrics: Arc<Metrics>,
    told: Mutex<Told>,
}

#[derive(Default)]
struct Told {
    at: Option<Timestamp>,
    untold: u64,
}

impl Faults {
    pub(crate) fn new(metrics: Arc<Metrics>) -> Self {
        Self { metrics, told: Mutex::default() }
    }

    /// Notes one.
    pub(crate) fn note(&self, reason: &str, now: Timestamp) {
        self.metrics.faults.add(1);
        if let Some(count) = self.due(now) {
            tracing::warn!(reason, count, "deliveries are put back: they can't be attempted from here");
        }
    }

    /// How many there were since the last warning, this one included, if it is time for the next.
    fn due(&self, now: Timestamp) -> Option<u64> {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.untold += 1;
        if told.at.is_some_and(|at| now.since(at) < QUIET) {
            return None;
        }
        told.at = Some(now);
        Some(std::mem::take(&mut told.untold))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_is_counted_and_the_first_of_ten_seconds_is_told() {
        let metrics = Arc::new(Metrics::default());
        let faults = Faults::new(Arc::clone(&metrics));
        let now = Timestamp::from_seconds(1_790_000_000);
        assert_eq!(faults.due(now), Some(1));
        assert_eq!([faults.due(now), faults.due(now.plus(QUIET / 2))], [None; 2]);
        assert_eq!(faults.due(now.plus(QUIET)), Some(3));
        faults.note("no more files", now);
        faults.note("no more files", now);
        assert_eq!(metrics.faults.get(), 2);
    }
}
