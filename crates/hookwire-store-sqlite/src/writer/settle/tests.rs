//! What can't be settled or claimed leaves no half state, and concerns nobody else.

use std::sync::Arc;
use std::time::Duration;

use hookwire_core::id::Key;
use hookwire_core::notice::notices_org;
use hookwire_core::{
    App, Attempt, AttemptStatus, Endpoint, ErrorClass, EventTypeName, KeyMint, Message, NewApp, NewEndpoint,
    OrgId, Payload, Reference, Secret, Timings, Transition, Uid, Verdict,
};
use hookwire_store::dispatch::Claim;
use hookwire_store::history::{AttemptFilter, EndpointStats};
use hookwire_store::ingest::{Ingested, NewMessage};
use hookwire_store::queue::{ClaimRequest, Settled, Settlement};
use hookwire_store::{Catalog, Error, History, Ingest, Order, Page, Queue, Upkeep};
use rusqlite::Connection;
use tempfile::TempDir;

use crate::SqliteStore;
use crate::writer::tests::{NOW, open, org, store, together};

/// A store whose org has an internal app; two messages are owed to one endpoint.
struct Scene {
    store: Arc<SqliteStore>,
    mint: KeyMint,
    app: App,
    endpoint: Endpoint,
    /// The endpoint of the internal app.
    listener: Endpoint,
    folder: TempDir,
}

impl Scene {
    async fn new() -> Self {
        let (folder, store) = store();
        let app = app(&store, &org(), "acme").await;
        let internal = app_of_notices(&store).await;
        let endpoint = endpoint(&store, &app).await;
        let listener = self::endpoint(&store, &internal).await;
        let scene = Self { store, mint: KeyMint::new(2, 0), app, endpoint, listener, folder };
        for _ in 0..2 {
            scene.store.ingest(scene.message()).await.unwrap();
        }
        scene
    }

    /// Damages the file behind the store's back.
    fn damage(&self, sql: &str, key: impl Key) {
        let db = Connection::open(self.folder.path().join("db")).unwrap();
        assert_eq!(db.execute(sql, [key.raw()]).unwrap(), 1);
    }

    /// Opens the store again, so that it remembers nothing.
    async fn reopen(&mut self) {
        self.store.close().await;
        self.store = open(&self.folder);
    }

    fn message(&self) -> NewMessage {
        NewMessage {
            org: org(),
            app: Reference::Key(self.app.key),
            create_app: None,
            key: self.mint.next(NOW),
            event_type: EventTypeName::stored("a"),
            event_id: None,
            channels: Vec::new(),
            tags: Vec::new(),
            payload: Payload::from_json("{}"),
            deliver_at: None,
            payload_retention: Duration::from_hours(1),
            only_to: None,
            request: None,
            now: NOW,
        }
    }

    async fn claim(&self) -> Result<Vec<Claim>, Error> {
        let request = ClaimRequest {
            endpoint: self.endpoint.key,
            now: NOW,
            lease_until: NOW.plus(Duration::from_mins(1)),
            limit: 100,
            bytes_max: usize::MAX,
        };
        self.store.claim(request).await.map(|claimed| claimed.claims)
    }

    /// The receiver failed for the last time: this is told to the org.
    fn exhausted(&self, claim: &Claim) -> Settlement {
        let attempt = Attempt {
            key: self.mint.next(NOW),
            message: claim.message.key,
            endpoint: claim.endpoint.key,
            app: claim.app.key,
            at: NOW,
            url: String::new(),
            status: AttemptStatus::Failed,
            trigger: claim.delivery.trigger,
            request: None,
            response_code: 500,
            response: String::new(),
            error: Some(ErrorClass::Http),
            timings: Timings::default(),
        };
        Settlement {
            delivery: claim.delivery.clone(),
            attempt: Some(attempt),
            verdict: Some(Verdict::Failure { retry_after: None }),
            transition: Transition::Exhausted,
        }
    }

    async fn stats(&self) -> EndpointStats {
        self.store.endpoint_stats(self.app.key, self.endpoint.key, NOW, NOW).await.unwrap()
    }

    async fn logged(&self, message: &Message) -> usize {
        let page = Page { limit: 9, order: Order::Ascending, cursor: None };
        let log = self.store.attempts_of_message(self.app.key, message.key, AttemptFilter::default(), page);
        log.await.unwrap().items.len()
    }
}

async fn app(store: &SqliteStore, org: &OrgId, uid: &str) -> App {
    let new = NewApp { uid: Some(Uid::stored(uid)), ..NewApp::default() };
    store.create_app(org, new, NOW).await.unwrap().into_inner()
}

async fn app_of_notices(store: &SqliteStore) -> App {
    app(store, &notices_org(), org().as_str()).await
}

async fn endpoint(store: &SqliteStore, app: &App) -> Endpoint {
    let new = NewEndpoint {
        uid: None,
        name: None,
        url: "https://example.com/".to_owned(),
        description: String::new(),
        version: 1,
        disabled: false,
        event_types: None,
        channels: None,
        throttle_rate: None,
        metadata: hookwire_core::Metadata::new(),
        headers: None,
        rules: hookwire_core::rules::RulesChange::default(),
        secret: Secret::from_random([7; 24]),
    };
    store.create_endpoint(app.key, new, NOW).await.unwrap()
}

