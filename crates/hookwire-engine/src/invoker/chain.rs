//! A call and those that follow it: one after the other, each checked against its registration and recorded.

use std::collections::BTreeMap;
use std::sync::Arc;

use hookwire_core::limits::{CHAIN_CALLS_MAX, CHAIN_DEPTH_MAX};
use hookwire_core::trigger::{Given, Next, Outgoing};
use hookwire_core::{AppKey, ErrorClass, Invocation, InvocationKey, Trigger, TriggerId};
use serde_json::value::RawValue;
use tokio::time::Instant;

use super::call::{Answer, call};
use super::{InvokeError, Invoked, InvokerParts, data, records};

/// A chain under way.
pub(super) struct Chain {
    parts: Arc<InvokerParts>,
    app: AppKey,
    root: InvocationKey,
    caller: String,
    /// When the whole of it must be over.
    deadline: Instant,
    /// Calls that are still to be made, the next one last.
    steps: Vec<Step>,
    /// Calls made or refused so far.
    calls: usize,
}

/// A call that follows another one.
struct Step {
    next: Next,
    /// What it follows.
    after: Arc<Before>,
    /// Calls from the root to this one, both included.
    depth: usize,
}

/// A call that was made.
struct Before {
    data: Box<RawValue>,
    answer: Answer,
}

/// A call that can be made.
struct Ready {
    trigger: Trigger,
    outgoing: Outgoing,
}

/// A call that can't.
struct Refused {
    answer: Answer,
    /// What it would have called, if that is registered.
    trigger: Option<Trigger>,
    /// Whether nothing may follow it any more.
    is_last: bool,
}

impl Chain {
    /// A chain that this trigger begins, with nothing called yet.
    pub(super) fn new(parts: Arc<InvokerParts>, trigger: &Trigger, caller: String) -> Self {
        let root = parts.mint.next(parts.clock.now());
        let deadline = Instant::now() + parts.settings.chain_timeout;
        Self { parts, app: trigger.app, root, caller, deadline, steps: Vec::new(), calls: 0 }
    }

    /// Makes the call and all that follow, depth first. What comes of the last one is the answer.
    pub(super) async fn run(mut self, trigger: Trigger, outgoing: Outgoing) -> Result<Invoked, InvokeError> {
        let mut last = self.make(self.root, Ready { trigger, outgoing }, 1).await?;
        while let Some(step) = self.steps.pop() {
            let key = self.parts.mint.next(self.parts.clock.now());
            last = match self.prepare(&step).await {
                Ok(ready) => self.make(key, ready, step.depth).await?,
                Err(refused) => self.refuse(key, refused, &step).await?,
            };
        }
        let Answer { status, succeeded, content_type, body, truncated, error, .. } = last;
        Ok(Invoked { reference: self.root, status, succeeded, content_type, body, truncated, error })
    }

    /// Makes a call, with its record before and after.
    async fn make(&mut self, key: InvocationKey, ready: Ready, depth: usize) -> Result<Answer, InvokeError> {
        let Ready { trigger, outgoing } = ready;
        self.calls += 1;
        let mut record = self.record(key, trigger.id.clone(), outgoing.body.len());
        let InvokerParts { store, client, settings, .. } = &*self.parts;
        records::begin(&**store, &record).await?;
        let data = data::of_body(trigger.payload_encoding, &outgoing.body);
        let limit = self.deadline.saturating_duration_since(Instant::now());
        let answer = call(client, settings, &trigger, outgoing, limit).await;
        record.outcome = Some(answer.outcome());
        records::end(&**store, record).await?;
        self.follow(trigger.next, Before { data, answer: answer.clone() }, depth);
        Ok(answer)
    }

    /// Records a call that can't be made.
    async fn refuse(
        &mut self,
        key: InvocationKey,
        refused: Refused,
        step: &Step,
    ) -> Result<Answer, InvokeError> {
        let Refused { answer, trigger, is_last } = refused;
        self.calls += 1;
        let record =
            Invocation { outcome: Some(answer.outcome()), ..self.record(key, step.next.trigger.clone(), 0) };
        records::end(&*self.parts.store, record).await?;
        if is_last {
            self.steps.clear();
        } else if let Some(trigger) = trigger {
            let data = data::of_body(trigger.payload_encoding, b"");
            self.follow(trigger.next, Before { data, answer: answer.clone() }, step.depth);
        }
        Ok(answer)
    }

