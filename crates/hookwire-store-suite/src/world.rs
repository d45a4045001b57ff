//! The world of a case: a store, a clock that only the case moves, and short ways to say what it does.

mod outcome;

pub(crate) use outcome::progress;

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::future::BoxFuture;
use hookwire_core::rules::RulesChange;
use hookwire_core::{
    App, AppKey, Endpoint, EndpointChange, EndpointKey, EventTypeName, KeyMint, Message, MessageKey, NewApp,
    NewEndpoint, OrgId, Payload, Reference, Secret, Timestamp, Uid,
};
use hookwire_store::dispatch::Claim;
use hookwire_store::ingest::{Ingested, NewMessage};
use hookwire_store::queue::{ClaimRequest, Claimed};
use hookwire_store::upkeep::{Removed, RetentionStep};
use hookwire_store::{Cursor, Order, Page, SharedStore};

use crate::sure::Sure;

/// When every case begins.
pub(crate) const START: Timestamp = Timestamp::from_seconds(1_790_000_000);
/// The payload retention that backends are opened with.
pub(crate) const RETENTION: Duration = Duration::from_hours(90 * 24);

/// How a store is to be opened.
#[derive(Debug, Clone)]
pub struct Options {
    /// Whether operational notices are written.
    pub notices: bool,
    /// When a failing endpoint is turned off.
    pub disable_after: Duration,
    /// How long most payloads are kept.
    pub payload_retention: Duration,
    /// What makes keys.
    pub mint: Arc<KeyMint>,
}

/// A place where a store lives.
pub trait Backend: Send + Sync {
    /// Opens the store: empty the first time, later with what was committed before.
    fn open<'a>(&'a self, options: &'a Options) -> BoxFuture<'a, SharedStore>;
}

/// The world of a case.
pub struct World {
    backend: Box<dyn Backend>,
    options: Options,
    store: Mutex<Option<SharedStore>>,
    clock: AtomicI64,
    pub(crate) org: OrgId,
}

impl World {
    /// A world with an empty store.
    pub async fn new(backend: Box<dyn Backend>) -> Self {
        let options = Options {
            notices: true,
            disable_after: Duration::from_hours(120),
            payload_retention: RETENTION,
            mint: Arc::new(KeyMint::new(1, 0)),
        };
        let store = backend.open(&options).await;
        Self {
            backend,
            options,
            store: Mutex::new(Some(store)),
            clock: AtomicI64::new(START.micros()),
            org: OrgId::stored("org_main"),
        }
    }

    /// The store.
    pub fn store(&self) -> SharedStore {
        self.store.lock().expect("nobody panics with this lock").clone().expect("a store is open")
    }

    /// Drops the store as it is and opens it again, as after a crash.
    pub(crate) async fn crash(&mut self) {
        self.options.mint = Arc::new(KeyMint::new(1, 0));
        let store = self.store.lock().expect("nobody panics with this lock").take();
        drop(store);
        let store = self.backend.open(&self.options).await;
        *self.store.lock().expect("nobody panics with this lock") = Some(store);
    }

    /// Opens the store again with another span for which most payloads are kept.
    pub(crate) async fn reopen_with_retention(&mut self, span: Duration) {
        self.options.payload_retention = span;
        self.crash().await;
    }

    pub(crate) fn mint(&self) -> &KeyMint {
        &self.options.mint
    }

