//! When to try again: the schedule, its jitter, what is tried again, and what a receiver's `Retry-After` changes.

mod cause;

use std::time::Duration;

pub use cause::{Cause, RetryOn, RetryOnError};

use crate::Timestamp;

/// The longest wait that a receiver's `Retry-After` can ask for.
pub const RETRY_AFTER_MAX: Duration = Duration::from_hours(10);

/// Delays before each retry, and how far they are spread.
#[derive(Debug, Clone, PartialEq)]
pub struct RetryPolicy {
    /// The wait before the first retry, the second, and so on; as many retries as there are delays.
    pub delays: Vec<Duration>,
    /// The share by which a delay may be shorter or longer: 0.2 = ±20 %.
    pub jitter: f64,
    /// Which failures are tried again.
    pub retry_on: RetryOn,
}

/// The jitter is a share that was checked, never NaN.
impl Eq for RetryPolicy {}

impl Default for RetryPolicy {
    /// 5 s, 5 m, 30 m, 2 h, 5 h, 10 h, 10 h, spread by 20 %.
    fn default() -> Self {
        let seconds = [5, 300, 1_800, 7_200, 18_000, 36_000, 36_000];
        Self { delays: seconds.map(Duration::from_secs).to_vec(), jitter: 0.2, retry_on: RetryOn::default() }
    }
}

impl RetryPolicy {
    /// How long to wait after attempt number `attempts` (1 = the first) failed; `None` when it was the last.
    ///
    /// `chance` is uniform in [0, 1). A `retry_after` is honoured up to [`RETRY_AFTER_MAX`] and never shortens the wait.
    pub fn delay(&self, attempts: u32, retry_after: Option<Duration>, chance: f64) -> Option<Duration> {
        let base = *self.delays.get(usize::try_from(attempts).ok()?.checked_sub(1)?)?;
        let spread = base.mul_f64((1.0 + self.jitter * (2.0 * chance - 1.0)).max(0.0));
        Some(spread.max(retry_after.unwrap_or_default().min(RETRY_AFTER_MAX)))
    }
}

/// Reads `Retry-After` (RFC 9110 §10.2.3): seconds or a date. Anything else is ignored.
pub fn parse_retry_after(value: &str, now: Timestamp) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(value.parse().map_or(RETRY_AFTER_MAX, Duration::from_secs));
    }
    Timestamp::parse_http_date(value).map(|at| at.since(now))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_policy_has_as_many_retries_as_delays() {
        let policy =
            RetryPolicy { delays: vec![Duration::from_secs(5); 2], jitter: 0.0, ..RetryPolicy::default() };
        let waits: Vec<_> = (1..=4).map(|attempt| policy.delay(attempt, None, 0.5)).collect();
        assert_eq!(waits, [Some(Duration::from_secs(5)), Some(Duration::from_secs(5)), None, None]);
        assert_eq!(policy.delay(0, None, 0.5), None);
    }

    #[test]
    fn retry_after_lengthens_but_never_shortens_and_is_capped() {
        let policy =
            RetryPolicy { delays: vec![Duration::from_mins(1)], jitter: 0.0, ..RetryPolicy::default() };
        let wait = |seconds| policy.delay(1, Some(Duration::from_secs(seconds)), 0.0);
        assert_eq!(wait(1), Some(Duration::from_mins(1)));
        assert_eq!(wait(600), Some(Duration::from_mins(10)));
        assert_eq!(wait(u64::MAX), Some(RETRY_AFTER_MAX));
    }

    #[test]
    fn retry_after_is_seconds_or_a_date_and_garbage_is_ignored() {
        let now = Timestamp::from_seconds(784_111_777);
        assert_eq!(parse_retry_after("120", now), Some(Duration::from_mins(2)));
        assert_eq!(parse_retry_after(" 120 ", now), Some(Duration::from_mins(2)));
        assert_eq!(parse_retry_after("Sun, 06 Nov 1994 08:50:37 GMT", now), Some(Duration::from_mins(1)));
        assert_eq!(parse_retry_after("Sun, 06 Nov 1994 08:00:00 GMT", now), Some(Duration::ZERO));
        assert_eq!(parse_retry_after("99999999999999999999999", now), Some(RETRY_AFTER_MAX));
        for garbage in ["", "-1", "soon", "1.5", "1e3"] {
            assert_eq!(parse_retry_after(garbage, now), None, "{garbage}");
        }
    }

    proptest! {
        #[test]
        fn jitter_stays_within_its_share(chance in 0.0..1.0_f64, attempt in 1_u32..8) {
            let policy = RetryPolicy::default();
            let base = policy.delays[attempt as usize - 1].as_secs_f64();
            let wait = policy.delay(attempt, None, chance).unwrap().as_secs_f64();
            prop_assert!(wait >= base * 0.799 && wait <= base * 1.201);
        }
    }
}
