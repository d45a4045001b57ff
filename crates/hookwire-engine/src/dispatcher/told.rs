//! What the store hands over and tells of: the dispatcher as a [`Dispatch`].

use std::sync::Arc;
use std::time::Duration;

use hookwire_core::{App, Endpoint, EndpointKey, Timestamp};
use hookwire_store::dispatch::{Claim, Dispatch};

use super::Dispatcher;

impl Dispatch for Dispatcher {
    fn reserve(&self, endpoint: EndpointKey, bytes: usize) -> bool {
        self.lanes.reserve(endpoint, bytes, self.now())
    }

    fn accept(&self, claims: Vec<Claim>) {
        let work = self.lanes.accept(claims, &|endpoint, app| self.prepare(endpoint, app), self.now());
        self.perform(work);
    }

    fn cancel(&self, endpoint: EndpointKey, bytes: usize) {
        let work = self.lanes.cancel(endpoint, bytes, self.now());
        self.perform(work);
    }

    fn waiting(&self, endpoint: EndpointKey, due: Timestamp) {
        let work = self.lanes.waiting(endpoint, due, self.now());
        self.perform(work);
    }

    fn changed(&self, endpoint: Arc<Endpoint>, app: Arc<App>) {
        let work = self.lanes.changed(self.prepare(endpoint, &app), self.now());
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

    fn leases_lost(&self) {
        self.forfeit();
    }
}
