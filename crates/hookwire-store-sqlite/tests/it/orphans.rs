//! Leases of earlier runs, among very many deliveries.

use std::sync::Arc;
use std::time::Duration;

use hookwire_core::KeyMint;
use hookwire_core::id::Key;
use hookwire_store::queue::ClaimRequest;
use hookwire_store::{Catalog, Dispatch, Ingest, Queue};
use hookwire_store_suite::Recorder;
use rusqlite::Connection;

use crate::place::{NOW, Place, app, message, new_endpoint, quick};

/// Deliveries that wait, most of them of messages long ago.
const WAITING: i64 = 200_000;

#[tokio::test]
async fn a_store_with_very_many_pending_deliveries_opens_and_frees_void_leases() {
    let place = Place::new();
    let store = place.open_with(quick()).unwrap();
    let app = app(&store).await;
    let endpoint = store.create_endpoint(app.key, new_endpoint(), NOW).await.unwrap();
    let busy = store.create_endpoint(app.key, new_endpoint(), NOW).await.unwrap();
    drop(store);
    let db = Connection::open(place.path()).unwrap();
    let fill = "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
        INSERT INTO delivery SELECT i, ?2, ?3, 0, 0, i, 0, 0, 0, 0, NULL FROM n";
    db.execute(fill, (WAITING, endpoint.key.raw(), app.key.raw())).unwrap();
    drop(db);

    let store = place.open_with(quick()).unwrap();
    let recorder = Recorder::with_room(1);
    store.attach(Arc::clone(&recorder) as Arc<dyn Dispatch>);
    let mut words = message(&app, KeyMint::new(2, 0).next(NOW), 10);
    words.only_to = Some(busy.key);
    store.ingest(words).await.unwrap();
    recorder.until(|heard| heard.accepted.len() == 1).await;
    drop(recorder.take());
    drop(store);

    let store = place.open_with(quick()).unwrap();
    assert_eq!(store.depth().await.unwrap().pending, WAITING as u64);
    let recorder = Recorder::with_room(0);
    store.attach(Arc::clone(&recorder) as Arc<dyn Dispatch>);
    recorder.until(|heard| heard.waiting.contains_key(&busy.key)).await;
    assert!(!recorder.heard().waiting.contains_key(&endpoint.key));
    let request = |endpoint| ClaimRequest {
        endpoint,
        now: NOW,
        lease_until: NOW.plus(Duration::from_mins(1)),
        limit: 1_000,
        bytes_max: usize::MAX,
    };
    assert_eq!(store.claim(request(busy.key)).await.unwrap().claims.len(), 1);
    assert_eq!(store.claim(request(endpoint.key)).await.unwrap().claims.len(), 1_000);
    let lanes = store.lanes(None, 10).await.unwrap();
    assert_eq!(lanes.iter().map(|lane| lane.endpoint).collect::<Vec<_>>(), [endpoint.key, busy.key]);
}
