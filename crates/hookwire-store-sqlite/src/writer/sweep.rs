//! How far retention has come. The first is kept in the file; forgetting the others costs a few looks at rows that stay.

use std::time::Duration;

use hookwire_core::Timestamp;
use hookwire_store::upkeep::RetentionStep;

/// Where the next retention step goes on.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sweep {
    /// The last message whose payload was looked at in the order of keys.
    pub(crate) payload: i64,
    /// The last attempt looked at.
    pub(crate) attempt: (i64, i64),
    /// The last message looked at.
    pub(crate) message: i64,
    /// Through endpoints with numbers.
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

    /// These rows of the step were looked at; when they are fewer than it may look at, there are no more.
    pub(crate) fn saw(&mut self, rows: &[(i64, bool)], step: &RetentionStep) {
        match rows.last() {
            Some((key, _)) if rows.len() >= step.limit as usize => self.last = *key,
            _ => self.end(step.now),
        }
    }

    /// All was looked at.
    pub(crate) const fn end(&mut self, now: Timestamp) {
        *self = Self { last: 0, ended: Some(now) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pass_that_has_ended_rests_for_an_hour() {
        let hours = |count| Timestamp::from_seconds(1_790_000_000).plus(Duration::from_hours(count));
        let mut pass = Pass { last: 5, ..Pass::default() };
        assert!(pass.is_due(hours(2)));
        pass.end(hours(2));
        assert_eq!(pass.last, 0);
        assert!(!pass.is_due(hours(2)));
        assert!(pass.is_due(hours(3)));
        assert!(pass.is_due(hours(1)), "the clock was set back");
    }
}
