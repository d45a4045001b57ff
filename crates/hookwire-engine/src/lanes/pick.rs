//! Who is next: lanes with work queue up by standing, and take turns.

use std::time::Duration;

use hookwire_core::{EndpointKey, Timestamp};
use hookwire_store::dispatch::Claim;

use super::LEASE_MARGIN;
use super::state::Inner;
use super::work::{Job, Work};
use crate::lane::{Standing, Start};

const TURNS: [Standing; 3] = [Standing::Proven, Standing::Unproven, Standing::Suspect];

impl Inner {
    /// Permits that lanes of this standing may hold together.
    fn share(&self, standing: Standing) -> usize {
        match standing {
            Standing::Proven => self.limits.permits,
            Standing::Unproven => self.limits.permits / 2,
            Standing::Suspect => (self.limits.permits / 4).max(1),
        }
    }

    fn free(&self, standing: Standing) -> usize {
        let all: usize = self.in_flight.iter().sum();
        let of_all = self.limits.permits.saturating_sub(all);
        of_all.min(self.share(standing).saturating_sub(self.in_flight[standing as usize]))
    }

    /// What one lane may have under way: a part of what is still free, so that the scarcer permits are, the less a lane
    /// can take of them (the dynamic threshold of shared-memory switches, Choudhury and Hahne 1998).
    fn allowance(&self, standing: Standing) -> usize {
        let part = match standing {
            Standing::Proven => 8,
            Standing::Unproven => 64,
            Standing::Suspect => return 1,
        };
        (self.free(standing) / part).max(1)
    }

    fn has_permit(&self, standing: Standing) -> bool {
        self.free(standing) > 0
    }

    /// Looks at one lane: lines it up for a claim when the store holds due deliveries of it, and for an attempt when it
    /// can start.
    pub(super) fn consider(&mut self, endpoint: EndpointKey, now: Timestamp, work: &mut Work) {
        if self.stopped {
            return;
        }
        let lane = self.lane(endpoint, now);
        if lane.is_closed() {
            return;
        }
        let timeout = lane.prepared.as_ref().map_or(Duration::ZERO, |prepared| prepared.timeout);
        // What waited so long that its lease is nearly over goes back, before it uses up a turn of a throttle.
        let spent = |claim: &Claim| now.plus(timeout + LEASE_MARGIN) > claim.delivery.lease_until;
        while lane.queue.front().is_some_and(spent) {
            work.release.extend(lane.queue.pop_front());
        }
        let is_hungry = lane.wants(now) > 0;
        let wake = match lane.backlog {
            Some(due) if due > now => Some(due),
            Some(_) if lane.paused_until() > now => Some(lane.paused_until()),
            _ => None,
        };
        if let Some(at) = wake {
            self.set_timer(endpoint, at, now, work);
        }
        if is_hungry {
            self.line_up(endpoint, now);
        }
        let lane = self.lane(endpoint, now);
        if lane.ready || lane.queue.is_empty() {
            return;
        }
        let standing = lane.standing(now);
        let allowance = self.allowance(standing);
        let lane = self.lane(endpoint, now);
        match lane.may_start(allowance, now) {
            Start::Wait => {}
            Start::Later(at) => self.set_timer(endpoint, at, now, work),
            Start::Now => {
                lane.ready = true;
                self.ready[standing as usize].push_back(endpoint);
            }
        }
    }

    /// Does what became possible: starts attempts, orders claims.
    pub(super) fn go_on(&mut self, now: Timestamp, work: &mut Work) {
        self.pump(now, work);
        self.feed_the_hungry(now, work);
    }

    /// Starts attempts while there are permits: one for each lane in turn.
    fn pump(&mut self, now: Timestamp, work: &mut Work) {
        loop {
            let mut started = false;
            for standing in TURNS {
                started |= self.start_one(standing, now, work);
            }
            if !started {
                return;
            }
        }
    }

    /// Takes the next lane of this queue; whether the queue may have more to give.
    fn start_one(&mut self, queue: Standing, now: Timestamp, work: &mut Work) -> bool {
        if !self.has_permit(queue) {
            return false;
        }
        let Some(endpoint) = self.ready[queue as usize].pop_front() else { return false };
        let allowance = self.allowance(queue);
        let Some(lane) = self.lanes.get_mut(&endpoint) else { return true };
        lane.ready = false;
        let may_start = lane.may_start(allowance, now) == Start::Now && lane.standing(now) == queue;
        if may_start
            && let Some(app) = lane.queue.front().map(|claim| claim.app.key)
            && let Some(bucket) = self.apps.get_mut(&app)
        {
            let free_at = bucket.free_at();
            if free_at > now {
                self.set_timer(endpoint, free_at, now, work);
                return true;
            }
            bucket.take(now);
        }
        if may_start
            && let Some(prepared) = lane.prepared.clone()
            && let Some(claim) = lane.queue.pop_front()
        {
            lane.started(now);
            self.in_flight[queue as usize] += 1;
            work.jobs.push(Job { claim, prepared, share: queue });
        }
        self.consider(endpoint, now, work);
        true
    }
}
