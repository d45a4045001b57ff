//! Which endpoints may have logs to trim. In memory: after a restart, all endpoints are looked at once.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

use hookwire_core::id::Key;
use hookwire_core::{App, Endpoint, EndpointKey, ProfileName};

/// Log limits of profiles.
pub type Limits = [(ProfileName, u32)];

/// The endpoint's limit: its own goes before its profile's.
pub fn limit_of(endpoint: &Endpoint, profile: &ProfileName, limits: &Limits) -> Option<u32> {
    let of_profile = || limits.iter().find(|(name, _)| name == profile).map(|(_, limit)| *limit);
    endpoint.rules.log_limit.or_else(of_profile)
}

/// Whether the endpoint has a limit.
pub fn has_limit(endpoint: &Endpoint, app: &App, limits: &Limits) -> bool {
    limit_of(endpoint, &app.profile, limits).is_some()
}

/// Endpoints that got deliveries since they were last looked at.
#[derive(Debug)]
pub struct Touched {
    limits: Arc<Limits>,
    /// With the lowest message whose delivery was settled since.
    endpoints: BTreeMap<EndpointKey, i64>,
    /// From which message on there may be something to trim, for endpoints that were looked at in this run.
    looked: HashMap<EndpointKey, i64>,
    /// After which endpoint the look at all of them goes on; `None` once it is over.
    next: Option<EndpointKey>,
    /// Whose turn it was last: the next step goes on behind it, so that a busy endpoint does not keep others waiting.
    last: EndpointKey,
}

impl Default for Touched {
    fn default() -> Self {
        Self {
            limits: Arc::new([]),
            endpoints: BTreeMap::new(),
            looked: HashMap::new(),
            next: Some(first()),
            last: first(),
        }
    }
}

/// Before all endpoints.
fn first() -> EndpointKey {
    EndpointKey::from_raw(0)
}

/// Locks them.
pub fn lock(touched: &Mutex<Touched>) -> MutexGuard<'_, Touched> {
    touched.lock().expect("nobody panics with this lock")
}

impl Touched {
    /// Limits of profiles, as the last step had them.
    pub fn limits(&self) -> &Arc<Limits> {
        &self.limits
    }

    /// Goes by other limits from now on.
    pub fn adopt(&mut self, limits: Arc<Limits>) {
        self.limits = limits;
        self.look_at_all();
    }

    fn look_at_all(&mut self) {
        self.looked.clear();
        self.next = Some(first());
    }

    /// What a transaction touched; it is committed.
    pub fn add(&mut self, endpoints: HashMap<EndpointKey, i64>, all: bool) {
        if all {
            self.look_at_all();
        }
        for (endpoint, message) in endpoints {
            self.touch(endpoint, message);
        }
    }

    fn touch(&mut self, endpoint: EndpointKey, message: i64) {
        let lowest = self.endpoints.entry(endpoint).or_insert(message);
        *lowest = (*lowest).min(message);
    }

    /// Those that are touched, in the order of their turns.
    pub fn queue(&self) -> VecDeque<EndpointKey> {
        let mut queue: VecDeque<_> = self.endpoints.keys().copied().collect();
        let served = queue.partition_point(|endpoint| *endpoint <= self.last);
        queue.rotate_left(served);
        queue
    }

    /// After which endpoint the look at all of them goes on.
    pub fn next(&self) -> Option<EndpointKey> {
        self.next
    }

    /// The look at all endpoints came from `after` to `last`, and found these.
    pub fn advance(&mut self, after: EndpointKey, last: Option<EndpointKey>, limited: &[EndpointKey]) {
        for endpoint in limited {
            self.touch(*endpoint, i64::MIN);
        }
        // When it has begun anew meanwhile, that stays.
        if self.next == Some(after) {
            self.next = last;
        }
    }
}

/// An endpoint's turn. Unless it is ended, the endpoint stays touched: nothing is lost when a step fails or is dropped.
#[derive(Debug)]
pub struct Turn<'a> {
    touched: &'a Mutex<Touched>,
    /// Whose it is.
    pub endpoint: EndpointKey,
    /// Everything that is settled and of a message before this one is gone already.
    pub from: i64,
    lowest: i64,
    is_over: bool,
}

impl<'a> Turn<'a> {
    /// The turn of an endpoint that is touched.
    pub fn take(touched: &'a Mutex<Touched>, endpoint: EndpointKey) -> Option<Self> {
        let mut state = lock(touched);
        let lowest = state.endpoints.remove(&endpoint)?;
        state.last = endpoint;
        let from = state.looked.get(&endpoint).map_or(i64::MIN, |looked| lowest.min(*looked));
        drop(state);
        Some(Self { touched, endpoint, from, lowest, is_over: false })
    }

    /// It has come up to [`Turn::from`]. `is_all`: nothing more can go; otherwise the endpoint gets
    /// another turn.
    pub fn end(mut self, is_all: bool) {
        self.is_over = true;
        let mut state = lock(self.touched);
        state.looked.insert(self.endpoint, self.from);
        if !is_all {
            state.touch(self.endpoint, i64::MAX);
        }
    }

    /// The endpoint has no limit.
    pub fn forget(mut self) {
        self.is_over = true;
        lock(self.touched).looked.remove(&self.endpoint);
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if !self.is_over {
            lock(self.touched).touch(self.endpoint, self.lowest);
        }
    }
}
