//! `Ingest`: accept a message and fan it out, in one transaction; and remember requests so that repeats are harmless.

use std::time::Duration;

use async_trait::async_trait;
use hookwire_core::{
    AppKey, Channel, EndpointKey, EventTypeName, Message, MessageKey, NewApp, OrgId, Payload, Reference, Tag,
    Timestamp, Uid,
};

use crate::Result;

/// A message to accept.
#[derive(Debug, Clone)]
pub struct NewMessage {
    /// The org of the caller.
    pub org: OrgId,
    /// The app that it is for.
    pub app: Reference<AppKey>,
    /// Make the app with these words when there is none.
    pub create_app: Option<NewApp>,
    /// The message's key, made by the caller.
    pub key: MessageKey,
    /// The kind of event.
    pub event_type: EventTypeName,
    /// The client's own id.
    pub event_id: Option<Uid>,
    /// Channels.
    pub channels: Vec<Channel>,
    /// Labels.
    pub tags: Vec<Tag>,
    /// What to deliver.
    pub payload: Payload,
    /// Not before this time.
    pub deliver_at: Option<Timestamp>,
    /// How long the payload is kept, from when it may first be delivered.
    pub payload_retention: Duration,
    /// Only to this endpoint, whatever it chose (send-example); `None` = to all that want it.
    pub only_to: Option<EndpointKey>,
    /// How to recognise a repeat of the request.
    pub request: Option<RequestId>,
    /// The time now.
    pub now: Timestamp,
}

/// A request's identity: a digest of caller, route and `Idempotency-Key`, and one of its body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RequestId {
    /// Digest of who, what and the key.
    pub key: [u8; 16],
    /// Digest of the body.
    pub body: [u8; 16],
}

/// What came of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ingested {
    /// Durably accepted, together with its deliveries.
    Accepted {
        /// The app that it went to.
        app: AppKey,
        /// Endpoints that want it.
        deliveries: u32,
    },
    /// The same request was accepted before: this is what it made. (Its payload may have expired.)
    Repeated(Box<Message>),
    /// The request's key was used with another body.
    OtherBody,
    /// The event id is another message's: this one.
    EventIdTaken(MessageKey),
    /// No such app in the org.
    NoApp,
    /// No such endpoint in the app (`only_to`).
    NoEndpoint,
}

/// A finished request's answer, kept for its repeats.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedAnswer {
    /// HTTP status.
    pub status: u16,
    /// HTTP body.
    pub body: Vec<u8>,
}

/// Whether a request is a repeat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// It is new; the caller must end it with [`Ingest::finish_request`].
    Fresh,
    /// One like it is under way.
    Running,
    /// It was answered before.
    Answered(SavedAnswer),
    /// The key was used with another body.
    OtherBody,
}

/// Accepting messages.
#[async_trait]
pub trait Ingest: Send + Sync {
    /// Accepts a message: when this answers [`Ingested::Accepted`], message and deliveries are synced to disk.
    ///
    /// Deliveries that are due at once may be leased to this node in the same transaction and handed to the attached
    /// [`Dispatch`](crate::Dispatch) after it.
    async fn ingest(&self, message: NewMessage) -> Result<Ingested>;
    /// Notes that a request (of another kind than a message) begins. A request that began more than a minute ago and
    /// did not end counts as new.
    async fn begin_request(&self, request: RequestId, now: Timestamp) -> Result<Begun>;
    /// Keeps a request's answer, or with `None` forgets the request, so that it may be tried again.
    async fn finish_request(
        &self,
        request: RequestId,
        answer: Option<SavedAnswer>,
        now: Timestamp,
    ) -> Result<()>;
}
