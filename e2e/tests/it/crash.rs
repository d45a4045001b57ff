//! `kill -9` under load, again and again: nothing that was accepted is lost, and little is sent twice.

mod load;
mod random;

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use hookwire_testkit::{Receiver, Request, Server};
use serde_json::Value;

use self::load::Load;
use self::random::Random;
use crate::tenant::{Tenant, text};

const ROUNDS: usize = 20;

/// Deliveries that the server sends at the same time, at most: each of these, and each message being accepted,
/// may be sent a second time after a kill.
const PERMITS: usize = 128;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_accepted_is_lost_when_the_server_is_killed_under_load() {
    let mut random = Random::seeded_by_environment("HOOKWIRE_E2E_SEED");
    let mut server = Server::start().await;
    let tenant = Tenant::of(&server).await;
    let receiver = Receiver::start().await;
    tenant.endpoint(&receiver.url("/hook")).await;

    let load = Load::start(&tenant);
    for _ in 0..ROUNDS {
        load.accepted_more(random.below(150)).await;
        // Not for synchronisation: it moves the kill to an arbitrary moment between two answers.
        tokio::time::sleep(Duration::from_micros(random.below(30_000) as u64)).await;
        server.kill().await;
        server.start_again().await;
        load.server_is_up();
    }
    let sent = load.finish().await;
    let wanted: HashSet<&str> = sent.iter().map(|one| one.event.as_str()).collect();
    receiver.comes_to(|all| missing(all, &wanted).is_empty()).await;
    let requests = receiver.requests();
    let lost = missing(&requests, &wanted);
    assert!(lost.is_empty(), "{} of {} accepted events are lost: {lost:?}", lost.len(), wanted.len());

    let duplicates = judge(&requests, &wanted);
    let unknown: Vec<_> = sent.iter().filter(|one| one.unknown).collect();
    println!(
        "{ROUNDS} kills: {} accepted, 0 lost, {duplicates} sent twice, {} unknown outcomes repeated",
        sent.len(),
        unknown.len()
    );
    assert!(duplicates <= ROUNDS * (load::CONNECTIONS + PERMITS), "{duplicates} sent twice");
    for one in unknown {
        let message = tenant.api.get(&tenant.path(&format!("/msg/{}", one.event))).await.expect(200);
        assert_eq!(text(&message, "eventId"), one.event);
    }
}

fn event_of(request: &Request) -> String {
    let payload: Value = serde_json::from_slice(&request.body).expect("the payload is JSON");
    text(&payload, "event")
}

/// The events that have not arrived.
fn missing<'a>(requests: &[Request], wanted: &HashSet<&'a str>) -> Vec<&'a str> {
    let arrived: HashSet<_> = requests.iter().map(event_of).collect();
    wanted.iter().copied().filter(|event| !arrived.contains(*event)).collect()
}

/// How many requests were repetitions. Panics when an event came under two ids, which would be two messages, or
/// when one came that nobody sent.
fn judge(requests: &[Request], wanted: &HashSet<&str>) -> usize {
    let mut ids: HashMap<String, &str> = HashMap::new();
    for request in requests {
        let event = event_of(request);
        assert!(wanted.contains(event.as_str()), "{event} arrived but was never sent to its end");
        let id = request.header("webhook-id");
        let first = *ids.entry(event.clone()).or_insert(id);
        assert_eq!(first, id, "{event} became two messages");
    }
    requests.len() - ids.len()
}
