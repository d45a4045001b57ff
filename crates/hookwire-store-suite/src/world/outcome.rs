//! What comes of claims, in the words of the cases.

use std::time::Duration;

use hookwire_core::{
    Attempt, AttemptKey, AttemptStatus, ErrorClass, Timestamp, Timings, Transition, TriggerType, Verdict,
};
use hookwire_store::dispatch::Claim;
use hookwire_store::queue::{Settled, Settlement};

use super::World;
use crate::sure::Sure;

impl World {
    /// An exchange that ended so.
    pub(crate) fn attempt(&self, claim: &Claim, code: u16) -> Attempt {
        let now = self.now();
        let succeeded = (200..300).contains(&code);
        Attempt {
            key: self.mint().next(now),
            message: claim.delivery.message,
            endpoint: claim.delivery.endpoint,
            app: claim.delivery.app,
            at: now,
            url: claim.endpoint.url.clone(),
            status: if succeeded { AttemptStatus::Succeeded } else { AttemptStatus::Failed },
            trigger: claim.delivery.trigger,
            request: None,
            response_code: code,
            response: format!("answer {code}"),
            error: match code {
                _ if succeeded => None,
                0 => Some(ErrorClass::Connect),
                _ => Some(ErrorClass::Http),
            },
            timings: Timings { total_us: 1_500, first_byte_us: Some(1_200), ..Timings::default() },
        }
    }

    /// The settlement of an exchange.
    pub fn settlement(&self, claim: &Claim, code: u16, transition: Transition) -> Settlement {
        let verdict = match code {
            200..300 => Verdict::Success,
            410 => Verdict::Gone,
            _ => Verdict::Failure { retry_after: None },
        };
        Settlement {
            delivery: claim.delivery.clone(),
            attempt: Some(self.attempt(claim, code)),
            verdict: Some(verdict),
            transition,
        }
    }

    pub(crate) async fn settle(&self, settlement: Settlement) -> Settled {
        let settled = self.store().settle(vec![settlement], self.now()).await.sure();
        assert_eq!(settled.len(), 1);
        settled[0]
    }

    /// The receiver took it; answers the attempt's key.
    pub(crate) async fn succeed(&self, claim: &Claim) -> AttemptKey {
        self.end(claim, 200, Transition::Delivered).await
    }

    /// The receiver answered 500; it is to be tried again after that while.
    pub(crate) async fn fail(&self, claim: &Claim, wait: Duration) -> AttemptKey {
        let at = self.now().plus(wait);
        self.end(claim, 500, Transition::RetryAt(at)).await
    }

    /// The receiver answered 500 for the last time.
    pub(crate) async fn exhaust(&self, claim: &Claim) -> AttemptKey {
        self.end(claim, 500, Transition::Exhausted).await
    }

    /// The exchange ended so, and the settlement took effect.
    pub(crate) async fn end(&self, claim: &Claim, code: u16, transition: Transition) -> AttemptKey {
        let settlement = self.settlement(claim, code, transition);
        let key = settlement.attempt.as_ref().sure().key;
        assert_eq!(self.settle(settlement).await, Settled::Done);
        key
    }

    /// Put back untried.
    pub(crate) fn released(claim: &Claim, until: Timestamp) -> Settlement {
        Settlement {
            delivery: claim.delivery.clone(),
            attempt: None,
            verdict: None,
            transition: Transition::Released(until),
        }
    }
}

/// Attempts made so far and why the next is made.
pub(crate) fn progress(claim: &Claim) -> (u32, TriggerType) {
    (claim.delivery.attempts, claim.delivery.trigger)
}
