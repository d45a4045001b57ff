//! All lanes of the node, and who may start next: round robin over lanes, within shares of the permits by standing.
//!
//! Lanes with a good record may use every permit. Lanes that were never answered share half of them, suspect lanes a
//! quarter, so however many receivers hang, healthy ones find permits.

mod bookkeeping;
mod claims;
mod memory;
mod pick;
mod state;
mod work;

use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use hookwire_core::{AppKey, EndpointKey, Timestamp};
use hookwire_store::dispatch::Claim;
use hookwire_store::queue::Claimed;

use crate::lane::{Ended, NextClaim, Standing};
use crate::prepared::Prepared;
use crate::settings::Settings;
use state::Inner;

pub(crate) use memory::Amount;
pub(crate) use work::{Census, ClaimOrder, Job, Prepare, Work, bytes_of};

/// What a lease must still last when an attempt begins, beyond the attempt's own deadline.
pub(crate) const LEASE_MARGIN: Duration = Duration::from_secs(5);
/// Every lane of the node.
pub(crate) struct Lanes {
    inner: Mutex<Inner>,
}

impl Lanes {
    /// No lanes yet.
    pub(crate) fn new(settings: &Settings) -> Self {
        Self { inner: Mutex::new(Inner::new(settings)) }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().expect("nothing panics while it holds the lanes")
    }

    /// See [`hookwire_store::Dispatch::reserve`].
    pub(crate) fn reserve(&self, endpoint: EndpointKey, bytes: usize, now: Timestamp) -> bool {
        let mut inner = self.lock();
        if inner.stopped {
            return false;
        }
        let fits = inner.memory.fits(bytes);
        let lane = inner.lane(endpoint, now);
        if !fits {
            lane.fell_behind();
            return false;
        }
        if !lane.takes_new(now) {
            return false;
        }
        lane.reserved += 1;
        inner.memory.hold(bytes);
        true
    }

    /// A reserved place is not needed: its memory is free again.
    pub(crate) fn cancel(&self, endpoint: EndpointKey, bytes: usize, now: Timestamp) -> Work {
        let mut inner = self.lock();
        let mut work = Work::default();
        inner.lane(endpoint, now).reserved -= 1;
        inner.memory.free(Amount::one(bytes));
        inner.go_on(now, &mut work);
        inner.forget_if_idle(endpoint);
        work
    }

    /// Deliveries arrive for which places were reserved.
    pub(crate) fn accept(&self, claims: Vec<Claim>, prepare: Prepare<'_>, now: Timestamp) -> Work {
        let mut inner = self.lock();
        let mut work = Work::default();
        for claim in claims {
            let endpoint = claim.endpoint.key;
            inner.lane(endpoint, now).reserved -= 1;
            inner.enqueue(claim, prepare, now, &mut work);
            inner.consider(endpoint, now, &mut work);
        }
        inner.go_on(now, &mut work);
        work
    }

    /// Deliveries that were claimed from the store at `asked`; with when the endpoint's next one is due.
    pub(crate) fn claimed(
        &self,
        order: ClaimOrder,
        asked: Timestamp,
        claimed: Claimed,
        prepare: Prepare<'_>,
        now: Timestamp,
    ) -> Work {
        let Claimed { claims, next_due } = claimed;
        let mut inner = self.lock();
        let mut work = Work::default();
        inner.claims -= 1;
        inner.claims_fail_since = None;
        inner.memory.arrived(order.most, claims.iter().map(|claim| Amount::one(bytes_of(claim))).sum());
        let was_full = claims.len() >= order.most.deliveries;
        inner.lane(order.endpoint, now).claimed(asked, was_full, next_due);
        for claim in claims {
            inner.enqueue(claim, prepare, now, &mut work);
        }
        inner.consider(order.endpoint, now, &mut work);
        inner.go_on(now, &mut work);
        work
    }

    /// A claim failed: the lane tries again at that time. Lanes in line are not given its turn at once, but with the
    /// next tick or success: when the store is away, each of them would only fail as well.
    pub(crate) fn claim_failed(&self, order: ClaimOrder, again: Timestamp, now: Timestamp) -> Work {
        let mut inner = self.lock();
        let mut work = Work::default();
        inner.claims -= 1;
        inner.claims_fail_since.get_or_insert(now);
        inner.memory.arrived(order.most, Amount::default());
        let lane = inner.lane(order.endpoint, now);
        lane.claim = NextClaim::None;
        lane.fell_behind();
        lane.note_backlog(again);
        inner.consider(order.endpoint, now, &mut work);
        work
    }

    /// The store holds an unleased delivery.
    pub(crate) fn waiting(&self, endpoint: EndpointKey, due: Timestamp, now: Timestamp) -> Work {
        let mut inner = self.lock();
        let mut work = Work::default();
        inner.lane(endpoint, now).note_backlog(due);
        inner.consider(endpoint, now, &mut work);
        inner.go_on(now, &mut work);
        work
    }

