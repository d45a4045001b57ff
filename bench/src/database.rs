//! The PostgreSQL under a server: how it is set, and how much work a message makes for it.

use hookwire_testkit::Postgres;

use crate::setup::Stage;

/// What an operator would set on a machine of this size; everything that concerns durability is as shipped.
const SETTINGS: &[(&str, &str)] = &[
    ("shared_buffers", "512MB"),
    ("max_wal_size", "8GB"),
    ("checkpoint_timeout", "15min"),
    ("shared_preload_libraries", "pg_stat_statements"),
    ("pg_stat_statements.track_utility", "on"),
    ("track_wal_io_timing", "off"),
];

/// Starts a server with an empty database.
pub(crate) async fn start() -> Postgres {
    let postgres = Postgres::alone_with(SETTINGS).await;
    postgres.query("CREATE EXTENSION pg_stat_statements").await;
    postgres
}

/// What the database did so far.
pub(crate) struct Counts {
    commits: f64,
    statements: f64,
    syncs: f64,
    wal_bytes: f64,
}

/// A number's name, and how it is read.
pub(crate) type Number = (&'static str, fn(&Work) -> f64);

/// What it did for one message.
pub(crate) struct Work {
    commits: f64,
    statements: f64,
    syncs: f64,
    wal_bytes: f64,
}

impl Counts {
    /// Reads them; none where the store is a file.
    pub(crate) async fn take(stage: &Stage) -> Option<Self> {
        let postgres = stage.postgres.as_ref()?;
        let sql = "SELECT (SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()), \
            (SELECT sum(calls) FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid \
                WHERE d.datname = current_database()), \
            (SELECT wal_sync FROM pg_stat_wal), (SELECT wal_bytes FROM pg_stat_wal)";
        let line = postgres.query(sql).await;
        let mut numbers = line.split('|').map(|number| number.parse::<f64>().unwrap_or_default());
        let mut next = || numbers.next().unwrap_or_default();
        Some(Self { commits: next(), statements: next(), syncs: next(), wal_bytes: next() })
    }

    /// What was done since then, for each of so many messages.
    pub(crate) fn since(&self, before: &Self, messages: u64) -> Work {
        let each = |after: f64, before: f64| (after - before) / messages.max(1) as f64;
        Work {
            commits: each(self.commits, before.commits),
            statements: each(self.statements, before.statements),
            syncs: each(self.syncs, before.syncs),
            wal_bytes: each(self.wal_bytes, before.wal_bytes),
        }
    }
}

impl Work {
    /// The numbers that are reported. A transaction is one round trip, as its statements are sent together.
    pub(crate) const NUMBERS: [Number; 4] = [
        ("database_commits_per_message", |work| work.commits),
        ("database_statements_per_message", |work| work.statements),
        ("database_syncs_per_message", |work| work.syncs),
        ("database_wal_bytes_per_message", |work| work.wal_bytes),
    ];
}
