//! `Attempt`: one HTTP exchange with a receiver, as it is logged.

use crate::{AppKey, AttemptKey, EndpointKey, ErrorClass, MessageKey, Timestamp, Timings};

/// A logged exchange. Append-only, but for its response, which can be expunged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Its key; also says when it ended, to the millisecond.
    pub key: AttemptKey,
    /// The message.
    pub message: MessageKey,
    /// The endpoint.
    pub endpoint: EndpointKey,
    /// The tenant.
    pub app: AppKey,
    /// When the exchange began.
    pub at: Timestamp,
    /// The URL that was called, without credentials.
    pub url: String,
    /// How it ended.
    pub status: AttemptStatus,
    /// Why it was made.
    pub trigger: TriggerType,
    /// The body that was sent, where it was not the message's payload itself, cut to what is kept.
    pub request: Option<String>,
    /// The status code of the answer; 0 = no answer.
    pub response_code: u16,
    /// The answer's body as text, cut to what is kept; the reason of the failure when there was no answer.
    pub response: String,
    /// The class of the failure; `None` on success.
    pub error: Option<ErrorClass>,
    /// How long each phase took.
    pub timings: Timings,
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AttemptStatus {
    /// The receiver took the message.
    Succeeded,
    /// It did not.
    Failed,
}

/// Why an attempt is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TriggerType {
    /// The message was new, or its schedule said so.
    Scheduled,
    /// Somebody asked for it.
    Manual,
}

impl TriggerType {
    /// The code on the wire and on disk.
    pub const fn code(self) -> i64 {
        match self {
            Self::Scheduled => 0,
            Self::Manual => 1,
        }
    }

    /// The trigger with that code; anything unknown counts as scheduled.
    pub const fn from_code(code: i64) -> Self {
        if code == 1 { Self::Manual } else { Self::Scheduled }
    }
}
