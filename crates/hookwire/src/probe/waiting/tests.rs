//! What is said of a store that the test fills, at times that the test sets.

use std::sync::Mutex;

use async_trait::async_trait;
use hookwire_core::id::Key as _;
use hookwire_core::{AppKey, EndpointKey, MessageKey, Reference};
use hookwire_store::queue::{ClaimRequest, Claimed, Depth, Lane, Resend, Settled, Settlement};
use hookwire_store::{Dispatch, Error};
use hookwire_testkit::FakeClock;

use super::*;

const NOW: Timestamp = Timestamp::from_seconds(1_790_000_000);

/// A store with nothing but lanes.
#[derive(Default)]
struct Lanes(Mutex<Held>);

#[derive(Default)]
struct Held {
    lanes: Vec<Lane>,
    /// Pages after which the store is away; `None` = never.
    pages_left: Option<u32>,
    looks: u32,
}

impl Lanes {
    fn hold(&self, due: impl IntoIterator<Item = Timestamp>) {
        let lane = |(number, next_due)| Lane { endpoint: EndpointKey::from_raw(number), next_due };
        self.0.lock().unwrap().lanes = (1..).zip(due).map(lane).collect();
    }

    fn fail_after(&self, pages: Option<u32>) {
        self.0.lock().unwrap().pages_left = pages;
    }

    fn looks(&self) -> u32 {
        self.0.lock().unwrap().looks
    }
}

#[async_trait]
impl Queue for Lanes {
    fn attach(&self, _: Arc<dyn Dispatch>) {}

    fn detach(&self) {}

    async fn claim(&self, _: ClaimRequest) -> Result<Claimed> {
        Ok(Claimed::default())
    }

    async fn settle(&self, _: Vec<Settlement>, _: Timestamp) -> Result<Vec<Settled>> {
        Ok(Vec::new())
    }

    async fn lanes(&self, after: Option<EndpointKey>, limit: u32) -> Result<Vec<Lane>> {
        let mut held = self.0.lock().unwrap();
        held.looks += u32::from(after.is_none());
        if held.pages_left == Some(0) {
            return Err(Error::Unavailable("away".to_owned()));
        }
        held.pages_left = held.pages_left.map(|pages| pages - 1);
        let later = held.lanes.iter().filter(|lane| after.is_none_or(|after| lane.endpoint > after));
        Ok(later.take(limit as usize).copied().collect())
    }

    async fn resend(
        &self,
        _: AppKey,
        _: &Reference<MessageKey>,
        _: &Reference<EndpointKey>,
        _: Timestamp,
    ) -> Result<Resend> {
        Ok(Resend::NoMessage)
    }

    async fn depth(&self) -> Result<Depth> {
        Ok(Depth::default())
    }
}

fn waiting() -> (Waiting, Arc<Lanes>, FakeClock) {
    let (lanes, clock) = (Arc::new(Lanes::default()), FakeClock::at(NOW));
    let waiting = Waiting::new(Arc::clone(&lanes) as Arc<dyn Queue>, Arc::new(clock.clone()));
    (waiting, lanes, clock)
}

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

#[tokio::test]
async fn the_lag_is_the_age_of_what_has_been_due_for_longest_and_grows_while_nobody_takes_it() {
    let (waiting, lanes, clock) = waiting();
    lanes.hold([NOW.plus(seconds(60)), NOW.minus(seconds(3)), NOW.minus(seconds(1))]);
    assert_eq!(waiting.lag().await, Some(seconds(3)));
    clock.advance(LOOK_EVERY);
    assert_eq!(waiting.lag().await, Some(seconds(8)));
    lanes.hold([NOW.plus(seconds(60))]);
    clock.advance(LOOK_EVERY);
    assert_eq!(waiting.lag().await, Some(Duration::ZERO), "what is due later is not late");
}

#[tokio::test]
async fn the_store_is_asked_once_in_a_while_however_often_health_is() {
    let (waiting, lanes, clock) = waiting();
    for _ in 0..10 {
        assert_eq!(waiting.lag().await, Some(Duration::ZERO));
    }
    lanes.hold([NOW]);
    clock.advance(LOOK_EVERY.checked_sub(Duration::from_millis(1)).unwrap());
    assert_eq!((waiting.lag().await, lanes.looks()), (Some(Duration::ZERO), 1));
    clock.advance(Duration::from_millis(1));
    assert_eq!((waiting.lag().await, lanes.looks()), (Some(LOOK_EVERY), 2));
}

#[tokio::test]
async fn a_clock_that_was_set_back_stops_no_look() {
    let (lanes, early, late) = (Arc::new(Lanes::default()), NOW, NOW.plus(seconds(3_600)));
    let clock = FakeClock::at(early);
    let waiting = Waiting::new(Arc::clone(&lanes) as Arc<dyn Queue>, Arc::new(clock));
    *waiting.last.lock().await = Some(Look { at: late, lag: None });
    assert_eq!(waiting.lag().await, Some(Duration::ZERO));
}

#[tokio::test]
async fn every_page_counts_and_what_was_seen_of_a_store_that_goes_away() {
    let (waiting, lanes, clock) = waiting();
    let early = (0..PAGE).map(|_| NOW.minus(seconds(2)));
    lanes.hold(early.chain([NOW.minus(seconds(9))]));
    assert_eq!(waiting.lag().await, Some(seconds(9)));
    for (pages, seen) in [(1, Some(seconds(7))), (0, None)] {
        lanes.fail_after(Some(pages));
        clock.advance(LOOK_EVERY);
        assert_eq!(waiting.lag().await, seen);
    }
}
