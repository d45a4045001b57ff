//! `Upkeep`: retention in small steps, background tasks, and the store's own state.

use std::time::Duration;

use async_trait::async_trait;
use hookwire_core::task::{Task, TaskKind, TaskStatus};
use hookwire_core::{AppKey, EndpointKey, OrgId, ProfileName, TaskKey, Timestamp};

use crate::{Page, Result, Slice};

/// What may be removed by now.
#[derive(Debug, Clone, Copy)]
pub struct RetentionStep {
    /// The time now: payloads that expired by then are removed. One that is owed to an endpoint that is on stays, and is
    /// looked at again after [`PAYLOAD_GRACE`](hookwire_core::limits::PAYLOAD_GRACE).
    pub now: Timestamp,
    /// Attempts older than this are removed, and so are the numbers of hours before that; but those stay as long as
    /// [`STATS_SPAN_MAX`](hookwire_core::limits::STATS_SPAN_MAX).
    pub attempts: Duration,
    /// Messages older than this are removed with all that belongs to them, unless a delivery is pending and there is a
    /// payload to deliver.
    pub messages: Duration,
    /// Most rows of each kind in this step.
    pub limit: u32,
}

/// Which logs may be trimmed by now.
#[derive(Debug, Clone)]
pub struct TrimStep {
    /// Log limits of profiles; an endpoint's own goes before its profile's.
    pub profiles: Vec<(ProfileName, u32)>,
    /// Most deliveries in this step.
    pub limit: u32,
}

/// What a step removed, and what it kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Removed {
    /// Payloads.
    pub payloads: u64,
    /// Payloads whose time was up, but which a delivery still needs: these stay.
    pub kept_payloads: u64,
    /// Attempts.
    pub attempts: u64,
    /// Messages.
    pub messages: u64,
    /// Remembered requests, numbers of hours, ended tasks, and leavings of deleted nouns.
    pub others: u64,
}

impl Removed {
    /// The sum: zero when nothing is left to do.
    pub const fn total(self) -> u64 {
        self.payloads + self.kept_payloads + self.attempts + self.messages + self.others
    }
}

/// A task to start.
#[derive(Debug, Clone)]
pub struct NewTask {
    /// The org whose request starts it.
    pub org: OrgId,
    /// The app.
    pub app: AppKey,
    /// The endpoint.
    pub endpoint: EndpointKey,
    /// What it does.
    pub kind: TaskKind,
    /// From when on.
    pub since: Timestamp,
    /// Until when.
    pub until: Timestamp,
    /// The time now.
    pub now: Timestamp,
}

/// Which tasks a list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TaskFilter {
    /// Only those that are so far.
    pub status: Option<TaskStatus>,
    /// Only those of this kind.
    pub kind: Option<TaskKind>,
}

impl TaskFilter {
    /// Whether the list shows this task.
    pub fn admits(&self, task: &Task) -> bool {
        self.status.is_none_or(|status| status == task.status)
            && self.kind.is_none_or(|kind| kind == task.kind)
    }
}

/// Sizes of the write batches since the last look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WriteStats {
    /// Transactions committed.
    pub commits: u64,
    /// Operations in them.
    pub operations: u64,
    /// Time spent in them, in microseconds.
    pub busy_us: u64,
    /// Settlements that were stale.
    pub stale: u64,
}

/// Keeping the store in shape.
#[async_trait]
pub trait Upkeep: Send + Sync {
    /// Removes what may go, a little at a time; with a payload go the bodies in the log that were made from it. Nothing
    /// that a pending delivery needs is removed. What is small (numbers, tasks, leavings of deleted nouns) may stay an
    /// hour longer.
    async fn retain(&self, step: RetentionStep) -> Result<Removed>;
    /// Removes the settled deliveries, with their attempts, that are beyond their endpoint's log limit: only that many
    /// of the latest deliveries are kept, by the age of their messages. Pending ones always stay; messages and statistics
    /// stay. A replay passes by messages up to the latest one that was trimmed. Answers how many were removed; fewer than the
    /// step's limit = there is nothing more that could go.
    async fn trim_logs(&self, step: TrimStep) -> Result<u64>;
    /// Starts a task; it is carried out by [`Upkeep::advance_tasks`], and goes on after a restart.
    async fn start_task(&self, new: NewTask) -> Result<Task>;
    /// One task of the org's. It is kept for [`ENDED_TASK_KEPT`](hookwire_core::limits::ENDED_TASK_KEPT) after its end.
    async fn task(&self, org: &OrgId, task: TaskKey) -> Result<Option<Task>>;
    /// The org's tasks by age.
    async fn tasks(&self, org: &OrgId, filter: TaskFilter, page: Page) -> Result<Slice<Task>>;
    /// Carries running tasks a step further, at most `limit` deliveries; answers how many are still running.
    async fn advance_tasks(&self, now: Timestamp, limit: u32) -> Result<u64>;
    /// Whether the store can be written: commits something of no consequence.
    async fn ping(&self) -> Result<()>;
    /// What the writer did so far.
    fn write_stats(&self) -> WriteStats;
    /// Flushes and closes. Verbs that come later answer `Unavailable`.
    async fn close(&self);
}
