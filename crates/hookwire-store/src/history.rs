//! `History`: messages, deliveries and attempts, read in keyset pages of flat cost, and what may be erased of them.

use async_trait::async_trait;
use hookwire_core::{
    AppKey, Attempt, AttemptKey, AttemptStatus, Channel, DeliveryState, Endpoint, EndpointKey, EventTypeName,
    Message, MessageKey, Reference, Tag, Timestamp,
};

use crate::{Page, Result, Slice};

/// Which messages.
#[derive(Debug, Clone, Default)]
pub struct MessageFilter {
    /// Of one of these types; `None` = all.
    pub event_types: Option<Vec<EventTypeName>>,
    /// In this channel.
    pub channel: Option<Channel>,
    /// With this label.
    pub tag: Option<Tag>,
    /// Made after this time.
    pub after: Option<Timestamp>,
    /// Made before this time.
    pub before: Option<Timestamp>,
    /// Whether payloads are wanted; without, `payload` is `None`.
    pub with_payload: bool,
}

/// Which attempts. The message's filters apply to the attempt's message, but its times to the attempt.
#[derive(Debug, Clone, Default)]
pub struct AttemptFilter {
    /// What is asked of the message; its times are asked of the attempt.
    pub message: MessageFilter,
    /// Ended so.
    pub status: Option<AttemptStatus>,
    /// Answered with a code from this hundred up to the next (200 = 200 to 299); 0 = no answer.
    pub code_class: Option<u16>,
    /// To this endpoint only.
    pub endpoint: Option<EndpointKey>,
}

impl AttemptFilter {
    /// Whether an attempt to this endpoint, begun at that time and ended so, is asked for, its message aside.
    pub fn admits(&self, endpoint: EndpointKey, at: Timestamp, status: AttemptStatus, code: u16) -> bool {
        let is_of_class = |class: u16| match class {
            0 => code == 0,
            class => (class..class.saturating_add(100)).contains(&code),
        };
        let times = &self.message;
        self.status.is_none_or(|wanted| status == wanted)
            && self.code_class.is_none_or(is_of_class)
            && self.endpoint.is_none_or(|wanted| endpoint == wanted)
            && times.after.is_none_or(|after| at > after)
            && times.before.is_none_or(|before| at < before)
    }
}

/// Where a delivery stands, as lists show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeliveryStatus {
    /// Its state.
    pub state: DeliveryState,
    /// Attempts made so far.
    pub attempts: u32,
    /// When the next attempt is due; `None` when none is.
    pub next_attempt: Option<Timestamp>,
}

/// Attempts of an endpoint by how they ended, and its deliveries by how they stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EndpointStats {
    /// Attempts that succeeded.
    pub succeeded: u64,
    /// Attempts that failed.
    pub failed: u64,
    /// Deliveries that were cancelled.
    pub canceled: u64,
    /// Deliveries that wait for their first attempt.
    pub pending: u64,
    /// Deliveries that wait for another attempt.
    pub sending: u64,
}

/// What came of erasing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Erased {
    /// It is gone (or was already).
    Done,
    /// There was no such thing.
    Absent,
}

/// Reading what happened.
///
/// A list looks at a bounded number of rows for each page; when a rare filter leaves the page short of that bound,
/// [`Slice::resume`] says where to go on.
#[async_trait]
pub trait History: Send + Sync {
    /// One message.
    async fn message(
        &self,
        app: AppKey,
        message: &Reference<MessageKey>,
        with_payload: bool,
    ) -> Result<Option<Message>>;
    /// An app's messages by age.
    async fn messages(&self, app: AppKey, filter: MessageFilter, page: Page) -> Result<Slice<Message>>;
    /// An endpoint's attempts by age; with each its message when `with_message`.
    async fn attempts_of_endpoint(
        &self,
        app: AppKey,
        endpoint: EndpointKey,
        filter: AttemptFilter,
        with_message: bool,
        page: Page,
    ) -> Result<Slice<(Attempt, Option<Message>)>>;
    /// A message's attempts by age.
    async fn attempts_of_message(
        &self,
        app: AppKey,
        message: MessageKey,
        filter: AttemptFilter,
        page: Page,
    ) -> Result<Slice<Attempt>>;
    /// One attempt.
    async fn attempt(&self, app: AppKey, message: MessageKey, attempt: AttemptKey)
    -> Result<Option<Attempt>>;
    /// The messages owed to an endpoint, by age, and where each stands. The page's cursor is a message's key.
    /// `states`: only deliveries in one of these; `attempted`: only pending ones with (or without) an attempt so far.
    async fn messages_of_endpoint(
        &self,
        app: AppKey,
        endpoint: EndpointKey,
        filter: MessageFilter,
        states: Option<Vec<DeliveryState>>,
        attempted: Option<bool>,
        page: Page,
    ) -> Result<Slice<(Message, DeliveryStatus)>>;
    /// The endpoints that a message is owed to, by key, and where each delivery stands. Deleted ones too, without their
    /// credentials: no headers, template and TLS settings, a URL without user, password and query, and a secret that
    /// never signed anything.
    async fn endpoints_of_message(
        &self,
        app: AppKey,
        message: MessageKey,
        page: Page,
    ) -> Result<Slice<(Endpoint, DeliveryStatus)>>;
    /// An endpoint's numbers from `since` to `until`, rounded outwards to whole hours, as far back as they are kept (see
    /// [`RetentionStep::attempts`](crate::upkeep::RetentionStep)). Pending and sending are of now.
    async fn endpoint_stats(
        &self,
        app: AppKey,
        endpoint: EndpointKey,
        since: Timestamp,
        until: Timestamp,
    ) -> Result<EndpointStats>;
    /// Removes a message's payload, and the bodies in its log that were made from it. Its pending deliveries are
    /// cancelled when they come up.
    async fn expunge_payload(&self, app: AppKey, message: &Reference<MessageKey>) -> Result<Erased>;
    /// Replaces an attempt's response with `EXPUNGED`, and so its request if one was logged.
    async fn expunge_response(&self, app: AppKey, message: MessageKey, attempt: AttemptKey)
    -> Result<Erased>;
}
