//! Lanes together: shares, turns, memory, throttles, disabling.

mod in_order;

use std::sync::Arc;
use std::time::Duration;

use hookwire_core::id::Key as _;
use hookwire_core::{App, Endpoint, Payload, ProfileName};

use super::*;
use crate::samples::{self, NOW, prepare};

fn app(rate: Option<u32>) -> Arc<App> {
    Arc::new(App { throttle_rate: rate, ..samples::app_with("standard") })
}

fn endpoint(key: i64, disabled: bool, updated: Timestamp) -> Arc<Endpoint> {
    let endpoint = samples::endpoint_at("https://example.com/");
    Arc::new(Endpoint { key: EndpointKey::from_raw(key), disabled, updated, ..endpoint })
}

fn claim(to: &Arc<Endpoint>, app: &Arc<App>) -> Claim {
    samples::claim_of(samples::message_with("t", Payload::from_json("{}")), to, app)
}

fn lanes(permits: usize, held: usize) -> Lanes {
    Lanes::new(&Settings { permits, held_max: held, ..Settings::default() })
}

/// Offers one delivery to each endpoint; the attempts that start.
fn offer(lanes: &Lanes, to: &[Arc<Endpoint>], app: &Arc<App>, now: Timestamp) -> Vec<Job> {
    let mut jobs = Vec::new();
    for endpoint in to {
        if lanes.reserve(endpoint.key, 2, now) {
            jobs.extend(lanes.accept(vec![claim(endpoint, app)], &prepare, now).jobs);
        }
    }
    jobs
}

/// A claim made now brings this at once, and leaves something that is due then.
fn brings(
    lanes: &Lanes,
    order: ClaimOrder,
    claims: Vec<Claim>,
    next_due: Option<Timestamp>,
    now: Timestamp,
) -> Work {
    lanes.claimed(order, now, Claimed { claims, next_due }, &prepare, now)
}

#[test]
fn hanging_newcomers_leave_half_of_the_permits_to_lanes_with_a_good_record() {
    let (lanes, app) = (lanes(16, 1_000), app(None));
    let healthy = endpoint(1, false, NOW);
    let first = offer(&lanes, std::slice::from_ref(&healthy), &app, NOW).remove(0);
    lanes.ended(healthy.key, first.share, Ended::Well, NOW);
    let holes: Vec<_> = (2..50).map(|key| endpoint(key, false, NOW)).collect();
    assert_eq!(offer(&lanes, &holes, &app, NOW).len(), 8);
    assert_eq!(offer(&lanes, &[healthy], &app, NOW).len(), 1);
}

#[test]
fn a_silent_lane_gets_one_permit_at_a_time() {
    let (lanes, app) = (lanes(4_096, 1_000), app(None));
    let hole = endpoint(1, false, NOW);
    let jobs = offer(&lanes, &vec![hole.clone(); 20], &app, NOW);
    assert_eq!(jobs.len(), 16);
    let work = jobs[1..].iter().map(|job| lanes.ended(hole.key, job.share, Ended::Silent, NOW));
    assert_eq!(work.map(|work| work.jobs.len()).sum::<usize>(), 0);
    let later = NOW.plus(Duration::from_secs(6));
    assert_eq!(lanes.ended(hole.key, jobs[0].share, Ended::Untried, later).jobs[0].share, Standing::Suspect);
}

#[test]
fn memory_has_a_bound_and_frees_when_deliveries_are_settled() {
    let (lanes, app) = (lanes(64, 8), app(None));
    let endpoints: Vec<_> = (1..20).map(|key| endpoint(key, false, NOW)).collect();
    assert_eq!(offer(&lanes, &endpoints, &app, NOW).len(), 8);
    assert!(!lanes.reserve(EndpointKey::from_raw(99), 2, NOW));
    lanes.settled(Amount::one(2), &[endpoints[0].key], NOW);
    assert!(lanes.reserve(EndpointKey::from_raw(99), 2, NOW));
}

