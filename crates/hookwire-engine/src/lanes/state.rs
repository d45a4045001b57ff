//! What is known of all lanes together, under one lock.

use std::collections::{BTreeSet, HashMap, VecDeque};

use hookwire_core::{AppKey, EndpointKey, Timestamp};

use super::claims;
use super::memory::Memory;
use crate::bucket::Bucket;
use crate::lane::Lane;
use crate::settings::Settings;

/// All lanes, who stands in which line, and what is in use.
pub(super) struct Inner {
    pub(super) lanes: HashMap<EndpointKey, Lane>,
    /// Lanes in line for a permit, by standing.
    pub(super) ready: [VecDeque<EndpointKey>; 3],
    /// Permits in use, by the share that they were drawn from.
    pub(super) in_flight: [usize; 3],
    /// Throttles of apps that have one.
    pub(super) apps: HashMap<AppKey, Bucket>,
    /// When to look at which lane.
    pub(super) timers: BTreeSet<(Timestamp, EndpointKey)>,
    /// Lanes in line for a claim.
    pub(super) hungry: VecDeque<EndpointKey>,
    /// Claims under way.
    pub(super) claims: usize,
    /// Since when the store answers claims with errors.
    pub(super) claims_fail_since: Option<Timestamp>,
    pub(super) memory: Memory,
    pub(super) limits: Limits,
    pub(super) stopped: bool,
}

/// What does not change while the node runs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) permits: usize,
    pub(super) lane_permits: usize,
}

impl Inner {
    /// No lanes yet.
    pub(super) fn new(settings: &Settings) -> Self {
        Self {
            lanes: HashMap::new(),
            ready: Default::default(),
            in_flight: [0; 3],
            apps: HashMap::new(),
            timers: BTreeSet::new(),
            hungry: VecDeque::new(),
            claims: 0,
            claims_fail_since: None,
            memory: claims::memory(settings),
            limits: Limits { permits: settings.permits.max(8), lane_permits: settings.lane_permits.max(1) },
            stopped: false,
        }
    }
}
