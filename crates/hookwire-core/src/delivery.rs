//! `Delivery`: a message owed to one endpoint, and what follows from each attempt at it.

use std::time::Duration;

use crate::retry::RetryPolicy;
use crate::{AppKey, EndpointKey, MessageKey, Timestamp, TriggerType};

/// A delivery that was claimed: what the dispatcher needs to know of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The message.
    pub message: MessageKey,
    /// Whom it is owed to.
    pub endpoint: EndpointKey,
    /// The tenant.
    pub app: AppKey,
    /// Attempts of the schedule made so far.
    pub attempts: u32,
    /// Why the next attempt is made.
    pub trigger: TriggerType,
    /// When the schedule goes on should a manual attempt fail; `None` for a scheduled one.
    pub resume_at: Option<Timestamp>,
    /// Grows with each claim; a verdict with an older one changes nothing.
    pub fence: i64,
    /// When the claim ends, unless it is settled before.
    pub lease_until: Timestamp,
}

/// Where a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeliveryState {
    /// Not attempted yet, or waiting for its next attempt.
    Pending,
    /// The receiver took it.
    Delivered,
    /// Every attempt failed.
    Exhausted,
    /// Given up because its endpoint was deleted, or its payload removed.
    Canceled,
}

impl DeliveryState {
    /// Every state, in the order of their codes.
    pub const ALL: [Self; 4] = [Self::Pending, Self::Delivered, Self::Exhausted, Self::Canceled];

    /// The code that stores keep.
    pub const fn code(self) -> i64 {
        match self {
            Self::Pending => 0,
            Self::Delivered => 1,
            Self::Exhausted => 2,
            Self::Canceled => 3,
        }
    }

    /// The state with that code.
    pub fn from_code(code: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }

    /// Whether nothing will follow any more.
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::Pending)
    }
}

/// What the receiver's answer, or its silence, means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It took the message.
    Success,
    /// It did not; it may have said when to come again.
    Failure {
        /// The wait that it asked for.
        retry_after: Option<Duration>,
    },
    /// It did not, and such a failure is not tried again by the endpoint's rules.
    Rejected,
    /// It never wants to hear from us again (410 Gone).
    Gone,
}

/// What becomes of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transition {
    /// Done.
    Delivered,
    /// Try again then.
    RetryAt(Timestamp),
    /// No attempts left.
    Exhausted,
    /// Given up without another attempt.
    Canceled,
    /// Put back untried, to be claimed again then: the fault was ours, so no attempt is used up.
    Released(Timestamp),
}

/// What follows from one attempt. Pure: engine, simulations and tests call the same function.
///
/// `chance` answers with a number uniform in [0, 1); it is asked only when a retry follows. A failed manual attempt at a delivery whose schedule still runs uses up none of its
/// attempts: the schedule goes on as if nobody had tried by hand.
pub fn decide(
    delivery: &Delivery,
    verdict: Verdict,
    policy: &RetryPolicy,
    now: Timestamp,
    chance: impl FnOnce() -> f64,
) -> Transition {
    let retry_after = match verdict {
        Verdict::Success => return Transition::Delivered,
        Verdict::Gone => return Transition::Exhausted,
        Verdict::Failure { retry_after } => retry_after,
        Verdict::Rejected if delivery.resume_at.is_none() => return Transition::Exhausted,
        Verdict::Rejected => None,
    };
    if let Some(at) = delivery.resume_at {
        return Transition::RetryAt(at.max(now));
    }
    match policy.delay(delivery.attempts + 1, retry_after, chance()) {
        Some(wait) => Transition::RetryAt(now.plus(wait)),
        None => Transition::Exhausted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Key;

    const NOW: Timestamp = Timestamp::from_seconds(1_790_000_000);
    const FAILURE: Verdict = Verdict::Failure { retry_after: None };

    fn delivery(attempts: u32) -> Delivery {
        Delivery {
            message: MessageKey::from_raw(1),
            endpoint: EndpointKey::from_raw(2),
            app: AppKey::from_raw(3),
            attempts,
            trigger: TriggerType::Scheduled,
            resume_at: None,
            fence: 1,
            lease_until: NOW,
        }
    }

    fn two_retries() -> RetryPolicy {
        RetryPolicy {
            delays: vec![Duration::from_secs(5), Duration::from_mins(5)],
            jitter: 0.0,
            ..RetryPolicy::default()
        }
    }

    #[test]
    fn success_is_final_whatever_came_before() {
        assert_eq!(
            decide(&delivery(2), Verdict::Success, &two_retries(), NOW, || 0.5),
            Transition::Delivered
        );
    }

    #[test]
    fn a_failure_is_retried_until_the_schedule_ends() {
        let next = |attempts| decide(&delivery(attempts), FAILURE, &two_retries(), NOW, || 0.5);
        assert_eq!(next(0), Transition::RetryAt(NOW.plus(Duration::from_secs(5))));
        assert_eq!(next(1), Transition::RetryAt(NOW.plus(Duration::from_mins(5))));
        assert_eq!(next(2), Transition::Exhausted);
    }

    #[test]
    fn a_rejection_is_not_tried_again_but_leaves_a_running_schedule_alone() {
        let next = |delivery: &Delivery| decide(delivery, Verdict::Rejected, &two_retries(), NOW, || 0.5);
        assert_eq!(next(&delivery(0)), Transition::Exhausted);
        let planned = NOW.plus(Duration::from_hours(5));
        let manual = Delivery { trigger: TriggerType::Manual, resume_at: Some(planned), ..delivery(1) };
        assert_eq!(next(&manual), Transition::RetryAt(planned));
    }

    #[test]
    fn gone_ends_the_delivery_at_once() {
        assert_eq!(decide(&delivery(0), Verdict::Gone, &two_retries(), NOW, || 0.5), Transition::Exhausted);
    }

    #[test]
    fn a_failed_manual_attempt_leaves_the_schedule_as_it_was() {
        let planned = NOW.plus(Duration::from_hours(5));
        let manual = Delivery { trigger: TriggerType::Manual, resume_at: Some(planned), ..delivery(1) };
        assert_eq!(decide(&manual, FAILURE, &two_retries(), NOW, || 0.5), Transition::RetryAt(planned));
        let last = Delivery { attempts: 2, ..manual };
        assert_eq!(decide(&last, FAILURE, &two_retries(), NOW, || 0.5), Transition::RetryAt(planned));
    }
}