#[test]
fn waiting_deliveries_are_claimed_when_they_are_due() {
    let lanes = lanes(64, 100);
    let (key, due) = (EndpointKey::from_raw(1), NOW.plus(Duration::from_secs(5)));
    let work = lanes.waiting(key, due, NOW);
    assert!(work.orders.is_empty() && work.sooner);
    assert_eq!(lanes.tick(NOW).1, Some(due));
    let (work, next) = lanes.tick(due);
    assert_eq!(work.orders.iter().map(|order| order.endpoint).collect::<Vec<_>>(), [key]);
    assert_eq!(next, None);
    let again = brings(&lanes, work.orders[0], Vec::new(), Some(due.plus(Duration::from_secs(1))), due);
    assert!(again.orders.is_empty() && again.sooner);
}

#[test]
fn disabling_an_endpoint_puts_its_queued_deliveries_back() {
    let (lanes, app) = (lanes(64, 100), app(None));
    let hole = endpoint(1, false, NOW);
    assert_eq!(offer(&lanes, &vec![hole.clone(); 3], &app, NOW).len(), 1);
    let later = NOW.plus(Duration::from_secs(1));
    let off = prepare(endpoint(1, true, later), &app);
    assert_eq!(lanes.changed(off, later).release.len(), 2);
    assert!(!lanes.reserve(hole.key, 2, later));
}

#[test]
fn what_is_handed_over_for_a_deleted_endpoint_is_put_back() {
    let (lanes, app) = (lanes(64, 100), app(None));
    let gone = endpoint(1, false, NOW);
    let order = lanes.waiting(gone.key, NOW, NOW).orders[0];
    assert!(lanes.reserve(endpoint(2, false, NOW).key, 2, NOW));
    lanes.removed(gone.key, NOW);
    let work = brings(&lanes, order, vec![claim(&gone, &app)], Some(NOW), NOW);
    assert_eq!((work.jobs.len(), work.release.len(), work.orders.len()), (0, 1, 0));
    assert!(!lanes.reserve(gone.key, 2, NOW));
}

#[test]
fn what_waits_goes_by_the_new_words_and_what_is_under_way_by_the_old() {
    let app = app(None);
    let old = endpoint(1, false, NOW);
    let lanes = Lanes::new(&Settings { lane_permits: 1, ..Settings::default() });
    let first = offer(&lanes, &[old.clone(), old.clone()], &app, NOW).remove(0);
    let mut new = Endpoint { updated: NOW.plus(Duration::from_secs(1)), ..(*old).clone() };
    new.rules.timeout = Some(Duration::from_secs(3));
    lanes.changed(prepare(Arc::new(new), &app), NOW);
    assert_eq!(first.prepared.timeout, Settings::default().timeout);
    let second = lanes.ended(old.key, first.share, Ended::Well, NOW).jobs.remove(0);
    assert_eq!(second.prepared.timeout, Duration::from_secs(3));
}

#[test]
fn a_lane_learns_of_another_profile_from_the_next_delivery() {
    let (lanes, app) = (lanes(64, 100), app(None));
    let to = endpoint(1, false, NOW);
    let profile = |job: &Job| job.prepared.profile.name.as_str().to_owned();
    let first = offer(&lanes, std::slice::from_ref(&to), &app, NOW).remove(0);
    lanes.ended(to.key, first.share, Ended::Well, NOW);
    let other = Arc::new(App { profile: ProfileName::stored("featureos"), ..(*app).clone() });
    let second = offer(&lanes, &[to], &other, NOW).remove(0);
    assert_eq!([profile(&first), profile(&second)], ["standard", "featureos"]);
}

#[test]
fn a_lease_must_outlast_the_endpoints_own_deadline() {
    let (lanes, app) = (lanes(64, 100), app(None));
    let mut patient = (*endpoint(1, false, NOW)).clone();
    patient.rules.timeout = Some(Duration::from_mins(1));
    let to = Arc::new(patient);
    let order = lanes.waiting(to.key, NOW, NOW).orders[0];
    let nearly_over = NOW.plus(Duration::from_mins(14));
    let work = brings(&lanes, order, vec![claim(&to, &app)], None, nearly_over);
    assert_eq!((work.jobs.len(), work.release.len()), (0, 1));
}

