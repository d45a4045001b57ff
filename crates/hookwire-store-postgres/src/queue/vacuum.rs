//! Keeps the queue small: dead rows go after so many settlements, not after so much time.
//!
//! Autovacuum looks at a table once in a minute (`autovacuum_naptime`). At thousands of deliveries a second the queue would
//! hold a minute's dead rows by then, and claims would step over them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::fault::Done;
use crate::shared::Shared;

/// Settlements of this node after which it vacuums.
const SETTLED_MAX: u64 = 10_000;

/// One at a time over all nodes. No pages are given back to the system, as that stops everybody for a moment.
const VACUUM: &str = "VACUUM (SKIP_LOCKED, TRUNCATE FALSE, INDEX_CLEANUP ON, PARALLEL 0) queue";

/// How worn the queue is by this node.
#[derive(Debug, Default)]
pub(crate) struct Wear {
    settled: AtomicU64,
    vacuuming: AtomicBool,
}

impl Wear {
    /// So many more deliveries were settled. Answers whether it is time to vacuum, and nobody does.
    fn add(&self, settled: usize) -> bool {
        let before = self.settled.fetch_add(settled as u64, Ordering::Relaxed);
        let is_worn = before + settled as u64 >= SETTLED_MAX;
        is_worn && !self.vacuuming.swap(true, Ordering::AcqRel)
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
            if let Err(fault) = vacuum(&shared).await {
                tracing::warn!(error = %fault.into_error(), "the queue was not vacuumed; autovacuum does it later");
            }
            shared.wear.vacuuming.store(false, Ordering::Release);
            // It may have worn again meanwhile, and nothing may be settled any more.
            if !shared.wear.add(0) {
                return;
            }
        }
    });
}

async fn vacuum(shared: &Arc<Shared>) -> Done<()> {
    let link = shared.pool.take().await?;
    link.script(VACUUM).await?;
    Ok(())
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
}
