//! Settings of the store.

use std::time::Duration;

use hookwire_core::limits::PAYLOAD_RETENTION_DEFAULT;

/// How the store behaves.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Whether operational notices are written for orgs that have an internal app.
    pub notices: bool,
    /// An endpoint to which nothing gets through for so long is turned off (see `core::health`).
    pub disable_after: Duration,
    /// How long the payloads of most messages, and those of notices, are kept. Payloads that are kept for another span
    /// cost an index entry each, so this should be the span that clients get unless they ask for one.
    pub payload_retention: Duration,
    /// Connections for everything but accepting and settling; at least two.
    pub connections: usize,
    /// Connections that accept messages, each with a batch of its own under way; at least one.
    pub ingest_connections: usize,
    /// Connections that settle deliveries, each with a batch of its own under way; at least one.
    pub settle_connections: usize,
    /// Whether the nodes call each other with LISTEN and NOTIFY, and statements stay prepared between transactions. Off
    /// behind a pooler that gives each transaction another connection; then the nodes look once a second.
    pub listen: bool,
    /// Whether the schema is brought up to date when the store is opened.
    pub migrate: bool,
    /// What this node is called in the table of nodes, for people.
    pub name: String,
    /// A node that was silent for so long is dead: its leases are void.
    pub silence_max: Duration,
    /// How long a caller waits for the database's answer before hearing that there is none. Longer than a lock is waited for.
    pub answer_max: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            notices: true,
            disable_after: Duration::from_hours(120),
            payload_retention: PAYLOAD_RETENTION_DEFAULT,
            connections: 8,
            ingest_connections: 1,
            settle_connections: 1,
            listen: true,
            migrate: true,
            name: String::new(),
            silence_max: Duration::from_secs(8),
            answer_max: Duration::from_secs(25),
        }
    }
}
