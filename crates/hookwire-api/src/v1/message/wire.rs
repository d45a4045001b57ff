//! The wire shapes of a message.

use std::borrow::Cow;

use hookwire_core::Message;
use hookwire_core::id::Key;
use hookwire_store::history::DeliveryStatus;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::Standing;
use crate::v1::app::ApplicationIn;

/// A message as clients post it. The payload is kept and delivered byte for byte as it stands here.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct MessageIn<'a> {
    /// The kind of event.
    #[serde(borrow)]
    #[schema(value_type = String)]
    pub(super) event_type: Cow<'a, str>,
    /// What to deliver: an object.
    #[serde(borrow, alias = "data")]
    #[schema(value_type = Object)]
    pub(super) payload: &'a RawValue,
    /// The client's own id, unique in the application for as long as the message is kept.
    pub(super) event_id: Option<String>,
    /// Up to 5 channels; endpoints with channels get only messages that share one.
    pub(super) channels: Option<Vec<String>>,
    /// Up to 8 labels to find it by.
    pub(super) tags: Option<Vec<String>>,
    /// Not before this time, at most 90 days ahead.
    pub(super) deliver_at: Option<String>,
    /// Days that the payload is kept: 5 to 90, 90 unless given.
    pub(super) payload_retention_period: Option<u64>,
    /// Hours that the payload is kept: 1 to 2160. Counts more than the days.
    pub(super) payload_retention_hours: Option<u64>,
    /// Make the application with these values when there is none.
    pub(super) application: Option<ApplicationIn>,
    /// How the request to the receiver differs from the payload.
    pub(super) transformations_params: Option<TransformationsParams>,
}

/// A body to send as it is, in place of the payload.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct TransformationsParams {
    /// The body.
    pub(super) raw_payload: Option<String>,
    /// Headers of the request; `content-type` only.
    pub(super) headers: Option<std::collections::BTreeMap<String, String>>,
}

/// A message. The payload is written exactly as it was posted.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::v1) struct MessageOut {
    /// The client's own id.
    event_id: Option<String>,
    /// The kind of event.
    event_type: String,
    /// The payload: `{}` when it was not asked for, `{"expired":true}` when it is kept no more.
    #[schema(value_type = Object)]
    payload: Box<RawValue>,
    /// Channels; null = none.
    channels: Option<Vec<String>>,
    /// Its id.
    id: String,
    /// When it was accepted.
    timestamp: String,
    /// Labels; null = none.
    tags: Option<Vec<String>>,
    /// Not delivered before this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    deliver_at: Option<String>,
}

/// A message of an endpoint, and where its delivery stands.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::v1) struct EndpointMessageOut {
    #[serde(flatten)]
    message: MessageOut,
    #[serde(flatten)]
    standing: Standing,
    /// When the next attempt is due.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_attempt: Option<String>,
}

impl MessageOut {
    /// With its payload.
    pub(in crate::v1) fn of(message: Message) -> Self {
        let json = message.payload.as_ref().and_then(|payload| std::str::from_utf8(&payload.json).ok());
        let shown = json.and_then(|json| RawValue::from_string(json.to_owned()).ok());
        let payload = shown.unwrap_or_else(|| constant(r#"{"expired":true}"#));
        Self::with(message, payload)
    }

    /// With `{}` in the payload's place.
    pub(in crate::v1) fn without_content(message: Message) -> Self {
        Self::with(message, constant("{}"))
    }

    /// With or without its payload.
    pub(in crate::v1) fn choose(message: Message, with_content: bool) -> Self {
        if with_content { Self::of(message) } else { Self::without_content(message) }
    }

    fn with(message: Message, payload: Box<RawValue>) -> Self {
        let names = |names: Vec<String>| if names.is_empty() { None } else { Some(names) };
        Self {
            event_id: message.event_id.map(|id| id.to_string()),
            event_type: message.event_type.to_string(),
            payload,
            channels: names(message.channels.iter().map(ToString::to_string).collect()),
            id: message.key.public(),
            timestamp: message.created.to_rfc3339(),
            tags: names(message.tags.iter().map(ToString::to_string).collect()),
            deliver_at: message.deliver_at.map(hookwire_core::Timestamp::to_rfc3339),
        }
    }
}

impl EndpointMessageOut {
    pub(in crate::v1) fn of(message: Message, status: DeliveryStatus, with_content: bool) -> Self {
        Self {
            message: MessageOut::choose(message, with_content),
            standing: Standing::of_delivery(&status),
            next_attempt: status.next_attempt.map(hookwire_core::Timestamp::to_rfc3339),
        }
    }
}

fn constant(json: &'static str) -> Box<RawValue> {
    RawValue::from_string(json.to_owned()).expect("a constant that is JSON")
}
