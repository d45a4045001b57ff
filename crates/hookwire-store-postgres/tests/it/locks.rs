//! What is accepted while another node changes the app, or ends this node.

use std::sync::Arc;

use hookwire_core::App;
use hookwire_core::id::Key as _;
use hookwire_store::ingest::Ingested;
use hookwire_store_suite::World;
use tokio_postgres::Client;

use crate::place::{Known, LOCK_SPACE, Place};

/// The second of the two numbers of an advisory lock, of any app and of any node: from and to.
const APPS: &str = "100, 163";
const NODES: &str = "1000, 1100";

/// A store, and a connection of another node.
struct Ground {
    world: World,
    place: Arc<Place>,
    other: Client,
}

impl Ground {
    async fn new() -> Self {
        let place = Arc::new(Place::new());
        let world = World::new(Box::new(Known(Arc::clone(&place)))).await;
        let other = place.other().await;
        Self { world, place, other }
    }

    /// The other node begins a transaction with these locks for itself.
    async fn lock(&self, between: &str) {
        let sql = format!(
            "BEGIN; SELECT pg_advisory_xact_lock({LOCK_SPACE}, lock) FROM generate_series({between}) AS l (lock)"
        );
        self.other.batch_execute(&sql).await.expect("the locks are free");
    }

    /// A message to the app, which waits until the other node commits.
    async fn ingest(&self, app: &App) -> Ingested {
        let (store, message) = (self.world.store(), self.world.message(app));
        let ingest = tokio::spawn(async move { store.ingest(message).await });
        self.place.until_it_waits(&ingest).await;
        self.other.batch_execute("COMMIT").await.expect("it can be committed");
        ingest.await.expect("it does not panic").expect("the database answers")
    }
}

#[tokio::test]
async fn a_message_goes_by_the_change_that_it_waited_for() {
    let ground = Ground::new().await;
    let app = ground.world.app().await;
    let endpoint = ground.world.endpoint_with(&app, |_| {}).await;
    // So the app is remembered as it is.
    ground.world.send(&app).await;
    ground.lock(APPS).await;
    let change = format!(
        "UPDATE endpoint SET deleted = true WHERE key = {}; UPDATE app SET version = version + 1 WHERE key = {}",
        endpoint.key.raw(),
        app.key.raw()
    );
    ground.other.batch_execute(&change).await.unwrap();
    assert_eq!(ground.ingest(&app).await, Ingested::Accepted { app: app.key, deliveries: 0 });
}

#[tokio::test]
async fn a_message_waits_for_whoever_looks_whether_its_node_is_dead() {
    let ground = Ground::new().await;
    let app = ground.world.app().await;
    ground.world.endpoint_with(&app, |_| {}).await;
    ground.world.send(&app).await;
    ground.lock(NODES).await;
    assert_eq!(ground.ingest(&app).await, Ingested::Accepted { app: app.key, deliveries: 1 });
}
