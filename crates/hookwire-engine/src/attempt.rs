//! One attempt: sign, send, and decide what follows.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use hookwire_core::delivery::decide;
use hookwire_core::id::Key as _;
use hookwire_core::limits::RESPONSE_KEPT_BYTES_MAX;
use hookwire_core::retry::parse_retry_after;
use hookwire_core::signature::HeaderNames;
use hookwire_core::{
    Attempt, AttemptStatus, Clock, Delivery, Endpoint, ErrorClass, KeyMint, Message, Payload, Timestamp,
    Timings, Transition, Verdict, signature,
};
use hookwire_outbound::{Client, Exchange, Failure, Fault, FieldName, HeaderList, Request};
use hookwire_store::queue::Settlement;
use http::HeaderValue;

use crate::dispatcher::ended;
use crate::faults::Faults;
use crate::lane::Ended;
use crate::lanes::{Job, LEASE_MARGIN};
use crate::prepared::Prepared;
use crate::settings::Settings;

/// How long a delivery rests whose attempt ran into a fault of ours, give or take a half: what failed together shall not
/// come back together.
const FAULT_PAUSE: Duration = Duration::from_secs(30);

/// Names of the headers that every request carries, checked once.
pub(crate) struct Fields {
    content_type: FieldName,
    /// Id, timestamp and signature, once for each family of names.
    signature: Vec<[FieldName; 3]>,
}

impl Fields {
    /// The fields under these names.
    pub(crate) fn new(names: HeaderNames) -> Self {
        let field = |name: &str| FieldName::new(name).expect("our own names are valid");
        let family =
            |prefix: &&str| ["id", "timestamp", "signature"].map(|part| field(&format!("{prefix}-{part}")));
        Self { content_type: field("content-type"), signature: names.prefixes().iter().map(family).collect() }
    }
}

/// Makes attempts.
pub(crate) struct Attempts {
    pub(crate) fields: Fields,
    pub(crate) client: Client,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) mint: Arc<KeyMint>,
    pub(crate) chance: fn() -> f64,
    pub(crate) settings: Settings,
    pub(crate) faults: Faults,
}

/// An attempt that is over, or that was not made.
pub(crate) struct Finished {
    /// What to write.
    pub(crate) settlement: Settlement,
    /// What the lane learns from it.
    pub(crate) how: Ended,
}

/// What the receiver said, or why it said nothing.
struct Answer {
    verdict: Verdict,
    response_code: u16,
    response: String,
    error: Option<ErrorClass>,
    timings: Timings,
}

impl Attempts {
    /// Makes an endpoint ready to be called.
    pub(crate) fn prepare(&self, endpoint: Arc<Endpoint>) -> Prepared {
        Prepared::new(endpoint, self.client.policy(), self.settings.https_only, &self.settings.user_agent)
    }

    /// Makes the attempt. A panic in it is a fault of ours: the delivery is put back and no attempt is used up.
    pub(crate) async fn make(&self, job: Job) -> Finished {
        let Job { claim, prepared, .. } = job;
        let delivery = claim.delivery.clone();
        let attempt = self.attempt(&delivery, &claim.message, &prepared);
        if let Ok(finished) = std::panic::AssertUnwindSafe(attempt).catch_unwind().await {
            return finished;
        }
        tracing::error!(message = %delivery.message, endpoint = %delivery.endpoint, "an attempt panicked");
        self.postpone(delivery, "an attempt panicked")
    }

    /// Puts a delivery back that could not be attempted for a fault of ours. To its lane that is silence: one attempt at
    /// a time, at growing intervals, so that a long backlog is not taken out and put back all the while.
    fn postpone(&self, delivery: Delivery, reason: &str) -> Finished {
        let now = self.clock.now();
        self.faults.note(reason, now);
        let later = now.plus(FAULT_PAUSE.mul_f64(0.5 + (self.chance)()));
        Finished { how: Ended::Silent, ..unsent(delivery, Transition::Released(later)) }
    }

    async fn attempt(&self, delivery: &Delivery, message: &Message, prepared: &Prepared) -> Finished {
        let now = self.clock.now();
        let Some(payload) = &message.payload else {
            return unsent(delivery.clone(), Transition::Canceled);
        };
        if now.plus(self.settings.timeout + LEASE_MARGIN) > delivery.lease_until {
            return unsent(delivery.clone(), Transition::Released(now));
        }
        let answer = match &prepared.target {
            Ok(target) => {
                let request = Request {
                    target: Arc::clone(target),
                    method: http::Method::POST,
                    headers: self.headers(prepared, message, payload, now),
                    body: payload.body().clone(),
                    deadline: self.settings.timeout,
                };
                let exchange = self.client.send(request).await;
                if let Err(Failure { fault: Fault::Ours, detail, .. }) = &exchange.result {
                    return self.postpone(delivery.clone(), detail);
                }
                judge(exchange, self.clock.now())
            }
            Err(reason) => refused(reason.clone()),
        };
        self.conclude(delivery, prepared, answer, now)
    }

