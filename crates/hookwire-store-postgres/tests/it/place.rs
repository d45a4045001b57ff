//! A database with a store in it, gone when the test ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures::FutureExt;
use futures::future::BoxFuture;

use hookwire_store::{SharedStore, Vault};
use hookwire_store_postgres::{PostgresStore, Settings};
use hookwire_store_suite::{Backend, Options};
use hookwire_testkit::{Postgres, eventually};
use tokio::sync::OnceCell;
use tokio::task::JoinHandle;
use tokio_postgres::{Client, NoTls};

/// The first of the two numbers of our advisory locks.
pub(crate) const LOCK_SPACE: i32 = 0x686b_7772;

/// The main secret of the tests.
pub(crate) const SECRET: &str = "the main secret of the tests";

/// A database for one store.
#[derive(Default)]
pub(crate) struct Place {
    database: OnceCell<Postgres>,
    lives: Lives,
    settings: Settings,
}

/// The lives of one store, one after the other.
#[derive(Default)]
pub(crate) struct Lives(AtomicBool);

impl Lives {
    /// Waits until the earlier life, if there was one, has ended: a store that is dropped leaves by and by, and only then
    /// its leases are void.
    pub(crate) async fn next(&self, database: &Postgres) {
        if self.0.swap(true, Ordering::Relaxed) {
            let alive = || database.query("SELECT count(*) FROM node WHERE incarnation <> 0");
            eventually("the earlier store to leave", alive, |count| count == "0").await;
        }
    }
}

impl Place {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// One whose stores have these settings, where the options of a case say nothing.
    pub(crate) fn with(settings: Settings) -> Self {
        Self { settings, ..Self::default() }
    }

    /// The database.
    pub(crate) async fn database(&self) -> &Postgres {
        self.database.get_or_init(Postgres::start).await
    }

    /// A connection of another node.
    pub(crate) async fn other(&self) -> Client {
        let url = self.database().await.url();
        let (other, connection) = tokio_postgres::connect(&url, NoTls).await.expect("the database answers");
        tokio::spawn(connection.map(drop));
        other
    }

    /// Waits until somebody waits for a lock, which must be the task: it is not done then.
    pub(crate) async fn until_it_waits<T>(&self, task: &JoinHandle<T>) {
        let database = self.database().await;
        let waiting = async || database.waiting_for_locks().await;
        eventually("the store to wait", waiting, |count| *count > 0 || task.is_finished()).await;
        assert!(!task.is_finished(), "it did not wait");
    }
}

impl Backend for Place {
    fn open<'a>(&'a self, options: &'a Options) -> BoxFuture<'a, SharedStore> {
        async move {
            let database = self.database().await;
            self.lives.next(database).await;
            open_with(&database.url(), options, self.settings.clone()).await
        }
        .boxed()
    }
}

/// A place that the test itself looks at, too.
pub(crate) struct Known(pub(crate) Arc<Place>);

impl Backend for Known {
    fn open<'a>(&'a self, options: &'a Options) -> BoxFuture<'a, SharedStore> {
        self.0.open(options)
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
