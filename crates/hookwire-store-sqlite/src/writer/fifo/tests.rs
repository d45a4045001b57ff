//! Heads and leases as no caller alone brings them about.

use std::sync::Arc;
use std::time::Duration;

use hookwire_core::rules::RulesChange;
use hookwire_core::{
    App, EndpointChange, EventTypeName, KeyMint, Metadata, NewApp, NewEndpoint, Payload, Reference, Secret,
    Transition,
};
use hookwire_store::ingest::NewMessage;
use hookwire_store::queue::Settlement;
use hookwire_store::{Catalog, Ingest, Queue};
use rusqlite::Connection;

use super::*;
use crate::SqliteStore;
use crate::writer::tests::{NOW, org, store, together};

/// An endpoint to which three messages are owed.
struct Scene {
    folder: tempfile::TempDir,
    store: Arc<SqliteStore>,
    app: App,
    endpoint: Endpoint,
    messages: Vec<MessageKey>,
}

impl Scene {
    async fn new(order: DeliveryOrder) -> Self {
        let (folder, store) = store();
        let app = store.create_app(&org(), NewApp::default(), NOW).await.unwrap().into_inner();
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
            metadata: Metadata::new(),
            headers: None,
            rules: rules(order),
            secret: Secret::from_random([7; 24]),
        };
        let endpoint = store.create_endpoint(app.key, new, NOW).await.unwrap();
        let mint = KeyMint::new(2, 0);
        let messages: Vec<MessageKey> = (0..3).map(|_| mint.next(NOW)).collect();
        for key in &messages {
            store.ingest(message(&app, *key)).await.unwrap();
        }
        Self { folder, store, app, endpoint, messages }
    }

    async fn claim(&self, limit: u32) -> Vec<MessageKey> {
        let lease_until = NOW.plus(Duration::from_mins(1));
        let endpoint = self.endpoint.key;
        let request = ClaimRequest { endpoint, now: NOW, lease_until, limit, bytes_max: usize::MAX };
        let claims = self.store.claim(request).await.unwrap().claims;
        claims.into_iter().map(|claim| claim.message.key).collect()
    }
}

fn rules(order: DeliveryOrder) -> RulesChange {
    RulesChange { order: Some(order), ..RulesChange::default() }
}

fn message(app: &App, key: MessageKey) -> NewMessage {
    NewMessage {
        org: org(),
        app: Reference::Key(app.key),
        create_app: None,
        key,
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

#[tokio::test]
async fn a_lease_of_the_very_transaction_that_gives_an_order_is_waited_for() {
    let scene = Scene::new(DeliveryOrder::None).await;
    let change = EndpointChange { rules: rules(DeliveryOrder::Fifo), ..EndpointChange::default() };
    let reference = Reference::Key(scene.endpoint.key);
    let change = scene.store.change_endpoint(scene.app.key, &reference, change, NOW);
    let operations = async { futures::join!(scene.claim(1), change, scene.claim(9)) };
    let (before, changed, after) = together(&scene.store, operations).await;
    assert!(changed.unwrap().is_some());
    assert_eq!((before, after), (scene.messages[..1].to_vec(), Vec::new()));
    assert_eq!(scene.claim(9).await, []);
}

#[tokio::test]
async fn a_head_that_was_left_behind_counts_for_nothing() {
    let scene = Scene::new(DeliveryOrder::Fifo).await;
    assert_eq!(scene.claim(9).await, scene.messages[..1]);
    let db = Connection::open(scene.folder.path().join("db")).unwrap();
    let settle = "UPDATE delivery SET state = 1, leased = 0 WHERE message = ?1";
    assert_eq!(db.execute(settle, [scene.messages[0].raw()]).unwrap(), 1);
    assert_eq!(scene.claim(9).await, scene.messages[1..2]);
    assert_eq!(db.execute("DELETE FROM delivery WHERE message = ?1", [scene.messages[1].raw()]).unwrap(), 1);
    assert_eq!(scene.claim(9).await, scene.messages[2..]);
}

#[tokio::test]
async fn the_next_one_is_claimed_in_the_transaction_in_which_the_first_is_settled() {
    let scene = Scene::new(DeliveryOrder::Fifo).await;
    let lease_until = NOW.plus(Duration::from_mins(1));
    let endpoint = scene.endpoint.key;
    let request = ClaimRequest { endpoint, now: NOW, lease_until, limit: 1, bytes_max: 1 };
    let first = scene.store.claim(request).await.unwrap().claims.remove(0);
    let transition = Transition::Delivered;
    let settlement = Settlement { delivery: first.delivery, attempt: None, verdict: None, transition };
    let settle = scene.store.settle(vec![settlement], NOW);
    let operations = async { futures::join!(scene.claim(9), settle, scene.claim(9), scene.claim(9)) };
    let (early, settled, next, late) = together(&scene.store, operations).await;
    assert!(settled.is_ok());
    assert_eq!((early, next, late), (Vec::new(), scene.messages[1..2].to_vec(), Vec::new()));
}
