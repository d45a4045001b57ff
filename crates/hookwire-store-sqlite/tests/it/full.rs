//! When the disk is full.

use std::sync::Arc;
use std::time::Duration;

use hookwire_core::{App, Endpoint, EndpointKey, KeyMint, Reference, Timestamp};
use hookwire_store::dispatch::{Claim, Dispatch};
use hookwire_store::ingest::Ingested;
use hookwire_store::upkeep::RetentionStep;
use hookwire_store::{Catalog, Error, History, Ingest, Queue, Upkeep};
use hookwire_store_sqlite::Settings;

use crate::place::{NOW, Place, app, message, new_endpoint, quick};

/// So many that it is their deliveries that fill the disk.
const ENDPOINTS: usize = 200;

/// Takes everything, and counts what it takes and what is taken back.
#[derive(Default)]
struct Scales(std::sync::Mutex<Counts>);

#[derive(Debug, Default, Clone, Copy)]
struct Counts {
    reserved: usize,
    accepted: usize,
    cancelled: usize,
}

impl Dispatch for Scales {
    fn reserve(&self, _: EndpointKey, _: usize) -> bool {
        self.0.lock().expect("no panic").reserved += 1;
        true
    }
    fn accept(&self, claims: Vec<Claim>) {
        self.0.lock().expect("no panic").accepted += claims.len();
    }
    fn cancel(&self, _: EndpointKey, _: usize) {
        self.0.lock().expect("no panic").cancelled += 1;
    }
    fn waiting(&self, _: EndpointKey, _: Timestamp) {}
    fn changed(&self, _: Arc<Endpoint>, _: Arc<App>) {}
    fn app_changed(&self, _: Arc<App>) {}
    fn removed(&self, _: EndpointKey) {}
    fn lease(&self) -> Duration {
        Duration::from_mins(1)
    }
}

#[tokio::test]
async fn a_full_disk_refuses_clearly_loses_nothing_and_goes_on_when_there_is_room() {
    let place = Place::new();
    let store = place.open_with(Settings { file_bytes_max: Some(1_024 * 1_024), ..quick() }).unwrap();
    let app = app(&store).await;
    for _ in 0..ENDPOINTS {
        store.create_endpoint(app.key, new_endpoint(), NOW).await.unwrap();
    }
    let scales = Arc::new(Scales::default());
    store.attach(Arc::clone(&scales) as Arc<dyn Dispatch>);
    let mint = KeyMint::new(2, 0);
    let mut accepted = Vec::new();
    let refused = loop {
        let key = mint.next(NOW);
        match store.ingest(message(&app, key, 10)).await {
            Ok(_) => accepted.push(key),
            Err(error) => break error,
        }
        assert!(accepted.len() < 1_000);
    };
    assert!(matches!(&refused, Error::Unavailable(reason) if reason == "disk full"), "{refused}");
    // It failed among the deliveries of a message: the places that were reserved for it are free again.
    let counts = *scales.0.lock().unwrap();
    assert!(accepted.len() > 5 && counts.cancelled > 0, "{counts:?}");
    assert_eq!(counts.accepted, accepted.len() * ENDPOINTS);
    assert_eq!(counts.reserved, counts.accepted + counts.cancelled);
    assert_eq!(store.depth().await.unwrap().pending, counts.accepted as u64);

    // The writer lives on: it makes room, and then takes messages again.
    store.ping().await.unwrap();
    for key in &accepted[..3] {
        store.expunge_payload(app.key, &Reference::Key(*key)).await.unwrap();
    }
    let later = NOW.plus(Duration::from_hours(24 * 365));
    let age = Duration::from_hours(24);
    let step = RetentionStep { now: later, attempts: age, messages: age, limit: 3 };
    assert_eq!(store.retain(step).await.unwrap().messages, 3);
    let key = mint.next(NOW);
    let again = store.ingest(message(&app, key, 10)).await.unwrap();
    assert_eq!(again, Ingested::Accepted { app: app.key, deliveries: ENDPOINTS as u32 });
    store.detach();
    drop(store);

    let store = place.open_with(quick()).unwrap();
    for key in &accepted[3..] {
        assert!(store.message(app.key, &Reference::Key(*key), false).await.unwrap().is_some());
    }
    store.ingest(message(&app, mint.next(NOW), 20_000)).await.unwrap();
}
