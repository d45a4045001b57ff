//! Lanes: how the window follows the receiver.

use hookwire_core::Payload;

use super::*;
use crate::samples;

const NOW: Timestamp = Timestamp::from_seconds(1_790_000_000);

fn later(millis: u64) -> Timestamp {
    NOW.plus(Duration::from_millis(millis))
}

fn attempt(lane: &mut Lane, how: Ended, at: Timestamp) {
    lane.started(at);
    lane.ended(how, at);
}

const PLENTY: usize = 1_000;

#[test]
fn a_new_lane_may_have_as_much_under_way_as_its_window_and_the_node_allow() {
    let mut lane = Lane::new(8, NOW);
    (0..7).for_each(|_| lane.started(NOW));
    assert_eq!(lane.may_start(PLENTY, NOW), Start::Now);
    assert_eq!(lane.may_start(7, NOW), Start::Wait);
    lane.started(NOW);
    assert_eq!(lane.may_start(PLENTY, NOW), Start::Wait);
    assert_eq!(lane.standing(NOW), Standing::Unproven);
}

#[test]
fn the_window_grows_with_successes_while_there_is_work_and_has_an_end() {
    let mut lane = Lane::new(20, NOW);
    attempt(&mut lane, Ended::Well, NOW);
    assert_eq!(lane.window, FIRST_WINDOW);
    lane.note_backlog(NOW);
    (0..9).for_each(|_| attempt(&mut lane, Ended::Well, NOW));
    assert_eq!(lane.window, 20);
    assert_eq!(lane.standing(NOW), Standing::Proven);
}

#[test]
fn refusals_halve_the_window_and_silence_closes_it_but_for_one() {
    let mut lane = Lane::new(16, NOW);
    attempt(&mut lane, Ended::Refused, NOW);
    assert_eq!((lane.window, lane.standing(NOW)), (8, Standing::Unproven));
    attempt(&mut lane, Ended::Silent, NOW);
    assert_eq!((lane.window, lane.standing(NOW)), (1, Standing::Suspect));
}

#[test]
fn a_lane_from_which_nothing_comes_back_for_a_while_draws_on_the_share_of_the_unproven() {
    let mut lane = Lane::new(8, NOW);
    attempt(&mut lane, Ended::Well, NOW);
    lane.started(NOW);
    assert_eq!(lane.standing(later(900)), Standing::Proven);
    assert_eq!(lane.standing(later(1_001)), Standing::Unproven);
    assert_eq!(lane.may_start(PLENTY, later(1_001)), Start::Now);
}

#[test]
fn silence_paces_a_lane_and_one_success_frees_it() {
    let mut lane = Lane::new(8, NOW);
    (0..4).for_each(|_| attempt(&mut lane, Ended::Silent, NOW));
    assert_eq!(lane.may_start(PLENTY, NOW), Start::Now);
    attempt(&mut lane, Ended::Silent, NOW);
    assert_eq!(lane.may_start(PLENTY, NOW), Start::Later(later(50)));
    (0..20).for_each(|_| attempt(&mut lane, Ended::Silent, NOW));
    assert_eq!(lane.may_start(PLENTY, NOW), Start::Later(later(5_000)));
    attempt(&mut lane, Ended::Well, NOW);
    assert_eq!(lane.may_start(PLENTY, NOW), Start::Now);
}

#[test]
fn new_deliveries_do_not_overtake_those_that_wait_in_the_store() {
    let mut lane = Lane::new(8, NOW);
    assert!(lane.takes_new(NOW));
    lane.note_backlog(later(10));
    assert!(lane.takes_new(NOW));
    assert!(!lane.takes_new(later(10)));
    assert!(lane.wants(later(10)) > 0);
    assert_eq!(lane.wants(NOW), 0);
}

fn claim() -> Claim {
    let endpoint = Arc::new(samples::endpoint_at("https://example.com/"));
    let message = samples::message_with("t", Payload::from_json("{}"));
    samples::claim_of(message, &endpoint, &Arc::new(samples::app_with("standard")))
}

/// A lane that holds more than it wants to claim beside, with this left by a claim of now.
fn after_a_claim(was_full: bool, left_due: Timestamp) -> Lane {
    let mut lane = Lane::new(8, NOW);
    attempt(&mut lane, Ended::Well, NOW);
    lane.note_backlog(NOW);
    lane.claim = NextClaim::UnderWay;
    lane.queue.extend(std::iter::repeat_n(claim(), 10));
    lane.claimed(NOW, was_full, Some(left_due));
    lane
}

#[test]
fn what_came_during_a_claim_is_claimed_beside_new_deliveries() {
    let mut lane = after_a_claim(false, NOW);
    assert!(lane.takes_new(NOW) && lane.wants(NOW) > 0);
    lane.claim = NextClaim::UnderWay;
    assert!(lane.takes_new(NOW));
    for mut lane in [after_a_claim(true, NOW), after_a_claim(false, NOW.minus(BEHIND))] {
        assert!(!lane.takes_new(NOW));
        assert_eq!(lane.wants(NOW), 0);
    }
}

#[test]
fn a_lane_without_room_is_behind_again() {
    let mut lane = after_a_claim(false, NOW);
    lane.reserved = 8 * QUEUE_FOR_EACH_PERMIT;
    assert!(!lane.takes_new(NOW));
    lane.reserved = 0;
    assert!(!lane.takes_new(NOW));
}

#[test]
fn a_throttle_spreads_attempts() {
    let mut lane = Lane::new(8, NOW);
    lane.bucket = Some(Bucket::new(2));
    attempt(&mut lane, Ended::Well, NOW);
    assert_eq!(lane.may_start(PLENTY, NOW), Start::Later(later(500)));
    assert_eq!(lane.may_start(PLENTY, later(500)), Start::Now);
}

#[test]
fn a_word_about_an_endpoint_that_was_deleted_does_not_keep_its_lane_in_memory() {
    let mut lane = Lane::new(16, NOW);
    lane.removed = true;
    lane.note_backlog(NOW);
    assert!(lane.is_idle());
}
