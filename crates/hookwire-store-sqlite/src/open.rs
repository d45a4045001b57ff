//! Opening: one process at a time, the right main secret, the right schema. A refusal changes nothing.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, RwLock};
use std::time::Duration;

use hookwire_core::id::Key;
use hookwire_core::{KeyMint, MessageKey, Timestamp};
use hookwire_store::Vault;
use rusqlite::{Connection, ErrorCode, OptionalExtension};

use crate::chooser::Chooser;
use crate::lease::Leases;
use crate::settings::Settings;
use crate::shared::{Counters, Shared};
use crate::sql::{catalog, oauth, queue, triggers};
use crate::threads::Threads;
use crate::upkeep::trim::touched::Touched;
use crate::writer::batch::Seed;
use crate::writer::sweep::Sweep;
use crate::writer::work::{MARK_STEP, Marks};
use crate::{SqliteStore, connection, migrate as schema};

/// The first version of SQLite whose write-ahead log can be restarted by one connection while another checkpoints it.
const SQLITE_VERSION_MIN: i32 = 3_051_003;
const CANARY: &str = "hookwire";

/// Why a store could not be opened. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder, the file or the lock could not be made or read.
    #[error("{path}: {error}")]
    Io {
        /// What was to be opened.
        path: PathBuf,
        /// Why it could not be.
        error: std::io::Error,
    },
    /// Another process has it open.
    #[error("{0} is in use by another Hookwire process")]
    InUse(PathBuf),
    /// The secrets in it are encrypted under another main secret.
    #[error("the main secret is not the one that this database was made with")]
    WrongSecret,
    /// Written by a later version of Hookwire.
    #[error("the database has schema {found}, but this version of Hookwire knows schemas up to {known} only")]
    TooNew {
        /// The file's schema.
        found: u32,
        /// The latest schema that is known.
        known: u32,
    },
    /// Some other program's database.
    #[error("the file is a database of another program")]
    NotOurs,
    /// No database at all, or a damaged one.
    #[error("the file is no SQLite database, or it is damaged: {0}")]
    Damaged(rusqlite::Error),
    /// The SQLite library is too old to be relied on.
    #[error("SQLite {0} is too old: 3.51.3 is needed")]
    OldLibrary(&'static str),
    /// Anything else that SQLite reports.
    #[error("SQLite: {0}")]
    Sqlite(rusqlite::Error),
}

impl From<rusqlite::Error> for OpenError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => Self::Damaged(error),
            _ => Self::Sqlite(error),
        }
    }
}

/// Brings the file's schema up to date without opening the store; answers the schema before and after.
pub fn migrate(path: &Path) -> Result<(u32, u32), OpenError> {
    let _lock = lock(path)?;
    let db = first_connection(path, &Settings::default())?;
    let from = schema::check(&db)?;
    schema::apply(&db, from)?;
    Ok((from, schema::SCHEMA))
}

impl SqliteStore {
    /// Opens the store in this file, or makes it. `mint` gets a floor: it never makes a key that is stored already.
    pub fn open(
        path: &Path,
        vault: Vault,
        settings: Settings,
        mint: Arc<KeyMint>,
    ) -> Result<Arc<Self>, OpenError> {
        if rusqlite::version_number() < SQLITE_VERSION_MIN {
            return Err(OpenError::OldLibrary(rusqlite::version()));
        }
        let lock = lock(path)?;
        let db = first_connection(path, &settings)?;
        let before = schema::check(&db)?;
        if before > 0 {
            check_secret(&db, &vault)?;
        }
        schema::apply(&db, before)?;
        let facts = Facts::take(&db, &vault, &settings)?;
        mint.raise_floor(facts.key_floor);
        let shared = Arc::new(Shared {
            path: path.to_owned(),
            vault,
            settings,
            mint,
            epoch: facts.epoch,
            sweep_barrier: facts.sweep_barrier,
            dispatch: RwLock::new(None),
            leases: Mutex::new(Leases::default()),
            touched: Mutex::new(Touched::default()),
            counters: Counters::default(),
            checkpointing: Mutex::new(()),
            wal_bytes: AtomicU64::new(0),
        });
        let sweep = Sweep { payload: facts.sweep_payload, ..Sweep::default() };
        let seed = Seed { shared: Arc::clone(&shared), db, marks: facts.marks(), sweep };
        let failed = |error| OpenError::Io { path: path.to_owned(), error };
        let (writer, readers, threads) = Threads::start(&shared, seed)?.map_err(failed)?;
        Ok(Arc::new(Self {
            shared,
            writer,
            readers,
            chooser: Chooser::default(),
            threads: Mutex::new(threads.with_lock(lock)),
            orphans_above: Mutex::new(Some(facts.lease_floor)),
            pings: AtomicU64::new(0),
        }))
    }
}

