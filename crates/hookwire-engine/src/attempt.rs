//! One attempt: make the body, sign, send, and decide what follows.

mod answer;
mod body;
pub(crate) mod kept;

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use hookwire_core::delivery::decide;
use hookwire_core::id::Key as _;
use hookwire_core::signature::HeaderNames;
use hookwire_core::{
    App, Attempt, AttemptStatus, Clock, Delivery, Endpoint, ErrorClass, KeyMint, Message, Payload, Profiles,
    Timestamp, Timings, Transition, Verdict, signature,
};
use hookwire_outbound::{Client, Failure, Fault, FieldName, HeaderList, Request};
use hookwire_store::dispatch::Claim;
use hookwire_store::queue::Settlement;
use http::HeaderValue;

use self::answer::{Answer, Rules};
use self::body::Body;
use crate::dispatcher::ended;
use crate::faults::Faults;
use crate::lane::Ended;
use crate::lanes::{Job, LEASE_MARGIN};
use crate::prepared::{Defaults, Prepared};
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
    pub(crate) profiles: Arc<Profiles>,
    pub(crate) faults: Faults,
}

/// An attempt that is over, or that was not made.
pub(crate) struct Finished {
    /// What to write.
    pub(crate) settlement: Settlement,
    /// What the lane learns from it.
    pub(crate) how: Ended,
}

impl Finished {
    /// No attempt was made: the delivery goes back as it came.
    pub(crate) fn untried(delivery: Delivery, now: Timestamp) -> Self {
        unsent(delivery, Transition::Released(now))
    }
}

/// A request that can be sent.
struct Ready {
    /// What sends it; `None` = what sends most of them.
    client: Option<Client>,
    request: Request,
    /// What the log keeps of its body.
    logged: Option<String>,
}

impl Attempts {
    /// Makes an endpoint ready to be called.
    pub(crate) fn prepare(&self, endpoint: Arc<Endpoint>, app: &App) -> Prepared {
        let defaults =
            Defaults { policy: self.client.policy(), profiles: &self.profiles, settings: &self.settings };
        Prepared::new(endpoint, app, defaults)
    }

    /// Makes the attempt. A panic in it is a fault of ours: the delivery is put back and no attempt is used up.
    pub(crate) async fn make(&self, job: Job) -> Finished {
        let Job { claim, prepared, .. } = job;
        let delivery = claim.delivery.clone();
        let attempt = self.attempt(&claim, &prepared);
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

    async fn attempt(&self, claim: &Claim, prepared: &Prepared) -> Finished {
        let now = self.clock.now();
        let Claim { delivery, message, .. } = claim;
        let Some(payload) = &message.payload else {
            return unsent(delivery.clone(), Transition::Canceled);
        };
        if now.plus(prepared.timeout + LEASE_MARGIN) > delivery.lease_until {
            return unsent(delivery.clone(), Transition::Released(now));
        }
        let rules = Rules { success: prepared.success(), retry: prepared.retry(&self.settings) };
        let Ready { client, request, logged } = match self.ready(claim, payload, prepared, rules, now) {
            Ok(ready) => ready,
            Err(answer) => return self.conclude(delivery, prepared, answer, None, now),
        };
        let exchange = client.as_ref().unwrap_or(&self.client).send(request).await;
        if let Err(Failure { fault: Fault::Ours, detail, .. }) = &exchange.result {
            return self.postpone(delivery.clone(), detail);
        }
        let answer = Answer::judge(exchange, rules, self.clock.now());
        self.conclude(delivery, prepared, answer, logged, now)
    }

    /// The request, or what comes of it if it can't be sent at all.
    fn ready(
        &self,
        claim: &Claim,
        payload: &Payload,
        prepared: &Prepared,
        rules: Rules<'_>,
        now: Timestamp,
    ) -> Result<Ready, Answer> {
        let failed = |class, reason| Answer::failed(class, reason, Timings::default(), rules);
        let target =
            prepared.target.as_ref().map_err(|reason| failed(ErrorClass::Blocked, reason.clone()))?;
        let tls = prepared.endpoint.rules.tls.as_ref();
        let client = tls.map(|tls| self.client.with_tls(tls)).transpose().map_err(|problem| {
            failed(ErrorClass::Tls, format!("The endpoint's TLS settings can't be used: {problem}."))
        })?;
        let body = Body::of(claim, payload, prepared).map_err(Answer::bodiless)?;
        let request = Request {
            target: Arc::clone(target),
            method: prepared.method(),
            headers: self.headers(prepared, &claim.message, &body, now),
            body: body.bytes,
            deadline: prepared.timeout,
        };
        Ok(Ready { client, request, logged: body.logged })
    }

    fn headers(&self, prepared: &Prepared, message: &Message, body: &Body, now: Timestamp) -> HeaderList {
        let raw = message.payload.as_ref().and_then(|payload| payload.raw.as_ref());
        let raw_type = raw.and_then(|raw| raw.content_type.as_deref());
        let content_type = raw_type.and_then(|text| HeaderValue::from_str(text).ok());
        // Content-Type, the signature's, and two that are added on the way out.
        let mut headers = prepared.headers.with_room(3 + 3 * self.fields.signature.len());
        headers.set(&self.fields.content_type, content_type.unwrap_or_else(|| prepared.content_type.clone()));
        if !prepared.is_signed() {
            return headers;
        }
        let id = message.key.public();
        let signature = signature::sign(prepared.endpoint.secrets.signing(now), &id, now, &body.bytes);
        let values = [id, now.seconds().to_string(), signature].map(|text| {
            HeaderValue::from_maybe_shared(bytes::Bytes::from(text))
                .expect("ids, numbers and base64 are valid in headers")
        });
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
        request: Option<String>,
        began: Timestamp,
    ) -> Finished {
        let now = self.clock.now();
        let policy = prepared.retry(&self.settings);
        let transition = decide(delivery, answer.verdict, policy, now, self.chance);
        let succeeded = answer.verdict == Verdict::Success;
        let attempt = Attempt {
            key: self.mint.next(now),
            message: delivery.message,
            endpoint: delivery.endpoint,
            app: delivery.app,
            at: began,
            url: prepared.url.clone(),
            status: if succeeded { AttemptStatus::Succeeded } else { AttemptStatus::Failed },
            trigger: delivery.trigger,
            request,
            response_code: answer.response_code,
            response: answer.response,
            error: answer.error,
            timings: answer.timings,
        };
        // What is not sent for want of a body says nothing about the receiver.
        let how = match answer.error {
            Some(ErrorClass::Template) => Ended::Untried,
            _ => ended(answer.response_code != 0, succeeded),
        };
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

#[cfg(test)]
mod tests;
