//! A node that is dead, or seems to be: others take over what it had, and it can't do harm when it comes back.

use std::time::{Duration, Instant};

use hookwire_testkit::{Gate, Receiver, Reply, Server, eventually};
use serde_json::json;

use super::{Cluster, send_when_taken, through};
use crate::tenant::Tenant;

/// By when the work of a dead node is in other hands.
const TAKEN_OVER: Duration = Duration::from_secs(15);

#[tokio::test]
async fn what_a_killed_node_had_under_way_is_made_by_another_within_15_seconds() {
    let mut cluster = Cluster::start(2, |_, node| node).await;
    let tenant = Tenant::of(&cluster.nodes[0]).await;
    let receiver = Receiver::start().await;
    let gate = Gate::closed();
    receiver.script("/hook", [Reply::ok().held_by(&gate), Reply::ok()]);
    tenant.endpoint(&receiver.url("/hook")).await;
    let message = tenant.send(json!({})).await;
    receiver.wait_for("/hook", 1).await;
    cluster.nodes[0].kill().await;
    let killed = Instant::now();
    let requests = receiver.wait_for("/hook", 2).await;
    let took = killed.elapsed();
    assert!(took <= TAKEN_OVER, "it took {took:?}");
    assert!(requests.iter().all(|request| request.header("webhook-id") == message));
    through(&tenant, &cluster.nodes[1]).ended(&message, "success").await;
    println!("taken over after {took:?}");
}

#[tokio::test]
async fn a_node_that_was_asleep_cannot_overwrite_what_others_did_meanwhile() {
    let mut cluster = Cluster::start(2, |_, node| node.env("HOOKWIRE_STORE_SILENCE_MAX", "4s")).await;
    let tenant = Tenant::of(&cluster.nodes[0]).await;
    let receiver = Receiver::start().await;
    let gate = Gate::closed();
    receiver.script("/hook", [Reply::status(500).held_by(&gate), Reply::ok()]);
    tenant.endpoint(&receiver.url("/hook")).await;
    let message = tenant.send(json!({})).await;
    receiver.wait_for("/hook", 1).await;
    cluster.nodes[0].freeze().await;
    receiver.wait_for("/hook", 2).await;
    let other = through(&tenant, &cluster.nodes[1]);
    other.ended(&message, "success").await;

    gate.open();
    cluster.nodes[0].thaw().await;
    let stale = || metric(&cluster.nodes[0], "hookwire_stale_settlements_total");
    eventually("the late verdict to be counted as stale", stale, |count| *count >= 1.0).await;
    assert_eq!(other.status(&message).await, "success");
    assert_eq!(other.attempts(&message).await.len(), 1);
    // It goes on as a node like any other.
    let again = send_when_taken(&tenant, json!({ "after": "the sleep" })).await;
    other.ended(&again, "success").await;
}

#[tokio::test]
async fn a_node_that_was_asleep_does_not_send_what_others_took_over() {
    let mut cluster = Cluster::start(2, |_, node| node.env("HOOKWIRE_STORE_SILENCE_MAX", "4s")).await;
    let tenant = Tenant::of(&cluster.nodes[0]).await;
    let receiver = Receiver::start().await;
    let gate = Gate::closed();
    receiver.script("/hook", [Reply::ok().held_by(&gate)]);
    tenant.endpoint(&receiver.url("/hook")).await;
    let mut messages = Vec::new();
    for n in 0..100 {
        messages.push(tenant.send(json!({ "n": n })).await);
    }
    receiver.wait_for("/hook", 8).await;
    cluster.nodes[0].freeze().await;
    let under_way = receiver.requests().len();
    receiver.script("/hook", [Reply::ok()]);
    let other = through(&tenant, &cluster.nodes[1]);
    for message in &messages {
        other.ended(message, "success").await;
    }
    gate.open();
    cluster.nodes[0].thaw().await;
    send_when_taken(&tenant, json!({ "n": 100 })).await;
    receiver
        .wait_until("the message after the sleep", |all| {
            all.iter().any(|request| request.body.ends_with(b"100}"))
        })
        .await;
    receiver.expect_quiet(Duration::from_secs(1)).await;
    let twice = receiver.requests().len() - 101;
    println!("{under_way} were under way when the node fell asleep, {twice} were sent twice");
    assert!(twice <= under_way + 1, "{twice} were sent twice, but {under_way} were under way");
}

/// The value of a metric of a node.
async fn metric(node: &Server, name: &str) -> f64 {
    let page = node.metrics().await;
    let line = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {name} in:\n{page}")).trim().parse().expect("a number")
}
