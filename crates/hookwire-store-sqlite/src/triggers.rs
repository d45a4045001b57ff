//! `Triggers`: registered calls and the audit records of their invocations.

use async_trait::async_trait;
use hookwire_core::{AppKey, Invocation, InvocationKey, Timestamp, Trigger, TriggerId};
use hookwire_store::triggers::{InvocationFilter, Registered, Viewer};
use hookwire_store::{Page, Result, Slice, Triggers};

use crate::SqliteStore;
use crate::catalog::trigger;
use crate::history::invocation;

/// Records that one transaction forgets: what waits for the writer goes in between.
const FORGOTTEN_AT_ONCE: u32 = 500;

#[async_trait]
impl Triggers for SqliteStore {
    async fn register_trigger(&self, trigger: Trigger) -> Result<Registered> {
        self.writer.write(move |work| trigger::register(work, &trigger)).await
    }

    async fn trigger(&self, app: AppKey, id: &TriggerId) -> Result<Option<Trigger>> {
        let id = id.clone();
        self.readers.read(move |reading| trigger::find(reading, app, &id)).await
    }

    async fn triggers(
        &self,
        app: AppKey,
        viewer: Viewer,
        page: Page<String>,
    ) -> Result<Slice<Trigger, String>> {
        self.readers.read(move |reading| trigger::list(reading, app, viewer, &page)).await
    }

    async fn delete_trigger(&self, app: AppKey, id: &TriggerId) -> Result<bool> {
        let id = id.clone();
        self.writer.write(move |work| trigger::delete(work, app, &id)).await
    }

    async fn record_invocations(&self, records: Vec<Invocation>) -> Result<()> {
        let run = move |work: &mut crate::writer::work::Work<'_>| {
            records.iter().try_for_each(|record| invocation::record(work, record))
        };
        self.writer.write(run).await
    }

    async fn invocations(
        &self,
        app: AppKey,
        filter: InvocationFilter,
        page: Page,
    ) -> Result<Slice<Invocation>> {
        self.readers.read(move |reading| invocation::list(reading, app, &filter, page)).await
    }

    async fn invocation(&self, app: AppKey, key: InvocationKey) -> Result<Option<Invocation>> {
        self.readers.read(move |reading| invocation::find(reading, app, key)).await
    }

    async fn forget_invocations(&self, before: Timestamp, limit: u32) -> Result<u64> {
        let mut left = limit;
        while left > 0 {
            let most = left.min(FORGOTTEN_AT_ONCE);
            let forgotten = self.writer.write(move |work| invocation::forget(work, before, most)).await?;
            left -= forgotten as u32;
            if forgotten < u64::from(most) {
                break;
            }
        }
        Ok(u64::from(limit - left))
    }
}
