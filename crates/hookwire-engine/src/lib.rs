//! The engine: takes deliveries from the store, sends them through fair lanes, and settles what came of them.
//!
//! Invariants: a lane can hold only its own share of the permits; what is held in memory has a bound that does not
//! depend on the backlog; a fault of ours uses up no attempt; no lock is held while a receiver is awaited.

mod attempt;
mod bucket;
mod dispatcher;
mod drain;
mod faults;
mod health;
mod invoker;
mod lane;
mod lanes;
pub mod metrics;
mod prepared;
#[cfg(test)]
mod samples;
mod settings;
mod settler;
mod upkeep;

use std::sync::Arc;

use hookwire_core::{Clock, KeyMint, Profiles};
use hookwire_outbound::Client;
use hookwire_store::SharedStore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use drain::Drained;
pub use health::Progress;
pub use invoker::{InvokeError, Invoked, Invoker, InvokerParts, SchemaCheck};
pub use metrics::Metrics;
pub use settings::{InvokerSettings, RetentionSettings, Settings};

use dispatcher::Dispatcher;
use settler::Settler;

/// What an engine is made of.
pub struct EngineParts {
    /// Where deliveries come from and go to.
    pub store: SharedStore,
    /// What calls the receivers.
    pub client: Client,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Where attempts' ids come from.
    pub mint: Arc<KeyMint>,
    /// Uniform numbers in [0, 1), for jitter.
    pub chance: fn() -> f64,
    /// How to deliver.
    pub settings: Settings,
    /// The profiles that orgs may have.
    pub profiles: Arc<Profiles>,
    /// What to keep, and for how long.
    pub retention: RetentionSettings,
}

/// A running engine.
pub struct Engine {
    dispatcher: Arc<Dispatcher>,
    settler: Arc<Settler>,
    store: SharedStore,
    clock: Arc<dyn Clock>,
    stop: CancellationToken,
    tasks: TaskTracker,
    drain_limit: std::time::Duration,
}

impl Engine {
    /// Starts delivering on the current tokio runtime.
    pub fn start(parts: EngineParts) -> Self {
        let EngineParts { store, client, clock, mint, chance, settings, profiles, retention } = parts;
        let metrics = Arc::new(Metrics::default());
        let settler = Arc::new(Settler::new(Arc::clone(&metrics)));
        let drain_limit = settings.drain_limit;
        let fields = attempt::Fields::new(settings.header_names);
        let attempts = attempt::Attempts {
            fields,
            client,
            clock: Arc::clone(&clock),
            mint,
            chance,
            settings: settings.clone(),
            profiles: Arc::clone(&profiles),
            faults: faults::Faults::new(Arc::clone(&metrics)),
        };
        let tasks = TaskTracker::new();
        let dispatcher = Dispatcher::new(
            attempts,
            &settings,
            Arc::clone(&settler),
            Arc::clone(&store) as Arc<dyn hookwire_store::Queue>,
            tasks.clone(),
            metrics,
        );
        let stop = CancellationToken::new();
        let engine = Self { dispatcher, settler, store, clock, stop, tasks, drain_limit };
        engine.spawn_loops(retention, profiles);
        engine.dispatcher.begin(&engine.stop);
        engine
    }

    fn spawn_loops(&self, retention: RetentionSettings, profiles: Arc<Profiles>) {
        let settle = Arc::clone(&self.settler).run(
            Arc::clone(&self.store),
            Arc::clone(&self.clock),
            Arc::clone(&self.dispatcher),
        );
        self.tasks.spawn(settle);
        let upkeep = upkeep::run(
            Arc::clone(&self.store),
            Arc::clone(&self.clock),
            retention,
            profiles,
            self.stop.clone(),
        );
        self.tasks.spawn(upkeep);
    }

    /// What it did so far.
    pub fn metrics(&self) -> &Metrics {
        self.dispatcher.metrics()
    }

    /// Age of the oldest delivery that could start, or be settled, but was not.
    pub fn oldest_due_age(&self) -> std::time::Duration {
        self.dispatcher.oldest_due_age(self.clock.now(), self.settler.oldest())
    }

    /// Whether deliveries move.
    pub fn progress(&self) -> Progress {
        self.dispatcher.progress(self.clock.now(), self.settler.oldest())
    }
}
