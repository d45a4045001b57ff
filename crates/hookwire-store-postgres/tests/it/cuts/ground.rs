//! A store behind a wire that can be cut.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use hookwire_core::rules::DeliveryOrder;
use hookwire_core::{App, Endpoint, KeyMint, NewEndpoint};
use hookwire_store::dispatch::Claim;
use hookwire_store::queue::{ClaimRequest, Claimed, Settled, Settlement};
use hookwire_store::{Error, SharedStore};
use hookwire_store_suite::{Backend, LEASE, Options, Recorder, World};
use hookwire_testkit::{Postgres, Wire, eventually};

use crate::place::open;

/// Parts of the statements that transactions are known by.
pub(super) mod statement {
    pub(crate) const CLAIM: &str = "WITH ended AS";
    pub(crate) const CLAIM_IN_ORDER: &str = "WITH taken AS (UPDATE queue";
    pub(crate) const SETTLE: &str = "logged AS (INSERT INTO attempt";
    pub(crate) const INGEST: &str = "WITH valid AS";
    pub(crate) const FREE: &str = "UPDATE queue SET leased = 0 WHERE";
    pub(crate) const FREE_OF_INGEST: &str = "UPDATE queue q SET leased = 0 FROM";
}

pub(super) fn as_usual(_: &mut NewEndpoint) {}

pub(super) fn in_order(new: &mut NewEndpoint) {
    new.rules.order = Some(DeliveryOrder::Fifo);
}

/// The world with a store that is reached over the wire, and its dispatcher, which has no room.
pub(super) struct Ground {
    pub(super) world: World,
    pub(super) wire: Arc<Wire>,
    pub(super) recorder: Arc<Recorder>,
    pub(super) app: App,
    /// Another node, which only is there.
    _other: SharedStore,
    // The last to go.
    _postgres: Postgres,
}

/// Where its store is.
struct Behind(Arc<Wire>);

impl Backend for Behind {
    fn open<'a>(&'a self, options: &'a Options) -> BoxFuture<'a, SharedStore> {
        open(self.0.url(), options).boxed()
    }
}

impl Ground {
    /// Nothing in it but an app.
    pub(super) async fn new() -> Self {
        let postgres = Postgres::start().await;
        let options = Options {
            notices: true,
            disable_after: Duration::from_hours(120),
            payload_retention: Duration::from_hours(24),
            mint: Arc::new(KeyMint::new(2, 0)),
        };
        let other = open(&postgres.url(), &options).await;
        let wire = Arc::new(Wire::to(&postgres).await);
        let world = World::new(Box::new(Behind(Arc::clone(&wire)))).await;
        let recorder = Recorder::with_room(0);
        world.store().attach(recorder.clone());
        let app = world.app().await;
        Self { world, wire, recorder, app, _other: other, _postgres: postgres }
    }

    pub(super) async fn endpoint(&self, words: impl FnOnce(&mut NewEndpoint)) -> Endpoint {
        self.world.endpoint_with(&self.app, words).await
    }

    /// Claims whatever is due.
    pub(super) async fn try_claim(&self, endpoint: &Endpoint) -> Result<Claimed, Error> {
        let (now, endpoint) = (self.world.now(), endpoint.key);
        let lease_until = now.plus(LEASE);
        let request = ClaimRequest { endpoint, now, lease_until, limit: 1_000, bytes_max: usize::MAX };
        self.world.store().claim(request).await
    }

    /// Claims as a lane does that was told of something: until there is something.
    pub(super) async fn claim(&self, endpoint: &Endpoint) -> Vec<Claim> {
        let look = async || self.try_claim(endpoint).await.map(|claimed| claimed.claims);
        let is_some = |claims: &Result<Vec<Claim>, _>| claims.as_ref().is_ok_and(|claims| !claims.is_empty());
        eventually("a delivery to be due", look, is_some).await.expect("it was looked at")
    }

    /// Waits until the dispatcher is told that something waits for the endpoint.
    pub(super) async fn told(&self, endpoint: &Endpoint) {
        self.recorder.until(|heard| heard.waiting.contains_key(&endpoint.key)).await;
    }

    /// Forgets what the dispatcher was told.
    pub(super) fn forget(&self) {
        self.recorder.heard().waiting.clear();
    }

    pub(super) async fn try_settle(&self, settlement: &Settlement) -> Result<Settled, Error> {
        let settled = self.world.store().settle(vec![settlement.clone()], self.world.now()).await?;
        Ok(settled[0])
    }

    /// Settles as the engine does: again and again until the store takes it.
    pub(super) async fn settle(&self, settlement: &Settlement) -> Settled {
        let settle = || self.try_settle(settlement);
        eventually("the settlement to be taken", settle, Result::is_ok).await.expect("it was looked at")
    }
}

/// The caller must have been told that it is not known what became of it.
#[track_caller]
pub(super) fn is_in_doubt<T: std::fmt::Debug>(outcome: &Result<T, Error>) {
    assert!(matches!(outcome, Err(Error::Unavailable(_))), "{outcome:?}");
}
