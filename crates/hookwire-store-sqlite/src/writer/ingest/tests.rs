//! Nothing is decided by what was true once.

use std::sync::Arc;
use std::time::Duration;

use hookwire_core::rules::RulesChange;
use hookwire_core::{
    App, Endpoint, EndpointChange, EventTypeName, Filter, KeyMint, Metadata, NewEndpoint, Payload, Reference,
    Secret,
};
use hookwire_store::{Catalog, History, Ingest, Queue};

use super::*;
use crate::SqliteStore;
use crate::writer::operation::Operation;
use crate::writer::tests::{NOW, org, store};

/// So many bytes that no filter is held against them in the writer.
const LARGE: usize = 20_000;

struct Scene {
    store: Arc<SqliteStore>,
    app: App,
    mint: KeyMint,
    _folder: tempfile::TempDir,
}

impl Scene {
    async fn new() -> Self {
        let (folder, store) = store();
        let app = store.create_app(&org(), NewApp::default(), NOW).await.unwrap().into_inner();
        Self { store, app, mint: KeyMint::new(2, 0), _folder: folder }
    }

    async fn endpoint(&self, filter: Option<&str>) -> Endpoint {
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
            rules: rules(filter),
            secret: Secret::from_random([7; 24]),
        };
        self.store.create_endpoint(self.app.key, new, NOW).await.unwrap()
    }

    async fn refilter(&self, endpoint: &Endpoint, filter: Option<&str>) {
        let change = EndpointChange { rules: rules(filter), ..EndpointChange::default() };
        let reference = Reference::Key(endpoint.key);
        self.store.change_endpoint(self.app.key, &reference, change, NOW).await.unwrap().unwrap();
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
            payload: Payload::from_json(format!(r#"{{"n":1,"pad":"{}"}}"#, "x".repeat(LARGE))),
            deliver_at: None,
            payload_retention: Duration::from_hours(1),
            only_to: None,
            request: None,
            now: NOW,
        }
    }

    async fn ask(&self, message: NewMessage, choice: Choice) -> Taken {
        self.store.writer.ask(Incoming { message, choice }, Operation::Ingest).await.unwrap()
    }

    /// The message comes back undecided; answers the version that it was asked about.
    async fn undecided(&self, message: &NewMessage, choice: Choice) -> u64 {
        let Taken::Undecided(undecided) = self.ask(message.clone(), choice).await else { panic!("decided") };
        assert_eq!((undecided.message.key, undecided.app), (message.key, self.app.key));
        undecided.version
    }

    async fn deliveries(&self, message: &NewMessage, choice: Choice) -> u32 {
        match self.ask(message.clone(), choice).await {
            Taken::Done(Ingested::Accepted { deliveries, .. }) => deliveries,
            Taken::Done(other) => panic!("{other:?}"),
            Taken::Undecided(_) => panic!("undecided"),
        }
    }
}

fn rules(filter: Option<&str>) -> RulesChange {
    let filter = filter.map(|source| Arc::new(Filter::compile(source).unwrap()));
    RulesChange { filter: Some(filter), ..RulesChange::default() }
}

fn made(version: u64, endpoints: &[&Endpoint], is_last: bool) -> Choice {
    let endpoints = endpoints.iter().map(|endpoint| endpoint.key).collect();
    Choice::Made { version, endpoints, is_last }
}

#[tokio::test]
async fn a_message_that_is_undecided_has_changed_nothing() {
    let scene = Scene::new().await;
    let (wanting, other) =
        (scene.endpoint(Some(r#"{"n":1}"#)).await, scene.endpoint(Some(r#"{"n":2}"#)).await);
    let message = scene.message();
    let version = scene.undecided(&message, Choice::Open).await;
    let stored = scene.store.message(scene.app.key, &Reference::Key(message.key), false).await.unwrap();
    assert_eq!(stored, None);
    assert_eq!(scene.deliveries(&message, made(version, &[&wanting], false)).await, 1);
    // All of it in one verb.
    let ingested = scene.store.ingest(scene.message()).await.unwrap();
    assert_eq!(ingested, Ingested::Accepted { app: scene.app.key, deliveries: 1 });
    let owed = scene.store.lanes(None, 10).await.unwrap();
    assert_eq!(owed.iter().map(|lane| lane.endpoint).collect::<Vec<_>>(), [wanting.key], "{}", other.key);
}

#[tokio::test]
async fn what_changed_while_it_was_found_out_is_looked_at_again() {
    let scene = Scene::new().await;
    let (first, second) =
        (scene.endpoint(Some(r#"{"n":1}"#)).await, scene.endpoint(Some(r#"{"n":1}"#)).await);
    let message = scene.message();
    let version = scene.undecided(&message, Choice::Open).await;
    // What has no filter is quickly decided, and so is what is gone.
    scene.store.delete_endpoint(scene.app.key, &Reference::Key(first.key), NOW).await.unwrap();
    let third = scene.endpoint(None).await;
    assert_eq!(scene.deliveries(&message, made(version, &[&first, &second], false)).await, 2);
    let message = scene.message();
    let version = scene.undecided(&message, Choice::Open).await;
    scene.refilter(&second, Some(r#"{"n":2}"#)).await;
    scene.refilter(&third, Some(r#"{"n":1}"#)).await;
    // What has one is not, so somebody is asked again; at last it is decided nevertheless.
    let choice = || made(version, &[&second], false);
    let later = scene.undecided(&message, choice()).await;
    assert!(later > version);
    assert_eq!(scene.deliveries(&message, made(version, &[&second], true)).await, 1);
    let owed = scene.store.endpoints_of_message(scene.app.key, message.key, page()).await.unwrap();
    assert_eq!(owed.items.iter().map(|(endpoint, _)| endpoint.key).collect::<Vec<_>>(), [third.key]);
}

#[tokio::test]
async fn when_too_much_changed_all_is_looked_at_again() {
    let scene = Scene::new().await;
    let endpoint = scene.endpoint(Some(r#"{"n":1}"#)).await;
    let message = scene.message();
    let version = scene.undecided(&message, Choice::Open).await;
    for number in 0..70 {
        scene.refilter(&endpoint, Some(&format!(r#"{{"n":{number}}}"#))).await;
    }
    let later = scene.undecided(&message, made(version, &[&endpoint], false)).await;
    assert!(later > version);
    assert_eq!(scene.deliveries(&message, made(version, &[&endpoint], true)).await, 0);
    // An app that is another one by now has other versions.
    let gone = Reference::Key(scene.app.key);
    scene.store.delete_app(&org(), &gone, NOW).await.unwrap();
    let choice = made(later, &[&endpoint], false);
    assert!(matches!(scene.ask(scene.message(), choice).await, Taken::Done(Ingested::NoApp)));
}

const fn page() -> hookwire_store::Page {
    hookwire_store::Page { limit: 9, order: hookwire_store::Order::Ascending, cursor: None }
}
