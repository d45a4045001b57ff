//! The dispatcher: carries out what the lanes decide.

mod told;
mod wakes;

use std::sync::Arc;
use std::time::Duration;

use hookwire_core::limits::TIMEOUT_MAX;
use hookwire_core::{App, Endpoint, EndpointKey, Timestamp, Transition};
use hookwire_store::Queue;
use hookwire_store::dispatch::Claim;
use hookwire_store::queue::{ClaimRequest, Settlement};
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio_util::task::TaskTracker;

use crate::attempt::{Attempts, Finished};
use crate::health::Progress;
use crate::lane::Ended;
use crate::lanes::{Amount, ClaimOrder, Job, LEASE_MARGIN, Lanes, Work, bytes_of};
use crate::metrics::Metrics;
use crate::prepared::Prepared;
use crate::settings::Settings;
use crate::settler::Settler;

/// How long a lane waits after its claim failed.
const CLAIM_PAUSE: Duration = Duration::from_secs(1);

/// Carries out what the lanes decide.
pub(crate) struct Dispatcher {
    lanes: Lanes,
    attempts: Attempts,
    settler: Arc<Settler>,
    store: Arc<dyn Queue>,
    tasks: TaskTracker,
    runtime: Handle,
    metrics: Arc<Metrics>,
    lease: Duration,
    bell: Notify,
    /// Itself, for the tasks that it spawns.
    this: std::sync::Weak<Self>,
}

impl Dispatcher {
    pub(crate) fn new(
        attempts: Attempts,
        settings: &Settings,
        settler: Arc<Settler>,
        store: Arc<dyn Queue>,
        tasks: TaskTracker,
        metrics: Arc<Metrics>,
    ) -> Arc<Self> {
        Arc::new_cyclic(|this| Self {
            lanes: Lanes::new(settings),
            attempts,
            settler,
            store,
            tasks,
            runtime: Handle::current(),
            metrics,
            lease: settings.lease.max(settings.timeout.max(TIMEOUT_MAX) + 2 * LEASE_MARGIN),
            bell: Notify::new(),
            this: this.clone(),
        })
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        let census = self.lanes.census(self.now());
        self.metrics.in_flight.set(census.in_flight);
        self.metrics.held.set(census.held);
        self.metrics.lanes.set(census.lanes);
        self.metrics.suspect_lanes.set(census.suspect);
        &self.metrics
    }

    pub(crate) fn lanes(&self) -> &Lanes {
        &self.lanes
    }

    fn now(&self) -> Timestamp {
        self.attempts.clock.now()
    }

    fn prepare(&self, endpoint: Arc<Endpoint>, app: &App) -> Prepared {
        self.attempts.prepare(endpoint, app)
    }

    /// Does the work, each piece in a task of its own.
    fn perform(&self, work: Work) {
        let (next, rest) = self.split(work);
        self.spawn_jobs(next.into_iter().chain(rest));
    }

    /// Orders and releases are seen to; jobs are handed back, the first apart.
    fn split(&self, work: Work) -> (Option<Job>, std::vec::IntoIter<Job>) {
        let Work { jobs, orders, release, sooner } = work;
        for order in orders {
            self.spawn_claim(order);
        }
        self.put_back(release, self.now());
        if sooner {
            self.bell.notify_one();
        }
        let mut jobs = jobs.into_iter();
        (jobs.next(), jobs)
    }

    fn spawn_jobs(&self, jobs: impl Iterator<Item = Job>) {
        for job in jobs {
            let Some(this) = self.this.upgrade() else { return };
            // Boxed, as a task copies its future more than once, and this one has some KiB.
            self.tasks.spawn_on(Box::pin(async move { this.work_through(job).await }), &self.runtime);
        }
    }

    /// Makes attempts for as long as each one's end frees a permit for the next.
    async fn work_through(&self, first: Job) {
        let mut next = Some(first);
        while let Some(job) = next {
            let (endpoint, share) = (job.claim.endpoint.key, job.share);
            let bytes = bytes_of(&job.claim);
            let due = job.claim.message.due();
            let Finished { settlement, how } = if self.store.leases_hold() {
                self.attempts.make(job).await
            } else {
                Finished::untried(job.claim.delivery, self.now())
            };
            self.metrics.count(&settlement);
            let now = self.now();
            if settlement.transition == Transition::Delivered && settlement.delivery.attempts == 0 {
                self.metrics.delivery_latency.observe(now.since(due));
            }
            self.settler.push(settlement, bytes, now);
            let (first, rest) = self.split(self.lanes.ended(endpoint, share, how, now));
            self.spawn_jobs(rest);
            next = first;
        }
    }

    fn spawn_claim(&self, order: ClaimOrder) {
        let Some(this) = self.this.upgrade() else { return };
        self.tasks.spawn_on(async move { this.claim(order).await }, &self.runtime);
    }

    async fn claim(&self, order: ClaimOrder) {
        let asked = self.now();
        let ClaimOrder { endpoint, most } = order;
        let request = ClaimRequest {
            endpoint,
            now: asked,
            lease_until: asked.plus(self.lease),
            limit: u32::try_from(most.deliveries).unwrap_or(u32::MAX),
            bytes_max: most.bytes,
        };
        let claimed = self.store.claim(request).await;
        let now = self.now();
        self.perform(match claimed {
            Ok(claimed) => {
                self.lanes.claimed(order, asked, claimed, &|endpoint, app| self.prepare(endpoint, app), now)
            }
            Err(error) => {
                tracing::warn!(%endpoint, %error, "cannot claim deliveries");
                self.lanes.claim_failed(order, now.plus(CLAIM_PAUSE), now)
            }
        });
    }

    /// Puts claims back untried.
    pub(crate) fn put_back(&self, claims: Vec<Claim>, now: Timestamp) {
        for claim in claims {
            let bytes = bytes_of(&claim);
            let settlement = Settlement {
                delivery: claim.delivery,
                attempt: None,
                verdict: None,
                transition: Transition::Released(now),
            };
            self.metrics.count(&settlement);
            self.settler.push(settlement, bytes, now);
        }
    }

    /// The node's leases are others' now: what waits for its turn is put back, which the store will find stale.
    pub(crate) fn forfeit(&self) {
        let claims = self.lanes.empty();
        tracing::warn!(
            deliveries = claims.len(),
            "this node was out of touch for so long that others took over its deliveries"
        );
        self.put_back(claims, self.now());
    }

    /// Deliveries to these endpoints were settled, and the memory that they held is free again.
    pub(crate) fn settled(&self, amount: Amount, endpoints: &[EndpointKey]) {
        let work = self.lanes.settled(amount, endpoints, self.now());
        self.perform(work);
    }

    /// Age of the oldest delivery that could start, or be settled, but was not.
    pub(crate) fn oldest_due_age(&self, now: Timestamp, oldest_unsettled: Option<Timestamp>) -> Duration {
        let oldest = [self.lanes.stuck_since(now), oldest_unsettled].into_iter().flatten().min();
        oldest.map_or(Duration::ZERO, |at| now.since(at))
    }

    /// Whether deliveries move.
    pub(crate) fn progress(&self, now: Timestamp, oldest_unsettled: Option<Timestamp>) -> Progress {
        Progress::new(now, self.lanes.stuck_since(now), oldest_unsettled)
    }
}

/// How an attempt ended, as far as its lane cares.
pub(crate) const fn ended(answered: bool, succeeded: bool) -> Ended {
    match (succeeded, answered) {
        (true, _) => Ended::Well,
        (false, true) => Ended::Refused,
        (false, false) => Ended::Silent,
    }
}

#[cfg(test)]
mod tests;
