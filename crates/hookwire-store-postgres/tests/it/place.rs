//! A database with a store in it, gone when the test ends.

use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;

use hookwire_store::{SharedStore, Vault};
use hookwire_store_postgres::{PostgresStore, Settings};
use hookwire_store_suite::{Backend, Options};
use hookwire_testkit::Postgres;
use tokio::sync::OnceCell;

/// The main secret of the tests.
pub(crate) const SECRET: &str = "the main secret of the tests";

/// A database for one store.
#[derive(Default)]
pub(crate) struct Place {
    database: OnceCell<Postgres>,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// The database.
    pub(crate) async fn database(&self) -> &Postgres {
        self.database.get_or_init(Postgres::start).await
    }
}

impl Backend for Place {
    fn open<'a>(&'a self, options: &'a Options) -> BoxFuture<'a, SharedStore> {
        async move { open(&self.database().await.url(), options).await }.boxed()
    }
}

/// Opens the store at this URL.
pub(crate) async fn open(url: &str, options: &Options) -> SharedStore {
    open_with(url, options, Settings::default()).await
}

/// The same, with these settings where the options say nothing.
pub(crate) async fn open_with(url: &str, options: &Options, settings: Settings) -> SharedStore {
    let settings = Settings {
        notices: options.notices,
        disable_after: options.disable_after,
        payload_retention: options.payload_retention,
        ..settings
    };
    let store = PostgresStore::open(url, Vault::new(SECRET), settings, Arc::clone(&options.mint));
    store.await.expect("the store opens")
}
