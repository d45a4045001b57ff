//! Three nodes under load while nodes are killed and put to sleep, connections cut and the database restarted.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use hookwire_testkit::{Receiver, Request};
use serde_json::{Value, json};

use super::load::Load;
use super::{Cluster, through};
use crate::tenant::Tenant;

/// Senders with an endpoint each. Every third endpoint asks for its messages first in, first out.
const SENDERS: usize = 12;
/// Deliveries that may be sent twice for one fault: those under way on the nodes that it hits.
const TWICE_FOR_EACH_FAULT: usize = SENDERS * 32;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_accepted_is_lost_whatever_becomes_of_nodes_connections_and_database() {
    let mut cluster = Cluster::start(3, |_, node| node.env("HOOKWIRE_STORE_SILENCE_MAX", "4s")).await;
    let receiver = Receiver::start().await;
    let mut tenants = Vec::new();
    for number in 0..SENDERS {
        let tenant = Tenant::of(&cluster.nodes[0]).await;
        let order = if in_order(number) { "fifo" } else { "none" };
        let url = receiver.url(&format!("/hook/{number}"));
        tenant.endpoint_with(json!({ "url": url, "order": order })).await;
        tenants.push(tenant);
    }
    let load = Load::start(&tenants, &cluster.nodes);
    load.accepted_more(200).await;

    cluster.nodes[0].kill().await;
    load.accepted_more(100).await;
    cluster.nodes[0].start_again().await;
    load.accepted_more(100).await;

    cluster.nodes[1].freeze().await;
    // Not for synchronisation: it has to sleep for longer than the others wait for a word from it.
    tokio::time::sleep(Duration::from_secs(9)).await;
    load.accepted_more(100).await;
    cluster.nodes[1].thaw().await;
    load.accepted_more(100).await;

    let mut cut = 0;
    for _ in 0..10 {
        cut += cluster.postgres.cut_connections("state <> 'idle' OR random() < 0.3").await;
        load.accepted_more(30).await;
    }
    cluster.postgres.restart().await;
    load.accepted_more(100).await;
    cluster.postgres.kill().await;
    cluster.postgres.start_again().await;
    load.accepted_more(200).await;

    let (sent, unknown) = load.finish().await;
    let wanted: HashSet<(usize, usize)> =
        sent.iter().flat_map(|(sender, count)| (0..*count).map(move |n| (*sender, n))).collect();
    receiver.comes_to(|all| missing(all, &wanted).is_empty()).await;
    let requests = receiver.requests();
    let lost = missing(&requests, &wanted);
    if !lost.is_empty() {
        println!("{}", what_is_left(&cluster).await);
    }
    assert!(lost.is_empty(), "{} of {} accepted events are lost: {lost:?}", lost.len(), wanted.len());
    every_delivery_ends(&tenants, &cluster).await;
    order_is_kept(&requests);
    let twice = requests.len() - wanted.len();
    println!(
        "{} accepted, 0 lost, {twice} sent twice, {unknown} posts without an answer, {cut} connections cut",
        wanted.len()
    );
    assert!(twice <= 5 * TWICE_FOR_EACH_FAULT, "{twice} were sent twice");
}

/// What the database says about deliveries that did not arrive.
async fn what_is_left(cluster: &Cluster) -> String {
    let queue = "SELECT endpoint, message, due, lease_until, leased, fence, attempts, \
        (extract(epoch FROM now()) * 1000000)::bigint FROM queue ORDER BY 1, 2 LIMIT 50";
    let nodes = "SELECT number, incarnation, now() - heartbeat FROM node";
    let messages =
        "SELECT app, count(*), count(*) FILTER (WHERE endpoints = '') FROM message GROUP BY 1 ORDER BY 1";
    let settled = "SELECT endpoint, state, count(*), min(attempts), max(attempts) FROM delivery GROUP BY 1, 2 ORDER BY 1";
    let attempts = "SELECT endpoint, status, code, count(*) FROM attempt GROUP BY 1, 2, 3 ORDER BY 1";
    format!(
        "queue:\n{}\nmessages (without endpoints):\n{}\nsettled:\n{}\nattempts:\n{}\nnodes:\n{}\ndeparted:\n{}",
        cluster.postgres.query(queue).await,
        cluster.postgres.query(messages).await,
        cluster.postgres.query(settled).await,
        cluster.postgres.query(attempts).await,
        cluster.postgres.query(nodes).await,
        cluster.postgres.query("SELECT * FROM departed").await
    )
}

fn in_order(sender: usize) -> bool {
    sender.is_multiple_of(3)
}

/// Which event a request brought.
fn event_of(request: &Request) -> (usize, usize) {
    let payload: Value = serde_json::from_slice(&request.body).expect("the payload is JSON");
    let number = |field: &str| payload[field].as_u64().expect("a number") as usize;
    (number("sender"), number("n"))
}

fn missing(requests: &[Request], wanted: &HashSet<(usize, usize)>) -> Vec<(usize, usize)> {
    let arrived: HashSet<_> = requests.iter().map(event_of).collect();
    wanted.difference(&arrived).copied().collect()
}

/// Waits until no endpoint has anything unsettled.
async fn every_delivery_ends(tenants: &[Tenant], cluster: &Cluster) {
    for tenant in tenants {
        let tenant = through(tenant, &cluster.nodes[2]);
        let list = tenant.api.get(&tenant.path("/endpoint")).await.expect(200);
        let endpoint = list["data"][0]["id"].as_str().expect("each tenant has an endpoint").to_owned();
        let path = tenant.path(&format!("/endpoint/{endpoint}/stats"));
        let look = || async {
            let stats = tenant.api.get(&path).await.expect(200);
            stats["pending"].as_u64().unwrap_or(1) + stats["sending"].as_u64().unwrap_or(1)
        };
        hookwire_testkit::eventually("every delivery to end", look, |open| *open == 0).await;
    }
}

/// Of endpoints in order: an event may come again, but never after a later one came.
fn order_is_kept(requests: &[Request]) {
    let mut latest: HashMap<usize, usize> = HashMap::new();
    for (sender, n) in requests.iter().map(event_of).filter(|(sender, _)| in_order(*sender)) {
        let last = latest.entry(sender).or_insert(n);
        assert!(n >= *last, "sender {sender}: {n} came after {last}");
        assert!(n <= *last + 1, "sender {sender}: {n} came before {}", *last + 1);
        *last = n;
    }
}
