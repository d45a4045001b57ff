//! Who may use how many of the lookup slots.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What is known of a name, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// It was resolved in time.
    Proven,
    /// Nothing.
    Unproven,
    /// It was not resolved in time, or failed slowly.
    Slow,
}

/// The slots. Slow names share a quarter of them; they and the unproven ones three quarters, so that however many
/// names hang, those with a good record find a slot.
pub(super) struct Slots {
    all: Arc<Semaphore>,
    not_proven: Arc<Semaphore>,
    slow: Arc<Semaphore>,
}

/// A slot, free again when dropped.
#[derive(Debug)]
pub(super) struct Slot {
    _permits: [Option<OwnedSemaphorePermit>; 3],
}

impl Slots {
    /// At least one for each standing.
    pub(super) fn new(count: usize) -> Self {
        let semaphore = |permits: usize| Arc::new(Semaphore::new(permits.clamp(1, Semaphore::MAX_PERMITS)));
        let quarter = count / 4;
        Self { all: semaphore(count), not_proven: semaphore(count - quarter), slow: semaphore(quarter) }
    }

    /// Waits for a slot, in turn with others of the same standing. The narrowest share comes first, so that whoever
    /// waits for it keeps nothing from the others.
    pub(super) async fn take(&self, standing: Standing) -> Slot {
        let (slow, not_proven) = match standing {
            Standing::Proven => (false, false),
            Standing::Unproven => (false, true),
            Standing::Slow => (true, true),
        };
        let slow = permit(slow.then_some(&self.slow)).await;
        let not_proven = permit(not_proven.then_some(&self.not_proven)).await;
        let all = permit(Some(&self.all)).await;
        Slot { _permits: [slow, not_proven, all] }
    }
}

async fn permit(share: Option<&Arc<Semaphore>>) -> Option<OwnedSemaphorePermit> {
    Arc::clone(share?).acquire_owned().await.ok()
}