/// Takes the lock that keeps other processes out. It is released when the file is closed, however the process ends.
fn lock(path: &Path) -> Result<File, OpenError> {
    let failed = |error| OpenError::Io { path: path.to_owned(), error };
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let file = private_file(Path::new(&name)).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse(path.to_owned())),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

/// Opens a file that only its owner may read, and makes it if need be.
fn private_file(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).read(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn first_connection(path: &Path, settings: &Settings) -> Result<Connection, OpenError> {
    private_file(path).map_err(|error| OpenError::Io { path: path.to_owned(), error })?;
    Ok(connection::writer(path, settings)?)
}

/// The secret that sealed the canary must open it.
fn check_secret(db: &Connection, vault: &Vault) -> Result<(), OpenError> {
    let sealed: Option<Vec<u8>> = db.query_row(catalog::META_GET, ["canary"], |row| row.get(0)).optional()?;
    match sealed {
        Some(sealed) if vault.open(&sealed, "meta/canary").is_err() => Err(OpenError::WrongSecret),
        _ => Ok(()),
    }
}

/// What the file says about itself.
struct Facts {
    epoch: i64,
    key_floor: i64,
    attempt_high: i64,
    lease_floor: i64,
    sweep_barrier: Timestamp,
    sweep_payload: i64,
}

impl Facts {
    /// Reads the facts and writes those that opening changes, in one transaction.
    fn take(db: &Connection, vault: &Vault, settings: &Settings) -> Result<Self, OpenError> {
        let transaction = db.unchecked_transaction()?;
        let number = |name: &str| -> rusqlite::Result<Option<i64>> {
            db.query_row(catalog::META_GET, [name], |row| row.get(0)).optional()
        };
        let set = |name: &str, value: i64| db.execute(catalog::META_SET, (name, value));
        let highest = |sql| db.query_row(sql, [], |row| row.get::<_, Option<i64>>(0));
        if db.query_row(catalog::META_GET, ["canary"], |_| Ok(())).optional()?.is_none() {
            db.execute(catalog::META_SET, ("canary", vault.seal(CANARY.as_bytes(), "meta/canary")))?;
        }
        let epoch = number("epoch")?.unwrap_or(0) + 1;
        set("epoch", epoch)?;
        let attempt_high = number("attempt_high")?.unwrap_or(0);
        let message_high = highest(queue::KEY_MAX_MESSAGE)?.unwrap_or(0);
        let removed_high = number("key_high")?.unwrap_or(0);
        let mut key_floor = message_high.max(attempt_high + 2 * MARK_STEP).max(removed_high);
        for sql in [
            queue::KEY_MAX_APP,
            queue::KEY_MAX_ENDPOINT,
            queue::KEY_MAX_TASK,
            triggers::KEY_MAX_INVOCATION,
            oauth::KEY_MAX_CLIENT,
            oauth::KEY_MAX_INSTALL,
        ] {
            key_floor = key_floor.max(highest(sql)?.unwrap_or(0));
        }
        let retention = i64::try_from(settings.payload_retention.as_micros()).unwrap_or(i64::MAX);
        let before = number("payload_retention")?;
        let mut sweep_barrier = number("sweep_barrier")?.unwrap_or(0);
        if before != Some(retention) {
            // Payloads written under the old span expire up to here; until then, new ones are found by the index.
            let span = Duration::from_micros(before.unwrap_or(0).unsigned_abs());
            let last = MessageKey::from_raw(message_high).created().plus(span);
            sweep_barrier = sweep_barrier.max(if before.is_some() { last.micros() } else { 0 });
            set("payload_retention", retention)?;
            set("sweep_barrier", sweep_barrier)?;
        }
        let lease_floor = number("lease_floor")?.unwrap_or(i64::MAX);
        let sweep_payload = number("sweep_payload")?.unwrap_or(0);
        transaction.commit()?;
        let sweep_barrier = Timestamp::from_micros(sweep_barrier);
        Ok(Self { epoch, key_floor, attempt_high, lease_floor, sweep_barrier, sweep_payload })
    }

    fn marks(&self) -> Marks {
        Marks::new(self.lease_floor, self.attempt_high)
    }
}
