//! `Trigger`: a registered outbound call that a client may invoke by id, without seeing its URL or credentials.

mod body;
mod chain;
mod vet;

use std::time::Duration;

pub use body::{BodyError, PayloadEncoding};
pub use chain::{ChainError, check_chains};
pub use vet::{Given, Misfit, Outgoing};

use crate::rules::{Method, Tls, words};
use crate::{AppKey, Timestamp, TriggerId};

/// A registered call of an app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trigger {
    /// The tenant.
    pub app: AppKey,
    /// The id by which it is invoked, unique in the app.
    pub id: TriggerId,
    /// Where to call; userinfo in it is sent as Basic credentials. Never shown to clients.
    pub url: String,
    /// The method.
    pub method: Method,
    /// Headers. With a value: sent as it is and never shown. Without: the client may give one.
    pub headers: Vec<(String, Option<String>)>,
    /// Query parameters that the client may give.
    pub query_params: Vec<String>,
    /// What the client's data is, and how it becomes a body.
    pub payload_encoding: PayloadEncoding,
    /// A JSON Schema for the data, as JSON text. Only with [`PayloadEncoding::Json`].
    pub payload_schema: Option<String>,
    /// The deadline of the call; `None` = as the server is configured.
    pub timeout: Option<Duration>,
    /// Whom to trust, and how to identify ourselves.
    pub tls: Option<Tls>,
    /// Whether it is a step of chains only: clients neither see it nor invoke it by its id.
    pub hidden: bool,
    /// Calls that follow this one.
    pub next: Vec<Next>,
    /// When it was registered.
    pub created: Timestamp,
    /// When it was last registered anew.
    pub updated: Timestamp,
}

/// A call that follows another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Next {
    /// What to call.
    pub trigger: TriggerId,
    /// When.
    pub on: On,
    /// The source of a Mustache template that makes its data; without one it gets the answer's body as data.
    pub data_template: Option<String>,
}

words!(
    /// After which outcome a call follows.
    On {
        /// The endpoint returned a success.
        #[default]
        Success = "success",
        /// It returned a failure, or could not be reached.
        Failure = "failure",
        /// Either.
        Always = "always",
    }
);

impl On {
    /// Whether a call follows such an outcome.
    pub const fn follows(self, succeeded: bool) -> bool {
        match self {
            Self::Success => succeeded,
            Self::Failure => !succeeded,
            Self::Always => true,
        }
    }
}
