//! What the engine did so far, as plain counters that the binary shows.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use hookwire_core::{ErrorClass, Transition};
use hookwire_store::queue::Settlement;

/// Upper bounds of the latency buckets, in milliseconds.
pub const BUCKETS_MS: [f64; 16] = [
    0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 1_000.0, 2_500.0, 5_000.0, 15_000.0,
    60_000.0,
];

/// A growing count.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// One more.
    pub fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    /// The count.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// How durations are distributed.
#[derive(Debug, Default)]
pub struct Histogram {
    buckets: [Counter; BUCKETS_MS.len()],
    count: Counter,
    sum_us: Counter,
}

impl Histogram {
    /// Counts one duration.
    pub fn observe(&self, span: Duration) {
        let millis = span.as_secs_f64() * 1_000.0;
        if let Some(index) = BUCKETS_MS.iter().position(|bound| millis <= *bound) {
            self.buckets[index].add(1);
        }
        self.count.add(1);
        self.sum_us.add(u64::try_from(span.as_micros()).unwrap_or(u64::MAX));
    }

    /// Cumulative counts by upper bound in seconds, then count and sum in seconds.
    pub fn read(&self) -> (Vec<(f64, u64)>, u64, f64) {
        let mut sum = 0;
        let cumulative = BUCKETS_MS.iter().zip(&self.buckets).map(|(bound, bucket)| {
            sum += bucket.get();
            (bound / 1_000.0, sum)
        });
        (cumulative.collect(), self.count.get(), self.sum_us.get() as f64 / 1e6)
    }
}

/// Everything that is counted.
#[derive(Debug, Default)]
pub struct Metrics {
    /// Deliveries that the receiver took.
    pub delivered: Counter,
    /// Failed attempts by class, in the order of [`ErrorClass::ALL`].
    pub failed: [Counter; ErrorClass::ALL.len()],
    /// Retries scheduled.
    pub retries: Counter,
    /// Deliveries without attempts left.
    pub exhausted: Counter,
    /// Deliveries cancelled.
    pub canceled: Counter,
    /// Deliveries put back untried.
    pub released: Counter,
    /// Attempts that were not made because of a fault of ours; their deliveries are among those put back.
    pub faults: Counter,
    /// Settlements that were too late to count.
    pub stale: Counter,
    /// Settle batches that the store did not take at first.
    pub settle_errors: Counter,
    /// Results that the store takes in no way and that were given up: their deliveries are made again when their
    /// leases end.
    pub given_up: Counter,
    /// Attempts under way.
    pub in_flight: Gauge,
    /// Deliveries held in memory.
    pub held: Gauge,
    /// Lanes in memory, and of those the suspect ones.
    pub lanes: Gauge,
    /// Lanes whose receiver fails or hangs.
    pub suspect_lanes: Gauge,
    /// From acceptance (or due time) to the end of a successful first attempt.
    pub delivery_latency: Histogram,
    /// Duration of attempts.
    pub attempt_duration: Histogram,
}

/// A number that goes up and down.
#[derive(Debug, Default)]
pub struct Gauge(AtomicI64);

impl Gauge {
    /// Sets it.
    pub fn set(&self, value: usize) {
        self.0.store(i64::try_from(value).unwrap_or(i64::MAX), Ordering::Relaxed);
    }

    /// The number.
    pub fn get(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Metrics {
    /// Counts what came of a delivery.
    pub(crate) fn count(&self, settlement: &Settlement) {
        if let Some(attempt) = &settlement.attempt {
            self.attempt_duration.observe(Duration::from_micros(u64::from(attempt.timings.total_us)));
            if let Some(class) = attempt.error {
                self.failed_of(class).add(1);
            }
        }
        match settlement.transition {
            Transition::Delivered => self.delivered.add(1),
            Transition::RetryAt(_) => self.retries.add(1),
            Transition::Exhausted => self.exhausted.add(1),
            Transition::Canceled => self.canceled.add(1),
            Transition::Released(_) => self.released.add(1),
        }
    }

    /// The counter of failed attempts of that class.
    pub fn failed_of(&self, class: ErrorClass) -> &Counter {
        let index = ErrorClass::ALL.iter().position(|other| *other == class).expect("every class is listed");
        &self.failed[index]
    }
}
