//! `Task`: work that a request starts and that goes on in the background, over restarts.

use crate::{AppKey, EndpointKey, OrgId, TaskKey, Timestamp};

/// What a task does: queue an endpoint's messages of a span of time again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TaskKind {
    /// Those whose deliveries failed.
    Recover,
    /// Those that were never attempted: sent before the endpoint existed, or while it was disabled.
    ReplayMissing,
}

impl TaskKind {
    /// Its name on the wire and on disk.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Recover => "endpoint.recover",
            Self::ReplayMissing => "endpoint.replay",
        }
    }

    /// The kind with that name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Recover, Self::ReplayMissing].into_iter().find(|kind| kind.name() == name)
    }
}

/// How far a task is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TaskStatus {
    /// Under way.
    Running,
    /// Done.
    Finished,
    /// Given up.
    Failed,
}

impl TaskStatus {
    /// Its name on the wire and on disk.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Finished => "finished",
            Self::Failed => "failed",
        }
    }

    /// The status with that name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Running, Self::Finished, Self::Failed].into_iter().find(|status| status.name() == name)
    }
}

/// A background task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// Its key.
    pub key: TaskKey,
    /// The org whose request started it.
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
    /// How far it is.
    pub status: TaskStatus,
    /// Deliveries queued so far.
    pub queued: u64,
    /// When it last moved.
    pub updated: Timestamp,
}
