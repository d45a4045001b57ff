//! Keeps the queue small: dead rows go after so many settlements, not after so much time.
//!
//! Autovacuum looks at a table once in a minute (`autovacuum_naptime`). At thousands of deliveries a second the queue would
//! hold a minute's dead rows by then, and claims would step over them.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use crate::connection::{Link, params};
use crate::fault::{Done, Fault};
use crate::row::{count, get};
use crate::shared::Shared;
use crate::sql::queue as sql;

/// Settlements of this node after which it vacuums.
const SETTLED_MAX: u64 = 10_000;
/// The same when the vacuum before had to leave as many dead rows, since somebody's snapshot was older than their end.
const SETTLED_MAX_AGAIN: u64 = 2_500;
/// How often in a row. A snapshot that is still held then is a long one, and each vacuum reads what all before it left.
const AGAIN_MAX: u32 = 4;

/// One at a time over all nodes.
const VACUUM: &str = "VACUUM (SKIP_LOCKED, TRUNCATE FALSE, INDEX_CLEANUP ON, PARALLEL 0) queue";
/// The same, and gives pages back to the system. Everybody is stopped for a moment for that; until it comes, which may take
/// five seconds, nobody else can vacuum.
const VACUUM_AND_GIVE_BACK: &str = "VACUUM (SKIP_LOCKED, TRUNCATE TRUE, INDEX_CLEANUP ON, PARALLEL 0) queue";
/// Bytes of a queue of which nothing is given back.
const KEPT_MAX: i64 = 64 << 20;
/// Time from one try of giving back to the next.
const GIVING_BACK: Duration = Duration::from_mins(1);

/// How worn the queue is by this node.
#[derive(Debug)]
pub(crate) struct Wear {
    settled: AtomicU64,
    due: AtomicU64,
    vacuuming: AtomicBool,
    past: Mutex<Past>,
}

/// What came of the vacuums before.
#[derive(Debug, Default)]
struct Past {
    /// How many in a row left rows.
    in_vain: u32,
    gave_back: Option<Instant>,
}

impl Default for Wear {
    fn default() -> Self {
        let due = AtomicU64::new(SETTLED_MAX);
        Self { settled: AtomicU64::new(0), due, vacuuming: AtomicBool::new(false), past: Mutex::default() }
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
        let in_vain = &mut self.past().in_vain;
        let was_in_vain = rows >= SETTLED_MAX_AGAIN;
        let due = if was_in_vain && *in_vain < AGAIN_MAX { SETTLED_MAX_AGAIN } else { SETTLED_MAX };
        *in_vain = if was_in_vain { (*in_vain + 1).min(AGAIN_MAX) } else { 0 };
        self.due.store(due, Ordering::Relaxed);
    }

    /// Whether pages are to be given back, of a queue of that size; takes note that they are.
    fn begin_giving_back(&self, bytes: i64) -> bool {
        let gave_back = &mut self.past().gave_back;
        let may = bytes > KEPT_MAX && gave_back.is_none_or(|last| last.elapsed() >= GIVING_BACK);
        if may {
            *gave_back = Some(Instant::now());
        }
        may
    }

    fn past(&self) -> MutexGuard<'_, Past> {
        self.past.lock().expect("nobody panics with this lock")
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
            let left = vacuum(&shared).await.unwrap_or_else(|fault| {
                tracing::warn!(error = %fault.into_error(), "the queue was not vacuumed; it is tried again later");
                0
            });
            shared.wear.left(left);
            shared.wear.vacuuming.store(false, Ordering::Release);
            // It may have worn again meanwhile, and nothing may be settled any more.
            if !shared.wear.add(0) {
                return;
            }
        }
    });
}

/// Answers how many dead rows were left; 0 if that can't be told, since somebody else is vacuuming or PostgreSQL 14 has not
/// counted yet.
async fn vacuum(shared: &Arc<Shared>) -> Done<u64> {
    let link = shared.pool.take().await?;
    let before = look(&link).await?;
    link.script(if shared.wear.begin_giving_back(before.bytes) { VACUUM_AND_GIVE_BACK } else { VACUUM })
        .await?;
    let after = look(&link).await?;
    Ok(if after.vacuums == before.vacuums { 0 } else { after.dead })
}

/// What the database knows of the queue. `dead`: what the latest vacuum had to leave, and what others did since.
struct Look {
    bytes: i64,
    vacuums: u64,
    dead: u64,
}

async fn look(link: &Link) -> Done<Look> {
    let row = link.one(sql::QUEUE_WEAR, params![]).await?;
    let row = row.ok_or_else(|| Fault::unavailable("the database counts nothing"))?;
    Ok(Look { bytes: get(&row, 0)?, vacuums: count(&row, 1)?, dead: count(&row, 2)? })
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

    #[test]
    fn pages_are_given_back_of_a_large_queue_and_not_all_the_time() {
        let wear = Wear::default();
        assert!(!wear.begin_giving_back(KEPT_MAX));
        assert!(wear.begin_giving_back(KEPT_MAX + 1));
        assert!(!wear.begin_giving_back(KEPT_MAX + 1));
    }
}
