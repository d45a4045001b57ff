//! `Triggers`: registered calls and the audit records of their invocations.

use async_trait::async_trait;
use hookwire_core::{AppKey, Invocation, InvocationKey, Timestamp, Trigger, TriggerId};

use crate::{Page, Result, Slice};

/// What came of a registration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Registered {
    /// It is new.
    Created,
    /// It took the place of an older one of that id.
    Replaced,
    /// The app has as many triggers as it may have; nothing was changed.
    TooMany,
    /// It would make a chain that leads back to this trigger; nothing was changed.
    Cycle(TriggerId),
    /// It would make too long a chain; nothing was changed.
    TooLong,
}

/// Who looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Viewer {
    /// The organisation, which sees everything.
    #[default]
    Org,
    /// A client: it sees no hidden trigger and none of its calls, and no call that a chain made.
    Client,
}

/// Which invocations.
#[derive(Debug, Clone, Default)]
pub struct InvocationFilter {
    /// Of this trigger only.
    pub trigger: Option<TriggerId>,
    /// Those that this one may see.
    pub viewer: Viewer,
    /// Of the chain that this one began only.
    pub root: Option<InvocationKey>,
}

/// Registered calls and what was made of them. URL, headers and TLS keys are sealed at rest.
#[async_trait]
pub trait Triggers: Send + Sync {
    /// Registers a trigger under its id; `created` of one that it replaces stays. Chains of the app are checked with
    /// `core::trigger::check_chains` in the same transaction.
    async fn register_trigger(&self, trigger: Trigger) -> Result<Registered>;
    /// The trigger of that id.
    async fn trigger(&self, app: AppKey, id: &TriggerId) -> Result<Option<Trigger>>;
    /// An app's triggers by id, as far as the viewer may see them.
    async fn triggers(
        &self,
        app: AppKey,
        viewer: Viewer,
        page: Page<String>,
    ) -> Result<Slice<Trigger, String>>;
    /// Removes a trigger; its records stay.
    async fn delete_trigger(&self, app: AppKey, id: &TriggerId) -> Result<bool>;
    /// Writes records, each in the place of an earlier one with its key.
    async fn record_invocations(&self, records: Vec<Invocation>) -> Result<()>;
    /// An app's records by age. A page looks at a bounded number of rows; see [`Slice::resume`].
    async fn invocations(
        &self,
        app: AppKey,
        filter: InvocationFilter,
        page: Page,
    ) -> Result<Slice<Invocation>>;
    /// One record.
    async fn invocation(&self, app: AppKey, key: InvocationKey) -> Result<Option<Invocation>>;
    /// Removes records that are older than that; answers how many, at most `limit`.
    async fn forget_invocations(&self, before: Timestamp, limit: u32) -> Result<u64>;
}
