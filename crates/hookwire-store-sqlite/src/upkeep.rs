//! `Upkeep`: retention, tasks and the store's own state.

pub(crate) mod leaving;
pub(crate) mod orphan;
pub(crate) mod retain;
pub(crate) mod task;
pub(crate) mod trim;

use std::sync::atomic::Ordering;

use async_trait::async_trait;
use hookwire_core::task::Task;
use hookwire_core::{OrgId, TaskKey, Timestamp};
use hookwire_store::upkeep::{NewTask, Removed, RetentionStep, TaskFilter, TrimStep, WriteStats};
use hookwire_store::{Page, Result, Slice, Upkeep};

use crate::SqliteStore;

#[async_trait]
impl Upkeep for SqliteStore {
    async fn retain(&self, step: RetentionStep) -> Result<Removed> {
        // One transaction for each kind: what waits for the writer goes in between.
        let (payloads, kept_payloads) = self.writer.write(move |work| retain::payloads(work, &step)).await?;
        let attempts = self.writer.write(move |work| retain::attempts(work, &step)).await?;
        let messages = self.writer.write(move |work| retain::messages(work, &step)).await?;
        let others = self.writer.write(move |work| retain::others(work, &step)).await?;
        let leavings = self.writer.write(move |work| leaving::leavings(work, &step)).await?;
        Ok(Removed { payloads, kept_payloads, attempts, messages, others: others + leavings })
    }

    async fn trim_logs(&self, step: TrimStep) -> Result<u64> {
        trim::trim(self, step).await
    }

    async fn start_task(&self, new: NewTask) -> Result<Task> {
        self.writer.write(move |work| task::start(work, new)).await
    }

    async fn task(&self, org: &OrgId, task: TaskKey) -> Result<Option<Task>> {
        let org = org.clone();
        self.readers.read(move |reading| task::find(reading, &org, task)).await
    }

    async fn tasks(&self, org: &OrgId, filter: TaskFilter, page: Page) -> Result<Slice<Task>> {
        let org = org.clone();
        self.readers.read(move |reading| task::list(reading, &org, filter, page)).await
    }

    async fn advance_tasks(&self, now: Timestamp, limit: u32) -> Result<u64> {
        self.writer.write(move |work| task::advance(work, now, limit)).await
    }

    async fn ping(&self) -> Result<()> {
        let pings = self.pings.fetch_add(1, Ordering::Relaxed);
        self.writer.write(move |work| retain::ping(work, pings)).await
    }

    fn write_stats(&self) -> WriteStats {
        self.shared.counters.read()
    }

    async fn close(&self) {
        self.stop();
        let threads = std::mem::take(&mut *self.threads.lock().expect("nobody panics with this lock"));
        let joined = tokio::task::spawn_blocking(move || threads.join());
        if joined.await.is_err() {
            tracing::error!("a thread of the store panicked");
        }
    }
}
