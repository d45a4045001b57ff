//! A lane: the deliveries to one endpoint that are in memory, and how many of them may be under way at once.
//!
//! The window grows with successes while there is a queue and shrinks with failures, like TCP's. A lane whose attempts
//! end in silence is suspect: one attempt at a time, and after several in a row only now and then.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use hookwire_core::Timestamp;
use hookwire_store::dispatch::Claim;

use crate::bucket::Bucket;
use crate::prepared::Prepared;

/// A lane with attempts under way of which none ended for this long counts as unproven, whatever its record.
const STALL: Duration = Duration::from_secs(1);
/// Attempts that a lane may have under way before anything is known of it.
const FIRST_WINDOW: usize = 16;
/// Failures in a row (without any answer) after which a lane is paced.
const PACED_AFTER: u32 = 5;
const PACE_FIRST: Duration = Duration::from_millis(50);
const PACE_LAST: Duration = Duration::from_secs(5);
/// A throttled lane holds no more in memory than it can send in this time, far less than a lease lasts.
const THROTTLED_SECONDS: usize = 60;
/// Deliveries that a lane without a good record may hold in memory.
const CAUTIOUS_QUEUE: usize = 16;
/// Deliveries that a lane with a good record may hold in memory, for each attempt of its window.
const QUEUE_FOR_EACH_PERMIT: usize = 32;

/// What was due so long before a claim, and was left by it, did not come during the claim.
const BEHIND: Duration = Duration::from_secs(1);

/// What is known of a lane's receiver. Each standing draws its permits from a share of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Its last attempt succeeded.
    Proven,
    /// Nothing came back yet, or nothing for a while.
    Unproven,
    /// It fails.
    Suspect,
}

/// How an attempt ended, as far as the lane cares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// Taken.
    Well,
    /// Refused by a receiver that answers.
    Refused,
    /// Nothing came back.
    Silent,
    /// Not tried.
    Untried,
}

/// Whether a lane may start an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Start {
    /// Now.
    Now,
    /// Not before then.
    Later(Timestamp),
    /// Not before something ends.
    Wait,
}

/// Where a lane's next claim from the store stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NextClaim {
    /// None is wanted.
    None,
    /// The lane stands in line for it.
    InLine,
    /// It is under way.
    UnderWay,
}

/// The deliveries of one endpoint in memory.
#[derive(Debug)]
pub(crate) struct Lane {
    /// The endpoint, ready to be called; `None` until its first delivery is here.
    pub(crate) prepared: Option<Arc<Prepared>>,
    /// Claimed deliveries that wait for their turn.
    pub(crate) queue: VecDeque<Claim>,
    /// Whether the endpoint was deleted. What the store gives out until it has heard of that goes back to it.
    pub(crate) removed: bool,
    /// Places promised to the store.
    pub(crate) reserved: usize,
    /// Deliveries in memory: those that wait, those under way, and those whose results are not written yet.
    pub(crate) held: usize,
    /// Attempts under way.
    pub(crate) in_flight: usize,
    /// When the earliest delivery that waits in the store is due.
    pub(crate) backlog: Option<Timestamp>,
    /// Where its next claim stands.
    pub(crate) claim: NextClaim,
    /// Whether it stands in a ready queue.
    pub(crate) ready: bool,
    /// When it is looked at next.
    pub(crate) timer: Option<Timestamp>,
    /// The endpoint's own throttle.
    pub(crate) bucket: Option<Bucket>,
    /// Whether nothing waits in the store but what came during the last claim.
    caught_up: bool,
    standing: Standing,
    window: usize,
    window_max: usize,
    silent_in_row: u32,
    paused_until: Timestamp,
    progress: Timestamp,
}

impl Lane {
    /// An empty lane.
    pub(crate) fn new(window_max: usize, now: Timestamp) -> Self {
        Self {
            prepared: None,
            queue: VecDeque::new(),
            removed: false,
            reserved: 0,
            held: 0,
            in_flight: 0,
            backlog: None,
            claim: NextClaim::None,
            ready: false,
            timer: None,
            bucket: None,
            caught_up: false,
            standing: Standing::Unproven,
            window: FIRST_WINDOW.min(window_max),
            window_max,
            silent_in_row: 0,
            paused_until: Timestamp::default(),
            progress: now,
        }
    }

    /// What is known of its receiver.
    pub(crate) fn standing(&self, now: Timestamp) -> Standing {
        match self.standing {
            Standing::Proven if self.in_flight > 0 && now.since(self.progress) > STALL => Standing::Unproven,
            standing => standing,
        }
    }

    /// Whether the endpoint takes no messages: it is turned off, or deleted.
    pub(crate) fn is_closed(&self) -> bool {
        self.removed || self.prepared.as_ref().is_some_and(|prepared| prepared.endpoint.disabled)
    }

    /// Whether one delivery waits for another.
    pub(crate) fn is_in_order(&self) -> bool {
        self.prepared.as_ref().is_some_and(|prepared| prepared.is_in_order())
    }

    fn is_claiming(&self) -> bool {
        self.claim == NextClaim::UnderWay
    }

    /// Whether nothing is known of it but its record.
    pub(crate) fn is_idle(&self) -> bool {
        self.held == 0 && self.reserved == 0 && self.backlog.is_none() && !self.is_claiming()
    }

