//! `Triggers`: registered calls and the audit records of their invocations.

use std::sync::Arc;

use async_trait::async_trait;
use futures::future::try_join_all;
use hookwire_core::{AppKey, Invocation, InvocationKey, Timestamp, Trigger, TriggerId};
use hookwire_store::triggers::{InvocationFilter, Registered, Viewer};
use hookwire_store::{Page, Result, Slice, Triggers};

use crate::PostgresStore;
use crate::catalog::{read, trigger, write};
use crate::fault::Done;
use crate::history::invocation;
use crate::sql::triggers as sql;
use crate::work::Work;

/// Records that are on their way together.
const TOGETHER: usize = 256;

#[async_trait]
impl Triggers for PostgresStore {
    async fn register_trigger(&self, trigger: Trigger) -> Result<Registered> {
        write!(self, work => trigger::register(work, &trigger))
    }

    async fn trigger(&self, app: AppKey, id: &TriggerId) -> Result<Option<Trigger>> {
        read!(self, link => trigger::find(&link, &self.shared.vault, app, id))
    }

    async fn triggers(
        &self,
        app: AppKey,
        viewer: Viewer,
        page: Page<String>,
    ) -> Result<Slice<Trigger, String>> {
        read!(self, link => trigger::list(&link, &self.shared.vault, app, viewer, &page))
    }

    async fn delete_trigger(&self, app: AppKey, id: &TriggerId) -> Result<bool> {
        read!(self, link => trigger::delete(&link, app, id))
    }

    async fn record_invocations(&self, records: Vec<Invocation>) -> Result<()> {
        write!(self, work => record_all(work, &records))
    }

    async fn invocations(
        &self,
        app: AppKey,
        filter: InvocationFilter,
        page: Page,
    ) -> Result<Slice<Invocation>> {
        read!(self, link => invocation::list(&link, app, &filter, page))
    }

    async fn invocation(&self, app: AppKey, key: InvocationKey) -> Result<Option<Invocation>> {
        read!(self, link => invocation::find(&link, app, key))
    }

    async fn forget_invocations(&self, before: Timestamp, limit: u32) -> Result<u64> {
        read!(self, link => invocation::forget(&link, before, limit))
    }
}

/// Many of them are on their way together, in their order.
async fn record_all(work: &Work, records: &[Invocation]) -> Done<()> {
    work.link().ready(&[sql::INVOCATION_PUT]).await?;
    for some in records.chunks(TOGETHER) {
        try_join_all(some.iter().map(|record| invocation::record(work.link(), record))).await?;
    }
    Ok(())
}
