//! A store, and a connection that does what another node would do.

use std::sync::Arc;

use hookwire_core::App;
use hookwire_store::Result;
use hookwire_store::ingest::{Ingested, NewMessage};
use hookwire_store_postgres::Settings;
use hookwire_store_suite::World;
use tokio::task::JoinHandle;
use tokio_postgres::Client;

use crate::place::{Known, LOCK_SPACE, Place};

/// A store, and a connection of another node.
pub(crate) struct Ground {
    pub(crate) world: World,
    pub(crate) place: Arc<Place>,
    pub(crate) other: Client,
}

impl Ground {
    pub(crate) async fn new() -> Self {
        Self::with(Settings::default()).await
    }

    /// One whose store has these settings.
    pub(crate) async fn with(settings: Settings) -> Self {
        let place = Arc::new(Place::with(settings));
        let world = World::new(Box::new(Known(Arc::clone(&place)))).await;
        let other = place.other().await;
        Self { world, place, other }
    }

    /// The other node says this.
    pub(crate) async fn other(&self, sql: &str) {
        self.other.batch_execute(sql).await.expect(sql);
    }

    /// The other node begins a transaction with these locks for itself.
    pub(crate) async fn lock(&self, between: &str) {
        self.other(&format!(
            "BEGIN; SELECT pg_advisory_xact_lock({LOCK_SPACE}, lock) FROM generate_series({between}) AS l (lock)"
        ))
        .await;
    }

    /// What the store does, which waits until the other node commits.
    pub(crate) async fn after_commit<T>(&self, task: JoinHandle<Result<T>>) -> T {
        self.place.until_it_waits(&task).await;
        self.other("COMMIT").await;
        task.await.expect("it does not panic").expect("the database answers")
    }

    /// A message to be accepted.
    pub(crate) fn accept(&self, message: NewMessage) -> JoinHandle<Result<Ingested>> {
        let store = self.world.store();
        tokio::spawn(async move { store.ingest(message).await })
    }

    /// A message to the app, which waits until the other node commits.
    pub(crate) async fn ingest(&self, app: &App) -> Ingested {
        self.after_commit(self.accept(self.world.message(app))).await
    }
}