    /// Whether a new delivery may come straight to memory. Not while older ones wait in the store, but for those few
    /// that came during a claim: otherwise each claim would leave some behind for the next, and a lane that was out of
    /// room once would claim for as long as messages come. Never in order.
    pub(crate) fn takes_new(&mut self, now: Timestamp) -> bool {
        if self.is_closed() || self.is_in_order() {
            return false;
        }
        let has_room = self.queue.len() + self.reserved < self.room(now);
        self.caught_up &= has_room;
        let older_wait = self.is_claiming() || self.backlog.is_some_and(|due| due <= now);
        has_room && (self.caught_up || !older_wait)
    }

    /// How many deliveries to claim from the store now; 0 = none.
    pub(crate) fn wants(&self, now: Timestamp) -> usize {
        let due = self.backlog.is_some_and(|due| due <= now);
        let paused = self.paused_until > now;
        if !due || self.is_claiming() || self.is_closed() || paused {
            return 0;
        }
        if self.is_in_order() {
            return usize::from(self.held == 0);
        }
        if self.standing(now) == Standing::Suspect {
            return if self.queue.is_empty() { 2 } else { 0 };
        }
        let (most, queued) = (4 * self.window + 4, self.queue.len());
        // The few that were left behind do not wait until the queue of those that came later is short.
        if self.caught_up {
            return most.min(self.room(now).saturating_sub(queued + self.reserved));
        }
        if queued > self.window / 2 { 0 } else { most.min(self.throttled_room()).saturating_sub(queued) }
    }

    /// Notes that a claim made at `asked` is over; whether it brought as much as it could, and when the next is due.
    pub(crate) fn claimed(&mut self, asked: Timestamp, was_full: bool, next_due: Option<Timestamp>) {
        self.claim = NextClaim::None;
        self.caught_up = next_due.is_none_or(|due| !was_full && due.plus(BEHIND) > asked);
        if let Some(due) = next_due {
            self.note_backlog(due);
        }
    }

    /// Notes that something waits which did not come during a claim.
    pub(crate) fn fell_behind(&mut self) {
        self.caught_up = false;
    }

    /// How many deliveries may wait in memory for their turn.
    fn room(&self, now: Timestamp) -> usize {
        let room = match self.standing(now) {
            Standing::Proven => (self.window * QUEUE_FOR_EACH_PERMIT).max(CAUTIOUS_QUEUE),
            Standing::Unproven => CAUTIOUS_QUEUE,
            Standing::Suspect => 1,
        };
        room.min(self.throttled_room())
    }

    fn throttled_room(&self) -> usize {
        self.bucket
            .as_ref()
            .map_or(usize::MAX, |bucket| (bucket.rate() as usize).saturating_mul(THROTTLED_SECONDS))
    }

    /// Whether an attempt may start, given what the lane may have under way as things stand on the node.
    pub(crate) fn may_start(&self, allowance: usize, now: Timestamp) -> Start {
        let window = if self.is_in_order() { 1 } else { self.window };
        if self.is_closed() || self.in_flight >= window.min(allowance) {
            return Start::Wait;
        }
        let free_at =
            self.bucket.as_ref().map_or(self.paused_until, |bucket| bucket.free_at().max(self.paused_until));
        if free_at > now { Start::Later(free_at) } else { Start::Now }
    }

    /// Notes that an attempt starts.
    pub(crate) fn started(&mut self, now: Timestamp) {
        if self.in_flight == 0 {
            self.progress = now;
        }
        self.in_flight += 1;
        if let Some(bucket) = &mut self.bucket {
            bucket.take(now);
        }
    }

    /// Notes that an attempt ended.
    pub(crate) fn ended(&mut self, how: Ended, now: Timestamp) {
        self.in_flight -= 1;
        self.progress = now;
        match how {
            Ended::Well => {
                self.standing = Standing::Proven;
                self.silent_in_row = 0;
                self.paused_until = Timestamp::default();
                if !self.queue.is_empty() || self.backlog.is_some() {
                    self.window = (self.window + 1).min(self.window_max);
                }
            }
            Ended::Refused => {
                self.silent_in_row = 0;
                self.window = (self.window / 2).max(1);
                if self.window == 1 {
                    self.standing = Standing::Suspect;
                }
            }
            Ended::Silent => {
                self.standing = Standing::Suspect;
                self.window = 1;
                self.silent_in_row = self.silent_in_row.saturating_add(1);
                if self.silent_in_row >= PACED_AFTER {
                    let doublings = (self.silent_in_row - PACED_AFTER).min(10);
                    self.paused_until = now.plus((PACE_FIRST * (1 << doublings)).min(PACE_LAST));
                }
            }
            Ended::Untried => {}
        }
    }

    /// When a paced lane is looked at again.
    pub(crate) fn paused_until(&self) -> Timestamp {
        self.paused_until
    }

    /// Notes that a delivery waits in the store. Of an endpoint that was deleted none will go.
    pub(crate) fn note_backlog(&mut self, due: Timestamp) {
        if self.removed {
            return;
        }
        self.backlog = Some(self.backlog.map_or(due, |earlier| earlier.min(due)));
    }
}

#[cfg(test)]
mod tests;
