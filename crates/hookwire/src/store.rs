//! The store that the configuration names: a file, or a database.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use hookwire_core::KeyMint;
use hookwire_store::{SharedStore, Vault};
use hookwire_store_postgres::PostgresStore;
use hookwire_store_sqlite::SqliteStore;

use crate::config::{Config, Keys, Place, Synchronous, masked_url};

/// Opens it. `mint` becomes the one of this node.
pub(crate) async fn open(config: &Config, keys: &Keys, mint: &Arc<KeyMint>) -> anyhow::Result<SharedStore> {
    let vault = Vault::new(&keys.main_secret);
    match Place::of(&config.store.url) {
        Place::File(path) => {
            let store = SqliteStore::open(path, vault, of_file(config), Arc::clone(mint))
                .with_context(|| format!("cannot open the store {}", path.display()))?;
            Ok(store)
        }
        Place::Database(url) => {
            let store = PostgresStore::open(url, vault, of_database(config), Arc::clone(mint))
                .await
                .with_context(|| format!("cannot open the store {}", masked_url(url)))?;
            tracing::info!(number = store.number(), "this node shares the database with others");
            Ok(store)
        }
    }
}

fn of_file(config: &Config) -> hookwire_store_sqlite::Settings {
    hookwire_store_sqlite::Settings {
        notices: config.notices.enabled,
        disable_after: config.delivery.disable_after.0,
        synchronous: match config.store.synchronous {
            Synchronous::Full => hookwire_store_sqlite::Synchronous::Full,
            Synchronous::Normal => hookwire_store_sqlite::Synchronous::Normal,
        },
        ..hookwire_store_sqlite::Settings::default()
    }
}

fn of_database(config: &Config) -> hookwire_store_postgres::Settings {
    let store = &config.store;
    hookwire_store_postgres::Settings {
        notices: config.notices.enabled,
        disable_after: config.delivery.disable_after.0,
        connections: store.connections,
        ingest_connections: store.ingest_connections,
        settle_connections: store.settle_connections,
        listen: store.listen,
        migrate: store.migrate,
        name: node_name(config),
        silence_max: store.silence_max.0,
        ..hookwire_store_postgres::Settings::default()
    }
}

/// What the node is called: as configured, else by machine and port.
fn node_name(config: &Config) -> String {
    if !config.store.node_name.is_empty() {
        return config.store.node_name.clone();
    }
    let machine = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let port = config.server.listen.rsplit(':').next().unwrap_or_default();
    format!("{}:{port}", machine.trim())
}

/// The schema of a store's tables before and after a migration, and the latest that this version knows.
pub(crate) struct Migrated {
    pub(crate) from: u32,
    pub(crate) to: u32,
    pub(crate) known: u32,
}

/// Brings the store's tables up to date without opening it.
pub(crate) async fn migrate(config: &Config) -> anyhow::Result<Migrated> {
    let (done, known) = match Place::of(&config.store.url) {
        Place::File(path) => (migrate_file(path), hookwire_store_sqlite::SCHEMA),
        Place::Database(url) => {
            let done = hookwire_store_postgres::migrate(url).await;
            (done.map_err(anyhow::Error::from), hookwire_store_postgres::SCHEMA)
        }
    };
    let told = || format!("cannot migrate the store {}", masked_url(&config.store.url));
    let (from, to) = done.with_context(told)?;
    Ok(Migrated { from, to, known })
}

fn migrate_file(path: &Path) -> anyhow::Result<(u32, u32)> {
    Ok(hookwire_store_sqlite::migrate(path)?)
}
