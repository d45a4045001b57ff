//! All lanes of the node, and who may start next: round robin over lanes, within shares of the permits by standing.
//!
//! Lanes with a good record may use every permit. Lanes that were never answered share half of them, suspect lanes a
//! quarter, so however many receivers hang, healthy ones find permits.

mod bookkeeping;
mod pick;

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use hookwire_core::{AppKey, EndpointKey, Timestamp};
use hookwire_store::dispatch::Claim;

use crate::bucket::Bucket;
use crate::lane::{Ended, Lane, Standing};
use crate::prepared::Prepared;
use crate::settings::Settings;

/// Lanes that may stay in memory with nothing in them, for their record.
const IDLE_LANES_MAX: usize = 20_000;
/// What a lease must still last when an attempt begins, beyond the attempt's own deadline.
pub(crate) const LEASE_MARGIN: Duration = Duration::from_secs(5);
/// Claims from the store under way at once.
const CLAIMS_MAX: usize = 32;

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

/// Deliveries to fetch from the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ClaimOrder {
    /// Whose.
    pub(crate) endpoint: EndpointKey,
    /// Most of them.
    pub(crate) limit: u32,
}

/// What the node should do next.
#[derive(Debug, Default)]
pub(crate) struct Work {
    /// Attempts to make.
    pub(crate) jobs: Vec<Job>,
    /// Claims to make.
    pub(crate) orders: Vec<ClaimOrder>,
    /// Deliveries to put back: their endpoint was disabled or deleted.
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

/// Every lane of the node.
pub(crate) struct Lanes {
    inner: Mutex<Inner>,
}

struct Inner {
    lanes: HashMap<EndpointKey, Lane>,
    ready: [VecDeque<EndpointKey>; 3],
    in_flight: [usize; 3],
    apps: HashMap<AppKey, Bucket>,
    timers: BTreeSet<(Timestamp, EndpointKey)>,
    hungry: VecDeque<EndpointKey>,
    claims: usize,
    held: usize,
    held_bytes: usize,
    stopped: bool,
    limits: Limits,
    /// Since when the store answers claims with errors.
    claims_fail_since: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy)]
struct Limits {
    permits: usize,
    lane_permits: usize,
    held: usize,
    held_bytes: usize,
    /// What a lease must still last when an attempt begins.
    lease_needed: Duration,
}

