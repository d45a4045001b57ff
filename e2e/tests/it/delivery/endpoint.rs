//! What an endpoint's state does to what it is owed.

use std::time::Duration;

use hookwire_testkit::{Gate, Receiver, Reply};
use serde_json::json;

use super::scene;
use crate::tenant::Tenant;

/// Longer than every delay of the test's schedule together.
const LONG_AFTER: Duration = Duration::from_secs(1);

/// Sends a message whose first attempt is in flight when this returns, and will fail when the gate opens.
async fn in_flight(tenant: &Tenant, receiver: &Receiver) -> (Gate, String, String) {
    let gate = Gate::closed();
    receiver.script("/hook", [Reply::status(500).held_by(&gate), Reply::ok()]);
    let endpoint = tenant.endpoint(&receiver.url("/hook")).await;
    let message = tenant.send(json!({})).await;
    receiver.wait_for("/hook", 1).await;
    (gate, endpoint, message)
}

#[tokio::test]
async fn a_disabled_endpoint_gets_nothing_and_what_it_was_owed_once_it_is_enabled() {
    let (_server, tenant, receiver) = scene().await;
    let (gate, endpoint, message) = in_flight(&tenant, &receiver).await;
    tenant.patch_endpoint(&endpoint, json!({ "disabled": true })).await;
    gate.open();
    tenant.attempted(&message, 1).await;
    tenant.send(json!({ "while": "disabled" })).await;
    receiver.expect_quiet(LONG_AFTER).await;

    tenant.patch_endpoint(&endpoint, json!({ "disabled": false })).await;
    receiver
        .wait_until("the owed message", |all| {
            all.iter().filter(|request| request.header("webhook-id") == message).count() == 2
        })
        .await;
    tenant.ended(&message, "success").await;
}

#[tokio::test]
async fn what_a_deleted_endpoint_was_owed_is_cancelled() {
    let (_server, tenant, receiver) = scene().await;
    let (gate, endpoint, message) = in_flight(&tenant, &receiver).await;
    tenant.api.delete(&tenant.path(&format!("/endpoint/{endpoint}"))).await.expect(204);
    gate.open();
    tenant.ended(&message, "canceled").await;
    tenant.send(json!({})).await;
    receiver.expect_quiet(LONG_AFTER).await;
    assert_eq!(receiver.requests().len(), 1);
}

#[tokio::test]
async fn a_changed_url_is_used_by_the_next_attempt() {
    let (_server, tenant, receiver) = scene().await;
    let (gate, endpoint, message) = in_flight(&tenant, &receiver).await;
    tenant.patch_endpoint(&endpoint, json!({ "url": receiver.url("/new") })).await;
    gate.open();
    let request = receiver.wait_for("/new", 1).await.remove(0);
    assert_eq!(request.header("webhook-id"), message);
    assert_eq!(receiver.requests_to("/hook").len(), 1);
}
