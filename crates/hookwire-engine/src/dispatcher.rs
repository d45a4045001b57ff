//! The dispatcher: carries out what the lanes decide. It is what the store hands deliveries to.

use std::sync::Arc;
use std::time::Duration;

use hookwire_core::{App, Endpoint, EndpointKey, Timestamp, Transition};
use hookwire_store::SharedStore;
use hookwire_store::dispatch::{Claim, Dispatch};
use hookwire_store::queue::{ClaimRequest, Claimed, Settlement};
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::attempt::{Attempts, Finished};
use crate::health::Progress;
use crate::lane::Ended;
use crate::lanes::{ClaimOrder, Job, Lanes, Work, bytes_of};
use crate::metrics::Metrics;
use crate::prepared::Prepared;
use crate::settings::Settings;
use crate::settler::Settler;

/// Longest sleep of the time keeper, so that a jump of the clock is noticed.
const NAP_MAX: Duration = Duration::from_secs(1);
/// How long a lane waits after its claim failed.
const CLAIM_PAUSE: Duration = Duration::from_secs(1);
/// Pause between two looks at all the lanes that the store knows.
const RESYNC: Duration = Duration::from_mins(1);
const RESYNC_PAGE: u32 = 500;

/// Carries out what the lanes decide.
pub(crate) struct Dispatcher {
    lanes: Lanes,
    attempts: Attempts,
    settler: Arc<Settler>,
    store: SharedStore,
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
        store: SharedStore,
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
            lease: settings.lease,
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

    fn prepare(&self, claim: &Claim) -> Prepared {
        self.attempts.prepare(Arc::clone(&claim.endpoint))
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
            self.tasks.spawn_on(async move { this.work_through(job).await }, &self.runtime);
        }
    }

    /// Makes attempts for as long as each one's end frees a permit for the next.
    async fn work_through(&self, first: Job) {
        let mut next = Some(first);
        while let Some(job) = next {
            let (endpoint, share) = (job.claim.endpoint.key, job.share);
            let bytes = bytes_of(&job.claim);
            let due = job.claim.message.due();
            let Finished { settlement, how } = self.attempts.make(job).await;
            self.count(&settlement);
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

    fn count(&self, settlement: &Settlement) {
        if let Some(attempt) = &settlement.attempt {
            let total = Duration::from_micros(u64::from(attempt.timings.total_us));
            self.metrics.attempt_duration.observe(total);
            if let Some(class) = attempt.error {
                self.metrics.failed_of(class).add(1);
            }
        }
        match settlement.transition {
            Transition::Delivered => self.metrics.delivered.add(1),
            Transition::RetryAt(_) => self.metrics.retries.add(1),
            Transition::Exhausted => self.metrics.exhausted.add(1),
            Transition::Canceled => self.metrics.canceled.add(1),
            Transition::Released(_) => self.metrics.released.add(1),
        }
    }

    fn spawn_claim(&self, order: ClaimOrder) {
        let Some(this) = self.this.upgrade() else { return };
        self.tasks.spawn_on(async move { this.claim(order).await }, &self.runtime);
    }

    async fn claim(&self, order: ClaimOrder) {
        let now = self.now();
        let ClaimOrder { endpoint, limit } = order;
        let request =
            ClaimRequest { endpoint, now, lease_until: now.plus(self.lease), limit, bytes_max: 8 << 20 };
        let claimed = self.store.claim(request).await;
        let now = self.now();
        self.perform(match claimed {
            Ok(Claimed { claims, next_due }) => {
                self.lanes.claimed(endpoint, claims, next_due, &|claim| self.prepare(claim), now)
            }
            Err(error) => {
                tracing::warn!(%endpoint, %error, "cannot claim deliveries");
                self.lanes.claim_failed(endpoint, now.plus(CLAIM_PAUSE), now)
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
            self.count(&settlement);
            self.settler.push(settlement, bytes, now);
        }
    }

    /// Held memory is free again.
    pub(crate) fn settled(&self, count: usize, bytes: usize) {
        let work = self.lanes.settled(count, bytes, self.now());
        self.perform(work);
    }

    /// Wakes lanes when their time comes.
    pub(crate) async fn keep_time(self: Arc<Self>, stop: CancellationToken) {
        loop {
            let now = self.now();
            let (work, next) = self.lanes.tick(now);
            self.perform(work);
            let nap = next.map_or(NAP_MAX, |at| at.since(now).min(NAP_MAX));
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.bell.notified() => {}
                () = tokio::time::sleep(nap.max(Duration::from_millis(1))) => {}
            }
        }
    }

    /// Learns which lanes the store holds deliveries for: at the start, and now and then to be sure.
    pub(crate) async fn keep_in_step(self: Arc<Self>, stop: CancellationToken) {
        loop {
            let mut after = None;
            loop {
                match self.store.lanes(after, RESYNC_PAGE).await {
                    Ok(lanes) => {
                        let full = lanes.len() == RESYNC_PAGE as usize;
                        after = lanes.last().map(|lane| lane.endpoint);
                        for lane in lanes {
                            self.waiting(lane.endpoint, lane.next_due);
                        }
                        if !full {
                            break;
                        }
                    }
                    Err(error) => {
                        tracing::warn!(%error, "cannot list the lanes with waiting deliveries");
                        break;
                    }
                }
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(RESYNC) => {}
            }
        }
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

impl Dispatch for Dispatcher {
    fn reserve(&self, endpoint: EndpointKey, bytes: usize) -> bool {
        self.lanes.reserve(endpoint, bytes, self.now())
    }

    fn accept(&self, claims: Vec<Claim>) {
        let work = self.lanes.accept(claims, &|claim| self.prepare(claim), self.now());
        self.perform(work);
    }

    fn cancel(&self, endpoint: EndpointKey, bytes: usize) {
        self.lanes.cancel(endpoint, bytes, self.now());
    }

    fn waiting(&self, endpoint: EndpointKey, due: Timestamp) {
        let work = self.lanes.waiting(endpoint, due, self.now());
        self.perform(work);
    }

    fn changed(&self, endpoint: Arc<Endpoint>) {
        let work = self.lanes.changed(self.attempts.prepare(endpoint), self.now());
        self.perform(work);
    }

    fn app_changed(&self, app: Arc<App>) {
        self.lanes.throttle_app(app.key, app.throttle_rate);
    }

    fn removed(&self, endpoint: EndpointKey) {
        let work = self.lanes.removed(endpoint, self.now());
        self.perform(work);
    }

    fn lease(&self) -> Duration {
        self.lease
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
