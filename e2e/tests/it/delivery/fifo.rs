//! First in, first out: an endpoint's deliveries go one by one, in the order in which they were accepted.

use std::time::Duration;

use hookwire_testkit::{Gate, Receiver, Reply, Request};
use serde_json::json;

use super::scene;
use crate::tenant::Tenant;

async fn in_order(tenant: &Tenant, receiver: &Receiver) -> String {
    tenant.endpoint_with(json!({ "url": receiver.url("/hook"), "order": "fifo" })).await
}

/// Sends messages with these numbers, one after the other; returns their ids.
async fn send(tenant: &Tenant, numbers: std::ops::Range<u32>) -> Vec<String> {
    let mut messages = Vec::new();
    for n in numbers {
        messages.push(tenant.send(json!({ "n": n })).await);
    }
    messages
}

fn ids(requests: &[Request]) -> Vec<String> {
    requests.iter().map(|request| request.header("webhook-id").to_owned()).collect()
}

#[tokio::test]
async fn many_messages_arrive_in_the_order_of_their_acceptance_one_at_a_time() {
    let (_server, tenant, receiver) = scene().await;
    let gate = Gate::closed();
    receiver.script("/hook", [Reply::ok().held_by(&gate), Reply::ok()]);
    in_order(&tenant, &receiver).await;
    let messages = send(&tenant, 0..50).await;
    receiver.wait_for("/hook", 1).await;
    receiver.expect_quiet(Duration::from_millis(500)).await;
    gate.open();
    assert_eq!(ids(&receiver.wait_for("/hook", 50).await), messages);
}

#[tokio::test]
async fn one_that_fails_is_tried_again_before_the_next_one_goes_and_given_up_it_holds_up_nobody() {
    let (_server, tenant, receiver) = scene().await;
    // Twice in vain, then well; the second message never.
    let fails = || Reply::status(500);
    receiver.script("/hook", [fails(), fails(), Reply::ok(), fails(), fails(), fails(), Reply::ok()]);
    in_order(&tenant, &receiver).await;
    let messages = send(&tenant, 0..3).await;
    let [first, second, third] = messages.as_slice() else { unreachable!("three were sent") };
    tenant.ended(third, "success").await;
    let expected = [first, first, first, second, second, second, third];
    assert_eq!(ids(&receiver.requests_to("/hook")).iter().collect::<Vec<_>>(), expected);
    assert_eq!((tenant.status(first).await, tenant.status(second).await), ("success".into(), "fail".into()));
}

#[tokio::test]
async fn after_a_crash_the_order_is_kept() {
    let (mut server, tenant, receiver) = scene().await;
    let gate = Gate::closed();
    receiver.script("/hook", [Reply::ok().held_by(&gate), Reply::ok()]);
    in_order(&tenant, &receiver).await;
    let messages = send(&tenant, 0..5).await;
    receiver.wait_for("/hook", 1).await;
    server.kill().await;
    gate.open();
    server.start_again().await;
    tenant.ended(&messages[4], "success").await;
    let arrived = ids(&receiver.requests_to("/hook"));
    // The one that was in flight is made again: nobody knows what came of it.
    assert_eq!(arrived[0], messages[0]);
    assert_eq!(arrived[1..], messages);
}

#[tokio::test]
async fn while_it_is_disabled_they_wait_and_go_in_order_afterwards() {
    let (_server, tenant, receiver) = scene().await;
    let gate = Gate::closed();
    receiver.script("/hook", [Reply::status(500).held_by(&gate), Reply::ok()]);
    let endpoint = in_order(&tenant, &receiver).await;
    let messages = send(&tenant, 0..3).await;
    receiver.wait_for("/hook", 1).await;
    tenant.patch_endpoint(&endpoint, json!({ "disabled": true })).await;
    gate.open();
    tenant.attempted(&messages[0], 1).await;
    receiver.expect_quiet(Duration::from_millis(500)).await;
    tenant.patch_endpoint(&endpoint, json!({ "disabled": false })).await;
    tenant.ended(&messages[2], "success").await;
    assert_eq!(ids(&receiver.requests_to("/hook"))[1..], messages);
}

#[tokio::test]
async fn endpoints_without_an_order_are_not_held_up() {
    let (_server, tenant, receiver) = scene().await;
    let gate = Gate::closed();
    receiver.script("/hook", [Reply::ok().held_by(&gate), Reply::ok()]);
    in_order(&tenant, &receiver).await;
    tenant.endpoint(&receiver.url("/free")).await;
    send(&tenant, 0..5).await;
    receiver.wait_for("/hook", 1).await;
    receiver.wait_for("/free", 5).await;
    assert_eq!(receiver.requests_to("/hook").len(), 1);
    gate.open();
    receiver.wait_for("/hook", 5).await;
}
