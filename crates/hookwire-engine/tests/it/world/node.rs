//! A store and an engine on a runtime of its own, so that a test can cut it off as a crash does.

use std::path::Path;
use std::sync::Arc;

use hookwire_core::{KeyMint, Profiles};
use hookwire_engine::{Engine, EngineParts, RetentionSettings};
use hookwire_outbound::Client;
use hookwire_store::{SharedStore, Vault};
use hookwire_store_sqlite::{SqliteStore, Synchronous};
use hookwire_testkit::FakeClock;
use tokio::runtime::Runtime;

use super::Words;

/// A store with an engine.
pub(super) struct Node {
    pub(super) store: SharedStore,
    pub(super) engine: Engine,
    pub(super) mint: Arc<KeyMint>,
    runtime: Option<Runtime>,
}

impl Node {
    /// Opens the store in this file and starts an engine on it.
    pub(super) fn start(file: &Path, clock: &FakeClock, words: &Words) -> Self {
        let mint = Arc::new(KeyMint::new(1, 0));
        // What is tested here is not the machine's power supply.
        let settings = hookwire_store_sqlite::Settings {
            synchronous: Synchronous::Normal,
            ..hookwire_store_sqlite::Settings::default()
        };
        let vault = Vault::new("the main secret of the tests");
        let store: SharedStore =
            SqliteStore::open(file, vault, settings, Arc::clone(&mint)).expect("the store opens");
        let runtime = Runtime::new().expect("a runtime");
        let engine = engine(&runtime, &store, &mint, clock, words);
        Self { store, engine, mint, runtime: Some(runtime) }
    }

    /// Starts another engine in the place of a drained one.
    pub(super) fn start_engine(&mut self, clock: &FakeClock, words: &Words) {
        let runtime = self.runtime.as_ref().expect("it runs");
        self.engine = engine(runtime, &self.store, &self.mint, clock, words);
    }

    /// Stops everything where it is. What is on disk stays; nothing else does.
    pub(super) async fn crash(mut self) {
        let runtime = self.runtime.take().expect("it runs");
        tokio::task::spawn_blocking(move || drop(runtime)).await.expect("a runtime can be dropped");
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // The store holds on to the engine, and the engine to the store.
        self.store.detach();
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

fn engine(
    runtime: &Runtime,
    store: &SharedStore,
    mint: &Arc<KeyMint>,
    clock: &FakeClock,
    words: &Words,
) -> Engine {
    let loopback = "127.0.0.0/8".parse().expect("a subnet");
    let outbound = hookwire_outbound::Settings {
        allow_subnets: vec![loopback],
        ..hookwire_outbound::Settings::default()
    };
    let _within = runtime.enter();
    Engine::start(EngineParts {
        store: Arc::clone(store),
        client: Client::new(&outbound).expect("a client"),
        clock: Arc::new(clock.clone()),
        mint: Arc::clone(mint),
        chance: words.chance,
        settings: words.settings.clone(),
        profiles: Arc::new(Profiles::builtin()),
        retention: RetentionSettings::default(),
    })
}