#[test]
fn an_app_throttle_holds_over_all_its_endpoints() {
    let (lanes, app) = (lanes(64, 100), app(Some(1)));
    let endpoints: Vec<_> = (1..4).map(|key| endpoint(key, false, NOW)).collect();
    assert_eq!(offer(&lanes, &endpoints, &app, NOW).len(), 1);
    let (work, next) = lanes.tick(NOW.plus(Duration::from_secs(1)));
    assert_eq!(work.jobs.len(), 1);
    assert_eq!(next, Some(NOW.plus(Duration::from_secs(2))));
}

#[test]
fn a_stop_gives_back_what_waits_and_starts_nothing_more() {
    let (lanes, app) = (lanes(64, 100), app(None));
    let hole = endpoint(1, false, NOW);
    let jobs = offer(&lanes, &vec![hole.clone(); 3], &app, NOW);
    assert_eq!(lanes.stop().len(), 2);
    assert!(lanes.ended(hole.key, jobs[0].share, Ended::Well, NOW).jobs.is_empty());
    assert!(!lanes.reserve(hole.key, 2, NOW));
}

#[test]
fn what_waits_can_be_given_back_without_a_stop() {
    let (lanes, throttled) = (lanes(64, 100), app(Some(1)));
    let slow = endpoint(1, false, NOW);
    let jobs = offer(&lanes, &vec![slow.clone(); 3], &throttled, NOW);
    assert_eq!(jobs.len(), 1);
    assert_eq!(lanes.empty().len(), 2);
    let later = NOW.plus(Duration::from_secs(1));
    lanes.ended(slow.key, jobs[0].share, Ended::Well, later);
    assert_eq!(offer(&lanes, &[slow], &throttled, later).len(), 1);
}

#[test]
fn what_waited_until_its_lease_is_nearly_over_goes_back_without_a_turn() {
    let (lanes, app) = (lanes(4_096, 100), app(Some(1)));
    let slow = endpoint(1, false, NOW);
    assert_eq!(offer(&lanes, &vec![slow.clone(); 3], &app, NOW).len(), 1);
    let (work, _) = lanes.tick(NOW.plus(Duration::from_mins(15)));
    assert_eq!((work.jobs.len(), work.release.len()), (0, 2));
}

#[test]
fn a_time_that_came_without_anybody_looking_and_failing_claims_are_told() {
    let lanes = lanes(64, 100);
    let (key, due) = (EndpointKey::from_raw(1), NOW.plus(Duration::from_secs(5)));
    lanes.waiting(key, due, NOW);
    assert_eq!(lanes.stuck_since(NOW), None);
    let later = NOW.plus(Duration::from_mins(1));
    assert_eq!(lanes.stuck_since(later), Some(due));
    let orders = lanes.tick(later).0.orders;
    assert_eq!(orders.len(), 1);
    assert_eq!(lanes.stuck_since(later), None);
    lanes.claim_failed(orders[0], later.plus(Duration::from_secs(1)), later);
    assert_eq!(lanes.stuck_since(later), Some(later));
}

/// Endpoints that claims are ordered for.
fn ordered(work: &Work) -> Vec<EndpointKey> {
    work.orders.iter().map(|order| order.endpoint).collect()
}

/// As many lanes with due deliveries in the store as may claim at once, and their orders; then one that stands in line.
fn a_line(lanes: &Lanes) -> (Vec<ClaimOrder>, EndpointKey) {
    let keys = (1..=32).map(EndpointKey::from_raw);
    let orders = keys.flat_map(|key| lanes.waiting(key, NOW, NOW).orders).collect::<Vec<_>>();
    assert_eq!(orders.len(), 32);
    let next = EndpointKey::from_raw(99);
    assert_eq!(ordered(&lanes.waiting(next, NOW, NOW)), []);
    (orders, next)
}

