//! A wire to a throwaway PostgreSQL that is cut at a chosen moment of a chosen transaction.

mod line;
mod message;

use std::sync::{Arc, Mutex};

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use self::line::carry;
use crate::{PATIENCE, Postgres};

/// When the wire is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// COMMIT, or what ends a statement that is a transaction of its own, never arrives at the database.
    BeforeCommit,
    /// The database commits, but its answer never arrives.
    AfterCommit,
    /// The same, with the error that a pooler says when it lost the database.
    AfterCommitWithWord,
}

/// The way to a database, over a port of its own; gone when dropped, with every connection that goes over it.
pub struct Wire {
    url: String,
    traps: Traps,
    accepting: JoinHandle<()>,
}

/// Set traps, the oldest first.
type Traps = Arc<Mutex<Vec<Trap>>>;

/// What is to happen to the first transaction that has a statement with this part.
struct Trap {
    part: String,
    cut: Cut,
    sprung: oneshot::Sender<()>,
}

/// Tells when the wire was cut.
pub struct Sprung(oneshot::Receiver<()>);

impl Wire {
    /// One to this database, which is whole as long as nothing else is said.
    pub async fn to(postgres: &Postgres) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
        let own = listener.local_addr().expect("a bound socket has an address").port();
        let port = postgres.port();
        // Without a word about TLS, all there is are messages.
        let url = postgres.url().replace(&format!(":{port}/"), &format!(":{own}/")) + "?sslmode=disable";
        let traps = Traps::default();
        let accepting = tokio::spawn(accept(listener, port, Arc::clone(&traps)));
        Self { url, traps, accepting }
    }

    /// `postgres://user:password@127.0.0.1:port/database?sslmode=disable`
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Cuts one connection: that of the first transaction from now on which runs a statement with this part, at that
    /// moment of the transaction.
    pub fn cut(&self, part: &str, cut: Cut) -> Sprung {
        let (sprung, waits) = oneshot::channel();
        let trap = Trap { part: part.to_owned(), cut, sprung };
        self.traps.lock().expect("nobody panics with this lock").push(trap);
        Sprung(waits)
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Sprung {
    /// Waits until it was cut.
    pub async fn wait(self) {
        let sprung = tokio::time::timeout(PATIENCE, self.0).await;
        sprung.expect("the statement is run").expect("the wire is there");
    }
}

async fn accept(listener: TcpListener, port: u16, traps: Traps) {
    let mut lines = tokio::task::JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        lines.spawn(carry(client, port, Arc::clone(&traps)));
        while lines.try_join_next().is_some() {}
    }
}
