//! Settings of the embedded store.

use std::time::Duration;

use hookwire_core::limits::PAYLOAD_RETENTION_DEFAULT;

/// When a commit counts as done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Synchronous {
    /// When it is synced to disk: it survives a loss of power. One sync serves every caller that waits.
    #[default]
    Full,
    /// When the operating system has it: it survives a crash of Hookwire, but the last commits may be lost when the
    /// machine loses power. The file is never damaged.
    Normal,
}

impl Synchronous {
    pub(crate) const fn pragma(self) -> &'static str {
        match self {
            Self::Full => "FULL",
            Self::Normal => "NORMAL",
        }
    }
}

/// How the store behaves.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Whether operational notices are written for orgs that have an internal app.
    pub notices: bool,
    /// An endpoint to which nothing gets through for so long is turned off (see `core::health`).
    pub disable_after: Duration,
    /// When a commit counts as done.
    pub synchronous: Synchronous,
    /// Connections that serve reads; at least one.
    pub readers: usize,
    /// How long the payloads of most messages, and those of notices, are kept. Payloads that are kept for another span
    /// cost an index entry each, so this should be the span that clients get unless they ask for one.
    pub payload_retention: Duration,
    /// The largest size of the database file; when it is reached, writing fails with "disk full". `None` = no limit.
    pub file_bytes_max: Option<u64>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            notices: true,
            disable_after: Duration::from_hours(120),
            synchronous: Synchronous::default(),
            readers: 4,
            payload_retention: PAYLOAD_RETENTION_DEFAULT,
            file_bytes_max: None,
        }
    }
}
