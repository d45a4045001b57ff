//! What the dispatcher asks of its store when it begins, and in which order.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex};

use async_trait::async_trait;
use hookwire_core::{AppKey, Clock, KeyMint, MessageKey, Profiles, Reference};
use hookwire_outbound::Client;
use hookwire_store::queue::{Claimed, Depth, Lane, Resend, Settled};
use hookwire_store::{Dispatch, Error, Result};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::attempt::Fields;
use crate::faults::Faults;
use crate::samples::NOW;

/// How long attaching takes, unless the store is asked for something meanwhile.
const ATTACHING: Duration = Duration::from_millis(300);

/// A store that notes what it is asked for.
#[derive(Default)]
struct Witness {
    asked: Mutex<Vec<&'static str>>,
    bell: Condvar,
    looks: tokio::sync::Notify,
    /// Looks that fail before one succeeds.
    failures: AtomicUsize,
}

impl Witness {
    fn note(&self, what: &'static str) {
        self.asked.lock().unwrap().push(what);
        self.bell.notify_all();
    }
}

#[async_trait]
impl Queue for Witness {
    fn attach(&self, _dispatch: Arc<dyn Dispatch>) {
        let asked = self.asked.lock().unwrap();
        drop(self.bell.wait_timeout_while(asked, ATTACHING, |asked| asked.is_empty()).unwrap());
        self.note("attach");
    }

    fn detach(&self) {}

    async fn claim(&self, _request: ClaimRequest) -> Result<Claimed> {
        self.note("claim");
        Ok(Claimed::default())
    }

    async fn settle(&self, settlements: Vec<Settlement>, _now: Timestamp) -> Result<Vec<Settled>> {
        self.note("settle");
        Ok(vec![Settled::Done; settlements.len()])
    }

    async fn lanes(&self, _after: Option<EndpointKey>, _limit: u32) -> Result<Vec<Lane>> {
        self.note("lanes");
        let fails = self.failures.load(Ordering::Relaxed) > 0;
        if fails {
            self.failures.fetch_sub(1, Ordering::Relaxed);
            return Err(Error::Unavailable("away".to_owned()));
        }
        self.looks.notify_one();
        Ok(Vec::new())
    }

    async fn resend(
        &self,
        _app: AppKey,
        _message: &Reference<MessageKey>,
        _endpoint: &Reference<EndpointKey>,
        _now: Timestamp,
    ) -> Result<Resend> {
        Ok(Resend::NoMessage)
    }

    async fn depth(&self) -> Result<Depth> {
        Ok(Depth::default())
    }
}

struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        NOW
    }
}

fn dispatcher(store: &Arc<Witness>) -> Arc<Dispatcher> {
    let metrics = Arc::new(Metrics::default());
    let settings = Settings::default();
    let attempts = Attempts {
        fields: Fields::new(settings.header_names),
        client: Client::new(&hookwire_outbound::Settings::default()).unwrap(),
        clock: Arc::new(Still),
        mint: Arc::new(KeyMint::new(0, 0)),
        chance: || 0.5,
        settings: settings.clone(),
        profiles: Arc::new(Profiles::builtin()),
        faults: Faults::new(Arc::clone(&metrics)),
    };
    let settler = Arc::new(Settler::new(Arc::clone(&metrics)));
    let store = Arc::clone(store) as Arc<dyn Queue>;
    Dispatcher::new(attempts, &settings, settler, store, TaskTracker::new(), metrics)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_asked_of_the_store_before_it_knows_whom_to_tell_what_follows() {
    let store = Arc::new(Witness::default());
    let stop = CancellationToken::new();
    dispatcher(&store).begin(&stop);
    store.looks.notified().await;
    stop.cancel();
    assert_eq!(*store.asked.lock().unwrap(), ["attach", "lanes"]);
}

#[tokio::test(start_paused = true)]
async fn a_first_look_that_fails_is_made_again_soon() {
    let store = Arc::new(Witness { failures: AtomicUsize::new(2), ..Witness::default() });
    let stop = CancellationToken::new();
    let began = tokio::time::Instant::now();
    dispatcher(&store).begin(&stop);
    store.looks.notified().await;
    stop.cancel();
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}
