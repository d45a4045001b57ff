//! `Upkeep`: retention, tasks and the store's own state.

pub(crate) mod expire;
pub(crate) mod leaving;
pub(crate) mod retain;
pub(crate) mod sweep;
pub(crate) mod task;
pub(crate) mod trim;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use async_trait::async_trait;
use hookwire_core::task::Task;
use hookwire_core::{OrgId, TaskKey, Timestamp};
use hookwire_store::upkeep::{NewTask, Removed, RetentionStep, TaskFilter, TrimStep, WriteStats};
use hookwire_store::{Page, Result, Slice, Upkeep};

use crate::PostgresStore;
use crate::catalog::{read, write};
use crate::connection::params;
use crate::fault::Fault;
use crate::sql::node;
use crate::work::to_its_end;

#[async_trait]
impl Upkeep for PostgresStore {
    /// Each part has its turn, whatever becomes of the others; of several errors the first is told.
    async fn retain(&self, step: RetentionStep) -> Result<Removed> {
        let ahead = read!(self, link => self.shared.days.ahead(&link, step.now));
        let payloads = write!(self, work => expire::payloads(work, &step));
        let shared = Arc::clone(&self.shared);
        let attempts =
            to_its_end(async move { retain::attempts(&shared, &step).await.map_err(Fault::into_error) });
        let attempts = attempts.await;
        let shared = Arc::clone(&self.shared);
        let messages =
            to_its_end(async move { retain::messages(&shared, &step).await.map_err(Fault::into_error) });
        let messages = messages.await;
        let others = write!(self, work => expire::others(work, &step));
        let leavings = write!(self, work => leaving::leavings(work, &step));
        ahead?;
        let (payloads, kept_payloads) = payloads?;
        let (attempts, messages) = (attempts?, messages?);
        Ok(Removed { payloads, kept_payloads, attempts, messages, others: others? + leavings? })
    }

    async fn trim_logs(&self, step: TrimStep) -> Result<u64> {
        trim::trim(&self.shared, step).await
    }

    async fn start_task(&self, new: NewTask) -> Result<Task> {
        write!(self, work => task::start(work, new))
    }

    async fn task(&self, org: &OrgId, task: TaskKey) -> Result<Option<Task>> {
        read!(self, link => task::find(&link, org, task))
    }

    async fn tasks(&self, org: &OrgId, filter: TaskFilter, page: Page) -> Result<Slice<Task>> {
        read!(self, link => task::list(&link, org, filter, page))
    }

    async fn advance_tasks(&self, now: Timestamp, limit: u32) -> Result<u64> {
        write!(self, work => task::advance(work, now, limit))
    }

    async fn ping(&self) -> Result<()> {
        let pings = self.pings.fetch_add(1, Ordering::Relaxed);
        read!(self, link => async {
            link.run(node::META_SET, params!["ping", pings.cast_signed()]).await?;
            Ok(())
        })
    }

    fn write_stats(&self) -> WriteStats {
        self.shared.counters.read()
    }

    async fn close(&self) {
        self.stop();
        self.writers.ended().await;
        self.shared.pool.close();
        self.calls.leave();
        let keeper = self.keeper.lock().expect("nobody panics with this lock").take();
        if let Some(keeper) = keeper
            && keeper.await.is_err()
        {
            tracing::error!("the store's keeper panicked");
        }
    }
}
