//! What wakes lanes when nothing happens: the time, and a look at what the store holds.

use std::sync::Arc;
use std::time::Duration;

use hookwire_store::{Dispatch as _, Result};
use tokio_util::sync::CancellationToken;

use super::Dispatcher;

/// Longest sleep of the time keeper, so that a jump of the clock is noticed.
const NAP_MAX: Duration = Duration::from_secs(1);
/// Pause between two looks at all the lanes that the store knows.
const RESYNC: Duration = Duration::from_mins(1);
const RESYNC_PAGE: u32 = 500;

impl Dispatcher {
    /// Wakes lanes when their time comes.
    pub(crate) async fn keep_time(self: Arc<Self>, stop: CancellationToken) {
        loop {
            let now = self.now();
            let (work, next) = self.lanes.tick(now);
            self.perform(work);
            let nap = next.map_or(NAP_MAX, |at| at.since(now).min(NAP_MAX));
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.bell.notified() => {}
                () = tokio::time::sleep(nap.max(Duration::from_millis(1))) => {}
            }
        }
    }

    /// Learns which lanes the store holds deliveries for: at the start, and now and then to be sure.
    pub(crate) async fn keep_in_step(self: Arc<Self>, stop: CancellationToken) {
        loop {
            if let Err(error) = self.look_at_all_lanes().await {
                tracing::warn!(%error, "cannot list the lanes with waiting deliveries");
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(RESYNC) => {}
            }
        }
    }

    async fn look_at_all_lanes(&self) -> Result<()> {
        let mut after = None;
        loop {
            let lanes = self.store.lanes(after, RESYNC_PAGE).await?;
            for lane in &lanes {
                self.waiting(lane.endpoint, lane.next_due);
            }
            if lanes.len() < RESYNC_PAGE as usize {
                return Ok(());
            }
            after = lanes.last().map(|lane| lane.endpoint);
        }
    }
}
