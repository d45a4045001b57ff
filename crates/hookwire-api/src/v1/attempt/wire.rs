//! The wire shape of an attempt.

use hookwire_core::id::Key;
use hookwire_core::{Attempt, ErrorClass, Timings};
use serde::Serialize;
use utoipa::ToSchema;

use crate::v1::message::{MessageOut, Standing};

/// One exchange with a receiver.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct MessageAttemptOut {
    /// The URL that was called, without credentials.
    url: String,
    /// The body that was sent, cut to what is kept; null = the message's payload as it was posted, or nothing was sent.
    request_body: Option<String>,
    /// The response's body, cut to what is kept, or why there was none.
    response: String,
    /// The response's status; 0 = there was none.
    response_status_code: u16,
    /// How long the exchange took, in milliseconds.
    response_duration_ms: u32,
    /// How long its phases took.
    timings: TimingsOut,
    /// What failed: `dns`, `connect`, `tls`, `timeout`, `blocked`, `http` (a status that is no success), `protocol` or
    /// `template` (no body could be made); null = nothing.
    error_class: Option<&'static str>,
    #[serde(flatten)]
    standing: Standing,
    /// 0 scheduled, 1 manual.
    trigger_type: i64,
    /// The message.
    msg_id: String,
    /// The endpoint.
    endpoint_id: String,
    /// Its id.
    id: String,
    /// When it began.
    timestamp: String,
    /// The message itself, when it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    msg: Option<MessageOut>,
}

impl MessageAttemptOut {
    pub(super) fn of(attempt: Attempt, with_content: bool, msg: Option<MessageOut>) -> Self {
        Self {
            url: attempt.url,
            request_body: attempt.request.filter(|_| with_content),
            response: if with_content { attempt.response } else { String::new() },
            response_status_code: attempt.response_code,
            response_duration_ms: attempt.timings.total_us / 1_000,
            timings: attempt.timings.into(),
            error_class: attempt.error.map(ErrorClass::name),
            standing: Standing::of_attempt(attempt.status),
            trigger_type: attempt.trigger.code(),
            msg_id: attempt.message.public(),
            endpoint_id: attempt.endpoint.public(),
            id: attempt.key.public(),
            timestamp: attempt.at.to_rfc3339(),
            msg,
        }
    }
}

/// Durations of an exchange's phases, in microseconds; null = there was no such phase, as on a connection that was kept.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct TimingsOut {
    /// Finding the address of the name.
    resolve_us: Option<u32>,
    /// Connecting.
    connect_us: Option<u32>,
    /// The TLS handshake.
    tls_us: Option<u32>,
    /// From the start of the exchange to the headers of the response.
    first_byte_us: Option<u32>,
    /// From the start to the end of the exchange.
    total_us: u32,
}

impl From<Timings> for TimingsOut {
    fn from(timings: Timings) -> Self {
        let Timings { resolve_us, connect_us, tls_us, first_byte_us, total_us } = timings;
        Self { resolve_us, connect_us, tls_us, first_byte_us, total_us }
    }
}
