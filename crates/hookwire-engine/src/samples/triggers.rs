//! Triggers and records of invocations in memory, in place of a store.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;

use async_trait::async_trait;
use hookwire_core::{AppKey, Invocation, InvocationKey, Timestamp, Trigger, TriggerId};
use hookwire_store::triggers::{InvocationFilter, Registered, Triggers, Viewer};
use hookwire_store::{Page, Result, Slice};

/// Triggers of any app by id, and records by key.
#[derive(Default)]
pub(crate) struct Registry {
    pub(crate) triggers: Mutex<BTreeMap<TriggerId, Trigger>>,
    pub(crate) records: Mutex<BTreeMap<InvocationKey, Invocation>>,
    /// What comes of the next writes of records; after these, all succeed.
    pub(crate) script: Mutex<VecDeque<Result<()>>>,
}

impl Registry {
    /// Every record, oldest first.
    pub(crate) fn all(&self) -> Vec<Invocation> {
        self.records.lock().unwrap().values().cloned().collect()
    }
}

#[async_trait]
impl Triggers for Registry {
    async fn register_trigger(&self, trigger: Trigger) -> Result<Registered> {
        self.triggers.lock().unwrap().insert(trigger.id.clone(), trigger);
        Ok(Registered::Created)
    }

    async fn trigger(&self, app: AppKey, id: &TriggerId) -> Result<Option<Trigger>> {
        Ok(self.triggers.lock().unwrap().get(id).filter(|trigger| trigger.app == app).cloned())
    }

    async fn triggers(&self, _: AppKey, _: Viewer, _: Page<String>) -> Result<Slice<Trigger, String>> {
        unreachable!("nothing here lists triggers")
    }

    async fn delete_trigger(&self, _: AppKey, id: &TriggerId) -> Result<bool> {
        Ok(self.triggers.lock().unwrap().remove(id).is_some())
    }

    async fn record_invocations(&self, records: Vec<Invocation>) -> Result<()> {
        self.script.lock().unwrap().pop_front().unwrap_or(Ok(()))?;
        self.records.lock().unwrap().extend(records.into_iter().map(|record| (record.key, record)));
        Ok(())
    }

    async fn invocations(&self, _: AppKey, _: InvocationFilter, _: Page) -> Result<Slice<Invocation>> {
        unreachable!("nothing here lists records")
    }

    async fn invocation(&self, _: AppKey, key: InvocationKey) -> Result<Option<Invocation>> {
        Ok(self.records.lock().unwrap().get(&key).cloned())
    }

    async fn forget_invocations(&self, before: Timestamp, limit: u32) -> Result<u64> {
        let mut records = self.records.lock().unwrap();
        let old: Vec<_> = records.values().filter(|one| one.at < before).map(|one| one.key).collect();
        let removed = old.iter().take(limit as usize).filter(|key| records.remove(key).is_some()).count();
        Ok(removed as u64)
    }
}
