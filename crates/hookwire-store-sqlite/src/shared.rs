//! What all threads of the store share.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, RwLock};

use hookwire_core::KeyMint;
use hookwire_store::upkeep::WriteStats;
use hookwire_store::{Dispatch, Vault};

use crate::lease::Leases;
use crate::settings::Settings;
use crate::upkeep::trim::touched::Touched;

/// What all threads of the store share.
pub(crate) struct Shared {
    pub(crate) path: PathBuf,
    pub(crate) vault: Vault,
    pub(crate) settings: Settings,
    pub(crate) mint: Arc<KeyMint>,
    /// The number of this opening of the file.
    pub(crate) epoch: i64,
    /// Payloads that expire before this (by an earlier setting) may lie anywhere in the order of keys.
    pub(crate) sweep_barrier: hookwire_core::Timestamp,
    /// Who takes deliveries that are leased on ingest. The writer holds this lock through a transaction, so that
    /// nothing is leased once `detach` has returned.
    pub(crate) dispatch: RwLock<Option<Arc<dyn Dispatch>>>,
    pub(crate) leases: Mutex<Leases>,
    pub(crate) touched: Mutex<Touched>,
    pub(crate) counters: Counters,
    /// Held while a checkpoint is made: SQLite makes one at a time, and refuses the second instead of waiting.
    pub(crate) checkpointing: Mutex<()>,
    /// Size of the write-ahead log when it was last looked at, in bytes.
    pub(crate) wal_bytes: AtomicU64,
}

/// What the writer did so far.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) commits: AtomicU64,
    pub(crate) operations: AtomicU64,
    pub(crate) busy_us: AtomicU64,
    pub(crate) stale: AtomicU64,
}

impl Counters {
    pub(crate) fn read(&self) -> WriteStats {
        WriteStats {
            commits: self.commits.load(Ordering::Relaxed),
            operations: self.operations.load(Ordering::Relaxed),
            busy_us: self.busy_us.load(Ordering::Relaxed),
            stale: self.stale.load(Ordering::Relaxed),
        }
    }
}