    /// An attempt ended: its permit is free again. The delivery stays held until [`Lanes::settled`].
    pub(crate) fn ended(&self, endpoint: EndpointKey, share: Standing, how: Ended, now: Timestamp) -> Work {
        let mut inner = self.lock();
        let mut work = Work::default();
        inner.in_flight[share as usize] -= 1;
        inner.lane(endpoint, now).ended(how, now);
        inner.consider(endpoint, now, &mut work);
        inner.go_on(now, &mut work);
        inner.forget_if_idle(endpoint);
        work
    }

    /// Deliveries to these endpoints were settled: their memory is free again, and where one waits for another the next
    /// may come.
    pub(crate) fn settled(&self, amount: Amount, endpoints: &[EndpointKey], now: Timestamp) -> Work {
        let mut inner = self.lock();
        let mut work = Work::default();
        inner.memory.free(amount);
        for endpoint in endpoints {
            let lane = inner.lane(*endpoint, now);
            lane.held = lane.held.saturating_sub(1);
            if lane.is_in_order() {
                inner.consider(*endpoint, now, &mut work);
            }
            inner.forget_if_idle(*endpoint);
        }
        inner.go_on(now, &mut work);
        work
    }

    /// The endpoint has new words.
    pub(crate) fn changed(&self, prepared: Prepared, now: Timestamp) -> Work {
        let mut inner = self.lock();
        let mut work = Work::default();
        let endpoint = prepared.endpoint.key;
        if inner.lanes.contains_key(&endpoint) {
            inner.adopt(prepared, now, &mut work);
            inner.consider(endpoint, now, &mut work);
            inner.go_on(now, &mut work);
        }
        work
    }

    /// The endpoint was deleted: its queued deliveries are put back, where the store knows what to do with them.
    pub(crate) fn removed(&self, endpoint: EndpointKey, now: Timestamp) -> Work {
        let mut inner = self.lock();
        let lane = inner.lane(endpoint, now);
        lane.removed = true;
        lane.backlog = None;
        let release = lane.queue.drain(..).collect();
        inner.forget_if_idle(endpoint);
        Work { release, ..Work::default() }
    }

    /// The app has this throttle now.
    pub(crate) fn throttle_app(&self, app: AppKey, rate: Option<u32>) {
        let mut inner = self.lock();
        inner.set_app_bucket(app, rate);
    }

    /// Does what is due by now, and says when to come again.
    pub(crate) fn tick(&self, now: Timestamp) -> (Work, Option<Timestamp>) {
        let mut inner = self.lock();
        let mut work = Work::default();
        while let Some(&(at, endpoint)) = inner.timers.first() {
            if at > now {
                break;
            }
            inner.timers.pop_first();
            inner.lane(endpoint, now).timer = None;
            inner.consider(endpoint, now, &mut work);
        }
        inner.go_on(now, &mut work);
        (work, inner.timers.first().map(|(at, _)| *at))
    }

    /// Starts nothing any more and gives back what waits for its turn.
    pub(crate) fn stop(&self) -> Vec<Claim> {
        let mut inner = self.lock();
        inner.stopped = true;
        inner.ready = Default::default();
        inner.timers.clear();
        inner.hungry.clear();
        inner.lanes.values_mut().flat_map(|lane| lane.queue.drain(..)).collect()
    }

    /// Gives back everything that waits for its turn, and goes on with what comes.
    pub(crate) fn empty(&self) -> Vec<Claim> {
        self.lock().lanes.values_mut().flat_map(|lane| lane.queue.drain(..)).collect()
    }

    /// Attempts under way.
    pub(crate) fn in_flight(&self) -> usize {
        self.lock().in_flight.iter().sum()
    }

    /// Since when something is overdue: a lane's time came but nobody looked at it, or claims fail.
    pub(crate) fn stuck_since(&self, now: Timestamp) -> Option<Timestamp> {
        let inner = self.lock();
        if inner.stopped {
            return None;
        }
        let overdue = inner.timers.first().map(|(at, _)| *at).filter(|at| *at < now);
        [overdue, inner.claims_fail_since].into_iter().flatten().min()
    }

    /// Numbers for the metrics.
    pub(crate) fn census(&self, now: Timestamp) -> Census {
        let inner = self.lock();
        let suspect = inner.lanes.values().filter(|lane| lane.standing(now) == Standing::Suspect).count();
        Census {
            in_flight: inner.in_flight.iter().sum(),
            held: inner.memory.held().deliveries,
            lanes: inner.lanes.len(),
            suspect,
        }
    }
}

#[cfg(test)]
mod tests;
