//! A folder with a store in it, gone when the test ends.

use std::path::PathBuf;
use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use hookwire_core::rules::{Method, RulesChange};
use hookwire_core::trigger::PayloadEncoding;
use hookwire_core::{
    App, AppKey, EventTypeName, KeyMint, MessageKey, Metadata, NewApp, NewEndpoint, OrgId, Payload,
    Reference, Secret, Timestamp, Trigger, TriggerId,
};
use hookwire_store::ingest::NewMessage;
use hookwire_store::{Catalog, SharedStore, Vault};
use hookwire_store_sqlite::{OpenError, Settings, SqliteStore, Synchronous};
use hookwire_store_suite::{Backend, Options};
use tempfile::TempDir;

/// The main secret of the tests.
pub(crate) const SECRET: &str = "the main secret of the tests";

/// A folder for one store.
pub(crate) struct Place {
    folder: TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self { folder: TempDir::new().expect("a temporary folder") }
    }

    /// The database file.
    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("data").join("hookwire.db")
    }

    /// Opens the store with these settings.
    pub(crate) fn open_with(&self, settings: Settings) -> Result<Arc<SqliteStore>, OpenError> {
        SqliteStore::open(&self.path(), Vault::new(SECRET), settings, Arc::new(KeyMint::new(1, 0)))
    }
}

impl Backend for Place {
    fn open<'a>(&'a self, options: &'a Options) -> BoxFuture<'a, SharedStore> {
        async move {
            let settings = Settings {
                notices: options.notices,
                disable_after: options.disable_after,
                payload_retention: options.payload_retention,
                // What is tested here is not the machine's power supply.
                synchronous: Synchronous::Normal,
                ..Settings::default()
            };
            let vault = Vault::new(SECRET);
            let store = SqliteStore::open(&self.path(), vault, settings, Arc::clone(&options.mint));
            store.expect("the store opens") as SharedStore
        }
        .boxed()
    }
}

/// When the tests take place.
pub(crate) const NOW: Timestamp = Timestamp::from_seconds(1_790_000_000);

/// The org of the tests.
pub(crate) fn org() -> OrgId {
    OrgId::stored("org_main")
}

/// Settings that trust the machine's power supply.
pub(crate) fn quick() -> Settings {
    Settings { synchronous: Synchronous::Normal, ..Settings::default() }
}

/// Makes an app.
pub(crate) async fn app(store: &SqliteStore) -> App {
    let new = NewApp { name: "App".to_owned(), ..NewApp::default() };
    store.create_app(&org(), new, NOW).await.expect("an app").into_inner()
}

/// The words of an endpoint that takes everything.
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
        metadata: Metadata::new(),
        headers: None,
        rules: RulesChange::default(),
        secret: Secret::from_random([7; 24]),
    }
}

/// A trigger with nothing that it may do without.
pub(crate) fn trigger(app: AppKey) -> Trigger {
    Trigger {
        app,
        id: TriggerId::stored("call"),
        url: "https://example.com/call".to_owned(),
        method: Method::Post,
        headers: Vec::new(),
        query_params: Vec::new(),
        payload_encoding: PayloadEncoding::Json,
        payload_schema: None,
        timeout: None,
        tls: None,
        hidden: false,
        next: Vec::new(),
        created: NOW,
        updated: NOW,
    }
}

/// A message with so many bytes of payload.
pub(crate) fn message(app: &App, key: MessageKey, bytes: usize) -> NewMessage {
    NewMessage {
        org: org(),
        app: Reference::Key(app.key),
        create_app: None,
        key,
        event_type: EventTypeName::stored("invoice.paid"),
        event_id: None,
        channels: Vec::new(),
        tags: Vec::new(),
        payload: Payload::from_json(vec![b'1'; bytes]),
        deliver_at: None,
        payload_retention: Settings::default().payload_retention,
        only_to: None,
        request: None,
        now: NOW,
    }
}
