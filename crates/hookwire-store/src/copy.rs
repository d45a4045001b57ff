//! Moving an installation from one store to another: what is stored, as plain rows, part by part.
//!
//! The rows are the durable state itself, so keys, times, fences and sealed records stay what they are, and nothing that
//! a client has seen changes. Both stores have to be under the same main secret.

use std::fmt;

use async_trait::async_trait;
use hookwire_core::Timestamp;

use crate::Result;

/// A kind of row. Parts are moved in this order: what is referred to comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    /// `id, profile`
    Orgs,
    /// `org_id, name, description, archived, deprecated, schemas, group_name, feature_flags, created, updated`
    EventTypes,
    /// `key, org_id, uid, name, throttle_rate, metadata, created, updated`
    Apps,
    /// `key, app, uid, disabled, deleted, failing_since, disabled_at, created, updated, config, sealed, install, client`
    Endpoints,
    /// `key, org_id, owner, config, secret, hook, suspended, barred, deleted, pending, reached, created, updated`
    Clients,
    /// `key, client, app, user, actor, scopes, events, granted, endpoint, created`
    Installs,
    /// `digest, client, app, words, issued, expires, install`
    Codes,
    /// `digest, install, kind, used, scopes, issued, expires`
    Tokens,
    /// `endpoint`
    Removals,
    /// `app, id, config, sealed, created, updated`
    Triggers,
    /// `key, app, event_type, event_id, channels, tags, created, deliver_at, payload_expires, short_lived, raw_type,
    /// payload, raw, endpoints`; the last one is the endpoints that it is owed to, ascending, with a comma between them.
    Messages,
    /// `message, endpoint, app, state, attempts, due, fence, trigger, resume_at`; leases are void.
    Deliveries,
    /// `message, key, endpoint, app, at, url, status, trigger, code, response, error, request, resolve_us, connect_us,
    /// tls_us, first_byte_us, total_us`
    Attempts,
    /// `endpoint, hour, succeeded, failed, canceled`
    Hours,
    /// `key, body, at, message, status, answer`
    Requests,
    /// `key, org_id, app, endpoint, kind, since, until, status, queued, cursor, updated`
    Tasks,
    /// `endpoint, message`
    Heads,
    /// `endpoint, message`
    LogFloors,
    /// `key, app, trigger_id, root, caller, at, request_bytes, duration_us, status, succeeded, error, response_bytes,
    /// response`
    Invocations,
}

impl Part {
    /// All, in the order in which they are moved.
    pub const ALL: [Self; 19] = [
        Self::Orgs,
        Self::EventTypes,
        Self::Apps,
        Self::Endpoints,
        Self::Clients,
        Self::Installs,
        Self::Codes,
        Self::Tokens,
        Self::Removals,
        Self::Triggers,
        Self::Messages,
        Self::Deliveries,
        Self::Attempts,
        Self::Hours,
        Self::Requests,
        Self::Tasks,
        Self::Heads,
        Self::LogFloors,
        Self::Invocations,
    ];

    /// For people, and as a name in the target.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Orgs => "organizations",
            Self::EventTypes => "event types",
            Self::Apps => "applications",
            Self::Endpoints => "endpoints",
            Self::Clients => "OAuth clients",
            Self::Installs => "installs",
            Self::Codes => "codes",
            Self::Tokens => "tokens",
            Self::Removals => "removals",
            Self::Triggers => "triggers",
            Self::Messages => "messages",
            Self::Deliveries => "deliveries",
            Self::Attempts => "attempts",
            Self::Hours => "hours",
            Self::Requests => "requests",
            Self::Tasks => "tasks",
            Self::Heads => "heads",
            Self::LogFloors => "log floors",
            Self::Invocations => "invocations",
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A column of a row. Truth is 0 or 1; times are microseconds since the Unix epoch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// None.
    Null,
    /// A number.
    Integer(i64),
    /// A text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

/// A row's columns, in the order that its [`Part`] names.
pub type Row = Vec<Value>;

/// Some rows of a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// The rows.
    pub rows: Vec<Row>,
    /// Where the next ones begin, in words of the source's; `None` = these are the last.
    pub next: Option<String>,
}

/// What a store says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// What tells it from every other.
    pub identity: String,
    /// Its state: another one after it was opened for writing. A look changes nothing.
    pub mark: String,
    /// The floor for keys made from now on: none that was ever given out lies above it.
    pub key_floor: i64,
    /// How long the payloads of most messages are kept, in microseconds; `None` = it was never opened for writing.
    pub payload_retention: Option<i64>,
    /// Payloads that expire before this time lie anywhere in the order of keys.
    pub sweep_barrier: Timestamp,
}

/// An installation that is read. Nobody else has it open meanwhile.
#[async_trait]
pub trait Source: Send + Sync {
    /// What it says about itself.
    fn facts(&self) -> Facts;
    /// How many rows a part has.
    async fn count(&self, part: Part) -> Result<u64>;
    /// Rows from `from` (the beginning when `None`), at most `limit`, and no more than about `bytes_max` bytes.
    async fn read(&self, part: Part, from: Option<String>, limit: u32, bytes_max: usize) -> Result<Batch>;
}

/// Where a move stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// The target was empty; the move begins.
    Fresh,
    /// A move of the same source was broken off, and goes on.
    Resumed,
    /// A move of the same source was broken off, and since then the source was written; nothing was changed.
    Changed,
    /// The target has all of this source.
    Complete,
    /// All of this source was moved to the target, and since then the source was written; nothing was changed.
    Stale,
    /// The target holds something else; nothing was changed.
    Occupied,
    /// Nodes are at work on the target; nothing was changed.
    InUse,
}

/// How far a part was moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// From here on it is missing; `None` = all of it.
    From(Option<String>),
    /// It is all there.
    Done,
}

/// An empty store that an installation is moved into.
#[async_trait]
pub trait Target: Send + Sync {
    /// Begins the move from the source that says this about itself, or goes on with it.
    async fn begin(&self, source: Facts) -> Result<Begun>;
    /// How far a part was moved.
    async fn progress(&self, part: Part) -> Result<Progress>;
    /// Writes rows together with how far that is, in one transaction.
    async fn write(&self, part: Part, batch: Batch) -> Result<()>;
    /// How many rows of a part are there.
    async fn count(&self, part: Part) -> Result<u64>;
    /// All is there and was counted: from now on nodes may open the store.
    async fn finish(&self, now: Timestamp) -> Result<()>;
}
