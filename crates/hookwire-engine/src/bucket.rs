//! A token bucket: at most so many a second, evenly spread.

use std::time::Duration;

use hookwire_core::Timestamp;

/// Lets one through every `1 / rate` seconds; after a pause, at most 10 ms' worth at once (and at least one).
#[derive(Debug, Clone)]
pub(crate) struct Bucket {
    rate: u32,
    /// When the next one would go if they had always gone evenly (the "theoretical arrival time" of GCRA, ITU-T I.371).
    next: Timestamp,
}

impl Bucket {
    /// A full bucket.
    pub(crate) fn new(rate: u32) -> Self {
        Self { rate: rate.max(1), next: Timestamp::default() }
    }

    /// Its rate, a second.
    pub(crate) const fn rate(&self) -> u32 {
        self.rate
    }

    /// When the next one may go.
    pub(crate) fn free_at(&self) -> Timestamp {
        self.next.minus(Duration::from_millis(10).saturating_sub(self.spacing()))
    }

    /// Takes one. Only after [`Bucket::free_at`].
    pub(crate) fn take(&mut self, now: Timestamp) {
        self.next = self.next.max(now).plus(self.spacing());
    }

    fn spacing(&self) -> Duration {
        Duration::from_secs(1) / self.rate
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn through(rate: u32, span: Duration, step: Duration) -> u32 {
        let (mut bucket, mut now, mut count) = (Bucket::new(rate), Timestamp::from_seconds(1), 0);
        let end = now.plus(span);
        while now < end {
            while bucket.free_at() <= now {
                bucket.take(now);
                count += 1;
            }
            now = now.plus(step);
        }
        count
    }

    #[test]
    fn a_rate_is_kept_to_the_last_one() {
        assert_eq!(through(5, Duration::from_secs(2), Duration::from_millis(1)), 10);
        assert_eq!(through(1, Duration::from_secs(3), Duration::from_millis(1)), 3);
    }

    #[test]
    fn a_high_rate_survives_a_coarse_clock() {
        let count = through(1_000, Duration::from_secs(1), Duration::from_millis(5));
        assert!((990..=1_015).contains(&count), "{count}");
    }
}
