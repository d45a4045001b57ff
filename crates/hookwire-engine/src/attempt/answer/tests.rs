//! Which answers are taken, tried again, or final.

use std::time::Duration;

use bytes::Bytes;
use hookwire_core::retry::RetryOn;
use hookwire_outbound::Response;

use super::*;
use crate::samples::NOW;

const FAILURE: Verdict = Verdict::Failure { retry_after: None };

fn verdict(status: u16, success: &[&str], retry_on: Option<&[&str]>) -> Verdict {
    let success = StatusSet::parse(success.iter().copied()).unwrap();
    let retry_on =
        retry_on.map_or_else(RetryOn::default, |entries| RetryOn::parse(entries.iter().copied()).unwrap());
    let retry = RetryPolicy { retry_on, ..RetryPolicy::default() };
    let response = Response { status, headers: http::HeaderMap::new(), body: Bytes::new(), truncated: false };
    let exchange = Exchange { result: Ok(response), timings: Timings::default() };
    let answer = Answer::judge(exchange, Rules { success: &success, retry: &retry }, NOW);
    assert_eq!(answer.error.is_none(), answer.verdict == Verdict::Success);
    answer.verdict
}

#[test]
fn the_rules_say_what_a_success_is() {
    assert_eq!(verdict(204, &["2xx"], None), Verdict::Success);
    assert_eq!(verdict(204, &["200"], None), FAILURE);
    assert_eq!(verdict(404, &["2xx", "404"], None), Verdict::Success);
}

#[test]
fn gone_is_final_unless_it_is_a_success() {
    assert_eq!(verdict(410, &["2xx"], None), Verdict::Gone);
    assert_eq!(verdict(410, &["2xx"], Some(&["4xx"])), Verdict::Gone);
    assert_eq!(verdict(410, &["410"], None), Verdict::Success);
}

#[test]
fn what_the_rules_do_not_try_again_is_rejected() {
    assert_eq!(verdict(500, &["2xx"], Some(&["5xx"])), FAILURE);
    assert_eq!(verdict(404, &["2xx"], Some(&["5xx", "network"])), Verdict::Rejected);
    assert_eq!(verdict(500, &["2xx"], Some(&[])), Verdict::Rejected);
}

#[test]
fn silence_is_tried_again_by_its_cause() {
    let success = StatusSet::any_2xx();
    let retry = RetryPolicy { retry_on: RetryOn::parse(["timeout"]).unwrap(), ..RetryPolicy::default() };
    let rules = Rules { success: &success, retry: &retry };
    let verdict = |class| Answer::failed(class, String::new(), Timings::default(), rules).verdict;
    assert_eq!(verdict(ErrorClass::Timeout), FAILURE);
    assert_eq!(
        [ErrorClass::Dns, ErrorClass::Connect, ErrorClass::Blocked].map(verdict),
        [Verdict::Rejected; 3]
    );
}

#[test]
fn a_wait_that_the_receiver_asks_for_is_kept() {
    let mut headers = http::HeaderMap::new();
    headers.insert(http::header::RETRY_AFTER, "7".parse().unwrap());
    let response = Response { status: 503, headers, body: Bytes::new(), truncated: false };
    let exchange = Exchange { result: Ok(response), timings: Timings::default() };
    let (success, retry) = (StatusSet::any_2xx(), RetryPolicy::default());
    let answer = Answer::judge(exchange, Rules { success: &success, retry: &retry }, NOW);
    assert_eq!(answer.verdict, Verdict::Failure { retry_after: Some(Duration::from_secs(7)) });
}
