//! What the receiver said, or why it said nothing, and what that means by the endpoint's rules.

use hookwire_core::limits::RESPONSE_KEPT_BYTES_MAX;
use hookwire_core::retry::{Cause, RetryPolicy, parse_retry_after};
use hookwire_core::status::StatusSet;
use hookwire_core::{ErrorClass, Timestamp, Timings, Verdict};
use hookwire_outbound::Exchange;

use super::kept::kept;

/// What came of an attempt.
pub(super) struct Answer {
    pub(super) verdict: Verdict,
    pub(super) response_code: u16,
    pub(super) response: String,
    pub(super) error: Option<ErrorClass>,
    pub(super) timings: Timings,
}

/// What counts as what.
#[derive(Clone, Copy)]
pub(super) struct Rules<'a> {
    pub(super) success: &'a StatusSet,
    pub(super) retry: &'a RetryPolicy,
}

impl Answer {
    /// What an exchange means: the rules say which statuses are a success. Of the others 410 is final, and the rest is
    /// tried again unless the rules exclude it.
    pub(super) fn judge(exchange: Exchange, rules: Rules<'_>, now: Timestamp) -> Self {
        let timings = exchange.timings;
        let response = match exchange.result {
            Ok(response) => response,
            Err(failure) => return Self::failed(failure.class, failure.detail, timings, rules),
        };
        let retry_after =
            response.headers.get(http::header::RETRY_AFTER).and_then(|value| value.to_str().ok());
        let status = response.status;
        let verdict = match status {
            _ if rules.success.contains(status) => Verdict::Success,
            410 => Verdict::Gone,
            _ => rules.failure(Cause::Status(status), || Verdict::Failure {
                retry_after: retry_after.and_then(|value| parse_retry_after(value, now)),
            }),
        };
        Self {
            verdict,
            response_code: status,
            response: kept(&response.body, response.truncated, RESPONSE_KEPT_BYTES_MAX),
            error: (verdict != Verdict::Success).then_some(ErrorClass::Http),
            timings,
        }
    }

    /// There was no answer, for this reason.
    pub(super) fn failed(class: ErrorClass, reason: String, timings: Timings, rules: Rules<'_>) -> Self {
        let verdict = rules.failure(Cause::of(class, 0), || Verdict::Failure { retry_after: None });
        Self { verdict, response_code: 0, response: reason, error: Some(class), timings }
    }

    /// Nothing was sent, as there is no body. It would be the same the next time.
    pub(super) fn bodiless(reason: String) -> Self {
        Self {
            verdict: Verdict::Rejected,
            response_code: 0,
            response: reason,
            error: Some(ErrorClass::Template),
            timings: Timings::default(),
        }
    }
}

impl Rules<'_> {
    fn failure(self, cause: Cause, failure: impl FnOnce() -> Verdict) -> Verdict {
        if self.retry.retry_on.includes(cause) { failure() } else { Verdict::Rejected }
    }
}

#[cfg(test)]
mod tests;
