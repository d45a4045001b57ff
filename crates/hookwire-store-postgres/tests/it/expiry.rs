//! What goes by its time while another node makes use of it.

use std::sync::Arc;
use std::time::Duration;

use hookwire_core::id::Key as _;
use hookwire_core::{App, Endpoint, MessageKey, Reference, Transition};
use hookwire_store::queue::Resend;
use hookwire_store::upkeep::RetentionStep;
use hookwire_store_suite::World;
use tokio_postgres::Client;

use crate::place::{Known, LOCK_SPACE, Place};

const HOUR: Duration = Duration::from_hours(1);

/// A message that was delivered, and a connection of another node.
struct Ground {
    world: World,
    place: Arc<Place>,
    app: App,
    endpoint: Endpoint,
    message: MessageKey,
    other: Client,
}

impl Ground {
    async fn new() -> Self {
        let place = Arc::new(Place::new());
        let world = World::new(Box::new(Known(Arc::clone(&place)))).await;
        let app = world.app().await;
        let endpoint = world.endpoint_with(&app, |_| {}).await;
        let mut new = world.message(&app);
        new.payload_retention = HOUR;
        let message = new.key;
        world.store().ingest(new).await.expect("the database answers");
        let claim = world.claim_one(&endpoint).await;
        let settlement = world.settlement(&claim, 200, Transition::Delivered);
        world.store().settle(vec![settlement], world.now()).await.expect("the database answers");
        let other = place.other().await;
        Self { world, place, app, endpoint, message, other }
    }

    async fn has_payload(&self) -> bool {
        let found = self.world.store().message(self.app.key, &Reference::Key(self.message), true).await;
        found.expect("it can be read").expect("it is there").payload.is_some()
    }
}

#[tokio::test]
async fn a_payload_that_is_being_owed_again_is_not_removed_meanwhile() {
    let ground = Ground::new().await;
    let (endpoint, message, app) = (ground.endpoint.key.raw(), ground.message.raw(), ground.app.key.raw());
    let resent = format!(
        "BEGIN; SELECT pg_advisory_xact_lock_shared({LOCK_SPACE}, 5); \
         INSERT INTO queue (endpoint, message, app, due, lease_until, leased, fence, attempts, trigger) \
         VALUES ({endpoint}, {message}, {app}, 0, 0, 0, 9, 0, 1)"
    );
    ground.other.batch_execute(&resent).await.unwrap();
    let store = ground.world.store();
    let now = ground.world.now().plus(HOUR * 2);
    let step = RetentionStep { now, attempts: HOUR * 999, messages: HOUR * 999, limit: 10 };
    let retention = tokio::spawn(async move { store.retain(step).await });
    ground.place.until_it_waits(&retention).await;
    ground.other.batch_execute("COMMIT").await.unwrap();
    let removed = retention.await.unwrap().unwrap();
    assert_eq!((removed.payloads, removed.kept_payloads), (0, 1));
    assert!(ground.has_payload().await);
}

#[tokio::test]
async fn a_payload_that_is_being_removed_is_not_owed_again_meanwhile() {
    let ground = Ground::new().await;
    let message = ground.message.raw();
    let expires = format!(
        "BEGIN; SELECT pg_advisory_xact_lock({LOCK_SPACE}, 5); UPDATE message SET payload = NULL WHERE key = {message}"
    );
    ground.other.batch_execute(&expires).await.unwrap();
    let (store, now) = (ground.world.store(), ground.world.now());
    let (app, message, endpoint) = (ground.app.key, ground.message, ground.endpoint.key);
    let resend = tokio::spawn(async move {
        store.resend(app, &Reference::Key(message), &Reference::Key(endpoint), now).await
    });
    ground.place.until_it_waits(&resend).await;
    ground.other.batch_execute("COMMIT").await.unwrap();
    assert_eq!(resend.await.unwrap().unwrap(), Resend::NoPayload);
    assert!(!ground.has_payload().await);
}
