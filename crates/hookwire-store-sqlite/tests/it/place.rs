//! A folder with a store in it, gone when the test ends.

use std::path::PathBuf;
use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use hookwire_core::KeyMint;
use hookwire_store::{SharedStore, Vault};
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
