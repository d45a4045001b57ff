//! What a transaction means for the world outside the file; it happens after the commit, or not at all.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use hookwire_core::{App, Endpoint, EndpointKey, MessageKey, Timestamp};
use hookwire_store::Dispatch;
use hookwire_store::dispatch::Claim;

use crate::lease::{Lease, LeaseChange, Leases};

/// What the dispatcher is told, and what is leased.
#[derive(Default)]
pub(crate) struct Effects {
    /// Leased on ingest, their places reserved.
    pub(crate) claims: Vec<Claim>,
    pub(crate) leases: Vec<LeaseChange>,
    waiting: BTreeMap<EndpointKey, Timestamp>,
    changed: Vec<(Arc<Endpoint>, Arc<App>)>,
    apps: Vec<Arc<App>>,
    removed: Vec<EndpointKey>,
}

/// A point to go back to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mark {
    claims: usize,
    leases: usize,
    changed: usize,
    apps: usize,
    removed: usize,
}

impl Effects {
    pub(crate) fn lease(&mut self, endpoint: EndpointKey, message: MessageKey, lease: Lease) {
        self.leases.push(LeaseChange { endpoint, message, lease: Some(lease) });
    }

    pub(crate) fn free(&mut self, endpoint: EndpointKey, message: MessageKey) {
        self.leases.push(LeaseChange { endpoint, message, lease: None });
    }

    /// An unleased delivery is due then.
    pub(crate) fn waiting(&mut self, endpoint: EndpointKey, due: Timestamp) {
        let earliest = self.waiting.entry(endpoint).or_insert(due);
        *earliest = (*earliest).min(due);
    }

    pub(crate) fn changed(&mut self, endpoint: &Arc<Endpoint>, app: &Arc<App>) {
        self.changed.push((Arc::clone(endpoint), Arc::clone(app)));
    }

    /// Whether this transaction changed the endpoint.
    pub(crate) fn has_changed(&self, endpoint: EndpointKey) -> bool {
        self.changed.iter().any(|(changed, _)| changed.key == endpoint)
    }

    pub(crate) fn app_changed(&mut self, app: Arc<App>) {
        self.apps.push(app);
    }

    pub(crate) fn removed(&mut self, endpoint: EndpointKey) {
        self.removed.push(endpoint);
    }

    pub(crate) fn mark(&self) -> Mark {
        Mark {
            claims: self.claims.len(),
            leases: self.leases.len(),
            changed: self.changed.len(),
            apps: self.apps.len(),
            removed: self.removed.len(),
        }
    }

    /// Forgets what came after `mark`. (A word that something waits too much does no harm, so those stay.)
    pub(crate) fn go_back(&mut self, mark: Mark, dispatch: Option<&dyn Dispatch>) {
        give_up(self.claims.drain(mark.claims..), dispatch);
        self.leases.truncate(mark.leases);
        self.changed.truncate(mark.changed);
        self.apps.truncate(mark.apps);
        self.removed.truncate(mark.removed);
    }

    /// The transaction failed.
    pub(crate) fn abandon(self, dispatch: Option<&dyn Dispatch>) {
        give_up(self.claims.into_iter(), dispatch);
    }

    /// The transaction is committed.
    pub(crate) fn happen(self, leases: &std::sync::Mutex<Leases>, dispatch: Option<&dyn Dispatch>) {
        if !self.leases.is_empty() {
            let mut leases = leases.lock().expect("nobody panics with this lock");
            self.leases.into_iter().for_each(|change| leases.apply(change));
        }
        let Some(dispatch) = dispatch else { return };
        self.changed.into_iter().for_each(|(endpoint, app)| dispatch.changed(endpoint, app));
        self.apps.into_iter().for_each(|app| dispatch.app_changed(app));
        self.removed.into_iter().for_each(|endpoint| dispatch.removed(endpoint));
        if !self.claims.is_empty() {
            dispatch.accept(self.claims);
        }
        self.waiting.into_iter().for_each(|(endpoint, due)| dispatch.waiting(endpoint, due));
    }
}

fn give_up(claims: impl Iterator<Item = Claim>, dispatch: Option<&dyn Dispatch>) {
    for claim in claims {
        let bytes = claim.message.payload.as_ref().map_or(0, hookwire_core::Payload::len);
        if let Some(dispatch) = dispatch {
            dispatch.cancel(claim.delivery.endpoint, bytes);
        }
    }
}

/// How attempts and deliveries of one endpoint ended within one hour.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Ended {
    pub(crate) succeeded: i64,
    pub(crate) failed: i64,
    pub(crate) canceled: i64,
}

/// Sums that are written once at the end of a transaction, however many of its operations add to them.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) hours: HashMap<(EndpointKey, i64), Ended>,
    pub(crate) failing: HashMap<EndpointKey, Option<Timestamp>>,
    /// Endpoints whose logs may be too long now, with the lowest message that was settled.
    pub(crate) touched: HashMap<EndpointKey, i64>,
    /// An org's profile changed: any endpoint may have another log limit now.
    pub(crate) touched_all: bool,
    pub(crate) stale: u64,
    /// The highest attempt key written.
    pub(crate) attempt_high: i64,
    /// The lowest message key leased on ingest.
    pub(crate) leased_low: Option<i64>,
    /// First-in-first-out endpoints for which something changed: when they may get something next is told at the end.
    pub(crate) fifo: BTreeSet<EndpointKey>,
}

impl Tally {
    /// The endpoint's log may be too long now, from the delivery of `message` on.
    pub(crate) fn touch(&mut self, endpoint: EndpointKey, message: i64) {
        let lowest = self.touched.entry(endpoint).or_insert(message);
        *lowest = (*lowest).min(message);
    }

    pub(crate) fn at(&mut self, endpoint: EndpointKey, now: Timestamp) -> &mut Ended {
        self.hours.entry((endpoint, hour(now))).or_default()
    }

    /// What was summed up did not happen.
    pub(crate) fn forget_sums(&mut self) {
        self.hours.clear();
        self.failing.clear();
    }
}

/// The number of the hour since the epoch.
pub(crate) const fn hour(at: Timestamp) -> i64 {
    at.seconds().div_euclid(3_600)
}
