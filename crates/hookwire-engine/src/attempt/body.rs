//! The body of a request: the payload as it was posted, or what a template makes of it.

use bytes::Bytes;
use hookwire_core::Payload;
use hookwire_core::limits::{REQUEST_KEPT_BYTES_MAX, TEMPLATE_OUTPUT_BYTES_MAX};
use hookwire_core::template::Facts;
use hookwire_store::dispatch::Claim;

use super::kept::kept;
use crate::prepared::Prepared;

/// What is sent, and what the log keeps of it.
pub(super) struct Body {
    /// The bytes.
    pub(super) bytes: Bytes,
    /// The same as text, cut to what is kept; `None` = it is the message's payload itself.
    pub(super) logged: Option<String>,
}

impl Body {
    /// A payload as it was posted.
    fn posted(payload: &Payload) -> Self {
        Self { bytes: payload.body().clone(), logged: None }
    }

    /// The body for this delivery, or why it can't be made. A raw body is sent as it is, whatever templates there are.
    pub(super) fn of(claim: &Claim, payload: &Payload, prepared: &Prepared) -> Result<Self, String> {
        let message = &claim.message;
        let event_type = message.event_type.as_str();
        let template = prepared.template(event_type).filter(|_| payload.raw.is_none());
        let Some(template) = template else { return Ok(Self::posted(payload)) };
        let reason = |error: &dyn std::fmt::Display| format!("The body could not be made: {error}.");
        let template = template.map_err(|error| reason(&error))?;
        let facts = Facts {
            payload: std::str::from_utf8(&payload.json).map_err(|error| reason(&error))?,
            message,
            alias: Some(prepared.profile.alias(event_type)),
            endpoint: &prepared.endpoint,
            app: &claim.app,
            attempt: claim.delivery.attempts + 1,
        };
        let text = facts.render(template, TEMPLATE_OUTPUT_BYTES_MAX).map_err(|error| reason(&error))?;
        if text.as_bytes() == payload.json {
            return Ok(Self::posted(payload));
        }
        let logged = Some(kept(text.as_bytes(), false, REQUEST_KEPT_BYTES_MAX));
        Ok(Self { bytes: Bytes::from(text), logged })
    }
}
