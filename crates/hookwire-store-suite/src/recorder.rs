//! A dispatcher that does nothing but remember.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use hookwire_core::{App, Endpoint, EndpointKey, Timestamp};
use hookwire_store::Dispatch;
use hookwire_store::dispatch::Claim;
use tokio::sync::Notify;

/// How long the leases that it asks for last.
pub const LEASE: Duration = Duration::from_mins(1);
/// How long to wait for something that must come.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a [`Recorder`] was told.
#[derive(Debug, Default)]
pub struct Heard {
    /// Deliveries it was given and nobody took out yet.
    pub accepted: Vec<Claim>,
    /// When each endpoint's deliveries are due, the earliest.
    pub waiting: HashMap<EndpointKey, Timestamp>,
    /// Endpoints that were changed, each with its app, in order.
    pub changed: Vec<(Arc<Endpoint>, Arc<App>)>,
    /// Apps that were changed, in order.
    pub apps: Vec<Arc<App>>,
    /// Endpoints that were deleted, in order.
    pub removed: Vec<EndpointKey>,
    /// Deliveries for which there is still room.
    pub room: usize,
    /// Places that are reserved.
    pub reserved: i64,
}

/// Remembers what it is told.
#[derive(Debug, Default)]
pub struct Recorder {
    heard: Mutex<Heard>,
    told: Notify,
}

impl Recorder {
    /// One with room for so many deliveries.
    pub fn with_room(room: usize) -> Arc<Self> {
        let recorder = Self::default();
        recorder.heard().room = room;
        Arc::new(recorder)
    }

    /// What it was told so far.
    pub fn heard(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().expect("nobody panics with this lock")
    }

    /// Takes out the deliveries that it was given.
    pub fn take(&self) -> Vec<Claim> {
        std::mem::take(&mut self.heard().accepted)
    }

    /// Waits until `is_so`.
    pub async fn until(&self, is_so: impl Fn(&Heard) -> bool) {
        let wait = async {
            loop {
                let told = self.told.notified();
                tokio::pin!(told);
                told.as_mut().enable();
                if is_so(&self.heard()) {
                    return;
                }
                told.await;
            }
        };
        assert!(tokio::time::timeout(PATIENCE, wait).await.is_ok(), "never heard: {:?}", self.heard());
    }

    fn tell(&self, note: impl FnOnce(&mut Heard)) {
        note(&mut self.heard());
        self.told.notify_waiters();
    }
}

impl Dispatch for Recorder {
    fn reserve(&self, _: EndpointKey, _: usize) -> bool {
        let mut heard = self.heard();
        let has_room = heard.room > 0;
        if has_room {
            heard.room -= 1;
            heard.reserved += 1;
        }
        has_room
    }

    fn accept(&self, claims: Vec<Claim>) {
        self.tell(|heard| {
            heard.reserved -= claims.len() as i64;
            heard.accepted.extend(claims);
        });
    }

    fn cancel(&self, _: EndpointKey, _: usize) {
        self.tell(|heard| {
            heard.reserved -= 1;
            heard.room += 1;
        });
    }

    fn waiting(&self, endpoint: EndpointKey, due: Timestamp) {
        self.tell(|heard| {
            let earliest = heard.waiting.entry(endpoint).or_insert(due);
            *earliest = (*earliest).min(due);
        });
    }

    fn changed(&self, endpoint: Arc<Endpoint>, app: Arc<App>) {
        self.tell(|heard| heard.changed.push((endpoint, app)));
    }

    fn app_changed(&self, app: Arc<App>) {
        self.tell(|heard| heard.apps.push(app));
    }

    fn removed(&self, endpoint: EndpointKey) {
        self.tell(|heard| heard.removed.push(endpoint));
    }

    fn lease(&self) -> Duration {
        LEASE
    }
}
