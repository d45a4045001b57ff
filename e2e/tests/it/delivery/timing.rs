//! Rates and chosen times.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::scene;
use crate::tenant::text;

#[tokio::test]
async fn a_throttled_endpoint_gets_no_more_than_its_rate() {
    let (_server, tenant, receiver) = scene().await;
    tenant.endpoint_with(json!({ "url": receiver.url("/hook"), "throttleRate": 10 })).await;
    for n in 0..40 {
        tenant.send(json!({ "n": n })).await;
    }
    let requests = receiver.wait_for("/hook", 40).await;
    let first = requests.iter().map(|request| request.arrived).min().expect("40 requests");
    let last = requests.iter().map(|request| request.arrived).max().expect("40 requests");
    // A full second's worth may come at once; the other 30 take three seconds. Half a second is for the clocks.
    assert!(
        last - first >= Duration::from_millis(2_500),
        "40 requests at 10/s came within {:?}",
        last - first
    );
}

#[tokio::test]
async fn a_message_waits_for_its_chosen_time() {
    let (_server, tenant, receiver) = scene().await;
    tenant.endpoint(&receiver.url("/hook")).await;
    let before = Instant::now();
    // The server's own clock, from a message that does not wait.
    let body = json!({ "eventType": "t", "payload": { "which": "now" } });
    let answer = tenant.api.post(&tenant.path("/msg"), body).await.expect(202);
    let now: Timestamp = text(&answer, "timestamp").parse().expect("a timestamp is RFC 3339");
    let at = now + SignedDuration::from_secs(2);
    let body = json!({ "eventType": "t", "payload": { "which": "later" }, "deliverAt": at.to_string() });
    tenant.send_with(body).await;

    let requests = receiver.wait_for("/hook", 2).await;
    assert_eq!(requests[1].text(), r#"{"which":"later"}"#);
    let waited = requests[1].arrived - before;
    assert!(waited >= Duration::from_secs(2), "came after {waited:?}");
}
