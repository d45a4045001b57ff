//! What a load sent, against what arrived: nothing is lost, everything ends, and order is kept where it was asked for.

use std::collections::{HashMap, HashSet};

use hookwire_testkit::{Postgres, Receiver, Request, Server};
use serde_json::{Value, json};

use super::through;
use crate::tenant::Tenant;

/// The number of a sender, and which of its events it is.
type Event = (usize, usize);

/// So many tenants with an endpoint each at `/hook/<number>`. Every third one asks for its messages first in, first out.
pub(super) async fn tenants(count: usize, node: &Server, receiver: &Receiver) -> Vec<Tenant> {
    let mut tenants = Vec::new();
    for number in 0..count {
        let tenant = Tenant::of(node).await;
        let order = if in_order(number) { "fifo" } else { "none" };
        let url = receiver.url(&format!("/hook/{number}"));
        tenant.endpoint_with(json!({ "url": url, "order": order })).await;
        tenants.push(tenant);
    }
    tenants
}

fn in_order(sender: usize) -> bool {
    sender.is_multiple_of(3)
}

/// Waits until all that was sent has arrived and every delivery has ended, checks the order, and answers how many were
/// accepted and how many arrived again. `sent`: how many of its events each sender knows to be accepted.
pub(super) async fn settle_up(
    sent: &[(usize, usize)],
    receiver: &Receiver,
    tenants: &[Tenant],
    node: &Server,
    postgres: &Postgres,
) -> (usize, usize) {
    let wanted: HashSet<Event> =
        sent.iter().flat_map(|(sender, count)| (0..*count).map(move |n| (*sender, n))).collect();
    receiver.comes_to(|all| missing(all, &wanted).is_empty()).await;
    let lost = missing(&receiver.requests(), &wanted);
    if !lost.is_empty() {
        println!("{}", what_is_left(postgres).await);
    }
    assert!(lost.is_empty(), "{} of {} accepted events are lost: {lost:?}", lost.len(), wanted.len());
    every_delivery_ends(tenants, node).await;
    let requests = receiver.requests();
    order_is_kept(&requests);
    (wanted.len(), requests.len() - wanted.len())
}

/// What the database says about deliveries that did not arrive.
async fn what_is_left(postgres: &Postgres) -> String {
    let mut parts = Vec::new();
    for (what, sql) in [
        (
            "queue",
            "SELECT endpoint, message, due, lease_until, leased, fence, attempts, \
                (extract(epoch FROM now()) * 1000000)::bigint FROM queue ORDER BY 1, 2 LIMIT 50",
        ),
        (
            "messages (without endpoints)",
            "SELECT app, count(*), count(*) FILTER (WHERE endpoints = '') FROM message GROUP BY 1 ORDER BY 1",
        ),
        (
            "settled",
            "SELECT endpoint, state, count(*), min(attempts), max(attempts) FROM delivery GROUP BY 1, 2 ORDER BY 1",
        ),
        ("attempts", "SELECT endpoint, status, code, count(*) FROM attempt GROUP BY 1, 2, 3 ORDER BY 1"),
        ("nodes", "SELECT number, incarnation, now() - heartbeat FROM node"),
        ("departed", "SELECT * FROM departed"),
    ] {
        parts.push(format!("{what}:\n{}\n", postgres.query(sql).await));
    }
    parts.concat()
}

/// Which event a request brought.
fn event_of(request: &Request) -> Event {
    let payload: Value = serde_json::from_slice(&request.body).expect("the payload is JSON");
    let number = |field: &str| payload[field].as_u64().expect("a number") as usize;
    (number("sender"), number("n"))
}

fn missing(requests: &[Request], wanted: &HashSet<Event>) -> Vec<Event> {
    let arrived: HashSet<_> = requests.iter().map(event_of).collect();
    wanted.difference(&arrived).copied().collect()
}

/// Waits until no endpoint has anything unsettled.
async fn every_delivery_ends(tenants: &[Tenant], node: &Server) {
    for tenant in tenants {
        let tenant = through(tenant, node);
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
