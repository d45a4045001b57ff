//! Endpoints where one delivery waits for another.

use hookwire_core::rules::DeliveryOrder;

use super::*;

const LATER: Duration = Duration::from_secs(5);

fn in_order(key: i64, updated: Timestamp) -> Arc<Endpoint> {
    let mut endpoint = (*endpoint(key, false, updated)).clone();
    endpoint.rules.order = DeliveryOrder::Fifo;
    Arc::new(endpoint)
}

/// A lane in order with its first delivery under way, and more in the store.
fn under_way(lanes: &Lanes, to: &Arc<Endpoint>) -> Job {
    let order = lanes.waiting(to.key, NOW, NOW).orders[0];
    brings(lanes, order, vec![claim(to, &app(None))], None, NOW).jobs.remove(0)
}

/// An attempt ended, and what came of it was written.
fn settle(lanes: &Lanes, job: &Job, now: Timestamp) -> Work {
    let key = job.claim.endpoint.key;
    let ended = lanes.ended(key, job.share, Ended::Well, now);
    assert_eq!(ordered(&ended), []);
    lanes.settled(Amount::one(2), &[key], now)
}

#[test]
fn the_next_delivery_is_claimed_as_soon_as_the_one_before_is_settled_and_no_sooner() {
    let (lanes, to) = (lanes(64, 100), in_order(1, NOW));
    let job = under_way(&lanes, &to);
    assert_eq!(ordered(&lanes.waiting(to.key, NOW, NOW)), []);
    let work = settle(&lanes, &job, NOW);
    assert_eq!((ordered(&work), work.orders[0].most.deliveries), (vec![to.key], 1));
}

#[test]
fn a_lane_with_nothing_more_to_do_asks_for_nothing() {
    let (lanes, to) = (lanes(64, 100), in_order(1, NOW));
    let job = under_way(&lanes, &to);
    assert_eq!(ordered(&settle(&lanes, &job, NOW)), []);
    assert_eq!(ordered(&lanes.waiting(to.key, NOW, NOW)), [to.key]);
}

#[test]
fn a_retry_is_waited_for() {
    let (lanes, to) = (lanes(64, 100), in_order(1, NOW));
    let job = under_way(&lanes, &to);
    let (due, soon) = (NOW.plus(LATER), NOW.plus(LATER / 2));
    lanes.waiting(to.key, NOW, NOW);
    let order = settle(&lanes, &job, NOW).orders[0];
    let work = brings(&lanes, order, Vec::new(), Some(due), NOW);
    assert_eq!(ordered(&work), []);
    assert_eq!(ordered(&lanes.tick(soon).0), []);
    assert_eq!(ordered(&lanes.tick(due).0), [to.key]);
}

#[test]
fn nothing_comes_straight_to_memory() {
    let (lanes, to) = (lanes(64, 100), in_order(1, NOW));
    let job = under_way(&lanes, &to);
    assert!(!lanes.reserve(to.key, 2, NOW));
    settle(&lanes, &job, NOW);
    assert!(!lanes.reserve(to.key, 2, NOW));
}

#[test]
fn an_endpoint_that_is_put_in_order_gives_back_what_waits_and_goes_on_when_all_is_settled() {
    let lanes = lanes(64, 100);
    let free = endpoint(1, false, NOW);
    let job = offer(&lanes, &vec![free.clone(); 3], &app(None), NOW).remove(0);
    let work = lanes.changed(prepare(in_order(1, NOW.plus(LATER)), &app(None)), NOW);
    assert_eq!((work.release.len(), work.jobs.len(), work.orders.len()), (2, 0, 0));
    let work = lanes.settled(Amount { deliveries: 2, bytes: 4 }, &[free.key; 2], NOW);
    assert_eq!(ordered(&work), []);
    assert_eq!(ordered(&settle(&lanes, &job, NOW)), [free.key]);
}

#[test]
fn an_endpoint_that_is_taken_out_of_order_claims_at_once() {
    let (lanes, to) = (lanes(64, 100), in_order(1, NOW));
    under_way(&lanes, &to);
    let work = lanes.changed(prepare(endpoint(1, false, NOW.plus(LATER)), &app(None)), NOW);
    assert_eq!(ordered(&work), [to.key]);
    assert!(work.orders[0].most.deliveries > 1);
}

#[test]
fn turned_off_it_asks_for_nothing_and_turned_on_it_goes_on() {
    let (lanes, to) = (lanes(64, 100), in_order(1, NOW));
    let job = under_way(&lanes, &to);
    let off = Endpoint { disabled: true, updated: NOW.plus(LATER), ..(*to).clone() };
    lanes.changed(prepare(Arc::new(off.clone()), &app(None)), NOW);
    assert_eq!(ordered(&lanes.waiting(to.key, NOW, NOW)), []);
    assert_eq!(ordered(&settle(&lanes, &job, NOW)), []);
    let on = Endpoint { disabled: false, updated: NOW.plus(2 * LATER), ..off };
    assert_eq!(ordered(&lanes.changed(prepare(Arc::new(on), &app(None)), NOW)), [to.key]);
}