    fn headers(
        &self,
        prepared: &Prepared,
        message: &Message,
        payload: &Payload,
        now: Timestamp,
    ) -> HeaderList {
        let id = message.key.public();
        let secrets = prepared.endpoint.secrets.signing(now);
        let signature = signature::sign(secrets, &id, now, payload.body());
        let raw_type = payload.raw.as_ref().and_then(|raw| raw.content_type.as_deref());
        let content_type = raw_type.and_then(|text| HeaderValue::from_str(text).ok());
        let values = [id, now.seconds().to_string(), signature].map(|text| {
            HeaderValue::from_maybe_shared(bytes::Bytes::from(text))
                .expect("ids, numbers and base64 are valid in headers")
        });
        let mut headers = prepared.headers.clone();
        headers.set(
            &self.fields.content_type,
            content_type.unwrap_or(HeaderValue::from_static("application/json")),
        );
        for names in &self.fields.signature {
            for (name, value) in names.iter().zip(&values) {
                headers.set(name, value.clone());
            }
        }
        headers
    }

    fn conclude(
        &self,
        delivery: &Delivery,
        prepared: &Prepared,
        answer: Answer,
        began: Timestamp,
    ) -> Finished {
        let now = self.clock.now();
        let transition = decide(delivery, answer.verdict, &self.settings.retry, now, self.chance);
        let succeeded = answer.verdict == Verdict::Success;
        let attempt = Attempt {
            key: self.mint.next(now),
            message: delivery.message,
            endpoint: delivery.endpoint,
            app: delivery.app,
            at: began,
            url: prepared.target.as_ref().map_or_else(|_| String::new(), |target| target.uri().to_string()),
            status: if succeeded { AttemptStatus::Succeeded } else { AttemptStatus::Failed },
            trigger: delivery.trigger,
            response_code: answer.response_code,
            response: answer.response,
            error: answer.error,
            timings: answer.timings,
        };
        let how = ended(answer.response_code != 0, succeeded);
        let settlement = Settlement {
            delivery: delivery.clone(),
            attempt: Some(attempt),
            verdict: Some(answer.verdict),
            transition,
        };
        Finished { settlement, how }
    }
}

fn unsent(delivery: Delivery, transition: Transition) -> Finished {
    Finished {
        settlement: Settlement { delivery, attempt: None, verdict: None, transition },
        how: Ended::Untried,
    }
}

/// What an exchange means: any 2xx is success, 410 is final, everything else is tried again.
fn judge(exchange: Exchange, now: Timestamp) -> Answer {
    let timings = exchange.timings;
    match exchange.result {
        Ok(response) => {
            let retry_after =
                response.headers.get(http::header::RETRY_AFTER).and_then(|value| value.to_str().ok());
            let verdict = match response.status {
                200..=299 => Verdict::Success,
                410 => Verdict::Gone,
                _ => Verdict::Failure {
                    retry_after: retry_after.and_then(|value| parse_retry_after(value, now)),
                },
            };
            let error = (verdict != Verdict::Success).then_some(ErrorClass::Http);
            let response_text = kept(&response.body, response.truncated);
            Answer { verdict, response_code: response.status, response: response_text, error, timings }
        }
        Err(failure) => Answer {
            verdict: Verdict::Failure { retry_after: None },
            response_code: 0,
            response: failure.detail,
            error: Some(failure.class),
            timings,
        },
    }
}

fn refused(reason: String) -> Answer {
    Answer {
        verdict: Verdict::Failure { retry_after: None },
        response_code: 0,
        response: reason,
        error: Some(ErrorClass::Blocked),
        timings: Timings::default(),
    }
}

/// The part of an answer that is kept, as text, with a mark where it was cut.
fn kept(body: &[u8], truncated: bool) -> String {
    let cut = truncated || body.len() > RESPONSE_KEPT_BYTES_MAX;
    let mut text = String::from_utf8_lossy(&body[..body.len().min(RESPONSE_KEPT_BYTES_MAX)]).into_owned();
    if cut {
        text.push_str("… [cut]");
    }
    text
}

#[cfg(test)]
mod tests;
