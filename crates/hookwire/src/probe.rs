//! Readiness: the store can be written, and deliveries move.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use hookwire_api::{HealthProbe, HealthReport, NodeHealth, PartHealth};
use hookwire_engine::{Engine, Progress};
use hookwire_store::SharedStore;

use crate::config::Role;

/// How long the store may take for a write of no consequence.
const STORE_PATIENCE: Duration = Duration::from_secs(2);

/// Looks at the store and at the engine.
pub(crate) struct Probe {
    pub(crate) store: SharedStore,
    /// `None` on a node that delivers nothing.
    pub(crate) engine: Option<Arc<Engine>>,
    pub(crate) role: Role,
}

#[async_trait]
impl HealthProbe for Probe {
    async fn check(&self) -> HealthReport {
        let store = match tokio::time::timeout(STORE_PATIENCE, self.store.ping()).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err(format!("no write got through within {} s", STORE_PATIENCE.as_secs())),
        };
        let queue = match self.engine.as_ref().map(|engine| engine.progress()) {
            None | Some(Progress::Moving) => Ok(()),
            Some(Progress::Stuck(reason)) => Err(reason),
        };
        let ready = store.is_ok() && queue.is_ok();
        let part = |name, state| PartHealth { name, state };
        HealthReport {
            ready,
            parts: vec![part("database", store), part("queue", queue), part("cache", Ok(()))],
            node: NodeHealth {
                role: self.role.name(),
                lag: self.engine.as_ref().map(|engine| engine.oldest_due_age()),
            },
        }
    }
}