#[test]
fn a_place_that_an_ingest_did_not_need_goes_to_a_lane_that_waits_for_room() {
    let lanes = lanes(64, 8);
    let [promised, waiting] = [1, 2].map(EndpointKey::from_raw);
    assert!((0..8).all(|_| lanes.reserve(promised, 2, NOW)));
    assert_eq!(ordered(&lanes.waiting(waiting, NOW, NOW)), []);
    let work = lanes.cancel(promised, 2, NOW);
    assert_eq!(ordered(&work), [waiting]);
    assert_eq!(work.orders[0].most.deliveries, 1);
}

#[test]
fn a_lane_with_more_to_claim_goes_to_the_end_of_the_line() {
    let lanes = lanes(64, 16_384);
    let (orders, next) = a_line(&lanes);
    let work = brings(&lanes, orders[0], Vec::new(), Some(NOW), NOW);
    assert_eq!(ordered(&work), [next]);
    let work = brings(&lanes, orders[1], Vec::new(), None, NOW);
    assert_eq!(ordered(&work), [orders[0].endpoint]);
}

#[test]
fn a_failed_claim_does_not_set_off_the_next_but_a_tick_does() {
    let lanes = lanes(64, 16_384);
    let (orders, next) = a_line(&lanes);
    assert_eq!(ordered(&lanes.claim_failed(orders[0], NOW.plus(Duration::from_secs(1)), NOW)), []);
    assert_eq!(ordered(&lanes.tick(NOW).0), [next]);
}

#[test]
fn claims_under_way_together_can_bring_no_more_than_memory_holds() {
    let settings = Settings { held_bytes_max: 6_400, ..Settings::default() };
    let lanes = Lanes::new(&settings);
    let (orders, _) = a_line(&lanes);
    assert_eq!(orders.iter().map(|order| order.most.bytes).sum::<usize>(), 3_200);
    let newcomer = EndpointKey::from_raw(100);
    assert!(!lanes.reserve(newcomer, 3_201, NOW));
    assert!(lanes.reserve(newcomer, 3_200, NOW));
    let next = brings(&lanes, orders[0], Vec::new(), None, NOW).orders[0];
    assert!(!lanes.reserve(newcomer, 1, NOW));
    brings(&lanes, next, Vec::new(), None, NOW);
    assert!(lanes.reserve(newcomer, 100, NOW));
}

#[test]
fn what_a_claim_brought_is_held_until_it_is_settled() {
    let (lanes, app) = (Lanes::new(&Settings { held_bytes_max: 64, ..Settings::default() }), app(None));
    let to = endpoint(1, false, NOW);
    let order = lanes.waiting(to.key, NOW, NOW).orders[0];
    assert_eq!(lanes.census(NOW).held, 0);
    brings(&lanes, order, vec![claim(&to, &app); 3], None, NOW);
    assert_eq!(lanes.census(NOW).held, 3);
    let other = EndpointKey::from_raw(2);
    assert!(!lanes.reserve(other, 59, NOW));
    lanes.settled(Amount { deliveries: 3, bytes: 6 }, &[to.key; 3], NOW);
    assert!(lanes.reserve(other, 64, NOW));
}

#[test]
fn a_lane_that_only_claims_holds_no_more_than_one_that_is_handed_its_deliveries() {
    let (lanes, app) = (lanes(4_096, 16_384), app(None));
    let to = endpoint(1, false, NOW);
    // A receiver that does not answer, and a few deliveries at a time from other nodes.
    for _ in 0..100 {
        let Some(order) = lanes.waiting(to.key, NOW, NOW).orders.pop() else { break };
        let few = vec![claim(&to, &app); order.most.deliveries.min(10)];
        assert!(!few.is_empty());
        brings(&lanes, order, few, None, NOW);
    }
    // As many under way as a new lane may have, and as many behind them.
    assert_eq!(lanes.census(NOW).held, 16 + 16);
}

#[test]
fn a_stopped_node_claims_nothing_more() {
    let lanes = lanes(64, 16_384);
    let (orders, _) = a_line(&lanes);
    assert!(lanes.stop().is_empty());
    assert_eq!(ordered(&brings(&lanes, orders[0], Vec::new(), Some(NOW), NOW)), []);
    assert_eq!(ordered(&lanes.tick(NOW).0), []);
}
