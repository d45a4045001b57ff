//! Lanes: how the window follows the receiver.

use super::*;

const NOW: Timestamp = Timestamp::from_seconds(1_790_000_000);

fn later(millis: u64) -> Timestamp {
    NOW.plus(Duration::from_millis(millis))
}

fn attempt(lane: &mut Lane, how: Ended, at: Timestamp) {
    lane.started(at);
    lane.ended(how, at);
}

#[test]
fn a_new_lane_tries_one_delivery_first() {
    let mut lane = Lane::new(8, NOW);
    assert_eq!(lane.may_start(NOW), Start::Now);
    lane.started(NOW);
    assert_eq!(lane.may_start(NOW), Start::Wait);
    assert_eq!(lane.standing(NOW), Standing::Untried);
}

#[test]
fn the_window_grows_with_successes_while_there_is_work_and_has_an_end() {
    let mut lane = Lane::new(4, NOW);
    attempt(&mut lane, Ended::Well, NOW);
    assert_eq!(lane.window, 1);
    lane.note_backlog(NOW);
    (0..9).for_each(|_| attempt(&mut lane, Ended::Well, NOW));
    assert_eq!(lane.window, 4);
    assert_eq!(lane.standing(NOW), Standing::Proven);
}

#[test]
fn a_lane_whose_attempts_hang_becomes_suspect_before_they_end() {
    let mut lane = Lane::new(8, NOW);
    lane.note_backlog(NOW);
    attempt(&mut lane, Ended::Well, NOW);
    lane.started(NOW);
    assert_eq!(lane.may_start(later(900)), Start::Now);
    assert_eq!(lane.standing(later(1_001)), Standing::Suspect);
    assert_eq!(lane.may_start(later(1_001)), Start::Wait);
}

#[test]
fn silence_paces_a_lane_and_one_success_frees_it() {
    let mut lane = Lane::new(8, NOW);
    (0..4).for_each(|_| attempt(&mut lane, Ended::Silent, NOW));
    assert_eq!(lane.may_start(NOW), Start::Now);
    attempt(&mut lane, Ended::Silent, NOW);
    assert_eq!(lane.may_start(NOW), Start::Later(later(50)));
    (0..20).for_each(|_| attempt(&mut lane, Ended::Silent, NOW));
    assert_eq!(lane.may_start(NOW), Start::Later(later(5_000)));
    attempt(&mut lane, Ended::Well, NOW);
    assert_eq!(lane.may_start(NOW), Start::Now);
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

#[test]
fn a_throttle_spreads_attempts() {
    let mut lane = Lane::new(8, NOW);
    lane.bucket = Some(Bucket::new(2));
    attempt(&mut lane, Ended::Well, NOW);
    assert_eq!(lane.may_start(NOW), Start::Later(later(500)));
    assert_eq!(lane.may_start(later(500)), Start::Now);
}
