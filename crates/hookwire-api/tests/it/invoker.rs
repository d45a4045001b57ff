//! An invoker that makes no calls: it notes what it is asked for, writes records, and answers as it is told to.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use hookwire_api::{InvokeError, Invoked, Invoker};
use hookwire_core::invocation::InvocationOutcome;
use hookwire_core::trigger::Outgoing;
use hookwire_core::{Clock, ErrorClass, Invocation, InvocationKey, KeyMint, Trigger};
use hookwire_store::SharedStore;

use crate::world::TestClock;

/// The answer to one call.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) content_type: Option<&'static str>,
    pub(crate) body: Bytes,
    pub(crate) truncated: bool,
}

/// What it was asked for.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) outgoing: Outgoing,
    pub(crate) caller: String,
}

pub(crate) struct Scripted {
    store: SharedStore,
    clock: TestClock,
    mint: Arc<KeyMint>,
    replies: Mutex<VecDeque<Result<Reply, InvokeError>>>,
    calls: Mutex<Vec<Call>>,
}

impl Scripted {
    pub(crate) fn new(store: SharedStore, clock: TestClock, mint: Arc<KeyMint>) -> Self {
        Self { store, clock, mint, replies: Mutex::default(), calls: Mutex::default() }
    }

    /// How the next call goes; 200 without a body unless told.
    pub(crate) fn script(&self, reply: Result<Reply, InvokeError>) {
        self.replies.lock().unwrap().push_back(reply);
    }

    pub(crate) fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }

    /// Writes the record of a call, as part of the chain of `root`.
    async fn record(
        &self,
        trigger: &Trigger,
        root: Option<InvocationKey>,
        call: &Call,
        reply: &Reply,
    ) -> InvocationKey {
        let key = self.mint.next::<InvocationKey>(self.clock.now());
        let outcome = InvocationOutcome {
            duration_us: 5_000,
            status: reply.status,
            succeeded: (200..300).contains(&reply.status),
            error: (reply.status == 0).then_some(ErrorClass::Connect),
            response_bytes: reply.body.len() as u64,
            response: format!("kept {}", String::from_utf8_lossy(&reply.body)),
        };
        let record = Invocation {
            key,
            app: trigger.app,
            trigger: trigger.id.clone(),
            root: root.unwrap_or(key),
            caller: call.caller.clone(),
            at: self.clock.now(),
            request_bytes: call.outgoing.body.len() as u64,
            outcome: Some(outcome),
        };
        self.store.record_invocations(vec![record]).await.unwrap();
        key
    }
}

#[async_trait::async_trait]
impl Invoker for Scripted {
    async fn invoke(
        &self,
        trigger: Trigger,
        outgoing: Outgoing,
        caller: String,
    ) -> Result<Invoked, InvokeError> {
        let call = Call { outgoing, caller };
        self.calls.lock().unwrap().push(call.clone());
        let reply = self.replies.lock().unwrap().pop_front();
        let reply = reply.unwrap_or_else(|| Ok(Reply { status: 200, ..Reply::default() }))?;
        let reference = self.record(&trigger, None, &call, &reply).await;
        for next in &trigger.next {
            if let Some(next) = self.store.trigger(trigger.app, &next.trigger).await.unwrap() {
                self.record(&next, Some(reference), &call, &reply).await;
            }
        }
        Ok(Invoked {
            reference,
            status: reply.status,
            succeeded: (200..300).contains(&reply.status),
            content_type: reply.content_type.map(str::to_owned),
            body: reply.body,
            truncated: reply.truncated,
            error: (reply.status == 0).then_some(ErrorClass::Connect),
        })
    }
}
