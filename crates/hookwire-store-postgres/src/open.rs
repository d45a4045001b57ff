//! Opening: the right database, the right schema, the right main secret, and a number among the nodes.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64};
use std::sync::{Arc, Mutex, RwLock};
use std::time::Duration;

use hookwire_core::id::Key;
use hookwire_core::{KeyMint, MessageKey, Timestamp};
use hookwire_store::chooser::Chooser;
use hookwire_store::{Error, Vault};

use crate::bell::Bell;
use crate::cache::Cache;
use crate::changes::Seen;
use crate::connection::{Link, Place, params};
use crate::fault::{Done, Fault};
use crate::keeper::{self, Calls, Keeper};
use crate::partition::Days;
use crate::pool::Pool;
use crate::queue::vacuum::Wear;
use crate::row::get;
use crate::settings::Settings;
use crate::shared::{Counters, Pulse, Shared};
use crate::sql::node as sql;
use crate::writers::Writers;
use crate::{PostgresStore, import, migrate as schema, orphan};

/// The oldest server that has all that is used.
const SERVER_VERSION_MIN: i32 = 140_000;
const CANARY: &str = "hookwire";
/// How far the written mark of attempt keys may lag, in keys: one second.
pub(crate) const MARK_STEP: i64 = 1_000 << 22;

/// Why a store could not be opened. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The URL can't be understood.
    #[error("store.url: {0}")]
    Url(String),
    /// The database can't be reached, or refuses.
    #[error("{0}")]
    Database(Error),
    /// The server is too old.
    #[error("the database is PostgreSQL {}: 14 or newer is needed", .0 / 10_000)]
    OldServer(i32),
    /// The secrets in it are encrypted under another main secret.
    #[error("the main secret is not the one that this database was made with")]
    WrongSecret,
    /// Written by a later version of Hookwire that this one can't work beside.
    #[error("the database has schema {found}, but this version of Hookwire knows schemas up to {known} only")]
    TooNew {
        /// The database's schema.
        found: u32,
        /// The latest schema that is known.
        known: u32,
    },
    /// Its schema must be brought up to date, which was turned off.
    #[error("the database has schema {found}, but {known} is needed: run `hookwire migrate`")]
    Outdated {
        /// The database's schema.
        found: u32,
        /// The schema that is needed.
        known: u32,
    },
    /// An installation is being moved into it, or a move was broken off.
    #[error(
        "a copy into this database is not complete: run the same `hookwire copy` again, which goes on with it"
    )]
    Unfinished,
    /// Some other program's database.
    #[error(
        "the database holds tables of another program: Hookwire needs a database (or a schema) of its own"
    )]
    NotOurs,
}

impl From<Fault> for OpenError {
    fn from(fault: Fault) -> Self {
        Self::Database(fault.into_error())
    }
}

impl From<tokio_postgres::Error> for OpenError {
    fn from(error: tokio_postgres::Error) -> Self {
        Fault::from(error).into()
    }
}

/// Brings the database's schema up to date without opening the store; answers the schema before and after. A later one
/// that this version can work with stays.
pub async fn migrate(url: &str) -> Result<(u32, u32), OpenError> {
    let place = Place::parse(url, false)?;
    let (link, _) = Link::connect(&place).await?;
    check_server(&link).await?;
    if schema::check(&link).await? > 0 {
        import::check_finished(&link).await?;
    }
    let before = schema::apply(&link).await?;
    Ok((before, before.max(schema::SCHEMA)))
}

impl PostgresStore {
    /// Opens the store in the database at `url`, and becomes one of the nodes that share it. `mint` gets the node's number
    /// and a floor: it never makes a key that is stored already.
    pub async fn open(
        url: &str,
        vault: Vault,
        settings: Settings,
        mint: Arc<KeyMint>,
    ) -> Result<Arc<Self>, OpenError> {
        let place = Arc::new(Place::parse(url, settings.listen)?);
        let (link, _) = Link::connect(&place).await?;
        check_server(&link).await?;
        let before = schema::check(&link).await?;
        if before > 0 {
            check_secret(&link, &vault).await?;
        }
        if before < schema::SCHEMA {
            if !settings.migrate {
                return Err(OpenError::Outdated { found: before, known: schema::SCHEMA });
            }
            schema::apply(&link).await?;
        }
        make_canary(&link, &vault).await?;
        import::check_finished(&link).await?;
        let facts = Facts::take(&link, &settings).await?;
        mint.raise_floor(facts.key_floor);
        let identity = keeper::enter(&link, &settings.name, facts.key_floor).await?;
        mint.become_node(identity.number);
        // Whoever believes to be alone hears of this node at once, and no longer goes by its own throttles.
        link.query(sql::NOTIFY, params![format!("{} changed", identity.incarnation)]).await?;
        let nodes = link.query(sql::NODES, params![]).await?.len();
        let bell = Bell::new(nodes <= 1);
        let shared = Arc::new(Shared {
            pool: Pool::new(Arc::clone(&place), settings.connections),
            place,
            vault,
            settings,
            mint,
            identity: RwLock::new(identity),
            sweep_barrier: facts.sweep_barrier,
            dispatch: RwLock::new(None),
            leases: Mutex::default(),
            cache: Cache::default(),
            days: Days::default(),
            bell,
            seen: Seen::default(),
            counters: Counters::default(),
            wear: Wear::default(),
            attempt_mark: AtomicI64::new(facts.key_floor),
            touched: Mutex::default(),
            sweep: Mutex::default(),
            early: Mutex::default(),
            closed: AtomicBool::new(false),
            pulse: Pulse::new(),
        });
        orphan::free_early(&shared, &link).await?;
        let calls = Arc::new(Calls::default());
        let keeper = tokio::spawn(Keeper::new(Arc::clone(&shared), Arc::clone(&calls)).run());
        Ok(Arc::new(Self {
            writers: Writers::start(&shared),
            shared,
            chooser: Chooser::default(),
            calls,
            keeper: Mutex::new(Some(keeper)),
            pings: AtomicU64::new(0),
        }))
    }
}

