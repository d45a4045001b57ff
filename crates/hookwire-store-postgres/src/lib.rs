//! The store on PostgreSQL, shared by any number of nodes: batched writes, leases under fences, partitions by day.

mod bell;
mod cache;
mod catalog;
mod changes;
mod connection;
mod effects;
mod fault;
mod history;
mod import;
mod ingest;
mod inspect;
mod keeper;
mod migrate;
mod oauth;
mod open;
mod orphan;
mod partition;
mod pool;
mod queue;
mod row;
mod settings;
mod shared;
mod sql;
mod triggers;
mod upkeep;
mod walk;
mod work;
mod writers;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use hookwire_store::chooser::Chooser;
use tokio::task::JoinHandle;

pub use connection::check_url;
pub use import::PostgresTarget;
pub use inspect::{Inspection, Trouble, inspect};
pub use keeper::Node;
pub use migrate::SCHEMA;
pub use open::{OpenError, migrate};
pub use settings::Settings;

use keeper::Calls;
use shared::Shared;
use writers::Writers;

/// A store in a database that other nodes may share.
pub struct PostgresStore {
    shared: Arc<Shared>,
    writers: Writers,
    chooser: Chooser,
    calls: Arc<Calls>,
    keeper: Mutex<Option<JoinHandle<()>>>,
    pings: AtomicU64,
}

impl PostgresStore {
    /// The nodes that share the database, this one among them.
    pub async fn nodes(&self) -> hookwire_store::Result<Vec<Node>> {
        keeper::nodes(&self.shared).await
    }

    /// The number of this node.
    pub fn number(&self) -> u16 {
        self.shared.identity().number
    }

    /// Takes no more verbs. What was asked for before is still carried out.
    fn stop(&self) {
        self.shared.closed.store(true, Ordering::Release);
        self.writers.close();
    }
}

impl std::fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PostgresStore").field("place", &self.shared.place).finish_non_exhaustive()
    }
}

impl Drop for PostgresStore {
    fn drop(&mut self) {
        self.stop();
        self.shared.pool.close();
        self.calls.leave();
    }
}
