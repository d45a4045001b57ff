//! What wakes lanes when nothing happens: the time, and a look at what the store holds.

use std::sync::Arc;
use std::time::Duration;

use hookwire_store::{Dispatch, Result};
use tokio_util::sync::CancellationToken;

use super::Dispatcher;

/// Longest sleep of the time keeper, so that a jump of the clock is noticed.
const NAP_MAX: Duration = Duration::from_secs(1);
/// Pause between two looks at all the lanes that the store knows.
const RESYNC: Duration = Duration::from_mins(1);
const RESYNC_PAGE: u32 = 500;
/// Pause after a look that failed: nobody else may know of what it did not see.
const RESYNC_AGAIN: Duration = Duration::from_secs(1);

impl Dispatcher {
    /// Begins to take deliveries. It is attached before it looks: what was written earlier is seen then, and of what is
    /// written later it is told. The other way round there is a time in which a result is written, what follows it is
    /// told to nobody, and the lane sleeps although the store holds its next delivery.
    pub(crate) fn begin(self: &Arc<Self>, stop: &CancellationToken) {
        self.store.attach(Arc::clone(self) as Arc<dyn Dispatch>);
        self.tasks.spawn_on(Arc::clone(self).keep_time(stop.clone()), &self.runtime);
        self.tasks.spawn_on(Arc::clone(self).keep_in_step(stop.clone()), &self.runtime);
    }

    /// Wakes lanes when their time comes.
    async fn keep_time(self: Arc<Self>, stop: CancellationToken) {
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
    async fn keep_in_step(self: Arc<Self>, stop: CancellationToken) {
        loop {
            let pause = match self.look_at_all_lanes().await {
                Ok(()) => RESYNC,
                Err(error) => {
                    tracing::warn!(%error, "cannot list the lanes with waiting deliveries; trying again");
                    RESYNC_AGAIN
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
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
