//! What is tried again, and what is not.

use std::time::Duration;

use hookwire_testkit::{Reply, eventually};
use serde_json::json;

use super::{scene, scene_with};

/// Longer than every delay of the test's schedule together.
const LONG_AFTER: Duration = Duration::from_secs(1);

#[tokio::test]
async fn a_failed_message_is_sent_again_until_it_is_taken() {
    let (_server, tenant, receiver) = scene().await;
    receiver.script("/hook", [Reply::status(500), Reply::status(204)]);
    tenant.endpoint(&receiver.url("/hook")).await;
    let message = tenant.send(json!({ "n": 1 })).await;
    tenant.ended(&message, "success").await;
    let requests = receiver.requests_to("/hook");
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[0].header("webhook-id"), requests[1].header("webhook-id"));
    assert_eq!(requests[0].body, requests[1].body);
    assert!(
        requests[1].arrived - requests[0].arrived >= Duration::from_millis(80),
        "100 ms, jittered by 20 %"
    );
    receiver.expect_quiet(LONG_AFTER).await;
}

#[tokio::test]
async fn a_message_that_always_fails_is_given_up_after_the_schedule() {
    let (_server, tenant, receiver) = scene().await;
    receiver.script("/hook", [Reply::status(500)]);
    tenant.endpoint(&receiver.url("/hook")).await;
    let message = tenant.send(json!({})).await;
    tenant.ended(&message, "fail").await;
    receiver.expect_quiet(LONG_AFTER).await;
    assert_eq!(receiver.requests_to("/hook").len(), 3);
    let codes: Vec<_> =
        tenant.attempts(&message).await.iter().map(|one| one["responseStatusCode"].clone()).collect();
    assert_eq!(codes, [500, 500, 500]);
}

#[tokio::test]
async fn a_redirect_is_a_failure_and_is_not_followed() {
    let (_server, tenant, receiver) = scene().await;
    for status in [301, 302, 303, 307, 308] {
        let path = format!("/from/{status}");
        receiver.script(&path, [Reply::status(status).header("Location", &receiver.url("/target"))]);
        let endpoint = tenant.endpoint(&receiver.url(&path)).await;
        let message = tenant.send(json!({})).await;
        tenant.ended(&message, "fail").await;
        let attempts = tenant.attempts(&message).await;
        assert!(attempts.iter().all(|one| one["responseStatusCode"] == status), "{attempts:?}");
        let path = tenant.path(&format!("/endpoint/{endpoint}"));
        tenant.api.delete(&path).await.expect(204);
    }
    assert_eq!(receiver.requests_to("/target").len(), 0);
}

#[tokio::test]
async fn gone_disables_the_endpoint_and_the_operator_is_told() {
    let (_server, tenant, receiver) = scene().await;
    let notices = json!({ "url": receiver.url("/ops"), "eventTypes": ["endpoint.disabled"] });
    tenant.api.post("/operational-webhook/endpoint", notices).await.expect(201);
    receiver.script("/hook", [Reply::status(410)]);
    let endpoint = tenant.endpoint(&receiver.url("/hook")).await;
    tenant.send(json!({})).await;
    let path = tenant.path(&format!("/endpoint/{endpoint}"));
    let look = || async { tenant.api.get(&path).await.expect(200) };
    eventually("the endpoint to be disabled", look, |seen| seen["disabled"] == true).await;

    let notice = receiver.wait_for("/ops", 1).await.remove(0);
    let notice: serde_json::Value = serde_json::from_slice(&notice.body).expect("a notice is JSON");
    assert_eq!(notice["type"], "endpoint.disabled");
    assert_eq!(notice["data"]["endpointId"], endpoint.as_str());
    tenant.send(json!({})).await;
    receiver.expect_quiet(LONG_AFTER).await;
    assert_eq!(receiver.requests_to("/hook").len(), 1);
}

#[tokio::test]
async fn retry_after_is_honoured() {
    let (_server, tenant, receiver) = scene_with(&[("HOOKWIRE_DELIVERY_RETRY_SCHEDULE", "100ms")]).await;
    receiver.script("/hook", [Reply::status(503).header("Retry-After", "2"), Reply::ok()]);
    tenant.endpoint(&receiver.url("/hook")).await;
    tenant.send(json!({})).await;
    let requests = receiver.wait_for("/hook", 2).await;
    let gap = requests[1].arrived - requests[0].arrived;
    assert!(gap >= Duration::from_millis(1_900), "tried again after {gap:?}");
}

#[tokio::test]
async fn a_given_up_message_can_be_sent_again_by_hand() {
    let (_server, tenant, receiver) = scene().await;
    receiver.script("/hook", [Reply::status(500), Reply::status(500), Reply::status(500), Reply::ok()]);
    let endpoint = tenant.endpoint(&receiver.url("/hook")).await;
    let message = tenant.send(json!({})).await;
    tenant.ended(&message, "fail").await;
    tenant.resend(&message, &endpoint).await;
    let requests = receiver.wait_for("/hook", 4).await;
    assert!(requests.iter().all(|request| request.header("webhook-id") == message));
    tenant.ended(&message, "success").await;
    assert_eq!(tenant.attempts(&message).await[0]["triggerType"], 1);
}
