//! `Dispatch`: where a store hands over deliveries that it leased on ingest, and tells of changes. The engine's side.

use std::sync::Arc;
use std::time::Duration;

use hookwire_core::{App, Delivery, Endpoint, EndpointKey, Message, Timestamp};

/// A leased delivery with everything that an attempt needs.
#[derive(Debug, Clone)]
pub struct Claim {
    /// The delivery, with its fence.
    pub delivery: Delivery,
    /// What to deliver. Its payload may be gone: then the delivery is to be cancelled.
    pub message: Arc<Message>,
    /// To whom, as it was when the delivery was claimed.
    pub endpoint: Arc<Endpoint>,
    /// The tenant.
    pub app: Arc<App>,
}

/// What a store tells the node that it is attached to. Calls come from the store's own threads and must not block.
pub trait Dispatch: Send + Sync {
    /// Whether the node takes one more delivery to `endpoint` right now, with a payload of `bytes`. Answering yes
    /// reserves the place: a [`Dispatch::accept`] or a [`Dispatch::cancel`] follows.
    fn reserve(&self, endpoint: EndpointKey, bytes: usize) -> bool;
    /// Deliveries whose places were reserved; they are committed.
    fn accept(&self, claims: Vec<Claim>);
    /// A reserved place is not needed: the transaction failed.
    fn cancel(&self, endpoint: EndpointKey, bytes: usize);
    /// The store holds a delivery to `endpoint` that nobody has leased, due at that time.
    fn waiting(&self, endpoint: EndpointKey, due: Timestamp);
    /// The endpoint was changed; deliveries from now on go by its new words.
    fn changed(&self, endpoint: Arc<Endpoint>, app: Arc<App>);
    /// The app was changed.
    fn app_changed(&self, app: Arc<App>);
    /// The endpoint was deleted.
    fn removed(&self, endpoint: EndpointKey);
    /// How long a lease lasts.
    fn lease(&self) -> Duration;
    /// This node was taken for dead, and its leases went to others. What it still holds must not be started; results
    /// of it are stale. Only a store that nodes share says so.
    fn leases_lost(&self) {}
}
