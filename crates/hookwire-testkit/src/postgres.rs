//! A throwaway PostgreSQL: a server of the installed programs, in a temporary folder, with a database for each test.

mod account;
mod cluster;
mod keeper;
mod pooler;
mod programs;

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Weak};

use tokio::sync::Mutex;

use self::cluster::Cluster;
pub use self::pooler::Pooler;

/// The server that the tests of this process share, for as long as one of them uses it.
static SHARED: Mutex<Weak<Cluster>> = Mutex::const_new(Weak::new());
static NEXT: AtomicU32 = AtomicU32::new(1);

/// An empty database of its own. Dropping it removes it; with the last one of a server, the server goes.
///
/// The machine's own PostgreSQL, if one runs, is never touched.
pub struct Postgres {
    cluster: Arc<Cluster>,
    database: String,
}

impl Postgres {
    /// A new database on the server that this process's tests share. It does not survive a power cut (`fsync` is off).
    pub async fn start() -> Self {
        let mut shared = SHARED.lock().await;
        let cluster = if let Some(cluster) = shared.upgrade() {
            cluster
        } else {
            let cluster = Arc::new(Cluster::start(false, &[("fsync", "off")]).await);
            *shared = Arc::downgrade(&cluster);
            cluster
        };
        drop(shared);
        Self::on(cluster).await
    }

    /// A new database on a server of its own, for tests that end it or look at its numbers.
    pub async fn alone() -> Self {
        Self::alone_with(&[("fsync", "off")]).await
    }

    /// [`Postgres::alone`] with these settings of the server, everything else as PostgreSQL has it.
    pub async fn alone_with(settings: &[(&str, &str)]) -> Self {
        Self::on(Arc::new(Cluster::start(true, settings).await)).await
    }

    /// Another new database on the same server.
    pub async fn another(&self) -> Self {
        Self::on(Arc::clone(&self.cluster)).await
    }

    async fn on(cluster: Arc<Cluster>) -> Self {
        let database = format!("hookwire_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        cluster.query("postgres", &format!("CREATE DATABASE {database} TEMPLATE template0")).await;
        Self { cluster, database }
    }

    /// `postgres://user:password@127.0.0.1:port/database`
    pub fn url(&self) -> String {
        self.cluster.url(&self.database)
    }

    /// The database's name.
    pub fn database(&self) -> &str {
        &self.database
    }

    /// The port on 127.0.0.1; the same after a restart.
    pub fn port(&self) -> u16 {
        self.cluster.port()
    }

    /// What a statement answers: a line for each row, its columns separated by `|`. Panics when it fails.
    pub async fn query(&self, sql: &str) -> String {
        self.cluster.query(&self.database, sql).await
    }

    /// How many connections to this database wait for a lock.
    pub async fn waiting_for_locks(&self) -> usize {
        let sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
        self.query(sql).await.parse().expect("a count is a number")
    }

    /// Ends every other connection to this database that a condition on `pg_stat_activity` holds for (`true`: all of
    /// them), and answers how many there were.
    pub async fn cut_connections(&self, condition: &str) -> usize {
        let sql = format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
             WHERE datname = current_database() AND pid <> pg_backend_pid() AND ({condition})"
        );
        self.query(&sql).await.lines().count()
    }

    /// Ends the server as a crash would: connections break off, and the next start recovers from the log.
    pub async fn kill(&mut self) {
        self.own().end("QUIT").await;
    }

    /// Ends the server in good order: connections are cut, what is committed is flushed.
    pub async fn stop(&mut self) {
        self.own().end("INT").await;
    }

    /// Starts it again after [`Postgres::kill`] or [`Postgres::stop`], and waits until it takes connections.
    pub async fn start_again(&mut self) {
        self.own().run().await;
    }

    /// [`Postgres::stop`], then [`Postgres::start_again`].
    pub async fn restart(&mut self) {
        self.stop().await;
        self.start_again().await;
    }

    fn own(&self) -> &Cluster {
        assert!(self.cluster.is_alone(), "only a server that was started with `alone` may be ended");
        &self.cluster
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if Arc::strong_count(&self.cluster) > 1 {
            self.cluster.remove(&self.database);
        }
    }
}
