//! An endpoint's health: since when everything sent to it fails, and when that is long enough to turn it off.

use std::time::Duration;

use crate::{Timestamp, Transition, Verdict};

/// Why Hookwire turned an endpoint off by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DisableReason {
    /// It answered 410 Gone.
    Gone,
    /// Nothing got through since this time.
    FailingSince(Timestamp),
}

/// What an outcome changes about an endpoint's health. On the happy path: nothing, so nothing is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HealthChange {
    /// As it was.
    Unchanged,
    /// It begins to fail now.
    BeginsToFail,
    /// It works again.
    Recovered,
    /// Turn it off.
    Disable(DisableReason),
}

/// What follows for the endpoint from one settled attempt.
///
/// It is turned off when a message has used up its last attempt and nothing at all got through for `disable_after`:
/// one success in between starts the count anew. 410 Gone turns it off at once (Standard Webhooks specification).
pub fn observe(
    failing_since: Option<Timestamp>,
    verdict: Verdict,
    transition: Transition,
    now: Timestamp,
    disable_after: Duration,
) -> HealthChange {
    match (verdict, failing_since) {
        (Verdict::Gone, _) => HealthChange::Disable(DisableReason::Gone),
        (Verdict::Success, None) => HealthChange::Unchanged,
        (Verdict::Success, Some(_)) => HealthChange::Recovered,
        (Verdict::Failure { .. } | Verdict::Rejected, None) => HealthChange::BeginsToFail,
        (Verdict::Failure { .. } | Verdict::Rejected, Some(since)) => {
            if transition == Transition::Exhausted && now.since(since) >= disable_after {
                HealthChange::Disable(DisableReason::FailingSince(since))
            } else {
                HealthChange::Unchanged
            }
        }
    }
}

/// A brake on turning off many endpoints at once: when more than this share of them (but at least a handful) was
/// turned off within an hour, the fault is more likely ours than theirs, and no more are.
pub fn brake_holds(disabled_within_hour: u64, endpoints: u64) -> bool {
    disabled_within_hour >= (endpoints / 20).max(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_790_000_000);
    const PATIENCE: Duration = Duration::from_hours(120);
    const FAILURE: Verdict = Verdict::Failure { retry_after: None };

    #[test]
    fn the_happy_path_changes_nothing() {
        assert_eq!(
            observe(None, Verdict::Success, Transition::Delivered, NOW, PATIENCE),
            HealthChange::Unchanged
        );
    }

    #[test]
    fn failing_begins_and_ends() {
        let retry = Transition::RetryAt(NOW);
        assert_eq!(observe(None, FAILURE, retry, NOW, PATIENCE), HealthChange::BeginsToFail);
        assert_eq!(
            observe(Some(NOW), Verdict::Success, Transition::Delivered, NOW, PATIENCE),
            HealthChange::Recovered
        );
    }

    #[test]
    fn an_endpoint_is_turned_off_only_after_its_patience_and_only_on_a_last_attempt() {
        let since = NOW.minus(PATIENCE);
        let off = HealthChange::Disable(DisableReason::FailingSince(since));
        assert_eq!(observe(Some(since), FAILURE, Transition::Exhausted, NOW, PATIENCE), off);
        assert_eq!(
            observe(Some(since), FAILURE, Transition::RetryAt(NOW), NOW, PATIENCE),
            HealthChange::Unchanged
        );
        let later = since.plus(Duration::from_secs(1));
        assert_eq!(
            observe(Some(later), FAILURE, Transition::Exhausted, NOW, PATIENCE),
            HealthChange::Unchanged
        );
    }

    #[test]
    fn gone_turns_it_off_at_once() {
        let off = HealthChange::Disable(DisableReason::Gone);
        assert_eq!(observe(None, Verdict::Gone, Transition::Exhausted, NOW, PATIENCE), off);
    }

    #[test]
    fn the_brake_allows_a_handful_or_a_twentieth() {
        assert!(!brake_holds(9, 3) && brake_holds(10, 3));
        assert!(!brake_holds(499, 10_000) && brake_holds(500, 10_000));
    }
}
