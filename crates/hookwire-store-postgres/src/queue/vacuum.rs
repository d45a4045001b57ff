//! Keeps the queue small: dead rows go after so many settlements, not after so much time.
//!
//! Autovacuum looks at a table once in a minute (`autovacuum_naptime`). At thousands of deliveries a second the queue would
//! hold a minute's dead rows by then, and claims would step over them.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use crate::connection::params;
use crate::fault::Done;
use crate::row::get;
use crate::shared::Shared;
use crate::sql::queue as sql;

/// Settlements of this node after which it vacuums.
const SETTLED_MAX: u64 = 10_000;
/// The same when the vacuum before had to leave as many dead rows, since somebody's snapshot was older than their end.
const SETTLED_MAX_AGAIN: u64 = 2_500;
/// How often in a row. A snapshot that is still held then is a long one, and each vacuum reads what all before it left.
const AGAIN_MAX: u32 = 4;

/// One at a time over all nodes. Pages are given back to the system only where there are very many: for that everybody is
/// stopped for a moment, and others can't vacuum while it is waited for.
const VACUUM: &str = "VACUUM (SKIP_LOCKED, TRUNCATE FALSE, INDEX_CLEANUP ON, PARALLEL 0) queue";
const VACUUM_AND_GIVE_BACK: &str = "VACUUM (SKIP_LOCKED, TRUNCATE TRUE, INDEX_CLEANUP ON, PARALLEL 0) queue";
/// Bytes of a queue of which nothing is given back.
const KEPT_MAX: i64 = 64 << 20;

/// How worn the queue is by this node.
#[derive(Debug)]
pub(crate) struct Wear {
    settled: AtomicU64,
    due: AtomicU64,
    again: Mutex<u32>,
    vacuuming: AtomicBool,
}

impl Default for Wear {
    fn default() -> Self {
        let due = AtomicU64::new(SETTLED_MAX);
        Self { settled: AtomicU64::new(0), due, again: Mutex::default(), vacuuming: AtomicBool::new(false) }
    }
}

impl Wear {
    /// So many more deliveries were settled. Answers whether it is time to vacuum, and nobody does.
    fn add(&self, settled: usize) -> bool {
        let before = self.settled.fetch_add(settled as u64, Ordering::Relaxed);
        let is_worn = before + settled as u64 >= self.due.load(Ordering::Relaxed);
        is_worn && !self.vacuuming.swap(true, Ordering::AcqRel)
    }

    /// So many dead rows had to be left.
    fn left(&self, rows: u64) {
        let mut again = self.again.lock().expect("nobody panics with this lock");
        let was_in_vain = rows >= SETTLED_MAX_AGAIN;
        let due = if was_in_vain && *again < AGAIN_MAX { SETTLED_MAX_AGAIN } else { SETTLED_MAX };
        *again = if was_in_vain { (*again + 1).min(AGAIN_MAX) } else { 0 };
        self.due.store(due, Ordering::Relaxed);
    }
}

/// So many more deliveries were settled. Vacuums in a task of its own when it is time for it.
pub(crate) fn settled(shared: &Arc<Shared>, settled: usize) {
    if !shared.wear.add(settled) {
        return;
    }
    let shared = Arc::clone(shared);
    tokio::spawn(async move {
        loop {
            shared.wear.settled.store(0, Ordering::Relaxed);
            match vacuum(&shared).await {
                Ok(left) => shared.wear.left(left),
                Err(fault) => {
                    tracing::warn!(error = %fault.into_error(), "the queue was not vacuumed; autovacuum does it later");
                }
            }
            shared.wear.vacuuming.store(false, Ordering::Release);
            // It may have worn again meanwhile, and nothing may be settled any more.
            if !shared.wear.add(0) {
                return;
            }
        }
    });
}

/// Answers how many dead rows were left.
async fn vacuum(shared: &Arc<Shared>) -> Done<u64> {
    let link = shared.pool.take().await?;
    let size = link.one(sql::QUEUE_BYTES, params![]).await?;
    let size: i64 = size.map_or(Ok(0), |row| get(&row, 0))?;
    link.script(if size > KEPT_MAX { VACUUM_AND_GIVE_BACK } else { VACUUM }).await?;
    let left = link.one(sql::QUEUE_DEAD, params![]).await?;
    let left: i64 = left.map_or(Ok(0), |row| get(&row, 0))?;
    Ok(left.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_due_once_for_so_many_settlements() {
        let wear = Wear::default();
        assert!(!wear.add(SETTLED_MAX as usize - 1));
        assert!(wear.add(1));
        assert!(!wear.add(1));
        wear.vacuuming.store(false, Ordering::Release);
        assert!(wear.add(0), "what came while it was vacuumed is not forgotten");
    }

    #[test]
    fn it_is_due_sooner_when_rows_were_left_but_not_for_ever() {
        let wear = Wear::default();
        let dues = |left: &[u64]| -> Vec<u64> {
            let due = |left: &u64| {
                wear.left(*left);
                wear.due.load(Ordering::Relaxed)
            };
            left.iter().map(due).collect()
        };
        assert_eq!(dues(&[0, 2_499, 2_500, 0]), [10_000, 10_000, 2_500, 10_000]);
        assert_eq!(dues(&[9_000; 6]), [2_500, 2_500, 2_500, 2_500, 10_000, 10_000]);
        assert_eq!(dues(&[0, 9_000]), [10_000, 2_500], "one that was not in vain begins anew");
    }
}
