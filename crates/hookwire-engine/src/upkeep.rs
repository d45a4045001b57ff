//! Retention and background tasks, in steps small enough that nobody waits for them.

use std::sync::Arc;
use std::time::Duration;

use hookwire_core::Clock;
use hookwire_store::SharedStore;
use hookwire_store::upkeep::RetentionStep;
use tokio_util::sync::CancellationToken;

use crate::settings::RetentionSettings;

/// Pause between two looks for tasks.
const TASK_LOOK: Duration = Duration::from_millis(500);
/// Pause between two steps of the same work, in which others have their turn.
const BREATH: Duration = Duration::from_millis(5);
const TASK_STEP: u32 = 200;

/// Keeps the store in shape until stopped.
pub(crate) async fn run(
    store: SharedStore,
    clock: Arc<dyn Clock>,
    retention: RetentionSettings,
    stop: CancellationToken,
) {
    let work = async {
        tokio::join!(
            retain(&store, &*clock, &retention),
            forget(&store, &*clock, &retention),
            advance(&store, &*clock)
        );
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = work => {}
    }
}

async fn retain(store: &SharedStore, clock: &dyn Clock, retention: &RetentionSettings) {
    loop {
        let RetentionSettings { attempts, messages, step, .. } = *retention;
        let step = RetentionStep { now: clock.now(), attempts, messages, limit: step };
        let pause = match store.retain(step).await {
            Ok(removed) if removed.total() > 0 => BREATH,
            Ok(_) => retention.interval,
            Err(error) => {
                tracing::warn!(%error, "retention could not be carried out");
                retention.interval
            }
        };
        tokio::time::sleep(pause).await;
    }
}

/// Removes records of invocations, which are kept as long as attempts.
async fn forget(store: &SharedStore, clock: &dyn Clock, retention: &RetentionSettings) {
    loop {
        let before = clock.now().minus(retention.attempts);
        let pause = match store.forget_invocations(before, retention.step).await {
            Ok(0) => retention.interval,
            Ok(_) => BREATH,
            Err(error) => {
                tracing::warn!(%error, "old records of invocations could not be removed");
                retention.interval
            }
        };
        tokio::time::sleep(pause).await;
    }
}

async fn advance(store: &SharedStore, clock: &dyn Clock) {
    loop {
        let pause = match store.advance_tasks(clock.now(), TASK_STEP).await {
            Ok(0) => TASK_LOOK,
            Ok(_) => BREATH,
            Err(error) => {
                tracing::warn!(%error, "background tasks could not be carried on");
                TASK_LOOK
            }
        };
        tokio::time::sleep(pause).await;
    }
}