    /// The time now; it is a millisecond later each time somebody looks.
    pub fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.clock.fetch_add(1_000, Ordering::Relaxed) + 1_000)
    }

    /// Lets time pass.
    pub(crate) fn pass(&self, span: Duration) {
        self.clock.fetch_add(span.as_micros() as i64, Ordering::Relaxed);
    }

    /// A new app of the main org.
    pub async fn app(&self) -> App {
        self.app_of(&self.org, NewApp { name: "App".to_owned(), ..NewApp::default() }).await
    }

    pub(crate) async fn app_of(&self, org: &OrgId, new: NewApp) -> App {
        self.store().create_app(org, new, self.now()).await.sure().into_inner()
    }

    pub(crate) async fn endpoint(&self, app: &App) -> Endpoint {
        self.endpoint_with(app, |_| {}).await
    }

    /// A new endpoint of the app, changed by `words`.
    pub async fn endpoint_with(&self, app: &App, words: impl FnOnce(&mut NewEndpoint)) -> Endpoint {
        let mut new = new_endpoint();
        words(&mut new);
        self.store().create_endpoint(app.key, new, self.now()).await.sure()
    }

    /// A plain message, not sent yet.
    pub fn message(&self, app: &App) -> NewMessage {
        let now = self.now();
        NewMessage {
            org: app.org.clone(),
            app: Reference::Key(app.key),
            create_app: None,
            key: self.mint().next(now),
            event_type: event_type("invoice.paid"),
            event_id: None,
            channels: Vec::new(),
            tags: Vec::new(),
            payload: Payload::from_json(r#"{"paid":true}"#),
            deliver_at: None,
            payload_retention: RETENTION,
            only_to: None,
            request: None,
            now,
        }
    }

    pub(crate) async fn ingest(&self, message: NewMessage) -> Ingested {
        self.store().ingest(message).await.sure()
    }

    /// Sends a plain message; answers its key.
    pub async fn send(&self, app: &App) -> MessageKey {
        self.send_with(app, |_| {}).await
    }

    pub(crate) async fn send_with(&self, app: &App, words: impl FnOnce(&mut NewMessage)) -> MessageKey {
        let mut message = self.message(app);
        words(&mut message);
        let key = message.key;
        let ingested = self.ingest(message).await;
        assert!(matches!(ingested, Ingested::Accepted { .. }), "{ingested:?}");
        key
    }

    pub(crate) async fn stored(&self, app: &App, message: MessageKey) -> Option<Message> {
        self.store().message(app.key, &Reference::Key(message), true).await.sure()
    }

    pub(crate) async fn stored_endpoint(&self, endpoint: &Endpoint) -> Option<Endpoint> {
        self.store().endpoint(endpoint.app, &Reference::Key(endpoint.key)).await.sure()
    }

    /// Switches an endpoint on or off; answers what it is then.
    pub(crate) async fn switch(&self, endpoint: &Endpoint, is_on: bool) -> Endpoint {
        let change = EndpointChange { disabled: Some(!is_on), ..EndpointChange::default() };
        let (store, key) = (self.store(), Reference::Key(endpoint.key));
        store.change_endpoint(endpoint.app, &key, change, self.now()).await.sure().sure()
    }

    pub(crate) async fn claim_with(&self, endpoint: EndpointKey, limit: u32, bytes_max: usize) -> Claimed {
        let now = self.now();
        let lease_until = now.plus(crate::recorder::LEASE);
        self.store().claim(ClaimRequest { endpoint, now, lease_until, limit, bytes_max }).await.sure()
    }

    /// Everything that is due for the endpoint.
    pub async fn claim(&self, endpoint: &Endpoint) -> Vec<Claim> {
        self.claim_with(endpoint.key, 1_000, usize::MAX).await.claims
    }

    /// The one delivery that is due for the endpoint.
    pub async fn claim_one(&self, endpoint: &Endpoint) -> Claim {
        let mut claims = self.claim(endpoint).await;
        assert_eq!(claims.len(), 1, "{claims:?}");
        claims.pop().sure()
    }

    /// One retention step with spans that keep nearly everything, changed by `words`.
    pub(crate) async fn retain(&self, words: impl FnOnce(&mut RetentionStep)) -> Removed {
        let ages = Duration::from_hours(24 * 365);
        let mut step = RetentionStep { now: self.now(), attempts: ages, messages: ages, limit: 100 };
        words(&mut step);
        self.store().retain(step).await.sure()
    }

    /// The internal app that carries notices about the main org, with an endpoint that takes them all.
    pub async fn notices(&self) -> (App, Endpoint) {
        let new = NewApp {
            name: "Notices".to_owned(),
            uid: Some(Uid::stored(self.org.as_str())),
            ..NewApp::default()
        };
        let app = self.app_of(&hookwire_core::notice::notices_org(), new).await;
        let endpoint = self.endpoint(&app).await;
        (app, endpoint)
    }

    /// Types and payloads of an app's messages, oldest first.
    pub async fn told(&self, app: &App) -> Vec<(String, serde_json::Value)> {
        let filter = hookwire_store::history::MessageFilter { with_payload: true, ..Default::default() };
        let messages = self.store().messages(app.key, filter, ascending(200)).await.sure().items;
        let parts = |message: Message| {
            let payload = message.payload.sure();
            (message.event_type.as_str().to_owned(), serde_json::from_slice(&payload.json).sure())
        };
        messages.into_iter().map(parts).collect()
    }

    /// Deliveries that are not settled.
    pub async fn pending(&self) -> u64 {
        self.store().depth().await.sure().pending
    }
}

pub(crate) fn new_endpoint() -> NewEndpoint {
    NewEndpoint {
        uid: None,
        name: None,
        url: "https://example.com/hook".to_owned(),
        description: String::new(),
        version: 1,
        disabled: false,
        event_types: None,
        channels: None,
        throttle_rate: None,
        metadata: hookwire_core::Metadata::new(),
        headers: None,
        rules: RulesChange::default(),
        secret: Secret::from_random([7; 24]),
    }
}

pub(crate) fn event_type(name: &str) -> EventTypeName {
    EventTypeName::parse(name).sure()
}

pub(crate) fn uid(text: &str) -> Uid {
    Uid::parse(text).sure()
}

pub(crate) fn by_uid<K>(text: &str) -> Reference<K> {
    Reference::Uid(text.to_owned())
}

pub(crate) const fn page<C>(limit: u16, order: Order, cursor: Option<Cursor<C>>) -> Page<C> {
    Page { limit, order, cursor }
}

/// The first page, oldest first.
pub(crate) const fn ascending(limit: u16) -> Page {
    page(limit, Order::Ascending, None)
}

/// The first page, newest first.
pub(crate) const fn descending(limit: u16) -> Page {
    page(limit, Order::Descending, None)
}

/// The key of an app that does not exist.
pub(crate) fn no_app() -> AppKey {
    hookwire_core::id::Key::from_raw(1 << 40)
}
