//! One call: what is sent, and what came of it.

use std::time::Duration;

use bytes::Bytes;
use hookwire_core::invocation::InvocationOutcome;
use hookwire_core::limits::RESPONSE_KEPT_BYTES_MAX;
use hookwire_core::target::TargetUrl;
use hookwire_core::trigger::Outgoing;
use hookwire_core::{ErrorClass, Trigger};
use hookwire_outbound::{Client, Exchange, HeaderList, Request};

use crate::attempt::kept::kept;
use crate::prepared::method;
use crate::settings::InvokerSettings;

/// What came of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    /// The status; 0 = there was none.
    pub(super) status: u16,
    pub(super) succeeded: bool,
    pub(super) content_type: Option<String>,
    pub(super) body: Bytes,
    pub(super) truncated: bool,
    pub(super) error: Option<ErrorClass>,
    /// Why there was no answer.
    pub(super) reason: String,
    pub(super) took_us: u64,
}

impl Answer {
    /// An answer with this status and nothing else.
    pub(super) const fn none(status: u16) -> Self {
        Self {
            status,
            succeeded: false,
            content_type: None,
            body: Bytes::new(),
            truncated: false,
            error: None,
            reason: String::new(),
            took_us: 0,
        }
    }

    /// There was no answer, for this reason.
    pub(super) fn failed(class: ErrorClass, reason: impl Into<String>) -> Self {
        Self { error: Some(class), reason: reason.into(), ..Self::none(0) }
    }

    fn of(exchange: Exchange) -> Self {
        let took_us = u64::from(exchange.timings.total_us);
        let response = match exchange.result {
            Ok(response) => response,
            Err(failure) => return Self { took_us, ..Self::failed(failure.class, failure.detail) },
        };
        let content_type = response.headers.get(http::header::CONTENT_TYPE);
        let succeeded = (200..300).contains(&response.status);
        Self {
            status: response.status,
            succeeded,
            content_type: content_type.and_then(|value| value.to_str().ok()).map(str::to_owned),
            body: response.body,
            truncated: response.truncated,
            error: (!succeeded).then_some(ErrorClass::Http),
            reason: String::new(),
            took_us,
        }
    }

    /// What the record keeps of it.
    pub(super) fn outcome(&self) -> InvocationOutcome {
        let response = if self.status == 0 {
            self.reason.clone()
        } else {
            kept(&self.body, self.truncated, RESPONSE_KEPT_BYTES_MAX)
        };
        InvocationOutcome {
            duration_us: self.took_us,
            status: self.status,
            succeeded: self.succeeded,
            error: self.error,
            response_bytes: self.body.len() as u64,
            response,
        }
    }
}

/// Makes the call.
pub(super) async fn call(
    client: &Client,
    settings: &InvokerSettings,
    trigger: &Trigger,
    outgoing: Outgoing,
    limit: Duration,
) -> Answer {
    let own_client = match trigger.tls.as_ref().map(|tls| client.with_tls(tls)).transpose() {
        Ok(client) => client,
        Err(problem) => {
            let reason = format!("The trigger's TLS settings can't be used: {problem}.");
            return Answer::failed(ErrorClass::Tls, reason);
        }
    };
    match request(client, settings, trigger, outgoing, limit) {
        Ok(request) => Answer::of(own_client.as_ref().unwrap_or(client).send(request).await),
        Err(reason) => Answer::failed(ErrorClass::Blocked, reason),
    }
}

fn request(
    client: &Client,
    settings: &InvokerSettings,
    trigger: &Trigger,
    outgoing: Outgoing,
    limit: Duration,
) -> Result<Request, String> {
    let Outgoing { url, headers, body } = outgoing;
    let target = TargetUrl::parse(&url, client.policy(), settings.https_only);
    let headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let headers = std::iter::once(("user-agent", settings.user_agent.as_str())).chain(headers);
    Ok(Request {
        target: target.map_err(|error| error.to_string())?.into(),
        method: method(trigger.method),
        headers: HeaderList::from_pairs(headers)
            .map_err(|error| format!("A header can't be sent: {error}."))?,
        body,
        deadline: trigger.timeout.unwrap_or(settings.timeout).min(limit),
    })
}
