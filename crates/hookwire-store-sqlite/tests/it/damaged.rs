//! An endpoint whose row can't be read harms nobody but itself.

use std::sync::Arc;
use std::time::Duration;

use hookwire_core::id::Key;
use hookwire_core::{
    App, Endpoint, EndpointChange, EndpointKey, KeyMint, NewEndpoint, Reference, Uid, task::TaskKind,
    task::TaskStatus,
};
use hookwire_store::ingest::Ingested;
use hookwire_store::queue::ClaimRequest;
use hookwire_store::upkeep::TrimStep;
use hookwire_store::{Catalog, Error, Ingest, Order, Page, Queue, Upkeep};
use hookwire_store_sqlite::SqliteStore;
use rusqlite::Connection;

use crate::place::{NOW, Place, app, message, new_endpoint, org, quick};

/// An app with a sound endpoint and a damaged one, to each of which a message is owed.
struct Scene {
    place: Place,
    store: Arc<SqliteStore>,
    app: App,
    sound: Endpoint,
    damaged: Endpoint,
    mint: KeyMint,
}

impl Scene {
    async fn new() -> Self {
        let place = Place::new();
        let store = place.open_with(quick()).expect("the store opens");
        let app = app(&store).await;
        let named = |uid: &str| NewEndpoint { uid: Some(Uid::stored(uid)), ..new_endpoint() };
        let sound = store.create_endpoint(app.key, named("sound"), NOW).await.expect("an endpoint");
        let damaged = store.create_endpoint(app.key, named("damaged"), NOW).await.expect("an endpoint");
        let mint = KeyMint::new(2, 0);
        store.ingest(message(&app, mint.next(NOW), 2)).await.expect("a message");
        store.close().await;
        let db = Connection::open(place.path()).expect("a connection");
        let sql = "UPDATE endpoint SET config = '{broken' WHERE key = ?1";
        assert_eq!(db.execute(sql, [damaged.key.raw()]).expect("a change"), 1);
        drop(db);
        let store = place.open_with(quick()).expect("the store opens");
        Self { place, store, app, sound, damaged, mint }
    }

    /// How many deliveries a claim for the endpoint gets.
    async fn claimed(&self, endpoint: EndpointKey) -> Result<usize, Error> {
        let request = ClaimRequest {
            endpoint,
            now: NOW,
            lease_until: NOW.plus(Duration::from_mins(1)),
            limit: 100,
            bytes_max: usize::MAX,
        };
        self.store.claim(request).await.map(|claimed| claimed.claims.len())
    }

    async fn listed(&self) -> Vec<EndpointKey> {
        let page = Page { limit: 9, order: Order::Ascending, cursor: None };
        let listed = self.store.endpoints(self.app.key, page).await.expect("a list");
        listed.items.iter().map(|endpoint| endpoint.key).collect()
    }
}

fn assert_corrupt<T: std::fmt::Debug>(done: &Result<T, Error>) {
    assert!(matches!(done, Err(Error::Corrupt(_))), "{done:?}");
}

#[tokio::test]
async fn its_app_goes_on_and_its_own_deliveries_wait() {
    let scene = Scene::new().await;
    let taken = scene.store.ingest(message(&scene.app, scene.mint.next(NOW), 2)).await.unwrap();
    assert!(matches!(taken, Ingested::Accepted { deliveries: 1, .. }), "{taken:?}");
    assert_eq!(scene.claimed(scene.sound.key).await.unwrap(), 2);
    assert_corrupt(&scene.claimed(scene.damaged.key).await);
    assert_eq!(scene.store.depth().await.unwrap().pending, 3, "nothing of it is given up");
    assert_eq!(scene.listed().await, [scene.sound.key]);
    let more = NewEndpoint { uid: Some(Uid::stored("more")), ..new_endpoint() };
    scene.store.create_endpoint(scene.app.key, more, NOW).await.unwrap();
}

#[tokio::test]
async fn it_is_not_changed_and_its_uid_stays_taken() {
    let scene = Scene::new().await;
    let (store, app) = (&scene.store, scene.app.key);
    for reference in [Reference::Key(scene.damaged.key), Reference::Uid("damaged".to_owned())] {
        assert_corrupt(&store.endpoint(app, &reference).await);
        let change = EndpointChange::default();
        assert_corrupt(&store.change_endpoint(app, &reference, change, NOW).await);
    }
    let same = NewEndpoint { uid: Some(Uid::stored("damaged")), ..new_endpoint() };
    let taken = store.create_endpoint(app, same, NOW).await;
    assert!(matches!(taken, Err(Error::Conflict(_))), "{taken:?}");
}

#[tokio::test]
async fn it_can_be_deleted_and_its_deliveries_are_cancelled() {
    let scene = Scene::new().await;
    let (store, app) = (&scene.store, scene.app.key);
    let by_uid = Reference::Uid("damaged".to_owned());
    assert!(store.delete_endpoint(app, &by_uid, NOW).await.unwrap());
    assert!(!store.delete_endpoint(app, &by_uid, NOW).await.unwrap());
    assert_eq!(store.depth().await.unwrap().pending, 1);
    assert_eq!(store.endpoint(app, &Reference::Key(scene.damaged.key)).await.unwrap(), None);
    let again = NewEndpoint { uid: Some(Uid::stored("damaged")), ..new_endpoint() };
    store.create_endpoint(app, again, NOW).await.unwrap();
    assert_eq!(scene.listed().await.len(), 2);
}

#[tokio::test]
async fn its_app_can_be_deleted() {
    let scene = Scene::new().await;
    assert!(scene.store.delete_app(&org(), &Reference::Key(scene.app.key), NOW).await.unwrap());
    assert_eq!(scene.store.depth().await.unwrap().pending, 0);
}

#[tokio::test]
async fn its_task_fails_and_others_and_the_logs_go_on() {
    let scene = Scene::new().await;
    let mut tasks = Vec::new();
    for endpoint in [scene.damaged.key, scene.sound.key] {
        let db = Connection::open(scene.place.path()).unwrap();
        let org_key: i64 = db.query_row("SELECT key FROM org", [], |row| row.get(0)).unwrap();
        let task: hookwire_core::TaskKey = scene.mint.next(NOW);
        let row = (task.raw(), org_key, scene.app.key.raw(), endpoint.raw(), TaskKind::Recover.name());
        let sql = "INSERT INTO task (key, org, app, endpoint, kind, since, until, status, cursor, queued, updated) \
            VALUES (?1, ?2, ?3, ?4, ?5, 0, 0, 'running', 0, 0, 0)";
        db.execute(sql, row).unwrap();
        tasks.push(task);
    }
    scene.store.advance_tasks(NOW, 100).await.unwrap();
    let page = Page { limit: 9, order: Order::Ascending, cursor: None };
    let found = scene.store.tasks(&org(), hookwire_store::upkeep::TaskFilter::default(), page).await.unwrap();
    let statuses: Vec<_> = found.items.iter().map(|task| task.status).collect();
    assert_eq!(statuses, [TaskStatus::Failed, TaskStatus::Finished]);
    let step = TrimStep { profiles: Vec::new(), limit: 100 };
    assert_eq!(scene.store.trim_logs(step).await.unwrap(), 0);
}
