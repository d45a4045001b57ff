//! How far retention has come. In memory: forgetting it costs a few looks at rows that stay.

use std::time::{Duration, Instant};

use hookwire_core::Timestamp;
use hookwire_store::upkeep::RetentionStep;

/// Where the next retention step goes on.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sweep {
    /// The last message looked at.
    pub(crate) message: i64,
    /// When a day could not be dropped, as somebody was using it.
    pub(crate) in_use: Option<Instant>,
    /// Through numbers of hours.
    pub(crate) hours: Pass,
    /// Through tasks.
    pub(crate) tasks: Pass,
    /// Through deleted endpoints.
    pub(crate) tombstones: Pass,
}

/// A way through rows in the order of their keys, after which there is a rest: what stays is not looked at all the time.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Pass {
    /// The last key looked at.
    pub(crate) last: i64,
    ended: Option<Timestamp>,
}

impl Pass {
    const REST: Duration = Duration::from_hours(1);

    /// Whether there is something to look at: not during the rest, however the clock is set.
    pub(crate) fn is_due(&self, now: Timestamp) -> bool {
        self.ended.is_none_or(|ended| now < ended || now >= ended.plus(Self::REST))
    }

    /// So many rows were looked at, up to this key; when they are fewer than the step may look at, there are no more.
    pub(crate) fn saw(&mut self, rows: usize, last: Option<i64>, step: &RetentionStep) {
        match last {
            Some(key) if rows >= step.limit as usize => self.last = key,
            _ => *self = Self { last: 0, ended: Some(step.now) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pass_that_has_ended_rests_for_an_hour() {
        let hours = |count| Timestamp::from_seconds(1_790_000_000).plus(Duration::from_hours(count));
        let span = Duration::from_hours(1);
        let step = |now| RetentionStep { now, attempts: span, messages: span, limit: 2 };
        let mut pass = Pass::default();
        pass.saw(2, Some(5), &step(hours(2)));
        assert!(pass.last == 5 && pass.is_due(hours(2)));
        pass.saw(1, Some(7), &step(hours(2)));
        assert!(pass.last == 0 && !pass.is_due(hours(2)));
        assert!(pass.is_due(hours(3)) && pass.is_due(hours(1)), "the clock was set back");
    }
}