impl Lanes {
    /// No lanes yet.
    pub(crate) fn new(settings: &Settings) -> Self {
        let limits = Limits {
            permits: settings.permits.max(8),
            lane_permits: settings.lane_permits.max(1),
            held: settings.held_max.max(8),
            held_bytes: settings.held_bytes_max,
            lease_needed: settings.timeout + LEASE_MARGIN,
        };
        Self {
            inner: Mutex::new(Inner {
                lanes: HashMap::new(),
                ready: Default::default(),
                in_flight: [0; 3],
                apps: HashMap::new(),
                timers: BTreeSet::new(),
                hungry: VecDeque::new(),
                claims: 0,
                held: 0,
                held_bytes: 0,
                stopped: false,
                limits,
                claims_fail_since: None,
            }),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().expect("nothing panics while it holds the lanes")
    }

    /// See [`hookwire_store::Dispatch::reserve`].
    pub(crate) fn reserve(&self, endpoint: EndpointKey, bytes: usize, now: Timestamp) -> bool {
        let mut inner = self.lock();
        if inner.stopped
            || inner.held >= inner.limits.held
            || inner.held_bytes + bytes > inner.limits.held_bytes
        {
            return false;
        }
        let lane = inner.lane(endpoint, now);
        if !lane.takes_new(now) {
            return false;
        }
        lane.reserved += 1;
        inner.held += 1;
        inner.held_bytes += bytes;
        true
    }

    /// A reserved place is not needed.
    pub(crate) fn cancel(&self, endpoint: EndpointKey, bytes: usize, now: Timestamp) {
        let mut inner = self.lock();
        inner.lane(endpoint, now).reserved -= 1;
        inner.let_go(bytes);
    }

    /// Deliveries arrive for which places were reserved.
    pub(crate) fn accept(
        &self,
        claims: Vec<Claim>,
        prepare: &dyn Fn(&Claim) -> Prepared,
        now: Timestamp,
    ) -> Work {
        let mut inner = self.lock();
        let mut work = Work::default();
        for claim in claims {
            let endpoint = claim.endpoint.key;
            inner.lane(endpoint, now).reserved -= 1;
            inner.enqueue(claim, prepare, now, &mut work);
            inner.consider(endpoint, now, &mut work);
        }
        inner.pump(now, &mut work);
        work
    }

    /// Deliveries that were claimed from the store; `next_due` is when the endpoint's next one is due.
    pub(crate) fn claimed(
        &self,
        endpoint: EndpointKey,
        claims: Vec<Claim>,
        next_due: Option<Timestamp>,
        prepare: &dyn Fn(&Claim) -> Prepared,
        now: Timestamp,
    ) -> Work {
        let mut inner = self.lock();
        let mut work = Work::default();
        inner.claims -= 1;
        inner.claims_fail_since = None;
        let lane = inner.lane(endpoint, now);
        lane.claiming = false;
        if let Some(due) = next_due {
            lane.note_backlog(due);
        }
        for claim in claims {
            inner.held += 1;
            inner.held_bytes += bytes_of(&claim);
            inner.enqueue(claim, prepare, now, &mut work);
        }
        inner.consider(endpoint, now, &mut work);
        inner.feed_the_hungry(now, &mut work);
        inner.pump(now, &mut work);
        work
    }

    /// A claim failed: the lane tries again at that time.
    pub(crate) fn claim_failed(&self, endpoint: EndpointKey, again: Timestamp, now: Timestamp) -> Work {
        let mut inner = self.lock();
        let mut work = Work::default();
        inner.claims -= 1;
        inner.claims_fail_since.get_or_insert(now);
        let lane = inner.lane(endpoint, now);
        lane.claiming = false;
        lane.note_backlog(again);
        inner.consider(endpoint, now, &mut work);
        work
    }

    /// The store holds an unleased delivery.
    pub(crate) fn waiting(&self, endpoint: EndpointKey, due: Timestamp, now: Timestamp) -> Work {
        let mut inner = self.lock();
        let mut work = Work::default();
        inner.lane(endpoint, now).note_backlog(due);
        inner.consider(endpoint, now, &mut work);
        inner.pump(now, &mut work);
        work
    }

    /// An attempt ended: its permit is free again. The delivery stays held until [`Lanes::settled`].
    pub(crate) fn ended(&self, endpoint: EndpointKey, share: Standing, how: Ended, now: Timestamp) -> Work {
        let mut inner = self.lock();
        let mut work = Work::default();
        inner.in_flight[share as usize] -= 1;
        inner.lane(endpoint, now).ended(how, now);
        inner.consider(endpoint, now, &mut work);
        inner.pump(now, &mut work);
        inner.forget_if_idle(endpoint);
        work
    }

    /// Deliveries were settled: their memory is free again.
    pub(crate) fn settled(&self, count: usize, bytes: usize, now: Timestamp) -> Work {
        let mut inner = self.lock();
        let mut work = Work::default();
        inner.held -= count;
        inner.held_bytes = inner.held_bytes.saturating_sub(bytes);
        inner.feed_the_hungry(now, &mut work);
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
            inner.pump(now, &mut work);
        }
        work
    }

    /// The endpoint was deleted: its queued deliveries are put back, where the store knows what to do with them.
    pub(crate) fn removed(&self, endpoint: EndpointKey, now: Timestamp) -> Work {
        let mut inner = self.lock();
        let lane = inner.lane(endpoint, now);
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
        inner.pump(now, &mut work);
        (work, inner.timers.first().map(|(at, _)| *at))
    }

    /// Starts nothing any more and gives back what waits for its turn.
    pub(crate) fn stop(&self) -> Vec<Claim> {
        let mut inner = self.lock();
        inner.stopped = true;
        inner.ready = Default::default();
        inner.timers.clear();
        inner.lanes.values_mut().flat_map(|lane| lane.queue.drain(..)).collect()
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
            held: inner.held,
            lanes: inner.lanes.len(),
            suspect,
        }
    }
}

/// Bytes that a claim holds in memory.
pub(crate) fn bytes_of(claim: &Claim) -> usize {
    claim.message.payload.as_ref().map_or(0, hookwire_core::Payload::len)
}

#[cfg(test)]
mod tests;
