//! The leases of this run, in memory: hints where an expired lease may be. The rows have the last word.

use std::collections::{BTreeMap, HashMap};

use crate::queue::Lane;
use hookwire_core::id::Key;
use hookwire_core::{EndpointKey, MessageKey, Timestamp};

/// A change of what is leased, to be noted when its transaction is committed.
#[derive(Debug, Clone, Copy)]
pub struct LeaseChange {
    /// To whom.
    pub endpoint: EndpointKey,
    /// Of which message.
    pub message: MessageKey,
    /// The new lease; `None` = it ended.
    pub lease: Option<Lease>,
}

/// One lease.
#[derive(Debug, Clone, Copy)]
pub struct Lease {
    /// When it ends.
    pub until: Timestamp,
    /// Which verb made it.
    pub origin: Origin,
}

/// Which verb leased a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// By accepting a message.
    Ingest,
    /// By a claim.
    Claim,
}

#[derive(Debug, Default)]
struct Held {
    leases: HashMap<MessageKey, Lease>,
    /// No lease here ends before this.
    earliest: Timestamp,
}

/// What is leased, by endpoint.
#[derive(Debug, Default)]
pub struct Leases {
    lanes: BTreeMap<EndpointKey, Held>,
    total: u64,
    /// The highest message key that was leased on ingest.
    highest: i64,
}

impl Leases {
    /// Takes note of a change.
    pub fn apply(&mut self, change: LeaseChange) {
        let LeaseChange { endpoint, message, lease } = change;
        if let Some(lease) = lease {
            if lease.origin == Origin::Ingest {
                self.highest = self.highest.max(message.raw());
            }
            let held = self.lanes.entry(endpoint).or_default();
            if held.leases.is_empty() || lease.until < held.earliest {
                held.earliest = lease.until;
            }
            self.total += u64::from(held.leases.insert(message, lease).is_none());
        } else if let Some(held) = self.lanes.get_mut(&endpoint) {
            self.total -= u64::from(held.leases.remove(&message).is_some());
            if held.leases.is_empty() {
                self.lanes.remove(&endpoint);
            }
        }
    }

    /// A lease that was to end then is another's by now, or nobody's. One that was made since stays.
    pub fn lost(&mut self, endpoint: EndpointKey, message: MessageKey, until: Timestamp) {
        let held = self.lanes.get(&endpoint).and_then(|held| held.leases.get(&message));
        if held.is_some_and(|lease| lease.until == until) {
            self.apply(LeaseChange { endpoint, message, lease: None });
        }
    }

    /// Messages whose lease for `endpoint` has ended by `now`.
    pub fn expired(&mut self, endpoint: EndpointKey, now: Timestamp) -> Vec<MessageKey> {
        let Some(held) = self.lanes.get_mut(&endpoint) else { return Vec::new() };
        if held.earliest > now {
            return Vec::new();
        }
        held.earliest = held.leases.values().map(|lease| lease.until).min().unwrap_or_default();
        let ended = held.leases.iter().filter(|(_, lease)| lease.until <= now);
        let mut messages: Vec<_> = ended.map(|(message, lease)| (lease.until, *message)).collect();
        messages.sort_unstable();
        messages.into_iter().map(|(_, message)| message).collect()
    }

    /// Deliveries of `endpoint` that were leased on ingest and are under way.
    pub fn on_ingest(&self, endpoint: EndpointKey) -> u64 {
        let held = self.lanes.get(&endpoint).into_iter().flat_map(|held| held.leases.values());
        held.filter(|lease| lease.origin == Origin::Ingest).count() as u64
    }

    /// Messages leased for `endpoint`.
    pub fn messages(&self, endpoint: EndpointKey) -> Vec<MessageKey> {
        self.lanes.get(&endpoint).map(|held| held.leases.keys().copied().collect()).unwrap_or_default()
    }

    /// Messages leased for `endpoint` until exactly then.
    pub fn until(&self, endpoint: EndpointKey, until: Timestamp) -> Vec<MessageKey> {
        let held = self.lanes.get(&endpoint).into_iter().flat_map(|held| held.leases.iter());
        held.filter(|(_, lease)| lease.until == until).map(|(message, _)| *message).collect()
    }

    /// Endpoints above `after` with leases, by key, and when the first lease of each may end.
    pub fn lanes(&self, after: EndpointKey) -> Vec<Lane> {
        let above = (std::ops::Bound::Excluded(after), std::ops::Bound::Unbounded);
        let lanes = self.lanes.range(above);
        lanes.map(|(endpoint, held)| Lane { endpoint: *endpoint, next_due: held.earliest }).collect()
    }

    /// How many there are.
    pub const fn total(&self) -> u64 {
        self.total
    }

    /// The highest message key that was leased on ingest.
    pub const fn highest(&self) -> i64 {
        self.highest
    }

    /// No lease that was made on ingest is of a message below this key.
    pub fn floor(&self) -> i64 {
        let held = self.lanes.values().flat_map(|held| held.leases.iter());
        let on_ingest = held.filter(|(_, lease)| lease.origin == Origin::Ingest);
        on_ingest.map(|(message, _)| message.raw()).min().unwrap_or(self.highest)
    }
}
