//! Lanes come and go: what is kept about them.

use std::sync::Arc;

use hookwire_core::{AppKey, EndpointKey, Timestamp};
use hookwire_store::dispatch::Claim;

use super::state::Inner;
use super::work::{Prepare, Work};
use crate::bucket::Bucket;
use crate::lane::Lane;
use crate::prepared::Prepared;

/// Lanes that may stay in memory with nothing in them, for their record.
const IDLE_LANES_MAX: usize = 20_000;

impl Inner {
    /// The endpoint's lane, made when there is none.
    pub(super) fn lane(&mut self, endpoint: EndpointKey, now: Timestamp) -> &mut Lane {
        let window_max = self.limits.lane_permits;
        self.lanes.entry(endpoint).or_insert_with(|| Lane::new(window_max, now))
    }

    /// Puts a claim into its lane's queue; that of an endpoint which takes none is put back instead.
    pub(super) fn enqueue(&mut self, claim: Claim, prepare: Prepare<'_>, now: Timestamp, work: &mut Work) {
        let endpoint = claim.endpoint.key;
        let known = self.lane(endpoint, now).prepared.clone();
        let is_news = known.as_ref().is_none_or(|prepared| {
            !Arc::ptr_eq(&prepared.endpoint, &claim.endpoint)
                && prepared.endpoint.updated <= claim.endpoint.updated
        });
        if is_news {
            self.set_app_bucket(claim.app.key, claim.app.throttle_rate);
            self.adopt(prepare(Arc::clone(&claim.endpoint), &claim.app), now, work);
        } else if let Some(prepared) = known
            && prepared.profile_name != claim.app.profile
        {
            self.adopt(prepare(Arc::clone(&prepared.endpoint), &claim.app), now, work);
        }
        let stopped = self.stopped;
        let lane = self.lane(endpoint, now);
        lane.held += 1;
        if lane.is_closed() || stopped {
            work.release.push(claim);
        } else {
            lane.queue.push_back(claim);
        }
    }

    /// Makes the endpoint's new words its lane's. Turned off, it gives back what waits; so it does when from now on one
    /// delivery waits for another, as the store knows which.
    pub(super) fn adopt(&mut self, prepared: Prepared, now: Timestamp, work: &mut Work) {
        let lane = self.lane(prepared.endpoint.key, now);
        let rate = prepared.endpoint.throttle_rate;
        if lane.bucket.as_ref().map(Bucket::rate) != rate {
            lane.bucket = rate.map(Bucket::new);
        }
        if lane.prepared.is_some() && lane.is_in_order() != prepared.is_in_order() {
            work.release.extend(lane.queue.drain(..));
            lane.note_backlog(now);
        }
        if prepared.endpoint.disabled {
            work.release.extend(lane.queue.drain(..));
            lane.backlog = None;
        }
        lane.prepared = Some(Arc::new(prepared));
    }

    /// The app's throttle, kept as it is when the rate is the same.
    pub(super) fn set_app_bucket(&mut self, app: AppKey, rate: Option<u32>) {
        match rate {
            None => {
                self.apps.remove(&app);
            }
            Some(rate) => {
                let bucket = self.apps.entry(app).or_insert_with(|| Bucket::new(rate));
                if bucket.rate() != rate {
                    *bucket = Bucket::new(rate);
                }
            }
        }
    }

    /// Looks at the lane at that time, or earlier.
    pub(super) fn set_timer(
        &mut self,
        endpoint: EndpointKey,
        at: Timestamp,
        now: Timestamp,
        work: &mut Work,
    ) {
        let lane = self.lane(endpoint, now);
        match lane.timer {
            Some(earlier) if earlier <= at => {}
            later => {
                lane.timer = Some(at);
                if let Some(later) = later {
                    self.timers.remove(&(later, endpoint));
                }
                self.timers.insert((at, endpoint));
                work.sooner |= self.timers.first() == Some(&(at, endpoint));
            }
        }
    }

    /// Drops an idle lane when there are many.
    pub(super) fn forget_if_idle(&mut self, endpoint: EndpointKey) {
        let idle = self
            .lanes
            .get(&endpoint)
            .is_some_and(|lane| lane.is_idle() && lane.timer.is_none() && !lane.ready);
        if idle && self.lanes.len() > IDLE_LANES_MAX {
            self.lanes.remove(&endpoint);
        }
    }
}
