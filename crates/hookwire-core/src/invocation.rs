//! `Invocation`: the audit record of one call that a trigger made.

use crate::{AppKey, ErrorClass, InvocationKey, Timestamp, TriggerId};

/// A record. It is written before the call is made, and again when it is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invocation {
    /// Its key; the public form is the `referenceId`.
    pub key: InvocationKey,
    /// The tenant.
    pub app: AppKey,
    /// What was invoked.
    pub trigger: TriggerId,
    /// The invocation that began the chain; its own key when it did.
    pub root: InvocationKey,
    /// Who asked for it: `org` or `app`, and the token's subject where it has one.
    pub caller: String,
    /// When the call began.
    pub at: Timestamp,
    /// Bytes of the request's body.
    pub request_bytes: u64,
    /// What came of it; `None` while it is under way (or when the server stopped meanwhile).
    pub outcome: Option<InvocationOutcome>,
}

/// What came of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvocationOutcome {
    /// How long it took, in microseconds.
    pub duration_us: u64,
    /// The answer's status; 0 = there was none.
    pub status: u16,
    /// Whether it counts as success: any 2xx.
    pub succeeded: bool,
    /// The class of the failure.
    pub error: Option<ErrorClass>,
    /// Bytes of the answer's body that were read.
    pub response_bytes: u64,
    /// The answer's body as text, cut to what is kept; the reason when there was no answer.
    pub response: String,
}

impl Invocation {
    /// Whether a client asked for it, rather than a chain.
    pub fn is_root(&self) -> bool {
        self.root == self.key
    }
}
