//! What everything in the store shares.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, RwLock};
use std::time::{Duration, Instant};

use hookwire_core::{EndpointKey, KeyMint, Timestamp};
use hookwire_store::lease::Leases;
use hookwire_store::touched::{self, Limits, Touched};
use hookwire_store::upkeep::WriteStats;
use hookwire_store::{Dispatch, Vault};

use crate::bell::Bell;
use crate::cache::Cache;
use crate::changes::Seen;
use crate::connection::Place;
use crate::partition::Days;
use crate::pool::Pool;
use crate::queue::vacuum::Wear;
use crate::settings::Settings;
use crate::upkeep::sweep::Sweep;

/// Who this node is among those that share the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Identity {
    /// The number that is in its keys.
    pub(crate) number: u16,
    /// The number of its opening of the database; leases are made under it.
    pub(crate) incarnation: i64,
}

/// What everything in the store shares.
pub(crate) struct Shared {
    pub(crate) place: Arc<Place>,
    pub(crate) pool: Arc<Pool>,
    pub(crate) vault: Vault,
    pub(crate) settings: Settings,
    pub(crate) mint: Arc<KeyMint>,
    pub(crate) identity: RwLock<Identity>,
    /// Payloads that expire before this (by an earlier setting) may lie anywhere in the order of keys.
    pub(crate) sweep_barrier: Timestamp,
    /// Who takes deliveries that are leased on ingest.
    pub(crate) dispatch: RwLock<Option<Arc<dyn Dispatch>>>,
    pub(crate) leases: Mutex<Leases>,
    pub(crate) cache: Cache,
    pub(crate) days: Days,
    pub(crate) bell: Bell,
    /// Versions of apps that the dispatcher is in step with.
    pub(crate) seen: Seen,
    pub(crate) counters: Counters,
    pub(crate) wear: Wear,
    /// The highest attempt key that was written down, at most a step behind.
    pub(crate) attempt_mark: AtomicI64,
    pub(crate) touched: Mutex<Touched>,
    /// How far retention has come.
    pub(crate) sweep: Mutex<Sweep>,
    /// What waited when the store was opened, for the dispatcher to hear.
    pub(crate) early: Mutex<BTreeMap<EndpointKey, Timestamp>>,
    pub(crate) closed: AtomicBool,
    pub(crate) pulse: Pulse,
}

/// When this node was last seen to be alive by the others.
#[derive(Debug)]
pub(crate) struct Pulse {
    began: Instant,
    /// In milliseconds after that, or [`Pulse::NEVER`].
    last_ms: AtomicU64,
}

impl Pulse {
    const NEVER: u64 = u64::MAX;

    /// It was seen just now.
    pub(crate) fn new() -> Self {
        Self { began: Instant::now(), last_ms: AtomicU64::new(0) }
    }

    /// It was seen at that time.
    pub(crate) fn beat(&self, at: Instant) {
        let since = at.saturating_duration_since(self.began).as_millis();
        self.last_ms.store(u64::try_from(since).unwrap_or(Self::NEVER), Ordering::Release);
    }

    /// It was not seen in this life yet.
    pub(crate) fn stop(&self) {
        self.last_ms.store(Self::NEVER, Ordering::Release);
    }

    /// Whether it was seen within that span.
    pub(crate) fn is_within(&self, span: Duration) -> bool {
        let last = self.last_ms.load(Ordering::Acquire);
        last != Self::NEVER && self.began.elapsed().saturating_sub(Duration::from_millis(last)) < span
    }
}

impl Shared {
    pub(crate) fn identity(&self) -> Identity {
        *self.identity.read().expect("nobody panics with this lock")
    }

    pub(crate) fn leases(&self) -> MutexGuard<'_, Leases> {
        self.leases.lock().expect("nobody panics with this lock")
    }

    /// The attached dispatcher.
    pub(crate) fn attached(&self) -> Option<Arc<dyn Dispatch>> {
        self.dispatch.read().expect("nobody panics with this lock").clone()
    }

    /// Log limits of profiles.
    pub(crate) fn limits(&self) -> Arc<Limits> {
        Arc::clone(touched::lock(&self.touched).limits())
    }

    /// Logs of these endpoints may be too long now, or of any.
    pub(crate) fn touched(&self, endpoints: HashMap<EndpointKey, i64>, all: bool) {
        if all || !endpoints.is_empty() {
            touched::lock(&self.touched).add(endpoints, all);
        }
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }
}

/// What the writers did so far.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) commits: AtomicU64,
    pub(crate) operations: AtomicU64,
    pub(crate) busy_us: AtomicU64,
    pub(crate) stale: AtomicU64,
}

impl Counters {
    pub(crate) fn read(&self) -> WriteStats {
        WriteStats {
            commits: self.commits.load(Ordering::Relaxed),
            operations: self.operations.load(Ordering::Relaxed),
            busy_us: self.busy_us.load(Ordering::Relaxed),
            stale: self.stale.load(Ordering::Relaxed),
        }
    }

    /// A transaction was committed, with so many operations in it, after so long.
    pub(crate) fn committed(&self, operations: usize, took: std::time::Duration) {
        self.commits.fetch_add(1, Ordering::Relaxed);
        self.operations.fetch_add(operations as u64, Ordering::Relaxed);
        let busy = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.busy_us.fetch_add(busy.max(1), Ordering::Relaxed);
    }
}
