//! The world of a test: a node, a receiver, an app, and short ways to say what happens there.

mod node;

use std::path::PathBuf;
use std::time::Duration;

use hookwire_core::retry::RetryPolicy;
use hookwire_core::rules::RulesChange;
use hookwire_core::{
    App, Attempt, Clock as _, Endpoint, EventTypeName, MessageKey, Metadata, NewApp, NewEndpoint, OrgId,
    Payload, Reference, Secret, Timestamp,
};
use hookwire_engine::{Engine, Settings};
use hookwire_store::history::{AttemptFilter, DeliveryStatus};
use hookwire_store::ingest::{Ingested, NewMessage};
use hookwire_store::{Order, Page, SharedStore};
use hookwire_testkit::{FakeClock, Receiver, eventually};
use tempfile::TempDir;

use self::node::Node;

/// When every test begins.
pub(crate) const START: Timestamp = Timestamp::from_seconds(1_790_000_000);
/// How long a lease lasts.
pub(crate) const LEASE: Duration = Duration::from_mins(15);

/// A page that holds everything.
pub(crate) const PAGE: Page = Page { limit: 250, order: Order::Ascending, cursor: None };

/// How the engine is to be.
#[derive(Clone)]
pub(crate) struct Words {
    pub(crate) settings: Settings,
    pub(crate) chance: fn() -> f64,
}

/// The world of a test.
pub(crate) struct World {
    pub(crate) clock: FakeClock,
    pub(crate) receiver: Receiver,
    pub(crate) app: App,
    node: Option<Node>,
    words: Words,
    folder: TempDir,
}

impl World {
    /// A world whose engine tries again after 5 s and after a minute, to the second.
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// The same with other words.
    pub(crate) async fn with(change: impl FnOnce(&mut Words)) -> Self {
        let delays = vec![Duration::from_secs(5), Duration::from_mins(1)];
        let retry = RetryPolicy { delays, jitter: 0.0, ..RetryPolicy::default() };
        let settings = Settings { retry, lease: LEASE, ..Settings::default() };
        let mut words = Words { settings, chance: || 0.5 };
        change(&mut words);
        let folder = TempDir::new().expect("a temporary folder");
        let clock = FakeClock::at(START);
        let node = Node::start(&folder.path().join("hookwire.db"), &clock, &words);
        let new = NewApp { name: "App".to_owned(), ..NewApp::default() };
        let app = node.store.create_app(&OrgId::stored("org_main"), new, START).await.expect("an app");
        let receiver = Receiver::start().await;
        Self { clock, receiver, app: app.into_inner(), node: Some(node), words, folder }
    }

    fn node(&self) -> &Node {
        self.node.as_ref().expect("a node runs")
    }

    pub(crate) fn store(&self) -> &SharedStore {
        &self.node().store
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.node().engine
    }

    /// The database file.
    pub(crate) fn file(&self) -> PathBuf {
        self.folder.path().join("hookwire.db")
    }

    /// Cuts the node off in the middle of whatever it does, and starts another on what it left on disk.
    pub(crate) async fn crash(&mut self) {
        self.node.take().expect("a node runs").crash().await;
        self.node = Some(Node::start(&self.file(), &self.clock, &self.words));
    }

    /// Starts another engine on the same open store. The one before must have been drained.
    pub(crate) fn start_engine_again(&mut self) {
        self.node.as_mut().expect("a node runs").start_engine(&self.clock, &self.words);
    }

    /// An endpoint that wants everything, at this path of the receiver.
    pub(crate) async fn endpoint(&self, path: &str) -> Endpoint {
        self.endpoint_with(path, |_| {}).await
    }

    pub(crate) async fn endpoint_with(&self, path: &str, change: impl FnOnce(&mut NewEndpoint)) -> Endpoint {
        let mut new = NewEndpoint {
            uid: None,
            name: None,
            url: self.receiver.url(path),
            description: String::new(),
            version: 1,
            disabled: false,
            event_types: None,
            channels: None,
            throttle_rate: None,
            metadata: Metadata::new(),
            headers: None,
            rules: RulesChange::default(),
            secret: Secret::from_random([7; 24]),
        };
        change(&mut new);
        self.store().create_endpoint(self.app.key, new, self.clock.now()).await.expect("an endpoint")
    }

    /// Sends a message; answers its key.
    pub(crate) async fn send(&self) -> MessageKey {
        self.send_with(|_| {}).await
    }

    pub(crate) async fn send_with(&self, change: impl FnOnce(&mut NewMessage)) -> MessageKey {
        let message = self.message(change);
        let key = message.key;
        let ingested = self.store().ingest(message).await.expect("the store takes a message");
        assert!(matches!(ingested, Ingested::Accepted { deliveries: 1.., .. }), "{ingested:?}");
        key
    }

    /// The words of a message.
    pub(crate) fn message(&self, change: impl FnOnce(&mut NewMessage)) -> NewMessage {
        let now = self.clock.now();
        let mut message = NewMessage {
            org: self.app.org.clone(),
            app: Reference::Key(self.app.key),
            create_app: None,
            key: self.node().mint.next(now),
            event_type: EventTypeName::stored("invoice.paid"),
            event_id: None,
            channels: Vec::new(),
            tags: Vec::new(),
            payload: Payload::from_json(r#"{"paid":true}"#),
            deliver_at: None,
            payload_retention: Duration::from_hours(90 * 24),
            only_to: None,
            request: None,
            now,
        };
        change(&mut message);
        message
    }

    /// Lets time pass, and waits until the engine has seen it: a message that is due then reaches a path of its own.
    pub(crate) async fn pass(&self, span: Duration) {
        let path = format!("/time/{}", self.clock.now().plus(span).micros());
        let witness = self.endpoint_with(&path, |new| new.event_types = Some(vec![nothing()])).await;
        let due = self.clock.now().plus(span);
        let note = |message: &mut NewMessage| {
            (message.only_to, message.deliver_at) = (Some(witness.key), Some(due));
        };
        self.send_with(note).await;
        self.clock.advance(span);
        self.receiver.wait_for(&path, 1).await;
    }

    /// Where a message's delivery to this endpoint stands.
    pub(crate) async fn status(&self, message: MessageKey, endpoint: &Endpoint) -> DeliveryStatus {
        let page = self.store().endpoints_of_message(self.app.key, message, PAGE).await;
        let items = page.expect("the store answers").items;
        let found = items.into_iter().find(|(other, _)| other.key == endpoint.key);
        found.expect("the message is owed to the endpoint").1
    }

    /// Waits until the delivery stands so.
    pub(crate) async fn until(
        &self,
        message: MessageKey,
        endpoint: &Endpoint,
        stands: impl Fn(&DeliveryStatus) -> bool,
    ) -> DeliveryStatus {
        eventually("the delivery to stand as expected", || self.status(message, endpoint), stands).await
    }

    /// The attempts at a message, oldest first.
    pub(crate) async fn attempts(&self, message: MessageKey) -> Vec<Attempt> {
        let filter = AttemptFilter::default();
        let page = self.store().attempts_of_message(self.app.key, message, filter, PAGE).await;
        page.expect("the store answers").items
    }

    /// The endpoint as it is now.
    pub(crate) async fn stored(&self, endpoint: &Endpoint) -> Endpoint {
        let found = self.store().endpoint(self.app.key, &Reference::Key(endpoint.key)).await;
        found.expect("the store answers").expect("the endpoint is there")
    }
}

/// An event type that no message has.
fn nothing() -> EventTypeName {
    EventTypeName::stored("no.such.event")
}
