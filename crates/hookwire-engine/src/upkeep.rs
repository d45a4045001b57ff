//! Retention and background tasks, in steps small enough that nobody waits for them.

use std::sync::Arc;
use std::time::Duration;

use hookwire_core::{Clock, Profiles};
use hookwire_store::SharedStore;
use hookwire_store::upkeep::{RetentionStep, TrimStep};
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
    profiles: Arc<Profiles>,
    retention: RetentionSettings,
    stop: CancellationToken,
) {
    let work = async {
        tokio::join!(
            retain(&store, &*clock, &retention),
            forget(&store, &*clock, &retention),
            trim(&store, &profiles, &retention),
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

/// Removes logs beyond their endpoints' limits.
async fn trim(store: &SharedStore, profiles: &Profiles, retention: &RetentionSettings) {
    let limits = profiles.iter().filter_map(|profile| Some((profile.name.clone(), profile.log_limit?)));
    let step = TrimStep { profiles: limits.collect(), limit: retention.step };
    loop {
        let pause = match store.trim_logs(step.clone()).await {
            Ok(removed) if removed >= u64::from(step.limit) => BREATH,
            Ok(_) => retention.interval,
            Err(error) => {
                tracing::warn!(%error, "logs could not be trimmed");
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
