//! The monotonic clock of this process: one zero for the generator and the sink.

use std::time::{Duration, Instant};

/// A moment all measured times are counted from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Epoch(Instant);

impl Epoch {
    /// Zero is now.
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    /// Nanoseconds since the start.
    pub(crate) fn now_ns(self) -> u64 {
        self.at_ns(Instant::now())
    }

    /// Nanoseconds from the start to `moment`; 0 for an earlier one.
    pub(crate) fn at_ns(self, moment: Instant) -> u64 {
        u64::try_from(moment.saturating_duration_since(self.0).as_nanos()).unwrap_or(u64::MAX)
    }

    /// The moment that many nanoseconds after the start.
    pub(crate) fn moment(self, ns: u64) -> Instant {
        self.0 + Duration::from_nanos(ns)
    }
}
