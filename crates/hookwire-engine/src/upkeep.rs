//! Retention and background tasks, in steps small enough that nobody waits for them.

use std::sync::Arc;
use std::time::Duration;

use hookwire_core::{Clock, Profiles};
use hookwire_store::upkeep::{RetentionStep, TrimStep};
use hookwire_store::{Oauth, Result, SharedStore, Triggers, Upkeep};
use tokio_util::sync::CancellationToken;

use crate::settings::RetentionSettings;

/// Pause between two looks for tasks.
const TASK_LOOK: Duration = Duration::from_millis(500);
/// Longest pause between two looks for logs beyond their limit: they are to be gone within a minute.
const TRIM_LOOK_MAX: Duration = Duration::from_secs(20);
/// Pause between two steps of the same work, in which others have their turn.
const BREATH: Duration = Duration::from_millis(5);
const TASK_STEP: u32 = 200;

/// Keeps the store in shape until stopped.
pub(crate) async fn run(
    store: SharedStore,
    clock: Arc<dyn Clock>,
    retention: RetentionSettings,
    profiles: Arc<Profiles>,
    stop: CancellationToken,
) {
    let work = async {
        tokio::join!(
            retain(&*store, &*store, &*clock, &retention),
            trim(&*store, &retention, &profiles),
            advance(&*store, &*clock),
            tidy_oauth(&*store, &*clock, &retention)
        );
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = work => {}
    }
}

async fn retain(
    store: &dyn Upkeep,
    triggers: &dyn Triggers,
    clock: &dyn Clock,
    retention: &RetentionSettings,
) {
    loop {
        let pause = match retain_step(store, triggers, clock, retention).await {
            Ok(removed) if removed > 0 => BREATH,
            Ok(_) => retention.interval,
            Err(error) => {
                tracing::warn!(%error, "retention could not be carried out");
                retention.interval
            }
        };
        tokio::time::sleep(pause).await;
    }
}

/// Records of invocations are kept as long as attempts.
async fn retain_step(
    store: &dyn Upkeep,
    triggers: &dyn Triggers,
    clock: &dyn Clock,
    retention: &RetentionSettings,
) -> Result<u64> {
    let RetentionSettings { attempts, messages, step: limit, .. } = *retention;
    let now = clock.now();
    let removed = store.retain(RetentionStep { now, attempts, messages, limit }).await;
    // Also when something else can't be removed.
    let forgotten = triggers.forget_invocations(now.minus(attempts), limit).await?;
    Ok(removed?.total() + forgotten)
}

async fn trim(store: &dyn Upkeep, retention: &RetentionSettings, profiles: &Profiles) {
    let limits = profiles.iter().filter_map(|profile| Some((profile.name.clone(), profile.log_limit?)));
    let step = TrimStep { profiles: limits.collect(), limit: retention.step };
    let look = retention.interval.min(TRIM_LOOK_MAX);
    loop {
        let pause = match store.trim_logs(step.clone()).await {
            Ok(removed) if removed >= u64::from(step.limit) => BREATH,
            Ok(_) => look,
            Err(error) => {
                tracing::warn!(%error, "logs could not be cut to their limits");
                look
            }
        };
        tokio::time::sleep(pause).await;
    }
}

/// Codes and tokens that ended are removed; what an interrupted change to an OAuth client left undone is carried on with.
async fn tidy_oauth(store: &dyn Oauth, clock: &dyn Clock, retention: &RetentionSettings) {
    loop {
        let pause = match store.tidy_oauth(clock.now(), retention.step).await {
            Ok(tidied) if tidied.installs + tidied.expired > 0 => BREATH,
            Ok(_) => retention.interval,
            Err(error) => {
                tracing::warn!(%error, "OAuth clients and tokens could not be tidied up");
                retention.interval
            }
        };
        tokio::time::sleep(pause).await;
    }
}

async fn advance(store: &dyn Upkeep, clock: &dyn Clock) {
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

#[cfg(test)]
mod tests;
