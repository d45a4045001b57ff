//! What the lanes want done: attempts to make, claims to order, deliveries to put back.

use std::sync::Arc;

use hookwire_core::{App, Endpoint, EndpointKey};
use hookwire_store::dispatch::Claim;

use super::memory::Amount;
use crate::lane::Standing;
use crate::prepared::Prepared;

/// Makes an endpoint of an app ready to be called.
pub(crate) type Prepare<'a> = &'a dyn Fn(Arc<Endpoint>, &App) -> Prepared;

/// An attempt to make now.
#[derive(Debug)]
pub(crate) struct Job {
    /// The delivery.
    pub(crate) claim: Claim,
    /// The endpoint, ready to be called.
    pub(crate) prepared: Arc<Prepared>,
    /// The share that its permit was drawn from.
    pub(crate) share: Standing,
}

/// Deliveries to fetch from the store. The memory for them is reserved until the order is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ClaimOrder {
    /// Whose.
    pub(crate) endpoint: EndpointKey,
    /// Most that may come.
    pub(crate) most: Amount,
}

/// What the node should do next.
#[derive(Debug, Default)]
pub(crate) struct Work {
    /// Attempts to make.
    pub(crate) jobs: Vec<Job>,
    /// Claims to make.
    pub(crate) orders: Vec<ClaimOrder>,
    /// Deliveries to put back untried.
    pub(crate) release: Vec<Claim>,
    /// Whether a lane wants to be looked at sooner than any did before.
    pub(crate) sooner: bool,
}

/// Numbers for the metrics.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Census {
    pub(crate) in_flight: usize,
    pub(crate) held: usize,
    pub(crate) lanes: usize,
    pub(crate) suspect: usize,
}

/// Bytes that a claim holds in memory.
pub(crate) fn bytes_of(claim: &Claim) -> usize {
    claim.message.payload.as_ref().map_or(0, hookwire_core::Payload::len)
}
