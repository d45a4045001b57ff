//! `Message`: one event of one app. Immutable, but for its payload, which is removed when its time is up.

use bytes::Bytes;

use crate::{AppKey, Channel, EventTypeName, MessageKey, Tag, Timestamp, Uid};

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its key; also says when it was accepted, to the millisecond.
    pub key: MessageKey,
    /// The app that it belongs to.
    pub app: AppKey,
    /// The kind of event.
    pub event_type: EventTypeName,
    /// The client's own id, unique in the app.
    pub event_id: Option<Uid>,
    /// Channels; an endpoint with channels wants only messages that share one.
    pub channels: Vec<Channel>,
    /// Labels to find it by.
    pub tags: Vec<Tag>,
    /// What is delivered; `None` once it has expired or was expunged.
    pub payload: Option<Payload>,
    /// When it was accepted.
    pub created: Timestamp,
    /// Not delivered before this time.
    pub deliver_at: Option<Timestamp>,
    /// When the payload is removed.
    pub payload_expires: Timestamp,
}

/// What a message carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payload {
    /// The exact JSON text of the payload, as it was posted.
    pub json: Bytes,
    /// A body to send in its place, byte for byte.
    pub raw: Option<RawBody>,
}

/// A body that is sent as it is, with its own content type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawBody {
    /// The bytes.
    pub bytes: Bytes,
    /// Their `Content-Type`; `None` = the endpoint's.
    pub content_type: Option<String>,
}

impl Payload {
    /// A payload that is plain JSON.
    pub fn from_json(json: impl Into<Bytes>) -> Self {
        Self { json: json.into(), raw: None }
    }

    /// The bytes of an untemplated request.
    pub fn body(&self) -> &Bytes {
        self.raw.as_ref().map_or(&self.json, |raw| &raw.bytes)
    }

    /// Bytes held in memory.
    pub fn len(&self) -> usize {
        self.json.len() + self.raw.as_ref().map_or(0, |raw| raw.bytes.len())
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Message {
    /// When its deliveries are first due.
    pub fn due(&self) -> Timestamp {
        self.deliver_at.map_or(self.created, |at| at.max(self.created))
    }
}
