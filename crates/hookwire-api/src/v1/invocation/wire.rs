//! The wire shape of an invocation's record.

use hookwire_core::Invocation;
use hookwire_core::id::Key;
use serde::Serialize;
use utoipa::ToSchema;

/// The record of one call that a trigger made. What came of it is null while it is under way.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct InvocationOut {
    /// Its id, as the invocation was answered with.
    reference_id: String,
    /// The trigger.
    trigger: String,
    /// The invocation that began the chain; its own id when it did.
    root_reference_id: String,
    /// Who asked for it: `org` or `app`, and the token's subject.
    caller: String,
    /// When the call began.
    timestamp: String,
    /// How long it took, in milliseconds.
    duration_ms: Option<u64>,
    /// The answer's status; 0 = there was none.
    status: Option<u16>,
    /// Whether it failed: the status was not 2xx, or there was no answer.
    error: Option<bool>,
    /// The class of the failure, such as `dns`, `tls`, `timeout` or `http`.
    error_class: Option<&'static str>,
    /// Bytes of the request's body.
    request_bytes: u64,
    /// Bytes of the answer's body.
    response_bytes: Option<u64>,
    /// The answer's body, cut to what is kept, or why there was none. Shown to org tokens only: a call in the middle of
    /// a chain may be answered with what clients shall not see, and reasons name hosts.
    #[serde(skip_serializing_if = "Option::is_none")]
    response: Option<String>,
}

impl From<Invocation> for InvocationOut {
    fn from(invocation: Invocation) -> Self {
        let outcome = invocation.outcome;
        Self {
            reference_id: invocation.key.public(),
            trigger: invocation.trigger.to_string(),
            root_reference_id: invocation.root.public(),
            caller: invocation.caller,
            timestamp: invocation.at.to_rfc3339(),
            duration_ms: outcome.as_ref().map(|outcome| outcome.duration_us / 1_000),
            status: outcome.as_ref().map(|outcome| outcome.status),
            error: outcome.as_ref().map(|outcome| !outcome.succeeded),
            error_class: outcome.as_ref().and_then(|outcome| Some(outcome.error?.name())),
            request_bytes: invocation.request_bytes,
            response_bytes: outcome.as_ref().map(|outcome| outcome.response_bytes),
            response: outcome.map(|outcome| outcome.response),
        }
    }
}

impl InvocationOut {
    /// As a client sees it that is not the org.
    pub(super) fn without_response(invocation: Invocation) -> Self {
        Self { response: None, ..Self::from(invocation) }
    }
}