pub(crate) async fn check_server(link: &Link) -> Result<(), OpenError> {
    let row = link.one(sql::SERVER_VERSION, params![]).await?;
    let version = row.map_or(Ok(0), |row| get(&row, 0))?;
    if version < SERVER_VERSION_MIN { Err(OpenError::OldServer(version)) } else { Ok(()) }
}

/// The secret that sealed the canary must open it.
pub(crate) async fn check_secret(link: &Link, vault: &Vault) -> Result<(), OpenError> {
    let Some(row) = link.one(sql::META_BYTES, params!["canary"]).await? else { return Ok(()) };
    let sealed: Option<&[u8]> = get(&row, 0)?;
    match sealed {
        Some(sealed) if vault.open(sealed, "meta/canary").is_err() => Err(OpenError::WrongSecret),
        _ => Ok(()),
    }
}

/// Leaves what tells a wrong main secret later, unless it is there.
pub(crate) async fn make_canary(link: &Link, vault: &Vault) -> Result<(), OpenError> {
    link.run(sql::META_SET_BYTES, params!["canary", vault.seal(CANARY.as_bytes(), "meta/canary")]).await?;
    // Of two that made the database together one wrote it.
    check_secret(link, vault).await
}

/// What the database says about itself.
struct Facts {
    key_floor: i64,
    sweep_barrier: Timestamp,
}

impl Facts {
    /// Reads the facts and writes those that opening changes.
    async fn take(link: &Link, settings: &Settings) -> Done<Self> {
        let mut key_floor = node_floor(link).await?;
        let message_high = number(link, sql::KEY_MAX_MESSAGE).await?;
        for sql in [
            sql::KEY_MAX_APP,
            sql::KEY_MAX_ENDPOINT,
            sql::KEY_MAX_TASK,
            sql::KEY_MAX_INVOCATION,
            sql::KEY_MAX_CLIENT,
            sql::KEY_MAX_INSTALL,
        ] {
            key_floor = key_floor.max(number(link, sql).await?);
        }
        key_floor = key_floor.max(message_high);
        let retention = i64::try_from(settings.payload_retention.as_micros()).unwrap_or(i64::MAX);
        let before = meta(link, "payload_retention").await?;
        let mut sweep_barrier = meta(link, "sweep_barrier").await?.unwrap_or(0);
        if before != Some(retention) {
            // Payloads written under the old span expire up to here; until then, new ones are found by the index.
            let span = Duration::from_micros(before.unwrap_or(0).unsigned_abs());
            let last = MessageKey::from_raw(message_high).created().plus(span);
            sweep_barrier = sweep_barrier.max(if before.is_some() { last.micros() } else { 0 });
            link.run(sql::META_SET, params!["payload_retention", retention]).await?;
            link.run(sql::META_SET, params!["sweep_barrier", sweep_barrier]).await?;
        }
        Ok(Self { key_floor, sweep_barrier: Timestamp::from_micros(sweep_barrier) })
    }
}

/// Above all keys that nodes may have made.
pub(crate) async fn node_floor(link: &Link) -> Done<i64> {
    Ok(number(link, sql::NODE_KEY_HIGH).await? + 2 * MARK_STEP)
}

async fn number(link: &Link, sql: &'static str) -> Done<i64> {
    let row = link.one(sql, params![]).await?;
    Ok(row.map_or(Ok(None), |row| get::<Option<i64>>(&row, 0))?.unwrap_or(0))
}

/// A fact by its name.
pub(crate) async fn meta(link: &Link, name: &str) -> Done<Option<i64>> {
    let row = link.one(sql::META_GET, params![name]).await?;
    row.map_or(Ok(None), |row| get(&row, 0))
}