    /// Lines up the calls that follow such an answer, before those that are lined up already.
    fn follow(&mut self, next: Vec<Next>, before: Before, depth: usize) {
        let succeeded = before.answer.succeeded;
        let after = Arc::new(before);
        let following = next.into_iter().rev().filter(|next| next.on.follows(succeeded));
        self.steps.extend(following.map(|next| Step { next, after: Arc::clone(&after), depth: depth + 1 }));
    }

    /// The call, or why it can't be made.
    async fn prepare(&self, step: &Step) -> Result<Ready, Refused> {
        let within = self.check_limits(step);
        within.map_err(|(class, reason)| Refused { is_last: true, ..refused(None, class, reason) })?;
        let id = &step.next.trigger;
        let found = self.parts.store.trigger(self.app, id).await;
        let trigger = found.map_err(|error| {
            tracing::error!(%error, app = %self.app, trigger = %id, "a trigger of a chain can't be read");
            refused(None, ErrorClass::Blocked, format!("The trigger {id} could not be read."))
        })?;
        let Some(trigger) = trigger else {
            let reason = format!("The trigger {id} is not registered any more.");
            return Err(refused(None, ErrorClass::Blocked, reason));
        };
        let fitting = match outgoing(&trigger, step) {
            Ok(outgoing) => self.check_schema(&trigger, &outgoing).await.map(|()| outgoing),
            Err(reason) => Err(reason),
        };
        match fitting {
            Ok(outgoing) => Ok(Ready { trigger, outgoing }),
            Err(reason) => Err(refused(Some(trigger), ErrorClass::Template, reason)),
        }
    }

    /// Whether the data fits the trigger's schema, or why it does not. On a thread of its own: it may take a while.
    async fn check_schema(&self, trigger: &Trigger, outgoing: &Outgoing) -> Result<(), String> {
        let Some(schema) = trigger.payload_schema.clone() else { return Ok(()) };
        let (check, body) = (Arc::clone(&self.parts.check_schema), outgoing.body.clone());
        let checked = tokio::task::spawn_blocking(move || check(&schema, &body)).await;
        let checked = checked.unwrap_or_else(|_| Err("it could not be checked".to_owned()));
        checked.map_err(|reason| {
            format!("What the call before gives does not fit the trigger's payloadSchema: {reason}.")
        })
    }

    /// Whether the chain may go on, or what kept it from that.
    fn check_limits(&self, step: &Step) -> Result<(), (ErrorClass, String)> {
        let limit = self.parts.settings.chain_timeout;
        let (class, reason) = if self.calls >= CHAIN_CALLS_MAX {
            (ErrorClass::Blocked, format!("The chain has more than {CHAIN_CALLS_MAX} calls; it ends here."))
        } else if step.depth > CHAIN_DEPTH_MAX {
            let reason = format!("The chain has more than {CHAIN_DEPTH_MAX} calls in a row; it ends here.");
            (ErrorClass::Blocked, reason)
        } else if Instant::now() >= self.deadline {
            (ErrorClass::Timeout, format!("The chain took longer than {limit:?}; it ends here."))
        } else {
            return Ok(());
        };
        Err((class, reason))
    }

    fn record(&self, key: InvocationKey, trigger: TriggerId, request_bytes: usize) -> Invocation {
        Invocation {
            key,
            app: self.app,
            trigger,
            root: self.root,
            caller: self.caller.clone(),
            at: self.parts.clock.now(),
            request_bytes: request_bytes as u64,
            outcome: None,
        }
    }
}

fn refused(trigger: Option<Trigger>, class: ErrorClass, reason: String) -> Refused {
    Refused { answer: Answer::failed(class, reason), trigger, is_last: false }
}

/// The request of a call that follows another, or why its data does not fit.
fn outgoing(trigger: &Trigger, step: &Step) -> Result<Outgoing, String> {
    let Before { data, answer } = &*step.after;
    let data = match &step.next.data_template {
        Some(source) => data::rendered(trigger.payload_encoding, source, Some(data), answer)?,
        None if answer.truncated => {
            return Err("The answer before is too long to be the data of another call.".to_owned());
        }
        None => data::of_body(trigger.payload_encoding, &answer.body),
    };
    let none = BTreeMap::new();
    let given = Given { data: Some(&data), headers: &none, query_params: &none };
    trigger.outgoing(given).map_err(|misfits| {
        let reasons: Vec<_> =
            misfits.iter().map(|misfit| format!("{} {}", misfit.at.join("."), misfit.reason)).collect();
        format!("What the call before gives does not fit the trigger: {}.", reasons.join("; "))
    })
}