/// A message's own id of which a notice could not be made.
const SPOIL_EVENT_ID: &str = "UPDATE message SET event_id = x'ff' WHERE key = ?1";

#[tokio::test]
async fn one_that_is_refused_among_others_undoes_them_and_they_are_told_to_try_again() {
    let scene = Scene::new().await;
    let claims = scene.claim().await.unwrap();
    scene.damage(SPOIL_EVENT_ID, claims[1].message.key);
    let settlements = claims.iter().map(|claim| scene.exhausted(claim)).collect();
    let operations =
        async { futures::join!(scene.store.ingest(scene.message()), scene.store.settle(settlements, NOW)) };
    let (ingested, settled) = together(&scene.store, operations).await;
    assert!(matches!(ingested, Err(Error::Unavailable(_))), "{ingested:?}");
    assert!(matches!(settled, Err(Error::Corrupt(_))), "{settled:?}");
    assert_eq!(scene.store.depth().await.unwrap().pending, 2);
    assert_eq!((scene.stats().await.failed, scene.logged(&claims[0].message).await), (0, 0));
}

#[tokio::test]
async fn one_that_is_refused_by_itself_changes_nothing_and_concerns_nobody_else() {
    let scene = Scene::new().await;
    let claims = scene.claim().await.unwrap();
    scene.damage(SPOIL_EVENT_ID, claims[1].message.key);
    let settle = |claim| scene.store.settle(vec![scene.exhausted(claim)], NOW);
    let operations =
        async { futures::join!(settle(&claims[0]), settle(&claims[1]), scene.store.ingest(scene.message())) };
    let (good, bad, ingested) = together(&scene.store, operations).await;
    assert_eq!(good.unwrap(), [Settled::Done]);
    assert!(matches!(bad, Err(Error::Corrupt(_))), "{bad:?}");
    assert!(matches!(ingested, Ok(Ingested::Accepted { .. })), "{ingested:?}");
    // Of the good one everything is there, of the bad one nothing: no attempt, no number, and its lease holds on.
    assert_eq!(scene.stats().await, EndpointStats { failed: 1, pending: 2, ..EndpointStats::default() });
    assert_eq!((scene.logged(&claims[0].message).await, scene.logged(&claims[1].message).await), (1, 0));
    let stored = Reference::Key(scene.endpoint.key);
    let stored = scene.store.endpoint(scene.app.key, &stored).await.unwrap().unwrap();
    assert_eq!(stored.failing_since, Some(NOW));
    scene.damage("UPDATE message SET event_id = NULL WHERE key = ?1", claims[1].message.key);
    assert_eq!(settle(&claims[1]).await.unwrap(), [Settled::Done]);
}

#[tokio::test]
async fn endpoints_that_can_not_be_read_are_found_out_before_anything_is_written() {
    for spoils_listener in [true, false] {
        let mut scene = Scene::new().await;
        let claims = scene.claim().await.unwrap();
        let spoilt = if spoils_listener { scene.listener.key } else { scene.endpoint.key };
        scene.damage("UPDATE endpoint SET sealed = x'00' WHERE key = ?1", spoilt);
        scene.reopen().await;
        let org = org();
        let settlements = claims.iter().map(|claim| scene.exhausted(claim)).collect();
        let operations = async {
            futures::join!(
                scene.store.create_app(&org, NewApp::default(), NOW),
                scene.store.settle(settlements, NOW)
            )
        };
        let (made, settled) = together(&scene.store, operations).await;
        assert!(made.is_ok(), "{made:?}");
        // One that listens to notices is left out of them.
        if spoils_listener {
            assert_eq!(settled.unwrap(), [Settled::Done; 2]);
            continue;
        }
        assert!(matches!(settled, Err(Error::Corrupt(_))), "{settled:?}");
        assert_eq!(scene.logged(&claims[0].message).await, 0);
    }
}

#[tokio::test]
async fn a_message_that_can_not_be_read_refuses_the_claim_and_leases_nothing() {
    let scene = Scene::new().await;
    let last = scene.message();
    let key = last.key;
    scene.store.ingest(last).await.unwrap();
    scene.damage("UPDATE message SET event_type = x'ff' WHERE key = ?1", key);
    let operations = async { futures::join!(scene.claim(), scene.store.ingest(scene.message())) };
    let (claimed, ingested) = together(&scene.store, operations).await;
    assert!(matches!(claimed, Err(Error::Corrupt(_))), "{claimed:?}");
    assert!(matches!(ingested, Ok(Ingested::Accepted { .. })), "{ingested:?}");
    scene.damage("UPDATE message SET event_type = 'a' WHERE key = ?1", key);
    let fences: Vec<_> = scene.claim().await.unwrap().iter().map(|claim| claim.delivery.fence).collect();
    assert_eq!(fences, [1; 4]);
}
