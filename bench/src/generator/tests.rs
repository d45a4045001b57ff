//! The generator against the sink: what is counted, timed and found missing.

use std::time::Instant;

use super::*;
use crate::payload::Payload;
use crate::setup;
use crate::sink::{Settings, Sink};

/// A plan of posts straight at a sink.
fn plan(epoch: Epoch, sink: &Sink, messages_max: u64) -> Plan {
    let payload = Payload::new(100);
    Plan {
        epoch,
        peer: Peer::open(sink.address),
        path: sink
            .measured_url(3)
            .split_once(&sink.address.to_string())
            .expect("the URL holds it")
            .1
            .to_owned(),
        expects: StatusCode::OK,
        connections: 4,
        pace: Pace::Closed,
        messages_max,
        body: Arc::new(move |stamp| payload.message("bench.event", stamp)),
    }
}

#[tokio::test]
async fn every_post_arrives_once_and_is_timed() {
    let epoch = Epoch::start();
    let sink = Sink::start(epoch, Settings { ledgers: 2, ..Settings::default() }).await.unwrap();
    sink.record(true);
    let load = Load::start(plan(epoch, &sink, 1_000));
    load.record(true);
    let done = load.finish().await;
    setup::nothing_is_refused(&done).unwrap();
    assert_eq!(
        (done.posted, done.accepted.count(), sink.distinct(), sink.arrivals()),
        (1_000, 1_000, 1_000, 1_000)
    );
    assert_eq!(sink.take_latencies().count(), 1_000);
    assert_eq!(sink.take_latencies().count(), 0);
    assert_eq!(done.accepted.missing_in(&sink.ledgers()[1], |_| true), 0);
    assert!(setup::nothing_is_lost(&done, &sink, |_| true).is_err(), "ledger 0 got nothing");
    assert_eq!(sink.take_peaks().0, 4);
}

#[tokio::test]
async fn a_fixed_rate_is_kept() {
    let epoch = Epoch::start();
    let sink = Sink::start(epoch, Settings::default()).await.unwrap();
    let start = Instant::now();
    let load = Load::start(Plan { pace: Pace::PerSecond(1_000), ..plan(epoch, &sink, 200) });
    let done = load.finish().await;
    assert_eq!(done.accepted.count(), 200);
    assert!(start.elapsed() >= Duration::from_millis(199));
}

#[tokio::test]
async fn a_silent_sink_takes_nothing_until_it_answers() {
    let epoch = Epoch::start();
    let sink = Sink::start(epoch, Settings { is_answering: false, ..Settings::default() }).await.unwrap();
    let load = Load::start(plan(epoch, &sink, 8));
    let mut requests_at_once = 0;
    while requests_at_once < 4 && load.is_running() {
        tokio::task::yield_now().await;
        requests_at_once = sink.take_peaks().1;
    }
    assert!(load.is_running());
    assert_eq!((load.accepted(), sink.arrivals()), (0, 0));
    sink.answer();
    assert_eq!(load.finish().await.accepted.count(), 8);
    assert_eq!(sink.distinct(), 8);
}

#[tokio::test]
async fn a_peer_that_is_not_there_ends_the_load() {
    let epoch = Epoch::start();
    let sink = Sink::start(epoch, Settings::default()).await.unwrap();
    let peer = Peer::open(crate::server::free_address().unwrap());
    let done = Load::start(Plan { peer, connections: 1, ..plan(epoch, &sink, 1_000) }).finish().await;
    assert_eq!((done.accepted.count(), done.errors), (0, u64::from(ERRORS_IN_A_ROW_MAX)));
    assert!(setup::nothing_is_refused(&done).is_err());
}

#[tokio::test]
async fn other_answers_are_counted_by_status() {
    let epoch = Epoch::start();
    let sink = Sink::start(epoch, Settings::default()).await.unwrap();
    let done = Load::start(Plan { expects: StatusCode::ACCEPTED, ..plan(epoch, &sink, 10) }).finish().await;
    assert_eq!((done.accepted.count(), done.refused), (0, BTreeMap::from([(200, 10)])));
}
