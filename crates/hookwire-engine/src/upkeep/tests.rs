//! How soon what may go is gone.

use std::sync::Mutex;

use async_trait::async_trait;
use hookwire_core::task::Task;
use hookwire_core::{Invocation, InvocationKey, OrgId, TaskKey, TriggerId};
use hookwire_store::upkeep::{NewTask, Removed, TaskFilter, WriteStats};
use hookwire_store::{Page, Slice};
use hookwire_testkit::FakeClock;

use super::*;
use crate::samples::NOW;
use crate::samples::triggers::Registry;

/// Logs beyond their limits, so many; remembers the steps taken.
#[derive(Default)]
struct Logs {
    beyond: Mutex<u64>,
    steps: Mutex<Vec<TrimStep>>,
}

#[async_trait]
impl Upkeep for Logs {
    async fn retain(&self, _: RetentionStep) -> Result<Removed> {
        Ok(Removed::default())
    }

    async fn trim_logs(&self, step: TrimStep) -> Result<u64> {
        let mut beyond = self.beyond.lock().unwrap();
        let removed = (*beyond).min(u64::from(step.limit));
        *beyond -= removed;
        self.steps.lock().unwrap().push(step);
        Ok(removed)
    }

    async fn start_task(&self, _: NewTask) -> Result<Task> {
        unreachable!("nothing here starts tasks")
    }

    async fn task(&self, _: &OrgId, _: TaskKey) -> Result<Option<Task>> {
        Ok(None)
    }

    async fn tasks(&self, _: &OrgId, _: TaskFilter, _: Page) -> Result<Slice<Task>> {
        unreachable!("nothing here lists tasks")
    }

    async fn advance_tasks(&self, _: hookwire_core::Timestamp, _: u32) -> Result<u64> {
        Ok(0)
    }

    async fn ping(&self) -> Result<()> {
        Ok(())
    }

    fn write_stats(&self) -> WriteStats {
        WriteStats::default()
    }

    async fn close(&self) {}
}

#[tokio::test(start_paused = true)]
async fn logs_beyond_a_limit_are_gone_within_a_minute_whatever_the_pace_of_retention() {
    let logs = Logs::default();
    let slow =
        RetentionSettings { interval: Duration::from_hours(1), step: 10, ..RetentionSettings::default() };
    let profiles = Profiles::builtin();
    let minute = Duration::from_mins(1);
    let story = async {
        tokio::time::sleep(minute / 2).await;
        *logs.beyond.lock().unwrap() = 1_005;
        tokio::time::sleep(minute).await;
    };
    tokio::select! {
        () = trim(&logs, &slow, &profiles) => {}
        () = story => {}
    }
    assert_eq!(*logs.beyond.lock().unwrap(), 0);
    let steps = logs.steps.lock().unwrap().len();
    assert!((101..=110).contains(&steps), "{steps} steps");
    let limits = logs.steps.lock().unwrap()[0].profiles.clone();
    assert!(limits.iter().any(|(name, limit)| (name.as_str(), *limit) == ("flotiq", 300)), "{limits:?}");
}

#[tokio::test]
async fn records_of_invocations_go_with_the_attempts_of_their_time() {
    let registry = Registry::default();
    let days = |count: u64| Duration::from_hours(24 * count);
    for age in [1, 89, 91, 200] {
        let key = hookwire_core::id::Key::from_raw(i64::try_from(1_000 - age).unwrap());
        let at = NOW.minus(days(age));
        registry.record_invocations(vec![record(key, at)]).await.unwrap();
    }
    let (logs, clock) = (Logs::default(), FakeClock::at(NOW));
    let step = async || retain_step(&logs, &registry, &clock, &RetentionSettings::default()).await.unwrap();
    assert_eq!([step().await, step().await], [2, 0]);
    let ages: Vec<_> = registry.all().iter().map(|record| NOW.since(record.at)).collect();
    assert_eq!(ages, [days(89), days(1)]);
}

fn record(key: InvocationKey, at: hookwire_core::Timestamp) -> Invocation {
    Invocation {
        key,
        app: hookwire_core::id::Key::from_raw(1),
        trigger: TriggerId::stored("notify"),
        root: key,
        caller: "org".to_owned(),
        at,
        request_bytes: 0,
        outcome: None,
    }
}
