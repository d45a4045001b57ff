//! Many senders that post events with unique ids, and repeat what they got no answer to once the server is back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use hookwire_testkit::{Answer, Api, PATIENCE};
use http::Method;
use serde_json::json;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::tenant::Tenant;

/// How many senders, each with one connection.
pub(super) const CONNECTIONS: usize = 16;

/// An event that the server has accepted.
pub(super) struct Sent {
    /// Its `eventId`.
    pub(super) event: String,
    /// Whether it was posted again because at least one answer did not come.
    pub(super) unknown: bool,
}

/// A running load.
pub(super) struct Load {
    senders: JoinSet<Vec<Sent>>,
    shared: Arc<Shared>,
}

struct Shared {
    path: String,
    next_event: AtomicUsize,
    stopping: AtomicBool,
    /// How many events were accepted.
    accepted: watch::Sender<usize>,
    /// How often the server was started.
    starts: watch::Sender<usize>,
}

impl Load {
    pub(super) fn start(tenant: &Tenant) -> Self {
        let shared = Arc::new(Shared {
            path: tenant.path("/msg"),
            next_event: AtomicUsize::new(0),
            stopping: AtomicBool::new(false),
            accepted: watch::Sender::new(0),
            starts: watch::Sender::new(1),
        });
        let mut senders = JoinSet::new();
        for _ in 0..CONNECTIONS {
            senders.spawn(send_many(tenant.api.on_own_connection(), Arc::clone(&shared)));
        }
        Self { senders, shared }
    }

    /// Waits until at least `count + 1` more events are accepted.
    pub(super) async fn accepted_more(&self, count: usize) {
        let mut accepted = self.shared.accepted.subscribe();
        let goal = *accepted.borrow() + count + 1;
        let wait = accepted.wait_for(|seen| *seen >= goal);
        let reached = tokio::time::timeout(PATIENCE, wait).await;
        reached.expect("the server accepts events").expect("this load keeps the channel open");
    }

    /// Tells the senders that the server is back.
    pub(super) fn server_is_up(&self) {
        self.shared.starts.send_modify(|starts| *starts += 1);
    }

    /// Lets every sender bring its event to an end, and returns what was accepted.
    pub(super) async fn finish(self) -> Vec<Sent> {
        self.shared.stopping.store(true, Ordering::Relaxed);
        let all = tokio::time::timeout(PATIENCE, self.senders.join_all()).await;
        all.expect("the senders end").into_iter().flatten().collect()
    }
}

async fn send_many(api: Api, shared: Arc<Shared>) -> Vec<Sent> {
    let mut sent = Vec::new();
    while !shared.stopping.load(Ordering::Relaxed) {
        let event = format!("event-{}", shared.next_event.fetch_add(1, Ordering::Relaxed));
        let unknown = send_one(&api, &shared, &event).await;
        shared.accepted.send_modify(|accepted| *accepted += 1);
        sent.push(Sent { event, unknown });
    }
    sent
}

/// Posts the event until its outcome is known; says whether it had to be repeated.
async fn send_one(api: &Api, shared: &Shared, event: &str) -> bool {
    let body = json!({ "eventType": "load", "eventId": event, "payload": { "event": event } }).to_string();
    let mut unknown = false;
    loop {
        let mut starts = shared.starts.subscribe();
        let start = *starts.borrow();
        match api.try_send(Method::POST, &shared.path, body.clone().into()).await {
            Ok(answer) if answer.status == 202 => return unknown,
            Ok(answer) if answer.status == 409 && unknown => return unknown,
            Ok(answer) => refused(event, &answer),
            Err(_) => {
                unknown = true;
                let back = starts.wait_for(|now| *now > start);
                let back = tokio::time::timeout(PATIENCE, back).await;
                back.expect("the server comes back").expect("the load keeps the channel open");
            }
        }
    }
}

fn refused(event: &str, answer: &Answer) -> ! {
    panic!("{event} was refused: {answer:?}");
}
