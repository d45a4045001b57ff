//! What a transaction means for the world outside the database; it happens after the commit, or not at all.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use hookwire_core::{App, AppKey, Endpoint, EndpointKey, MessageKey, Payload, Timestamp};
use hookwire_store::Dispatch;
use hookwire_store::dispatch::Claim;
use hookwire_store::lease::{Lease, LeaseChange};

use crate::shared::Shared;

/// What the dispatcher is told, what is leased, and what other nodes should know.
#[derive(Default)]
pub(crate) struct Effects {
    /// Leased on ingest, their places reserved.
    pub(crate) claims: Vec<Claim>,
    pub(crate) leases: Vec<LeaseChange>,
    waiting: BTreeMap<EndpointKey, Timestamp>,
    changed: Vec<(Arc<Endpoint>, Arc<App>)>,
    apps: Vec<Arc<App>>,
    removed: Vec<EndpointKey>,
    /// Apps that are not as they are remembered any more.
    /// Each with its new version.
    outdated: BTreeMap<AppKey, i64>,
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

    pub(crate) fn app_changed(&mut self, app: Arc<App>) {
        self.apps.push(app);
    }

    pub(crate) fn removed(&mut self, endpoint: EndpointKey) {
        self.removed.push(endpoint);
    }

    /// The app is to be loaded anew.
    pub(crate) fn outdated(&mut self, app: AppKey, version: i64) {
        self.outdated.insert(app, version);
    }

    /// The transaction failed.
    pub(crate) fn abandon(self, dispatch: Option<&dyn Dispatch>) {
        give_up(self.claims.into_iter(), dispatch);
    }

    /// The transaction is committed. `asked`: the dispatcher that reserved the places. If it was detached meanwhile, it is
    /// given nothing: the leases are answered, to be put back.
    pub(crate) fn happen(self, shared: &Shared, asked: Option<&Arc<dyn Dispatch>>) -> Vec<Claim> {
        if !self.leases.is_empty() {
            let mut leases = shared.leases();
            self.leases.into_iter().for_each(|change| leases.apply(change));
        }
        for (app, version) in &self.outdated {
            shared.cache.forget(*app);
            shared.seen.own(*app, *version, shared.bell.is_alone());
        }
        shared.bell.ring(&self.waiting, !self.outdated.is_empty());
        // Held while the dispatcher is told, so that it is told nothing once `detach` has returned.
        let attached = shared.dispatch.read().expect("nobody panics with this lock");
        if let Some(dispatch) = attached.as_deref() {
            self.changed.into_iter().for_each(|(endpoint, app)| dispatch.changed(endpoint, app));
            self.apps.into_iter().for_each(|app| dispatch.app_changed(app));
            self.removed.into_iter().for_each(|endpoint| dispatch.removed(endpoint));
        }
        let mut unwanted = Vec::new();
        if !self.claims.is_empty() {
            match (&*attached, asked) {
                (Some(attached), Some(asked)) if Arc::ptr_eq(attached, asked) => asked.accept(self.claims),
                _ => {
                    give_up(self.claims.iter().cloned(), asked.map(|asked| &**asked));
                    unwanted = self.claims;
                }
            }
        }
        if let Some(dispatch) = attached.as_deref() {
            self.waiting.into_iter().for_each(|(endpoint, due)| dispatch.waiting(endpoint, due));
        }
        unwanted
    }
}

fn give_up(claims: impl Iterator<Item = Claim>, dispatch: Option<&dyn Dispatch>) {
    for claim in claims {
        let bytes = claim.message.payload.as_ref().map_or(0, Payload::len);
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
    /// Endpoints whose logs may be too long now, with the lowest message that was settled.
    pub(crate) touched: HashMap<EndpointKey, i64>,
    /// An org's profile changed: any endpoint may have another log limit now.
    pub(crate) touched_all: bool,
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
}

/// The number of the hour since the epoch.
pub(crate) const fn hour(at: Timestamp) -> i64 {
    at.seconds().div_euclid(3_600)
}
