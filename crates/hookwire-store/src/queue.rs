//! `Queue`: deliveries that wait, are leased, and are settled.
//!
//! A lease saves work; the fence gives correctness. While a delivery is leased its due time is the end of the lease,
//! so a lease that nobody settles ends by itself.

use std::sync::Arc;

use async_trait::async_trait;
use hookwire_core::{
    AppKey, Attempt, Delivery, EndpointKey, MessageKey, Reference, Timestamp, Transition, Verdict,
};

use crate::Result;
use crate::dispatch::{Claim, Dispatch};

/// Asks for due deliveries of one endpoint.
#[derive(Debug, Clone, Copy)]
pub struct ClaimRequest {
    /// Whose deliveries.
    pub endpoint: EndpointKey,
    /// The time now: deliveries due by then.
    pub now: Timestamp,
    /// When the leases shall end.
    pub lease_until: Timestamp,
    /// Most deliveries.
    pub limit: u32,
    /// Stop when their payloads sum up to this; at least one is returned.
    pub bytes_max: usize,
}

/// What a claim found.
#[derive(Debug, Clone, Default)]
pub struct Claimed {
    /// The leased deliveries, oldest due first. None of a disabled or deleted endpoint's.
    pub claims: Vec<Claim>,
    /// When the endpoint's next unleased delivery is due; `None` = there is none.
    pub next_due: Option<Timestamp>,
}

/// What came of a leased delivery.
#[derive(Debug, Clone)]
pub struct Settlement {
    /// The delivery as it was claimed.
    pub delivery: Delivery,
    /// The exchange to log; `None` when none was made (released, cancelled).
    pub attempt: Option<Attempt>,
    /// What the exchange meant; `None` when none was made.
    pub verdict: Option<Verdict>,
    /// What becomes of the delivery.
    pub transition: Transition,
}

/// Whether a settlement took effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// It did.
    Done,
    /// The delivery was claimed again, settled or removed meanwhile: nothing was changed.
    Stale,
}

/// An endpoint with unsettled deliveries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lane {
    /// The endpoint.
    pub endpoint: EndpointKey,
    /// When its next delivery is due (for leased ones: when the lease ends).
    pub next_due: Timestamp,
}

/// What came of asking for a delivery to be made again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resend {
    /// It is queued, or was about to be sent anyway.
    Queued,
    /// No such message in the app.
    NoMessage,
    /// No such endpoint in the app.
    NoEndpoint,
    /// The payload has expired or was expunged.
    NoPayload,
    /// The endpoint is disabled.
    Disabled,
}

/// How much waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Depth {
    /// Deliveries that are not settled.
    pub pending: u64,
}

/// The queue of deliveries.
#[async_trait]
pub trait Queue: Send + Sync {
    /// Attaches the node's dispatcher: from now on deliveries may be leased on ingest. Leases that an earlier run of
    /// this node left behind end, and are told with [`Dispatch::waiting`].
    fn attach(&self, dispatch: Arc<dyn Dispatch>);
    /// Detaches it: nothing is leased on ingest any more.
    fn detach(&self);
    /// Leases due deliveries of an endpoint.
    ///
    /// Of an endpoint with [`DeliveryOrder::Fifo`](hookwire_core::rules::DeliveryOrder), at most one delivery is leased
    /// at a time, and it stays the only one that is ever leased until it is delivered or given up; the others wait in
    /// the order in which they became due. Nothing is leased on ingest for such an endpoint. `next_due` tells of the
    /// one that goes next, and is `None` while one is leased: its settlement is followed by [`Dispatch::waiting`].
    async fn claim(&self, request: ClaimRequest) -> Result<Claimed>;
    /// Writes what came of deliveries, all of them in one transaction, one answer each in the same order: the attempt,
    /// the delivery's new state, the endpoint's health (see `core::health`), statistics, operational notices.
    ///
    /// When one of them can't be written, none is. `Unavailable`: the same call may succeed later. `Corrupt` or
    /// `Internal`: it will not; given one at a time, all but the guilty ones will.
    async fn settle(&self, settlements: Vec<Settlement>, now: Timestamp) -> Result<Vec<Settled>>;
    /// Whether this node's leases are surely its own: `false` once it has not been in touch for so long that others may
    /// have taken them over, and until it has heard that they did not (or [`Dispatch::leases_lost`] was called). Asked
    /// before every attempt, so it must cost nothing. Always `true` of a store that belongs to one process.
    fn leases_hold(&self) -> bool {
        true
    }
    /// Endpoints (enabled ones) with unsettled deliveries, by key, beginning after `after`.
    async fn lanes(&self, after: Option<EndpointKey>, limit: u32) -> Result<Vec<Lane>>;
    /// Queues a message for an endpoint again, by hand. A settled delivery starts its schedule anew; of one that waits
    /// for a retry an extra attempt is made at once, which uses up nothing of its schedule.
    async fn resend(
        &self,
        app: AppKey,
        message: &Reference<MessageKey>,
        endpoint: &Reference<EndpointKey>,
        now: Timestamp,
    ) -> Result<Resend>;
    /// How much waits.
    async fn depth(&self) -> Result<Depth>;
}
