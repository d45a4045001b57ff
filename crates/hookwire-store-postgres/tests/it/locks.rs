//! What is accepted while another node changes the app, or ends this node.

use std::sync::Arc;

use futures::FutureExt as _;
use hookwire_core::id::Key as _;
use hookwire_store::ingest::Ingested;
use hookwire_store_suite::World;
use hookwire_testkit::eventually;
use tokio::task::JoinHandle;
use tokio_postgres::{Client, NoTls};

use crate::place::{Known, Place};

/// The first of the two numbers of our advisory locks.
const LOCK_SPACE: i32 = 0x686b_7772;
/// The second one of any app, and of any node, from and to.
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
        let url = place.database().await.url();
        let (other, connection) = tokio_postgres::connect(&url, NoTls).await.expect("the database answers");
        tokio::spawn(connection.map(drop));
        Self { world, place, other }
    }

    /// The other node begins a transaction with these locks for itself.
    async fn lock(&self, between: &str) {
        let sql = format!(
            "BEGIN; SELECT pg_advisory_xact_lock({LOCK_SPACE}, lock) FROM generate_series({between}) AS l (lock)"
        );
        self.other.batch_execute(&sql).await.expect("the locks are free");
    }

    /// Waits until the store waits for the other node.
    async fn until_it_waits<T: std::fmt::Debug>(&self, task: &JoinHandle<T>) {
        let waiting = async || {
            self.place.database().await.query("SELECT count(*) FROM pg_locks WHERE NOT granted").await
        };
        eventually("the store to wait", waiting, |count| count != "0" || task.is_finished()).await;
        assert!(!task.is_finished(), "it did not wait");
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
    let (store, message) = (ground.world.store(), ground.world.message(&app));
    let ingest = tokio::spawn(async move { store.ingest(message).await });
    ground.until_it_waits(&ingest).await;
    ground.other.batch_execute("COMMIT").await.unwrap();
    let accepted = Ingested::Accepted { app: app.key, deliveries: 0 };
    assert_eq!(ingest.await.unwrap().unwrap(), accepted);
}

#[tokio::test]
async fn a_message_waits_for_whoever_looks_whether_its_node_is_dead() {
    let ground = Ground::new().await;
    let app = ground.world.app().await;
    ground.world.endpoint_with(&app, |_| {}).await;
    ground.world.send(&app).await;
    ground.lock(NODES).await;
    let (store, message) = (ground.world.store(), ground.world.message(&app));
    let ingest = tokio::spawn(async move { store.ingest(message).await });
    ground.until_it_waits(&ingest).await;
    ground.other.batch_execute("COMMIT").await.unwrap();
    let accepted = Ingested::Accepted { app: app.key, deliveries: 1 };
    assert_eq!(ingest.await.unwrap().unwrap(), accepted);
}
