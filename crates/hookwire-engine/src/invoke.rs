//! Invocations of triggers: the call, its record before and after it, and the calls that follow.

mod chain;
mod permits;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hookwire_core::invocation::InvocationOutcome;
use hookwire_core::limits::{CHAIN_CALLS_MAX, RESPONSE_KEPT_BYTES_MAX};
use hookwire_core::target::TargetUrl;
use hookwire_core::trigger::Outgoing;
use hookwire_core::{Clock, ErrorClass, Invocation, InvocationKey, KeyMint, Trigger};
use hookwire_outbound::{Client, HeaderList, Request};
use hookwire_store::SharedStore;
use tokio::time::Instant;

use crate::attempt::kept::kept;
use permits::Permits;

/// Time after which no further call of a chain is begun.
const CHAIN_LIMIT: Duration = Duration::from_mins(2);

/// What an invoker is made of.
pub struct InvokerParts {
    /// Where triggers and records are.
    pub store: SharedStore,
    /// What calls the endpoints.
    pub client: Client,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Where the records' keys come from.
    pub mint: Arc<KeyMint>,
    /// Deadline of a call whose trigger has none of its own.
    pub timeout: Duration,
    /// The `User-Agent` sent.
    pub user_agent: String,
    /// Whether `http://` URLs are refused.
    pub https_only: bool,
}

/// Carries out invocations. Works without an engine beside it.
pub struct Invoker {
    parts: InvokerParts,
    permits: Permits,
}

/// What came of an invocation: the reference of its first call, and the answer to its last one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invoked {
    /// The record of the first call.
    pub reference: InvocationKey,
    /// The answer to the last call.
    pub answer: Answer,
}

/// An answer to a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status; 0 = there was none.
    pub status: u16,
    /// Whether it counts as success: any 2xx.
    pub succeeded: bool,
    /// Its `Content-Type`.
    pub content_type: Option<String>,
    /// Its body, or the reason why there is none.
    pub body: Bytes,
    /// Whether the body was longer than this.
    pub truncated: bool,
    /// The class of the failure.
    pub error: Option<ErrorClass>,
}

/// Why nothing was invoked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvokeError {
    /// Too many invocations are under way, in all or of this app.
    #[error("too many invocations are under way")]
    TooMany,
    /// The record could not be written.
    #[error("the record of an invocation could not be written: {0}")]
    Record(String),
}

/// A call that is to be made.
struct Call {
    trigger: Trigger,
    /// What to send, or why that can't be made.
    outgoing: Result<Outgoing, String>,
}

impl Invoker {
    /// An invoker of these parts.
    pub fn new(parts: InvokerParts) -> Self {
        Self { parts, permits: Permits::default() }
    }

    /// Makes the call and those that follow it. Each has its record on disk before it is made, and what came of it
    /// before this answers. `caller` says who asked, for the record.
    pub async fn invoke(
        &self,
        trigger: Trigger,
        outgoing: Outgoing,
        caller: String,
    ) -> Result<Invoked, InvokeError> {
        let _permit = self.permits.take(trigger.app).ok_or(InvokeError::TooMany)?;
        let until = Instant::now() + CHAIN_LIMIT;
        let mut calls = VecDeque::from([Call { trigger, outgoing: Ok(outgoing) }]);
        let mut invoked: Option<Invoked> = None;
        let mut made = 0;
        while let Some(call) = calls.pop_front() {
            let root = invoked.as_ref().map(|invoked| invoked.reference);
            let (reference, answer) = self.make(&call, root, &caller).await?;
            made += 1;
            if made < CHAIN_CALLS_MAX && Instant::now() < until {
                let room = CHAIN_CALLS_MAX - made - calls.len().min(CHAIN_CALLS_MAX - made);
                let next = chain::following(&self.parts.store, &call, &answer, room).await;
                calls.extend(next.map_err(|error| InvokeError::Record(error.to_string()))?);
            }
            invoked = Some(Invoked { reference: root.unwrap_or(reference), answer });
        }
        Ok(invoked.expect("the first call was made"))
    }

    /// Makes one call between the two writings of its record.
    async fn make(
        &self,
        call: &Call,
        root: Option<InvocationKey>,
        caller: &str,
    ) -> Result<(InvocationKey, Answer), InvokeError> {
        let now = self.parts.clock.now();
        let key = self.parts.mint.next::<InvocationKey>(now);
        let mut record = Invocation {
            key,
            app: call.trigger.app,
            trigger: call.trigger.id.clone(),
            root: root.unwrap_or(key),
            caller: caller.to_owned(),
            at: now,
            request_bytes: call.outgoing.as_ref().map_or(0, |outgoing| outgoing.body.len() as u64),
            outcome: None,
        };
        self.record(&record).await?;
        let began = Instant::now();
        let answer = match &call.outgoing {
            Ok(outgoing) => self.send(&call.trigger, outgoing).await,
            Err(reason) => Answer::none(ErrorClass::Template, reason.clone()),
        };
        record.outcome = Some(InvocationOutcome {
            duration_us: u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX),
            status: answer.status,
            succeeded: answer.succeeded,
            error: answer.error,
            response_bytes: if answer.status == 0 { 0 } else { answer.body.len() as u64 },
            response: kept(&answer.body, answer.truncated, RESPONSE_KEPT_BYTES_MAX),
        });
        self.record(&record).await?;
        Ok((key, answer))
    }

    async fn record(&self, record: &Invocation) -> Result<(), InvokeError> {
        let written = self.parts.store.record_invocations(vec![record.clone()]).await;
        written.map_err(|error| InvokeError::Record(error.to_string()))
    }

    async fn send(&self, trigger: &Trigger, outgoing: &Outgoing) -> Answer {
        let policy = self.parts.client.policy();
        let target = match TargetUrl::parse(&outgoing.url, policy, self.parts.https_only) {
            Ok(target) => Arc::new(target),
            Err(error) => return Answer::none(ErrorClass::Blocked, error.to_string()),
        };
        let agent = std::iter::once(("user-agent", self.parts.user_agent.as_str()));
        let given = outgoing.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let headers = match HeaderList::from_pairs(agent.chain(given)) {
            Ok(headers) => headers,
            Err(error) => return Answer::none(ErrorClass::Protocol, error.to_string()),
        };
        let request = Request {
            target,
            method: http::Method::from_bytes(trigger.method.name().as_bytes())
                .expect("the names of methods are methods"),
            headers,
            body: outgoing.body.clone(),
            deadline: trigger.timeout.unwrap_or(self.parts.timeout),
        };
        let client = match &trigger.tls {
            Some(tls) => match self.parts.client.with_tls(tls) {
                Ok(client) => client,
                Err(problem) => return Answer::none(ErrorClass::Tls, problem.to_string()),
            },
            None => self.parts.client.clone(),
        };
        match client.send(request).await.result {
            Ok(response) => {
                let succeeded = (200..300).contains(&response.status);
                let content_type = response.headers.get(http::header::CONTENT_TYPE);
                Answer {
                    status: response.status,
                    succeeded,
                    content_type: content_type.and_then(|value| value.to_str().ok()).map(str::to_owned),
                    body: response.body,
                    truncated: response.truncated,
                    error: (!succeeded).then_some(ErrorClass::Http),
                }
            }
            Err(failure) => Answer::none(failure.class, failure.detail),
        }
    }
}

impl Answer {
    /// There is no answer, for this reason.
    fn none(error: ErrorClass, reason: String) -> Self {
        Self {
            status: 0,
            succeeded: false,
            content_type: None,
            body: reason.into(),
            truncated: false,
            error: Some(error),
        }
    }
}
