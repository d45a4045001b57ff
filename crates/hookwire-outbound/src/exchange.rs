//! One request and what came of it.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hookwire_core::outcome::{ErrorClass, Timings};
use hookwire_core::target::TargetUrl;

use crate::headers::HeaderList;

/// What to send, where to, and until when to wait.
#[derive(Debug, Clone)]
pub struct Request {
    /// The receiver.
    pub target: Arc<TargetUrl>,
    /// The method, normally POST.
    pub method: http::Method,
    /// All headers but Host and Content-Length, which the client adds. The URL's credentials become an Authorization
    /// header unless there is one.
    pub headers: HeaderList,
    /// The body, sent as it is.
    pub body: Bytes,
    /// The limit for everything: waiting for a connection, resolving, connecting, TLS, the answer and its body.
    pub deadline: Duration,
}

/// What came of a request.
#[derive(Debug)]
pub struct Exchange {
    /// The answer, whatever its status, or why there is none.
    pub result: Result<Response, Failure>,
    /// How long it took.
    pub timings: Timings,
}

/// An answer.
#[derive(Debug)]
pub struct Response {
    /// The final status, 101 to 999.
    pub status: u16,
    /// The headers, at most 64 KiB of them.
    pub headers: http::HeaderMap,
    /// The first [`crate::BODY_BYTES_MAX`] bytes of the body at most, never decompressed.
    pub body: Bytes,
    /// Whether there was more body, or it did not end before the deadline.
    pub truncated: bool,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The phase or reason. Never [`ErrorClass::Http`]: what a status means is not decided here.
    pub class: ErrorClass,
    /// A sentence that may be shown to the owner of the URL: no credentials, no address of a name that was refused, and
    /// nothing about the proxy but that there is one and what it answered.
    pub detail: String,
    /// Whether the receiver had its chance.
    pub fault: Fault,
}

/// Whose fault a failure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The receiver's: it was called, or what stands in its URL can't be called.
    Receiver,
    /// Ours, or that of what we rely on: this machine, its resolver, the proxy. The receiver may be well.
    Ours,
}

impl Failure {
    /// A failure of the receiver.
    pub(crate) fn new(class: ErrorClass, detail: impl Into<String>) -> Self {
        Self { class, detail: detail.into(), fault: Fault::Receiver }
    }

    /// A failure of this machine or of what it relies on.
    pub(crate) fn ours(class: ErrorClass, detail: impl Into<String>) -> Self {
        Self { fault: Fault::Ours, ..Self::new(class, detail) }
    }

    /// The same failure with the blame where it belongs.
    pub(crate) fn blamed_on(self, fault: Fault) -> Self {
        Self { fault, ..self }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.detail)
    }
}

impl std::error::Error for Failure {}
