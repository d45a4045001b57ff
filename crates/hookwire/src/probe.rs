//! Readiness: the store can be written, and deliveries move.

mod waiting;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use hookwire_api::{HealthProbe, HealthReport, NodeHealth, PartHealth};
use hookwire_core::Clock;
use hookwire_engine::{Engine, Progress};
use hookwire_store::{Queue, SharedStore};

use self::waiting::Waiting;
use crate::config::Role;

/// How long the store may take for a write of no consequence.
const STORE_PATIENCE: Duration = Duration::from_secs(2);

/// Looks at the store and at the engine.
pub(crate) struct Probe {
    store: SharedStore,
    lag: Lag,
    role: Role,
}

/// Who knows how long deliveries wait.
enum Lag {
    /// The engine, which makes them.
    Engine(Arc<Engine>),
    /// The store, on a node that delivers nothing.
    Store(Waiting),
}

impl Probe {
    /// `engine`: `None` on a node that delivers nothing.
    pub(crate) fn new(
        store: SharedStore,
        engine: Option<Arc<Engine>>,
        clock: Arc<dyn Clock>,
        role: Role,
    ) -> Self {
        let waiting = || Lag::Store(Waiting::new(Arc::clone(&store) as Arc<dyn Queue>, clock));
        let lag = engine.map_or_else(waiting, Lag::Engine);
        Self { store, lag, role }
    }

    /// How long nothing has moved that could; `None` when nobody can tell.
    pub(crate) async fn lag(&self) -> Option<Duration> {
        self.lag.get().await
    }

    async fn write_store(&self) -> Result<(), String> {
        match tokio::time::timeout(STORE_PATIENCE, self.store.ping()).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err(format!("no write got through within {} s", STORE_PATIENCE.as_secs())),
        }
    }
}

impl Lag {
    async fn get(&self) -> Option<Duration> {
        match self {
            Self::Engine(engine) => Some(engine.oldest_due_age()),
            Self::Store(waiting) => waiting.lag().await,
        }
    }

    fn progress(&self) -> Result<(), String> {
        match self {
            Self::Engine(engine) => match engine.progress() {
                Progress::Moving => Ok(()),
                Progress::Stuck(reason) => Err(reason),
            },
            Self::Store(_) => Ok(()),
        }
    }
}

#[async_trait]
impl HealthProbe for Probe {
    async fn check(&self) -> HealthReport {
        let (store, lag) = tokio::join!(self.write_store(), self.lag());
        let queue = self.lag.progress();
        let ready = store.is_ok() && queue.is_ok();
        let part = |name, state| PartHealth { name, state };
        HealthReport {
            ready,
            parts: vec![part("database", store), part("queue", queue), part("cache", Ok(()))],
            node: NodeHealth { role: self.role.name(), lag },
        }
    }
}
