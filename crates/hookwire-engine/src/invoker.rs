//! Makes the calls of triggers, and writes the record of each before anybody learns of it.
//!
//! Works without an [`Engine`](crate::Engine). An invocation that has begun goes on to its end, whoever hangs up.

mod call;
mod chain;
mod data;
mod permits;
mod records;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hookwire_core::trigger::Outgoing;
use hookwire_core::{Clock, ErrorClass, InvocationKey, KeyMint, Trigger};
use hookwire_outbound::Client;
use hookwire_store::Triggers;
use tokio_util::task::TaskTracker;

use self::chain::Chain;
use self::permits::Permits;
use crate::settings::InvokerSettings;

/// What an invoker is made of.
pub struct InvokerParts {
    /// Where triggers and records live.
    pub store: Arc<dyn Triggers>,
    /// What makes the calls.
    pub client: Client,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Where records' ids come from.
    pub mint: Arc<KeyMint>,
    /// Whether data of a chain fits the schema of the trigger that it is for.
    pub check_schema: SchemaCheck,
    /// How to call.
    pub settings: InvokerSettings,
}

/// Whether a body, JSON or nothing, fits a JSON Schema; if not, why. May take a while.
pub type SchemaCheck = Arc<dyn Fn(&str, &[u8]) -> Result<(), String> + Send + Sync>;

/// Makes the calls of triggers. Cheap to clone; clones share their permits.
#[derive(Clone)]
pub struct Invoker {
    parts: Arc<InvokerParts>,
    permits: Arc<Permits>,
    tasks: TaskTracker,
}

/// What came of an invocation: the reference of its first call, and the answer to its last one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invoked {
    /// The record of the first call.
    pub reference: InvocationKey,
    /// The answer's status; 0 = there was none.
    pub status: u16,
    /// Whether it counts as success: any 2xx.
    pub succeeded: bool,
    /// The answer's `Content-Type`.
    pub content_type: Option<String>,
    /// The answer's body, at most [`hookwire_outbound::BODY_BYTES_MAX`] of it; empty when there was none.
    pub body: Bytes,
    /// Whether the body was longer than this.
    pub truncated: bool,
    /// The class of the failure.
    pub error: Option<ErrorClass>,
}

/// Why there is no answer to an invocation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvokeError {
    /// Too many are under way, of this app or altogether. Nothing was called.
    #[error("too many invocations are under way")]
    TooMany,
    /// A fault of ours, for the log: a record could not be written.
    #[error("{0}")]
    Failed(String),
}

impl Invoker {
    /// An invoker with nothing under way.
    pub fn new(parts: InvokerParts) -> Self {
        let permits = Permits::new(parts.settings.permits, parts.settings.app_permits);
        Self { parts: Arc::new(parts), permits: Arc::new(permits), tasks: TaskTracker::new() }
    }

    /// Makes this call and those that follow it, in a task of its own. The record of each is written before the answer.
    pub async fn invoke(
        &self,
        trigger: Trigger,
        outgoing: Outgoing,
        caller: String,
    ) -> Result<Invoked, InvokeError> {
        let permit = Permits::take(&self.permits, trigger.app).ok_or(InvokeError::TooMany)?;
        let chain = Chain::new(Arc::clone(&self.parts), &trigger, caller);
        let call = self.tasks.spawn(async move {
            let _permit = permit;
            chain.run(trigger, outgoing).await
        });
        call.await.unwrap_or_else(|_| Err(InvokeError::Failed("an invocation panicked".to_owned())))
    }

    /// Invocations under way.
    pub fn under_way(&self) -> usize {
        self.tasks.len()
    }

    /// Waits until nothing is under way, but no longer than `limit`; answers how many were left then. New ones are not
    /// refused: stop asking first.
    pub async fn drain(&self, limit: Duration) -> usize {
        self.tasks.close();
        let _ = tokio::time::timeout(limit, self.tasks.wait()).await;
        self.tasks.reopen();
        self.tasks.len()
    }
}

#[cfg(test)]
mod tests;
