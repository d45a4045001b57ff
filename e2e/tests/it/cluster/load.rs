//! Senders that post numbered events to any node that answers, until each is known to be accepted.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use hookwire_testkit::{Api, PATIENCE, Server};
use http::Method;
use serde_json::json;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::tenant::Tenant;

/// How long a sender waits for a node before it asks the next one.
const IMPATIENCE: Duration = Duration::from_secs(3);
/// What it waits when a node did not take the event.
const PAUSE: Duration = Duration::from_millis(20);

/// How fast senders go on to their next event.
#[derive(Debug, Clone, Copy)]
pub(super) enum Pace {
    /// As soon as the last one is accepted.
    Full,
    /// After this pause.
    Pause(Duration),
}

/// A running load.
pub(super) struct Load {
    /// Each ends with its number and how many it has sent.
    senders: JoinSet<(usize, usize)>,
    accepted: watch::Sender<usize>,
    stopping: Arc<AtomicBool>,
    unknown: Arc<AtomicUsize>,
}

impl Load {
    /// One sender for each tenant; each posts one event after the other: `{"sender": .., "n": ..}`.
    pub(super) fn start(tenants: &[Tenant], nodes: &[Server]) -> Self {
        Self::start_at(Pace::Full, tenants, nodes)
    }

    /// The same at this pace.
    pub(super) fn start_at(pace: Pace, tenants: &[Tenant], nodes: &[Server]) -> Self {
        let accepted = watch::Sender::new(0);
        let (stopping, unknown) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let mut senders = JoinSet::new();
        for (number, tenant) in tenants.iter().enumerate() {
            let sender = Sender {
                number,
                pace,
                path: tenant.path("/msg"),
                nodes: nodes.iter().map(|node| Api::new(&node.url(), node.token())).collect(),
                accepted: accepted.clone(),
                stopping: Arc::clone(&stopping),
                unknown: Arc::clone(&unknown),
            };
            senders.spawn(sender.send_all());
        }
        Self { senders, accepted, stopping, unknown }
    }

    /// Waits until so many more events are accepted.
    pub(super) async fn accepted_more(&self, count: usize) {
        let mut accepted = self.accepted.subscribe();
        let goal = *accepted.borrow() + count;
        let wait = accepted.wait_for(|seen| *seen >= goal);
        let reached = tokio::time::timeout(PATIENCE, wait).await;
        reached.expect("some node accepts events").expect("this load keeps the channel open");
    }

    /// Lets every sender bring its event to an end; how many each has sent, by its number, and how many posts had no known outcome.
    pub(super) async fn finish(self) -> (Vec<(usize, usize)>, usize) {
        self.stopping.store(true, Ordering::Relaxed);
        let all = tokio::time::timeout(PATIENCE, self.senders.join_all()).await;
        (all.expect("the senders end"), self.unknown.load(Ordering::Relaxed))
    }
}

struct Sender {
    number: usize,
    pace: Pace,
    path: String,
    nodes: Vec<Api>,
    accepted: watch::Sender<usize>,
    stopping: Arc<AtomicBool>,
    unknown: Arc<AtomicUsize>,
}

impl Sender {
    async fn send_all(self) -> (usize, usize) {
        let mut sent = 0;
        while !self.stopping.load(Ordering::Relaxed) {
            self.send(sent).await;
            sent += 1;
            self.accepted.send_modify(|accepted| *accepted += 1);
            if let Pace::Pause(pause) = self.pace {
                tokio::time::sleep(pause).await;
            }
        }
        (self.number, sent)
    }

    /// Posts the event until some node says that it has it.
    async fn send(&self, n: usize) {
        let event = format!("event-{}-{n}", self.number);
        let body = json!({
            "eventType": "load", "eventId": event, "payload": { "sender": self.number, "n": n },
        })
        .to_string();
        let (mut repeated, mut turn) = (false, self.number + n);
        loop {
            let node = &self.nodes[turn % self.nodes.len()];
            let post = node.try_send(Method::POST, &self.path, body.clone().into());
            match tokio::time::timeout(IMPATIENCE, post).await {
                Ok(Ok(answer)) if answer.status == 202 => return,
                Ok(Ok(answer)) if answer.status == 409 && repeated => return,
                // The node does not reach the database: it may or may not have written before the answer was lost.
                Ok(Ok(answer)) if answer.status == 503 => {}
                Ok(Ok(answer)) => panic!("{event} was refused: {answer:?}"),
                Ok(Err(_)) | Err(_) => {
                    self.unknown.fetch_add(1, Ordering::Relaxed);
                }
            }
            repeated = true;
            turn += 1;
            tokio::time::sleep(PAUSE).await;
        }
    }
}
